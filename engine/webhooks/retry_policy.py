"""When an event that was not taken is delivered again, and what an answer means. Pure."""

from enum import StrEnum
from http import HTTPStatus

TIMEOUT_S = 10.0
"""Seconds that a receiver has for its answer."""
PAUSES_S = (5.0, 30.0, 120.0, 600.0, 3600.0)
"""Seconds from a try to the next; the last for all further ones."""
GIVE_UP_S = 24 * 3600.0
"""Seconds from the first try until none follows."""
JITTER = 0.2
"""By which share a pause is shorter or longer at most."""
OUTAGE_S = PAUSES_S[0]
"""Seconds without any success from which on a receiver counts as having been away."""


class DeliveryVerdict(StrEnum):
    """What a try has come to."""

    TAKEN = "taken"
    REFUSED = "refused"  # it is tried again
    GONE = "gone"  # the receiver wants nothing any more


def judge(status: int | None) -> DeliveryVerdict:
    """Return what the HTTP *status* of an answer means; None: there was no answer.

    A redirect is not followed: the receiver would not be the one that the platform names.
    """
    if status is None:
        return DeliveryVerdict.REFUSED
    if status == HTTPStatus.GONE:
        return DeliveryVerdict.GONE
    return DeliveryVerdict.TAKEN if 200 <= status < 300 else DeliveryVerdict.REFUSED


def pause_s(tries: int, chance: float) -> float:
    """Return the seconds until the next try after *tries* of them.

    *chance*, from 0 to 1, is where in its range the pause lies.
    """
    pause = PAUSES_S[min(tries, len(PAUSES_S)) - 1]
    return pause * (1 - JITTER + 2 * JITTER * chance)


def is_given_up(first_try: float, due: float) -> bool:
    """Whether a delivery that was tried first at *first_try* is not tried again at *due*."""
    return due - first_try > GIVE_UP_S


def was_away(failing_since: float | None, now: float) -> bool:
    """Whether a success *now* ends an outage: all tries since *failing_since* have failed.

    Without a least duration an event that the receiver never takes would be tried again
    after each success of another one.
    """
    return failing_since is not None and now - failing_since >= OUTAGE_S
