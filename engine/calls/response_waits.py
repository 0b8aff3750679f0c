"""How long the legs of a call may wait for responses before the next proxy is tried. Pure."""

from engine.model.leg_state import Timer
from engine.platform.objects import Proxy

LEAST_RING_S = 1.0  # what must be left of the ring limit for another attempt


class ResponseWaits:
    """The timers of each leg of a call until it is answered. Times are monotonic seconds.

    All legs together ring for the ring limit at most.
    """

    def __init__(self, ring_s: float, guard_s: float) -> None:
        """*ring_s* is the ring limit; *guard_s* seconds later the guard passes."""
        self._ring_s, self._guard_s = ring_s, guard_s
        self._ring_ends: float | None = None  # set by the first leg
        self._ahead: list[tuple[float, Timer]] = []  # sorted
        self._response_due = float("inf")
        self.late: Timer | None = None
        """The timer that the current leg has let pass, if the next proxy is sought for that."""

    def begin(self, proxy: Proxy | None, now: float) -> None:
        """Begin the waits of a leg through *proxy*, whose INVITE is sent *now*."""
        if self._ring_ends is None:
            self._ring_ends = now + self._ring_s
        self.late = None
        # The user agent sends CANCEL at the ring limit, but not while there is no
        # provisional response (RFC 3261 §9.1): then only this timer answers the client.
        guard = self._ring_ends + self._guard_s, Timer.HANG_UP_GUARD
        self._ahead = [guard]
        self._response_due = float("inf")
        if proxy is None:
            return
        self._response_due = now + proxy.first_response_ms / 1000
        limits_ms = (
            (proxy.progress_timeout_ms, Timer.PROGRESS),
            (proxy.first_response_ms, Timer.FIRST_RESPONSE),
        )
        for limit_ms, timer in limits_ms:
            if limit_ms is not None and (at := now + limit_ms / 1000) < guard[0]:
                self._ahead.append((at, timer))
        self._ahead.sort()

    def ring_left_s(self, now: float) -> float:
        """The seconds for which the call may ring from *now* on."""
        return self._ring_s if self._ring_ends is None else self._ring_ends - now

    def may_try_another(self, now: float) -> bool:
        """Whether enough of the ring limit is left *now* for another attempt."""
        return self.ring_left_s(now) >= LEAST_RING_S

    def is_response_due(self, now: float) -> bool:
        """Whether the first response of the leg should have come by *now*."""
        return now >= self._response_due

    def next_timer(self, now: float) -> tuple[Timer, float]:
        """Return the next timer of the leg, and in how many seconds it passes.

        To be called at the beginning of a leg, and when that timer has passed; the last
        one is the guard.
        """
        at, timer = self._ahead.pop(0)
        return timer, max(at - now, 0.0)


def detail_of(timer: Timer, proxy: Proxy) -> str:
    """Return a sentence that says why *proxy* was left when *timer* had passed."""
    if timer is Timer.PROGRESS:
        limit_ms, missing = proxy.progress_timeout_ms, "No ringing response"
    else:
        limit_ms, missing = proxy.first_response_ms, "No response"
    return f"{missing} came within {limit_ms} ms, so that the next proxy was tried."
