"""SipThread: the one thread that owns PJSIP, and the queue of jobs by which it is reached."""

import asyncio
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from sip.agent import AgentConfig
from sip.events import LegId

from .stack import TURN_MS, PollResult, Stack

POLL_MS = 50  # longest sleep of the thread; a job wakes it at once
JOIN_LIMIT_S = 20.0  # how long ``stop`` waits for the thread, which completes files
DEFECT = "Internal error"  # the reason of legs that an exception of ours ends

NO_LEG = LegId("")
"""The leg of a job that is for none."""

log = logging.getLogger("outring.sip")

Job = tuple[LegId, Callable[[Stack], None]]
"""Work for the SIP thread, and the leg that fails with it if it raises."""


class SipThread:
    """Runs the Stack: does the jobs that are posted, polls, and reports what has happened.

    ``post`` may be called from any thread, all else from the event loop that made it.
    """

    def __init__(
        self,
        config: AgentConfig,
        deliver: Callable[[PollResult], None],
        on_crash: Callable[[PollResult], None],
    ) -> None:
        """*deliver* and *on_crash* are called on the event loop.

        *on_crash* takes the last events of a thread that has crashed, and does no more.
        """
        self.stack: Stack | None = None
        """What the thread runs, once it has started."""
        self.is_stopping = False
        """Whether no job is done any more."""
        self._config = config
        self._deliver = deliver
        self._on_crash = on_crash
        self._loop = asyncio.get_running_loop()
        self._jobs: deque[Job] = deque()
        self._asleep = False
        self._wake_fd = -1
        self._waking = threading.Lock()  # held to use _wake_fd, and to invalidate it
        self._started: asyncio.Future[None] = self._loop.create_future()
        self._stopped = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="sip", daemon=True)

    async def start(self) -> None:
        """Start PJSIP on the thread.

        Raises AgentConfigurationError, or what an internal error raises.
        """
        self._thread.start()
        try:
            await self._started
        except Exception:
            await self._stopped.wait()
            raise

    def post(self, leg: LegId, work: Callable[[Stack], None]) -> None:
        """Have *work* done on the thread, behind earlier jobs; *leg* fails if it raises."""
        self._jobs.append((leg, work))  # a deque's append is safe between threads
        # One write is enough however many jobs follow: the thread looks for all of them.
        if self._asleep:
            self._asleep = False
            # The lock: the thread must not close the descriptor between check and write.
            with self._waking, suppress(BlockingIOError):  # then it is awake already
                if self._wake_fd >= 0:
                    os.write(self._wake_fd, b"\0")

    async def stop(self) -> None:
        """End the thread, and every leg that is left; does not wait for ever if it hangs."""
        self.is_stopping = True
        self.post(NO_LEG, lambda _: None)
        try:
            async with asyncio.timeout(JOIN_LIMIT_S):
                await self.wait_until_stopped()
        except TimeoutError:
            log.critical("sip_thread_hangs")
        else:
            self._thread.join()

    async def wait_until_stopped(self) -> None:
        """Wait for the end of the thread."""
        await self._stopped.wait()

    # -- on the thread -----------------------------------------------------------

    def _call_soon(self, work: Callable[..., object], *values: object) -> None:
        """Do *work* on the event loop."""
        self._loop.call_soon_threadsafe(work, *values)

    def _run(self) -> None:
        try:
            self.stack = stack = Stack(self._config)
        except Exception as error:  # noqa: BLE001 - raised by ``start``
            self._call_soon(self._started.set_exception, error)
            self._call_soon(self._stopped.set)
            return
        self._wake_fd = stack.wake_fd
        self._call_soon(self._started.set_result, None)
        try:
            while not self.is_stopping:
                self._work_and_poll(stack)
            self._call_soon(self._deliver, stack.end_all())
        except Exception:
            log.critical("sip_thread_crashed", exc_info=True)
            self._crash(stack)
        with self._waking:
            self._wake_fd = -1
        try:
            stack.close()
        except Exception:
            log.exception("sip_thread_crashed")
        finally:
            self._call_soon(self._stopped.set)

    def _crash(self, stack: Stack) -> None:
        """Fail every leg: none may seem to live while nobody looks after it."""
        self.is_stopping = True
        result = PollResult()
        try:
            result = stack.fail_all(DEFECT)
        except Exception:
            log.exception("sip_thread_crashed")
        self._call_soon(self._on_crash, result)

    def _work_and_poll(self, stack: Stack) -> None:
        jobs = self._jobs
        until = time.monotonic() + TURN_MS / 1000
        while jobs and time.monotonic() < until:
            leg, work = jobs.popleft()
            try:
                work(stack)
            except Exception:  # noqa: BLE001 - logged; one leg, not all
                stack.fail_leg(leg)
        # First say that we sleep, then look for jobs: one that came in between has written
        # no wake-up, and would wait for POLL_MS.
        self._asleep = True
        wait_ms = 0 if jobs else POLL_MS
        result = stack.poll(wait_ms)
        self._asleep = False
        if result is not None:
            self._call_soon(self._deliver, result)
