"""DigitRules: which digits a caller may send, and when enough of them are there. Pure."""

from dataclasses import dataclass, field
from enum import Enum, auto

from engine.model.user_pattern import Matches, compile_user_pattern

MAX_DIGITS = 64
MAX_PATTERN = 500
_MAX_BYTES = 1 << 20  # of a compiled pattern


def compile_pattern(pattern: str) -> Matches:
    """A function that says whether digits match the regular expression *pattern* as a whole.

    It takes linear time, as RE2 has no backtracking. Raises ValueError if *pattern* is
    not an expression of RE2.
    """
    return compile_user_pattern(pattern, max_bytes=_MAX_BYTES)


class Expected(Enum):
    """What may follow the digits so far."""

    DIGITS = auto()
    TERMINATOR = auto()  # a terminator, but no digit
    NOTHING = auto()  # the input is complete, valid or not


@dataclass(frozen=True, slots=True)
class DigitRules:
    """From *least* to *most* digits, optionally only *allowed* ones or such that *matches*.

    *terminators* end the input and are no part of it.
    """

    least: int = 1
    most: int = 1
    terminators: str = ""
    allowed: frozenset[str] = frozenset()  # empty: any
    matches: Matches | None = None
    _starts: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Collect the beginnings of *allowed*, after which more digits may follow."""
        starts = {answer[:end] for answer in self.allowed for end in range(len(answer))}
        object.__setattr__(self, "_starts", frozenset(starts))

    def accepts(self, digits: str) -> bool:
        """Whether *digits* are a complete and valid input."""
        return (
            self.least <= len(digits) <= self.most
            and (not self.allowed or digits in self.allowed)
            and (self.matches is None or bool(self.matches(digits)))
        )

    def expect_after(self, digits: str) -> Expected:
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
        """*digits* and *digit*, without it if it is a terminator; and what may follow."""
        if digit in self.terminators:
            return digits, Expected.NOTHING
        if self.expect_after(digits) is not Expected.DIGITS:  # but a terminator
            return digits + digit, Expected.NOTHING
        return digits + digit, self.expect_after(digits + digit)
