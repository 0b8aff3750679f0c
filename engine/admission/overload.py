"""Overload: holds new requests back before the process falls behind with its calls.

The lag of a thread is the time in seconds from when work is posted to it until it takes
that work up. It is measured for the asyncio loop and for the SIP thread. While one of the
two lags too much, no request is admitted: requests wait in a queue, which moves on once
the lag is gone.

A request makes work for a while after it was admitted, so that the lag shows its cost late.
The queue therefore moves no faster than a token bucket allows, whose rate falls while a
thread lags and rises while none does. A request that would have to wait too long is refused
at once, before its body is read, which costs little.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable

from engine.model.result import RefusedError, Result

from .token_bucket import TokenBucket

LOOK_S = 0.05  # from one measurement of the lags to the next
BUSY_LOOK_S = 0.005  # the same while requests wait
MAX_WAITING = 5000  # requests in the queue
# A queue that has not been empty for longer than the longest wait is a standing one: it
# adds to every request's time without serving more of them (as CoDel has it, RFC 8289).
# It may last for this share of the longest wait only.
STANDING_SHARE = 0.2
RETRY_S = 1.0  # Retry-After of a refusal


def refusal() -> RefusedError:
    """The refusal of a request for which there is no room: 503 with Retry-After."""
    text = "No node has room for more work at the moment."
    return RefusedError(
        Result.NO_BVR, text, retry_after_s=RETRY_S, refused_by="overload"
    )


class Overload:
    """Admits requests, makes them wait, or refuses them, by the lag of the threads.

    ``run`` has to run beside it: it alone measures, and admits those that wait.
    """

    def __init__(self, lag_limit_s: float, wait_limit_s: float) -> None:
        """*lag_limit_s*: with more lag requests wait, for *wait_limit_s* at most."""
        self.loop_lag_s = self.sip_lag_s = 0.0  # as measured last
        self.waited = self.refused = 0  # requests, since the start
        self.arriving = 0
        """Requests whose head was admitted and whose body is still being read.

        They call ``enter`` afterwards, so they count as if they were in the queue. The
        connections that admit them keep this number.
        """
        self._lag_limit_s = lag_limit_s
        self._wait_limit_s = wait_limit_s
        self._probe: Callable[[], float] = lambda: 0.0
        self._queue: deque[tuple[float, asyncio.Future[None]]] = deque()
        self.bucket = TokenBucket()
        """The pace of the queue."""
        self._queue_busy_s = 0.0  # since the queue was empty last

    def watch(self, probe: Callable[[], float]) -> None:
        """Let the lag of the SIP thread count as well as that of the event loop.

        *probe* is called after each turn of ``run``. It returns the lag that was measured
        last, in seconds, and starts the next measurement.
        """
        self._probe = probe

    @property
    def waiting(self) -> int:
        """Requests in the queue now."""
        return len(self._queue)

    @property
    def is_late(self) -> bool:
        """Whether the lag of one of the threads is above the limit."""
        return max(self.loop_lag_s, self.sip_lag_s) > self._lag_limit_s

    def reject_if_full(self) -> bool:
        """Whether a request that comes now cannot even wait; if so, count it as refused.

        The queue is full once the current rate would not serve it within the longest wait.
        """
        wait_s = self._wait_limit_s
        if self._queue_busy_s > wait_s:
            wait_s *= STANDING_SHARE
        most = min(self.bucket.rate * wait_s, MAX_WAITING)
        is_full = len(self._queue) + self.arriving >= most
        self.refused += is_full
        return is_full

    async def enter(self) -> None:
        """Return once a request is admitted.

        Raises RefusedError (503 with Retry-After): at once if the queue is full, else when
        the request has waited in it for *wait_limit_s*. A caller that is cancelled leaves
        the queue.
        """
        # Past the queue only while it is empty, so that nobody is overtaken.
        if not self._queue and not self.is_late and self.bucket.take():
            return
        if self.reject_if_full():
            raise refusal()
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((time.monotonic(), waiter))
        self.waited += 1
        await waiter

    async def run(self) -> None:
        """Measure the lags and admit those that wait, until cancelled."""
        while True:
            wait_s = BUSY_LOOK_S if self._queue else LOOK_S
            began = time.monotonic()
            await asyncio.sleep(wait_s)
            now = time.monotonic()
            self.loop_lag_s = max(0.0, now - began - wait_s)
            self.sip_lag_s = self._probe()
            self.bucket.refill(now - began, is_late=self.is_late)
            self._queue_busy_s = (
                self._queue_busy_s + now - began if self._queue else 0.0
            )
            self._admit_waiting(now)

    def _admit_waiting(self, now: float) -> None:
        while self._queue:
            since, waiter = self._queue[0]
            if not waiter.done():  # otherwise cancelled: its client has gone
                if now - since > self._wait_limit_s:
                    self.refused += 1
                    waiter.set_exception(refusal())
                elif self.is_late or not self.bucket.take():
                    break
                else:
                    waiter.set_result(None)
            self._queue.popleft()
