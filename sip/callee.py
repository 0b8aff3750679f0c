"""What a callee for tests does with each call, and when; and what it tells of it. Pure.

``sip/pjsip/callee.py`` carries it out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from .agent import ListeningPoint

DIGITS = frozenset("0123456789*#ABCD")
PAUSE = ","
PAUSE_S = 1.0
DIGIT_MS = 100
DIGIT_GAP_S = 0.3  # from one digit to the next


@dataclass(frozen=True, slots=True)
class CalleePlan:
    """What a callee does with every call.

    *digits* consists of ``DIGITS`` and ``PAUSE``, which waits for a second.
    """

    answer_after_s: float | None = 1.0
    """Seconds from the INVITE to the answer or refusal, in which it rings.

    0: at once, without ringing; None: it rings until the caller gives up.
    """
    refusal: int | None = None
    """A status from 300 to 699 in place of the answer."""
    clip: Path | None = None
    """A WAV file that the caller hears, once."""
    echoes: bool = False
    """Whether the caller hears itself."""
    digits: str = ""
    hang_up_after_s: float | None = None
    """Seconds from the answer to its BYE; None: the caller hangs up."""


class CalleeAct(StrEnum):
    """Something that a callee does."""

    RING = "ring"
    ANSWER = "answer"
    REFUSE = "refuse"
    PLAY = "play"
    PRESS = "press"
    HANG_UP = "hang_up"


class PlannedAct(NamedTuple):
    """An act, and when it is due."""

    after_s: float
    act: CalleeAct
    digit: str = ""
    """What ``PRESS`` presses."""


def plan_answer(plan: CalleePlan) -> Iterator[PlannedAct]:
    """Yield what is done with an INVITE, in seconds since it came, in order."""
    if plan.answer_after_s != 0:
        yield PlannedAct(0.0, CalleeAct.RING)
    if plan.answer_after_s is not None:
        act = CalleeAct.ANSWER if plan.refusal is None else CalleeAct.REFUSE
        yield PlannedAct(plan.answer_after_s, act)


def plan_conversation(plan: CalleePlan) -> Iterator[PlannedAct]:
    """Yield what is done once a call is answered, in seconds since then, in any order."""
    if plan.clip is not None:
        yield PlannedAct(0.0, CalleeAct.PLAY)
    after_s = 0.0
    for digit in plan.digits:
        if digit == PAUSE:
            after_s += PAUSE_S
            continue
        yield PlannedAct(after_s, CalleeAct.PRESS, digit)
        after_s += DIGIT_GAP_S
    if plan.hang_up_after_s is not None:
        yield PlannedAct(plan.hang_up_after_s, CalleeAct.HANG_UP)


class Happening(StrEnum):
    """What can happen in a call of a callee."""

    CALLED = "called"  # the value: who calls, and whom
    RINGS = "rings"
    REFUSED = "refused"  # the status
    ANSWERED = "answered"
    PLAYS = "plays"
    PRESSED = "pressed"  # the digit
    NOT_PRESSED = "not_pressed"  # the digit, and why
    DIGIT = "digit"  # which the caller has sent
    CANCELLED = "cancelled"  # the caller has given up
    CALLER_HUNG_UP = "caller_hung_up"
    HUNG_UP = "hung_up"  # the callee has

    @property
    def is_end(self) -> bool:
        """Whether the call is over with it."""
        return self in _ENDS


_ENDS = {
    Happening.REFUSED,
    Happening.CANCELLED,
    Happening.CALLER_HUNG_UP,
    Happening.HUNG_UP,
}


class CalleeEvent(NamedTuple):
    """Something that has happened in the call with this *number*."""

    number: int
    """1 for the first call."""
    at_s: float
    """Seconds since its INVITE came."""
    what: Happening
    value: str = ""
    heard_s: float = 0.0
    """For how many seconds anything was heard from the caller so far."""


@dataclass(frozen=True, slots=True)
class CalleeConfig:
    """Where a callee listens, and what it does."""

    listeners: tuple[ListeningPoint, ...]
    plan: CalleePlan = CalleePlan()
