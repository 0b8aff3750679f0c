"""What habits are known by, and where they are found."""

import pytest

from ccxml.xml.findings import MAX_FINDINGS
from ccxml.xml.habits import (
    AttributeSign,
    CodeSign,
    Effect,
    ElementSign,
    Habit,
    Platform,
    Sign,
    find_habits,
)
from ccxml.xml.xml_tree import Node, read


def is_code(_: Node, name: str) -> bool:
    return name == "expr"


def habit(*signs: Sign, platforms: tuple[Platform, ...] = ()) -> Habit:
    return Habit(
        "name",
        platforms,
        Effect.DIFFERS,
        what="it",
        here="has no effect",
        remedy="Leave it out",
        signs=signs,
    )


def places(text: str, *signs: Sign) -> list[tuple[int, int]]:
    found = find_habits(read(text), [habit(*signs)], is_code)
    return [(finding.line, finding.column) for finding in found]


@pytest.mark.parametrize(
    ("sign", "expected"),
    [
        (ElementSign("b"), [(2, 1), (3, 4)]),
        (ElementSign("b", {"x": "^1$"}), [(2, 1)]),
        (ElementSign(namespace="urn:o"), [(4, 1)]),
        (AttributeSign("b", "x"), [(2, 7), (3, 10)]),
        (AttributeSign(".*", "x", "2"), [(3, 10)]),
        (AttributeSign("c", "x"), []),
        (CodeSign(r"\bs\.t\b"), [(3, 19), (5, 12), (6, 3)]),
    ],
)
def test_signs(sign: Sign, expected: list[tuple[int, int]]) -> None:
    text = (
        '<a label="s.t">\n<b x="1"/>\n<c><b x="2" expr="1 + s.t"/></c>\n'
        '<o:d xmlns:o="urn:o"/>\n<script>1; s.t;\n  s.t</script>s.t</a>'
    )

    assert places(text, sign) == expected


def test_a_place_is_told_once() -> None:
    assert places('<a x="1"/>', ElementSign("a"), ElementSign(".")) == [(1, 1)]


def test_the_first_of_too_many_are_told() -> None:
    lines = "\n".join("<b><c/></b>" for _ in range(MAX_FINDINGS + 10))
    found = places(f"<a>{lines}</a>", ElementSign("c"))

    assert [line for line, _ in found] == list(range(1, MAX_FINDINGS + 1))


def test_who_has_a_habit() -> None:
    known = [habit(ElementSign("a"), platforms=(Platform.CISCO, Platform.VOXEO))]
    root = read("<a/>")

    (finding,) = find_habits(root, known, is_code, Platform.VOXEO)
    assert finding.text == "Leave it out: <a> (Cisco, Voxeo) has no effect."
    assert find_habits(root, known, is_code, Platform.AVAYA) == []
