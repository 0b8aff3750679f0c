"""The circuit of a proxy: when calls may go through it, by what was heard of it. Pure.

Closed, open and half-open are the terms of circuit breakers. A closed circuit lets every
call through. An open one lets none through until its retry is due. Then one call, the
probe, is let through to find out: the circuit is half-open meanwhile.

Silence opens at once, since each further call would wait as long as the one that found
out. Any other failure is told within a round trip and may be that of a single call, as a
503 for one destination or a connection that breaks just then, so that a share of the
latest calls has to fail.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

WINDOW_S = 60.0  # how long the outcome of a call counts
WINDOW_CALLS = 20  # how many of the latest outcomes count
WINDOW_FAILURES = 3  # that open the circuit, if they are at least half of the outcomes
PROBE_S = 10.0  # after which a probe that has told nothing makes way for another


class CircuitState(StrEnum):
    """The state of a circuit."""

    CLOSED = "closed"  # every call goes through
    OPEN = "open"  # no call goes through before the retry is due
    HALF_OPEN = "half_open"  # the probe is under way, and no other call goes through


class CircuitEvent(StrEnum):
    """What makes a circuit change."""

    SUCCESS = "success"  # the proxy has answered what was sent since the last trip
    TRIP = "trip"  # silence, or too many failures
    PROBE = "probe"  # one call goes through to find out
    PROBE_LOST = "probe_lost"  # that call has ended, and has told nothing


class Gate(StrEnum):
    """What a circuit does with a call that comes now."""

    PASS = "pass"
    PROBE = "probe"  # passes if no other call is the probe
    STOP = "stop"


class Means(StrEnum):
    """By which request something was found out."""

    CALL = "call"
    PING = "ping"  # OPTIONS


_CLOSED, _OPEN, _HALF_OPEN = CircuitState

TRANSITIONS: Mapping[tuple[CircuitState, CircuitEvent], CircuitState] = {
    (_CLOSED, CircuitEvent.SUCCESS): _CLOSED,
    (_CLOSED, CircuitEvent.TRIP): _OPEN,
    (_CLOSED, CircuitEvent.PROBE): _CLOSED,  # it has closed meanwhile
    (_CLOSED, CircuitEvent.PROBE_LOST): _CLOSED,
    (_OPEN, CircuitEvent.SUCCESS): _CLOSED,  # of a call that had no other proxy
    (_OPEN, CircuitEvent.TRIP): _OPEN,
    (_OPEN, CircuitEvent.PROBE): _HALF_OPEN,
    (_OPEN, CircuitEvent.PROBE_LOST): _OPEN,
    (_HALF_OPEN, CircuitEvent.SUCCESS): _CLOSED,
    (_HALF_OPEN, CircuitEvent.TRIP): _OPEN,
    (_HALF_OPEN, CircuitEvent.PROBE): _HALF_OPEN,  # one takes the place of another
    (_HALF_OPEN, CircuitEvent.PROBE_LOST): _OPEN,
}
"""The next state, for each state and event."""


@dataclass(frozen=True, slots=True)
class CircuitStatus:
    """The state of a circuit, without the outcomes that a process has counted itself."""

    state: CircuitState
    why: str
    """Why it was opened last."""
    means: Means
    """By what that was found out."""
    since: float
    """Since when it has been closed, or not closed."""
    tripped: float
    """When it was opened last."""
    retry_at: float
    """When the next probe may go through, unless it is closed."""


class Circuit:
    """The circuit of one proxy. All times are seconds of one clock that never goes back."""

    __slots__ = (
        "_outcomes",
        "_tripped",
        "means",
        "retry_at",
        "since",
        "state",
        "why",
    )

    def __init__(self, now: float) -> None:
        self.state = CircuitState.CLOSED
        self.since = now
        """Since when it has been closed, or not closed."""
        self.retry_at = now
        """When the next probe may go through, unless it is closed."""
        self.why = ""
        """Why it was opened last."""
        self.means = Means.CALL
        """By what that was found out."""
        self._tripped = float("-inf")
        self._outcomes: deque[tuple[float, bool]] = deque(maxlen=WINDOW_CALLS)

    @property
    def was_opened(self) -> bool:
        """Whether it has ever been opened."""
        return self._tripped > float("-inf")

    @property
    def status(self) -> CircuitStatus:
        """What other processes have to know of it."""
        return CircuitStatus(
            state=self.state,
            why=self.why,
            means=self.means,
            since=self.since,
            tripped=self._tripped,
            retry_at=self.retry_at,
        )

    def adopt(self, status: CircuitStatus) -> None:
        """Take the *status* that another process has found out."""
        if status.state is not self.state:
            self._outcomes.clear()
        self.state, self.why, self.means = status.state, status.why, status.means
        self.since, self.retry_at = status.since, status.retry_at
        self._tripped = status.tripped

    def gate(self, now: float) -> Gate:
        """Return what becomes of a call that comes at *now*."""
        if self.state is CircuitState.CLOSED:
            return Gate.PASS
        return Gate.PROBE if now >= self.retry_at else Gate.STOP

    def succeed(self, means: Means, sent: float, now: float) -> None:
        """Note that the proxy has answered a request that was sent at *sent*.

        A request that was sent before the circuit was opened tells nothing new: else
        each late answer of a slow proxy would make the next call wait for it. A ping
        closes only what a ping has opened: whoever answers OPTIONS need not answer calls.
        """
        if self.state is CircuitState.CLOSED:
            if means is Means.CALL:
                self._count(now, is_failure=False)
        elif sent >= self._tripped and (
            means is Means.CALL or self.means is Means.PING
        ):
            self._step(CircuitEvent.SUCCESS, now)

    def fail(self, why: str, sent: float, now: float, open_s: float) -> None:
        """Note that a call that was sent at *sent* has failed for *why*, which was told fast.

        Opens for *open_s* seconds if too many have failed lately, or the probe has.
        """
        if sent < self._tripped:
            return
        if self.state is CircuitState.CLOSED:
            self._count(now, is_failure=True)
            failures = sum(is_failure for _, is_failure in self._outcomes)
            if failures < max(WINDOW_FAILURES, len(self._outcomes) / 2):
                return
        self.trip(why, Means.CALL, sent, now, open_s)

    def trip(
        self, why: str, means: Means, sent: float, now: float, open_s: float
    ) -> None:
        """Open for *open_s* seconds: a request that was sent at *sent* got no answer at all.

        One that was sent before the circuit was opened tells nothing new, even if it has
        closed meanwhile.
        """
        if sent < self._tripped:
            return
        self.why, self.means, self._tripped = why, means, now
        self.retry_at = now + open_s
        self._step(CircuitEvent.TRIP, now)

    def begin_probe(self, now: float) -> None:
        """Let one call through, for ``PROBE_S`` seconds at most."""
        self._step(CircuitEvent.PROBE, now)
        self.retry_at = now + PROBE_S

    def lose_probe(self, sent: float, now: float) -> None:
        """Note that a call that was sent at *sent* has ended and told nothing.

        If it may have been the probe, the next call is.
        """
        if self.state is CircuitState.HALF_OPEN and sent >= self._tripped:
            self._step(CircuitEvent.PROBE_LOST, now)
            self.retry_at = now

    def _count(self, now: float, *, is_failure: bool) -> None:
        outcomes = self._outcomes
        while outcomes and outcomes[0][0] < now - WINDOW_S:
            outcomes.popleft()
        if (
            is_failure or outcomes
        ):  # before the first failure there is nothing to compare
            outcomes.append((now, is_failure))

    def _step(self, event: CircuitEvent, now: float) -> None:
        before, self.state = self.state, TRANSITIONS[self.state, event]
        if (before is CircuitState.CLOSED) is not (self.state is CircuitState.CLOSED):
            self.since = now
            self._outcomes.clear()
