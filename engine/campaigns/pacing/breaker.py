"""A circuit breaker: failures of the way to the callees pause a campaign, or spare a route."""

from collections import deque
from enum import StrEnum

from engine.model.campaign import AttemptOutcome
from engine.platform.campaign_options import Breaker

TRIALS = 3
"""Calls that try whether it works again; all of them have to."""


class BreakerState(StrEnum):
    """Whether calls may begin."""

    CLOSED = "closed"  # they may
    OPEN = "open"  # none may, until it has rested
    HALF_OPEN = "half_open"  # a few may, by which it is judged


def counts_as_failure(outcome: AttemptOutcome, sip_status: int | None) -> bool:
    """Whether an attempt failed on our side or on the way: by that a breaker is judged.

    603 and the other 6xx are an answer of the callee (RFC 3261, 21.6); 5xx are the server's.
    """
    is_server = sip_status is not None and 500 <= sip_status <= 599
    ours = (AttemptOutcome.CONGESTION, AttemptOutcome.NOT_PLACED)
    return is_server or outcome in ours


class CircuitBreaker:
    """Follows the ends of the calls of a campaign, or of its calls by one route.

    Times are seconds of any clock that does not go back. It is told of each call twice: when
    it begins, and with its end.
    """

    def __init__(self, options: Breaker) -> None:
        """Be closed."""
        self._options = options
        self._ends: deque[tuple[float, bool]] = deque()
        self._failures = 0
        self._state = BreakerState.CLOSED
        self._since = float("-inf")
        self._trials = self._good = 0

    def state(self, now: float) -> BreakerState:
        """Return whether calls may begin; once it has rested, some may."""
        rested = self._since + self._options.rest_s
        if self._state is BreakerState.OPEN and now >= rested:
            self._state, self._since = BreakerState.HALF_OPEN, now
            self._trials = self._good = 0
        return self._state

    def allowance(self, now: float) -> int | None:
        """Return how many calls may begin now; None: no bound.

        Trials that never tell their end are tried again after another rest.
        """
        state = self.state(now)
        if state is BreakerState.CLOSED:
            return None
        if state is BreakerState.OPEN:
            return 0
        if self._trials >= TRIALS and now >= self._since + self._options.rest_s:
            self._since, self._trials = now, self._good
        return TRIALS - self._trials

    def note_begun(self, now: float) -> None:
        """Count a call that begins."""
        if self.state(now) is BreakerState.HALF_OPEN:
            self._trials += 1

    def note_end(self, now: float, begun: float, *, failed: bool) -> None:
        """Count a call that has ended, and began at *begun*; the state may change by it.

        One from before the last change of state says nothing of the time since.
        """
        state = self.state(now)
        if state is BreakerState.OPEN or begun < self._since:
            return
        if state is BreakerState.HALF_OPEN:
            self._judge_trial(now, failed=failed)
            return
        self._ends.append((now, failed))
        self._failures += failed
        self._forget(now)
        if self._is_too_bad():
            self._open(now)

    def reason(self) -> str:
        """Return why it has opened, for people."""
        percent = round(100 * self._options.share)
        return (
            f"{percent} % or more of the calls of {self._options.window_s} s have failed "
            "on the way"
        )

    def _judge_trial(self, now: float, *, failed: bool) -> None:
        if failed:
            self._open(now)
            return
        self._good += 1
        if self._good >= TRIALS:
            self._state, self._since = BreakerState.CLOSED, now

    def _open(self, now: float) -> None:
        self._state, self._since = BreakerState.OPEN, now
        self._ends.clear()
        self._failures = 0

    def _is_too_bad(self) -> bool:
        calls = len(self._ends)
        return (
            calls >= self._options.calls
            and self._failures >= self._options.share * calls
        )

    def _forget(self, now: float) -> None:
        """Drop the ends that are out of the window."""
        while self._ends[0][0] <= now - self._options.window_s:
            self._failures -= self._ends.popleft()[1]
