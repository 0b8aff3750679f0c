"""Collector: which digits a caller may send, and when enough of them are there. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

MAX_DIGITS = 64
MAX_PATTERN = 500
_MAX_MEMORY = 1 << 20  # bytes, of a compiled pattern


Matches = Callable[[str], object]
"""Whether digits match, as a truth value."""


def matcher(pattern: str) -> Matches:
    """What matches *pattern* as a whole, in linear time; raises ValueError."""
    import re2  # only where there are patterns: it takes megabytes

    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_MEMORY
    try:
        matches: Matches = re2.compile(pattern, options).fullmatch
    except re2.error:
        raise ValueError("this is not a regular expression of RE2") from None
    return matches


class Expected(Enum):
    """What may follow the digits so far."""

    DIGITS = auto()
    TERMINATOR = auto()  # that, but no digit
    NOTHING = auto()  # it is decided


@dataclass(frozen=True, slots=True)
class DigitRules:
    """So many digits, and which; *terminators* end them and are not counted."""

    least: int = 1
    most: int = 1
    terminators: str = ""
    allowed: frozenset[str] = frozenset()  # empty: any
    matches: Matches | None = None
    _starts: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Remember with what more digits may follow."""
        starts = {answer[:end] for answer in self.allowed for end in range(len(answer))}
        object.__setattr__(self, "_starts", frozenset(starts))

    def accepts(self, digits: str) -> bool:
        """Whether *digits* are an answer."""
        return (
            self.least <= len(digits) <= self.most
            and (not self.allowed or digits in self.allowed)
            and (self.matches is None or bool(self.matches(digits)))
        )

    def expected_after(self, digits: str) -> Expected:
        """What may follow *digits*."""
        can_grow = len(digits) < self.most and (
            not self.allowed or digits in self._starts
        )
        if can_grow:
            return Expected.DIGITS
        if self.terminators and self.accepts(digits):
            return Expected.TERMINATOR
        return Expected.NOTHING

    def add_digit(self, digits: str, digit: str) -> tuple[str, Expected]:
        """The digits with one more, and what may follow."""
        if digit in self.terminators:
            return digits, Expected.NOTHING
        if (
            self.expected_after(digits) is not Expected.DIGITS
        ):  # it was waiting for a terminator
            return digits + digit, Expected.NOTHING
        return digits + digit, self.expected_after(digits + digit)
