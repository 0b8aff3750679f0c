"""Overload: holds new work back before the process falls behind with what it has.

The lag of a thread is how long it lets somebody wait who wants a word with it. While one
is too long nobody comes in: requests wait in a line, which moves on as soon as the work
that came in before is done. Since a request makes work for a while after it came in, the
line moves no faster than a rate that falls while a thread lags and rises while none does.
So the process does what the machine can, no more, and what would have to wait too long is
refused at once, unread, which costs little.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from math import exp

from engine.model.result import RefusedError, Result

LOOK_S = 0.05  # how often the lags are measured
BUSY_LOOK_S = 0.005  # while somebody waits
WAITING = 5000  # requests at once, at the most
STANDING_SHARE = 0.2  # of the wait, that a line may last which does not become empty
FASTEST, SLOWEST = 4000.0, 10.0  # requests per second that come in, at the most
FALL_S = 1.0  # of lag, after which the rate is a third of what it was
RISE_S = 4.0  # so fast it rises again; after N seconds without lag, 1 + N times as fast
RETRY_S = 1.0  # what a client that is refused is told


def refusal() -> RefusedError:
    """What a request is told that does not come in."""
    text = "No node has room for more work at the moment."
    return RefusedError(Result.NO_BVR, text, retry_after_s=RETRY_S)


class Overload:
    """Lets requests in, or makes them wait, or refuses them."""

    def __init__(self, lag_limit_s: float, wait_limit_s: float) -> None:
        """*wait_limit_s*: how long a request waits before it is refused, at the most."""
        self.loop_lag_s = self.sip_lag_s = 0.0  # as measured last
        self.waited = self.refused = 0  # requests, since the start
        self.arriving = 0
        """Requests that will enter once they have been read."""
        self._lag_limit_s = lag_limit_s
        self._wait_limit_s = wait_limit_s
        self._probe: Callable[[], float] = lambda: 0.0
        self._queue: deque[tuple[float, asyncio.Future[None]]] = deque()
        self._rate = FASTEST
        self._tokens = FASTEST * LOOK_S  # how many may come in right now
        self._time_without_lag_s = 0.0  # since a thread lagged last
        self._queue_busy_s = 0.0  # since the line was empty last

    def watch(self, probe: Callable[[], float]) -> None:
        """Watch the SIP thread, too; *probe* tells its lag in seconds, and measures anew."""
        self._probe = probe

    @property
    def waiting(self) -> int:
        """Requests that wait now."""
        return len(self._queue)

    @property
    def is_late(self) -> bool:
        """Whether one of the threads lags too much."""
        return max(self.loop_lag_s, self.sip_lag_s) > self._lag_limit_s

    def reject_if_full(self) -> bool:
        """Whether a request that comes now could not even wait; it counts as refused then."""
        wait_s = self._wait_limit_s
        if self._queue_busy_s > wait_s:
            wait_s *= STANDING_SHARE
        most = min(self._rate * wait_s, WAITING)
        is_full = len(self._queue) + self.arriving >= most
        self.refused += is_full
        return is_full

    async def enter(self) -> None:
        """Return when a request may come in; raises RefusedError if that would take too long."""
        if not self._queue and self._tokens >= 1 and not self.is_late:
            self._tokens -= 1
            return
        if self.reject_if_full():
            raise refusal()
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((time.monotonic(), turn))
        self.waited += 1
        await turn

    async def run(self) -> None:
        """Measure, and let in those that wait, for ever."""
        while True:
            wait_s = BUSY_LOOK_S if self._queue else LOOK_S
            asked = time.monotonic()
            await asyncio.sleep(wait_s)
            now = time.monotonic()
            self.loop_lag_s = max(0.0, now - asked - wait_s)
            self.sip_lag_s = self._probe()
            self._adapt(now - asked)
            self._queue_busy_s = (
                self._queue_busy_s + now - asked if self._queue else 0.0
            )
            self._admit_waiting(now)

    def _adapt(self, elapsed_s: float) -> None:
        if self.is_late:  # a long stop is one sign of it, not many
            change, self._time_without_lag_s = exp(-min(elapsed_s / FALL_S, 1.0)), 0.0
        else:
            change = exp(elapsed_s / RISE_S * (1 + self._time_without_lag_s))
            self._time_without_lag_s = min(self._time_without_lag_s + elapsed_s, RISE_S)
        self._rate = min(max(self._rate * change, SLOWEST), FASTEST)
        most = max(self._rate * LOOK_S, 1.0)
        self._tokens = min(self._tokens + self._rate * elapsed_s, most)

    def _admit_waiting(self, now: float) -> None:
        while self._queue:
            since, turn = self._queue[0]
            if not turn.done():  # else its client has gone
                if now - since > self._wait_limit_s:
                    self.refused += 1
                    turn.set_exception(refusal())
                elif self.is_late or self._tokens < 1:
                    break
                else:
                    turn.set_result(None)
                    self._tokens -= 1
            self._queue.popleft()
