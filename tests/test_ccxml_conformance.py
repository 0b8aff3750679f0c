"""``docs/ccxml-conformance.md`` leaves nothing of CCXML 1.0 out, and names tests for it."""

import re
from collections.abc import Iterable

from ccxml.vocabulary import RULES, Attribute
from tests.documented import Page
from tests.test_ccxml_docs import STANDARD

DOCS = Page("ccxml-conformance.md")
ROWS = re.findall(
    r"^\| `([a-z]+-\d+)`(?: \(W3C [\d, ]+\))? \| (.+?) \| (.+) \|$", DOCS.text, re.M
)
EXCUSE = "not applicable: "


def test_every_line_of_the_tables_is_an_assertion_with_an_id_of_its_own() -> None:
    lines = [line for line in DOCS.text.split("\n") if re.match(r"\| `", line)]
    ids = [identity for identity, *_ in ROWS]

    assert len(lines) == len(ROWS) == len(set(ids))


def test_each_names_tests_or_says_why_it_does_not_apply() -> None:
    test = r"`tests/[\w/]+\.py::\w+`"
    shown = rf"{test}(, {test})*|{EXCUSE}.+"

    assert [row for row in ROWS if not re.fullmatch(shown, row[2])] == []


def test_how_many_there_are() -> None:
    excused = sum(cell.startswith(EXCUSE) for *_, cell in ROWS)
    shown = len(ROWS) - excused

    told = f"{len(ROWS)} assertions: {shown} shown, {excused} not applicable."
    assert told in DOCS.text


def test_every_element_and_attribute_is_there() -> None:
    missing = [
        f"{tag} {name}"
        for tag, rule in RULES.items()
        for name in [tag, *(x.name for x in _standard(rule.attributes.values()))]
        if not any(
            f"`{name}`" in text for of, text, _ in ROWS if of.rpartition("-")[0] == tag
        )
    ]
    assert missing == []


def _standard(attributes: Iterable[Attribute]) -> list[Attribute]:
    return [attribute for attribute in attributes if not attribute.non_standard]


def test_every_event_is_there() -> None:
    texts = " ".join(text for _, text, _ in ROWS)
    events = [
        f"{first}.{rest}"
        for line in STANDARD.strip().split("\n")
        for first, _, names in [line.partition(": ")]
        for rest in names.split()
    ]
    assert [event for event in events if f"`{event}`" not in texts] == []
