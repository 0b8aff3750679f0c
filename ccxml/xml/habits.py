"""Habits: what documents take for granted because another platform has it, as rows of a table.

Each language has a table of its own. A row says which platforms a habit is of, what it is
known by in a document, what becomes of it here, and what to write instead.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from .errors import Finding
from .findings import MAX_FINDINGS, Place
from .positions import Position
from .xml_tree import Node, Text, Value, shorten


class Platform(StrEnum):
    """A platform whose documents are known."""

    AVAYA = "avaya"
    BLUEWORX = "blueworx"
    CISCO = "cisco"
    GENESYS = "genesys"
    VOXEO = "voxeo"
    VOXIMAL = "voximal"


class Effect(StrEnum):
    """What a habit means for a document that is run here."""

    BLOCKS = "stands in the way"
    """The document is refused, an error ends what it does, or it waits for what never comes."""
    DIFFERS = "differs"
    """The document runs, but something is left out, or is another value."""
    TOLERATED = "tolerated"
    """It does what it did, although the standard has another form."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A habit at one place.

    With *is_whole* the element or attribute there is the habit itself; otherwise it only
    stands somewhere in the text there.
    """

    place: Place
    text: str
    is_whole: bool


IsCode = Callable[[Node, str], bool]
"""Whether an attribute of an element is ECMAScript: an expression, or names of variables."""


class Sign(Protocol):
    """What a habit is known by in one element."""

    def concerns(self, tag: str) -> bool:
        """Whether elements *tag* may have it."""

    def find(self, node: Node, is_code: IsCode) -> Iterator[Occurrence]:
        """Yield where *node*, without the elements in it, has the habit."""


@dataclass(frozen=True, slots=True)
class ElementSign:
    """Elements whose whole *tag* matches, with attributes whose values match in *where*.

    The namespace must have *namespace* somewhere in it.
    """

    tag: str = ".+"
    where: Mapping[str, str] = field(default_factory=dict)
    namespace: str = ""

    def concerns(self, tag: str) -> bool:
        """Whether *tag* matches."""
        return re.fullmatch(self.tag, tag) is not None

    def find(self, node: Node, _: IsCode) -> Iterator[Occurrence]:
        """Yield the element, if namespace and attributes match."""
        if re.search(self.namespace, node.namespace) and all(
            _matches(node, name, value) for name, value in self.where.items()
        ):
            yield Occurrence(node.position, f"<{shorten(node.name)}>", True)


@dataclass(frozen=True, slots=True)
class AttributeSign:
    """Attributes whose whole *name* matches, on a *tag*, with *value* somewhere in theirs.

    What is shown of it is its name, or with *shows_value* its value.
    """

    tag: str
    name: str
    value: str = ""
    shows_value: bool = False

    def concerns(self, tag: str) -> bool:
        """Whether *tag* matches."""
        return re.fullmatch(self.tag, tag) is not None

    def find(self, node: Node, _: IsCode) -> Iterator[Occurrence]:
        """Yield each attribute that matches."""
        for name, value in node.attributes.items():
            if re.fullmatch(self.name, name) and re.search(self.value, value.text):
                shown = value.text.strip() if self.shows_value else _local(name)
                yield Occurrence(value, shorten(shown), True)


@dataclass(frozen=True, slots=True)
class CodeSign:
    """Expressions and scripts that have *pattern* in them."""

    pattern: str

    def concerns(self, _: str) -> bool:
        """Always: code may stand in any element."""
        return True

    def find(self, node: Node, is_code: IsCode) -> Iterator[Occurrence]:
        """Yield each expression that has the pattern, and each place of a script."""
        for name, value in node.attributes.items():
            if is_code(node, name) and (found := re.search(self.pattern, value.text)):
                yield Occurrence(value, shorten(found[0]), False)
        if node.name == "script":
            for child in node.children:
                if isinstance(child, Text):
                    yield from self._find_in_script(child)

    def _find_in_script(self, script: Text) -> Iterator[Occurrence]:
        text, place, at = script.text, script.position, 0
        for found in re.finditer(self.pattern, text):
            place, at = _advance(place, text[at : found.start()]), found.start()
            yield Occurrence(place, shorten(found[0]), False)


@dataclass(frozen=True, slots=True)
class StructureSign:
    """Elements of *tags* about which *judge* says yes."""

    tags: frozenset[str]
    judge: Callable[[Node], bool]

    def concerns(self, tag: str) -> bool:
        """Whether *tag* is one of *tags*."""
        return tag in self.tags

    def find(self, node: Node, _: IsCode) -> Iterator[Occurrence]:
        """Yield the element, if *judge* says yes."""
        if self.judge(node):
            yield Occurrence(node.position, f"<{shorten(node.name)}>", True)


@dataclass(frozen=True, slots=True, eq=False)
class Habit:
    """One row of a table.

    Attributes:
        name: what it is called in summaries.
        platforms: whose documents have it; empty if it is of many.
        effect: what it means for a document.
        what: the habit as a table shows it, with code in backticks.
        here: what becomes of it, as the rest of a sentence.
        remedy: what to do instead, as the beginning of a sentence.
        signs: what it is known by; one is enough.
    """

    name: str
    platforms: tuple[Platform, ...]
    effect: Effect
    what: str = field(kw_only=True)
    here: str = field(kw_only=True)
    remedy: str = field(kw_only=True)
    signs: tuple[Sign, ...] = field(kw_only=True)

    def is_of(self, platform: Platform | None) -> bool:
        """Whether documents of *platform* may have it; None stands for any platform."""
        return platform is None or not self.platforms or platform in self.platforms

    def explain(self, found: str) -> str:
        """Return the warning about *found*, a piece of a document."""
        names = ", ".join(platform.title() for platform in self.platforms)
        return f"{self.remedy}: {found}{f' ({names})' if names else ''} {self.here}."


@dataclass(frozen=True, slots=True, order=True)
class HabitFinding(Finding):
    """A habit at a place of a document; ``text`` is its warning."""

    habit: Habit = field(compare=False)
    is_whole: bool = False


def find_habits(
    root: Node,
    habits: Iterable[Habit],
    is_code: IsCode,
    platform: Platform | None = None,
) -> list[HabitFinding]:
    """Return where the document *root* has *habits* of *platform*, in the order of its text.

    At most MAX_FINDINGS are returned. *is_code* tells which attributes of the language
    are ECMAScript.
    """
    wanted = [
        (habit, sign)
        for habit in habits
        if habit.is_of(platform)
        for sign in habit.signs
    ]
    found: dict[tuple[Habit, Position], HabitFinding] = {}
    for habit, occurrence in _find_occurrences(root, wanted, is_code):
        at = Position(occurrence.place.line, occurrence.place.column)
        if (habit, at) not in found:
            found[habit, at] = _finding_of(habit, at, occurrence)
        if len(found) >= MAX_FINDINGS:
            break
    return sorted(found.values())


def _find_occurrences(
    root: Node, wanted: Sequence[tuple[Habit, Sign]], is_code: IsCode
) -> Iterator[tuple[Habit, Occurrence]]:
    by_tag: dict[str, list[tuple[Habit, Sign]]] = {}
    for node in _walk(root):
        if (signs := by_tag.get(node.name)) is None:
            signs = [
                (habit, sign) for habit, sign in wanted if sign.concerns(node.name)
            ]
            by_tag[node.name] = signs
        for habit, sign in signs:
            for occurrence in sign.find(node, is_code):
                yield habit, occurrence


def _finding_of(habit: Habit, at: Position, occurrence: Occurrence) -> HabitFinding:
    text = habit.explain(occurrence.text)
    return HabitFinding(at.line, at.column, text, habit, occurrence.is_whole)


def _walk(root: Node) -> Iterator[Node]:
    """Yield *root* and all elements in it, in the order of the text."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        inside = [child for child in node.children if isinstance(child, Node)]
        waiting += reversed(inside)


def _matches(node: Node, name: str, pattern: str) -> bool:
    value: Value | None = node.attributes.get(name)
    return value is not None and re.search(pattern, value.text) is not None


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _advance(start: Position, passed: str) -> Position:
    *lines, last = passed.split("\n")
    if lines:
        return Position(start.line + len(lines), len(last) + 1)
    return Position(start.line, start.column + len(last))
