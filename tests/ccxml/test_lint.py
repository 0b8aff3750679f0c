"""Warnings on names: written wrongly, or declared nowhere."""

import pytest

from tests.ccxml.documents import ROOT, document, warnings

UNDECLARED = "Declare a with <var>: without it there is error.semantic here."


@pytest.mark.parametrize(
    "text",
    [
        '<assign name="a" expr="1"/>',
        '<assign name="a.b[c]" expr="1"/>',
        '<assign name="ccxml.a" expr="1"/>',
        '<createcall dest="1" connectionid="a"/>',
        '<exit namelist="id a"/>',
        '<createccxml next="1" parameters="a"/>',
        '<if cond="1"><else/><fetch next="1" fetchid="a"/></if>',
    ],
)
def test_undeclared(text: str) -> None:
    assert warnings(document(text)) == [UNDECLARED]


@pytest.mark.parametrize(
    "declaration",
    [
        '<var name="a"/>',
        "<script>var b, a;</script>",
        '<script src="anything.js"/>',
        '<assign name="application.a" expr="1"/>',
    ],
)
def test_declared(declaration: str) -> None:
    assert warnings(document('<exit namelist="a"/>', head=declaration)) == []


@pytest.mark.parametrize(
    "text",
    [
        '<exit namelist="session.id event$.name application.b uri"/>',
        '<assign name="application.b" expr="1"/>',
        '<var name="c"/><assign name="transition.c" expr="1"/>',
    ],
)
def test_always_there(text: str) -> None:
    assert warnings(document(text)) == []


def test_state_variable_that_is_not_declared() -> None:
    text = f'{ROOT}%s<eventprocessor statevariable="s"/></ccxml>'

    assert warnings(text % "") == ["Declare s with <var>: it is the state."]
    assert warnings(text % '<var name="s"/>') == []


def test_second_name_of_the_event() -> None:
    text = document('<exit namelist="evt.name"/>', attributes=' name="evt"')

    assert len(warnings(text)) == 1  # of the draft, not of the variable


def test_fields_of_events_in_the_wrong_case() -> None:
    text = document(
        '<log expr="event$.connectionId + event$.dialogid"/>',
        attributes=' cond="event$.sendID"',
    )

    assert warnings(text) == [
        "Write event$.sendid: there is no event$.sendID.",
        "Write event$.connectionid: there is no event$.connectionId.",
    ]
