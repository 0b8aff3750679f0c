"""Which transitions of a document are for an event."""

import pytest

from ccxml.document import LONGEST_NAME_KEPT, NAMES_KEPT, TRANSITIONS_KEPT

from .documents import ROOT, parsed

DOCUMENT = parsed(
    f"{ROOT}<eventprocessor>"
    '<transition event="connection.*"/><transition event="Connection.connected"/>'
    '<transition event="dialog.exit"/><transition event="*"/>'
    "</eventprocessor></ccxml>"
)


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("connection.connected", [0, 1, 3]),
        ("CONNECTION.FAILED", [0, 3]),
        ("dialog.exit", [2, 3]),
        ("x" * (LONGEST_NAME_KEPT + 1), [3]),
    ],
)
def test_transitions_for_an_event_come_in_document_order(
    name: str, places: list[int]
) -> None:
    processor = DOCUMENT.event_processor
    expected = tuple(processor.transitions[place] for place in places)
    for _ in range(2):
        assert processor.find_transitions(name) == expected


def test_names_that_senders_invent_are_not_kept_without_end() -> None:
    processor = DOCUMENT.event_processor
    for number in range(3 * NAMES_KEPT):
        processor.find_transitions(f"site.n{number}")
    processor.find_transitions("x" * (LONGEST_NAME_KEPT + 1))

    assert len(processor.transitions_by_name) <= NAMES_KEPT


def test_many_transitions_of_a_name_are_not_kept() -> None:
    transitions = '<transition event="a*"/>' * (TRANSITIONS_KEPT + 1)
    document = parsed(f"{ROOT}<eventprocessor>{transitions}</eventprocessor></ccxml>")
    processor = document.event_processor

    assert processor.find_transitions("ab") == processor.transitions
    assert not processor.transitions_by_name
