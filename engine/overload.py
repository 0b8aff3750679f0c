"""Overload: holds new work back before the process falls behind with what it has.

The lag of a thread is how long it lets somebody wait who wants a word with it. While one
is too long nobody comes in: requests wait in a line, which moves on as soon as the work
that came in before is done. So the process does what the machine can, no more, and what
would have to wait too long is refused at once, which costs little.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable

from .results import RefusedError, Result

LOOK_S = 0.05  # how often the lags are measured
BUSY_LOOK_S = 0.005  # while somebody waits
WAITING = 5000  # requests at once, at the most
FASTEST = 4000.0  # requests per second that leave the line, at the most
SMOOTHING_S = 0.5  # over which its pace is seen
RETRY_S = 1.0  # what a client that is refused is told


class Overload:
    """Lets requests in, or makes them wait, or refuses them."""

    def __init__(self, lag_limit_s: float, wait_limit_s: float) -> None:
        """*wait_limit_s*: how long a request waits before it is refused, at the most."""
        self.loop_lag_s = self.sip_lag_s = 0.0  # as measured last
        self.waited = self.refused = 0  # requests, since the start
        self._lag_limit_s = lag_limit_s
        self._wait_limit_s = wait_limit_s
        self._probe: Callable[[], float] = lambda: 0.0
        self._line: deque[tuple[float, asyncio.Future[None]]] = deque()
        self._pace = FASTEST

    def watch(self, probe: Callable[[], float]) -> None:
        """Watch the SIP thread, too; *probe* tells its lag in seconds, and measures anew."""
        self._probe = probe

    @property
    def waiting(self) -> int:
        """Requests that wait now."""
        return len(self._line)

    @property
    def is_late(self) -> bool:
        """Whether one of the threads lags too much."""
        return max(self.loop_lag_s, self.sip_lag_s) > self._lag_limit_s

    async def enter(self) -> None:
        """Return when a request may come in; raises RefusedError if that would take too long."""
        if not self._line and not self.is_late:
            return
        if len(self._line) >= min(self._pace * self._wait_limit_s, WAITING):
            raise self._refusal()
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line.append((time.monotonic(), turn))
        self.waited += 1
        await turn

    async def run(self) -> None:
        """Measure, and let in those that wait, for ever."""
        while True:
            wait_s = BUSY_LOOK_S if self._line else LOOK_S
            asked = time.monotonic()
            await asyncio.sleep(wait_s)
            now = time.monotonic()
            self.loop_lag_s = max(0.0, now - asked - wait_s)
            self.sip_lag_s = self._probe()
            self._move_on(now, now - asked)

    def _move_on(self, now: float, elapsed_s: float) -> None:
        if not self._line:
            self._pace = FASTEST
            return
        let_in, most = 0, FASTEST * elapsed_s
        while self._line:
            since, turn = self._line[0]
            if not turn.done():  # else its client has gone
                if now - since > self._wait_limit_s:
                    turn.set_exception(self._refusal())
                elif self.is_late or let_in >= most:
                    break
                else:
                    turn.set_result(None)
                    let_in += 1
            self._line.popleft()
        weight = min(1.0, elapsed_s / SMOOTHING_S)
        self._pace += weight * (let_in / elapsed_s - self._pace)

    def _refusal(self) -> RefusedError:
        self.refused += 1
        text = "No node has room for more work at the moment."
        return RefusedError(Result.NO_BVR, text, retry_after_s=RETRY_S)
