"""PjsuaAgent: asyncio on one side, the one SIP thread on the other."""

import asyncio
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import count

from sip.agent import (
    MAX_CREDENTIALS,
    UNSENT,
    AgentConfig,
    Invite,
    PingResult,
    RefusedRequests,
    Sink,
)
from sip.call_progress import Detection
from sip.errors import AgentConfigurationError, SipError, TooManyCallsError
from sip.events import Ended, LegId, Origin, Times
from sip.malformed import Outcome
from sip.media import Dtmf, Recording, Sound
from sip.resolver import Resolver
from sip.server_location import numeric_target
from sip.uri import SipUri

from .native_events import ResolveRequest
from .stack import TURN_MS, PollResult, Stack

POLL_MS = 50  # longest sleep of the SIP thread; a job wakes it at once
CLOSE_LIMIT_S = 8.0  # how long aclose() waits for far ends to confirm

JOIN_LIMIT_S = 20.0  # how long aclose() waits for the SIP thread, which completes files
DEFECT = "Internal error"  # the reason of legs that an exception of ours ends

_NO_LEG = LegId("")

log = logging.getLogger("outring.sip")

Job = tuple[LegId, Callable[[Stack], None]]
"""Work for the SIP thread, and the leg that fails with it if it raises."""


class PjsuaAgent:
    """A ``UserAgent`` on pjsua2. Made by ``sip.start_agent``; belongs to that event loop."""

    def __init__(self, config: AgentConfig, sink: Sink) -> None:
        self._config = config
        self._sink = sink
        self._loop = asyncio.get_running_loop()
        self._resolver = Resolver(
            timeout_s=config.resolver_timeout_s,
            transports=[
                (listener.protocol, ":" in listener.address)
                for listener in config.listeners
            ],
            nameservers=config.nameservers,
        )
        self._legs: set[LegId] = set()
        self._pings: dict[int, asyncio.Future[PingResult]] = {}
        self._ping_numbers = count(1)
        self._resolving: set[asyncio.Task[None]] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._jobs: deque[Job] = deque()
        self._asleep = False
        self._lag_s = 0.0
        self._probed: float | None = None  # when the probe under way was posted
        self.crashed = asyncio.Event()
        """See ``UserAgent``."""
        self._is_closing = False
        self._stopping = False  # the SIP thread: ends when it sees this
        self._wake_fd = -1
        self._waking = threading.Lock()  # held to use _wake_fd, and to invalidate it
        self._stack: Stack | None = None
        self._started: asyncio.Future[None] = self._loop.create_future()
        self._stopped = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="sip", daemon=True)

    # -- the asyncio side --------------------------------------------------------

    async def start(self) -> None:
        """Start PJSIP on its thread.

        Raises AgentConfigurationError, or what an internal error raises.
        """
        self._thread.start()
        try:
            await self._started
        except Exception:
            await self._stopped.wait()
            await self._resolver.aclose()
            raise

    @property
    def ports(self) -> Mapping[tuple[str, bool], int]:
        """The bound ports, by protocol and whether it is IPv6."""
        return self.stack.transports.ports

    @property
    def stack(self) -> Stack:
        """The stack, once PJSIP has started. It belongs to the SIP thread."""
        assert self._stack is not None
        return self._stack

    def lag_s(self) -> float:
        """See ``UserAgent``."""
        if self._stopping:
            return 0.0  # no work is taken up any more, which is not overload
        now = time.monotonic()
        if (probed := self._probed) is not None:
            return max(self._lag_s, now - probed)
        self._probed = now
        self._post(_NO_LEG, lambda _: self._on_probe())
        return self._lag_s

    def _on_probe(self) -> None:
        assert self._probed is not None
        self._lag_s = time.monotonic() - self._probed
        self._probed = None

    @property
    def refused_requests(self) -> Sequence[RefusedRequests]:
        """What was refused since the start; see ``UserAgent``."""
        return self._stack.refused_requests() if self._stack else ()

    @property
    def forced_ends(self) -> int:
        """How many legs the watchdog had to end since the start."""
        return self._stack.forced_ends if self._stack else 0

    @property
    def malformed(self) -> Mapping[Outcome, int]:
        """See ``UserAgent``."""
        return self._stack.malformed if self._stack else {}

    @property
    def legs(self) -> int:
        """The number of legs that have not ended."""
        return len(self._legs)

    async def invite(self, invite: Invite) -> None:
        """Send an INVITE; see ``UserAgent``."""
        if self._stopping:
            raise AgentConfigurationError("The user agent is closing.")
        if len(self._legs) >= self._config.max_calls:
            raise TooManyCallsError(
                f"All {self._config.max_calls} calls of this node are in use."
            )
        if len(invite.credentials) > MAX_CREDENTIALS:
            raise SipError(f"A call can carry at most {MAX_CREDENTIALS} credentials.")
        self._legs.add(invite.leg)
        self._idle.clear()
        self._post(invite.leg, lambda stack: stack.add(invite))
        first = invite.route[0] if invite.route else invite.target
        target = numeric_target(first)
        if target is not None:
            self._post(invite.leg, lambda stack: stack.invite(invite, (target,)))
        else:
            self._resolve(self._resolve_and_send(invite, first))

    def hang_up(self, leg: LegId, headers: tuple[tuple[str, str], ...] = ()) -> None:
        """End *leg*; see ``UserAgent``."""
        self._post(leg, lambda stack: stack.hang_up(leg, headers))

    def connect(self, source: LegId, listener: LegId) -> None:
        """Let *listener* hear *source*; see ``UserAgent``."""
        self._post(_NO_LEG, lambda stack: stack.media.connect((source, listener)))

    def disconnect(self, source: LegId, listener: LegId) -> None:
        """Take ``connect`` back; see ``UserAgent``."""
        self._post(_NO_LEG, lambda stack: stack.media.disconnect((source, listener)))

    def play(
        self, leg: LegId, number: int, sounds: tuple[Sound, ...], *, stops_on: str = ""
    ) -> None:
        """Let *leg* hear *sounds*; see ``UserAgent``."""
        self._post(leg, lambda stack: stack.media.play(leg, number, sounds, stops_on))

    def record(self, leg: LegId, number: int, recording: Recording) -> None:
        """Record *leg*; see ``UserAgent``."""
        self._post(leg, lambda stack: stack.media.record(leg, number, recording))

    def stop(self, leg: LegId, number: int) -> None:
        """End a play or a recording; see ``UserAgent``."""
        self._post(leg, lambda stack: stack.media.stop(leg, number))

    def send_digits(
        self,
        leg: LegId,
        digits: str,
        *,
        how: Dtmf = Dtmf.RFC4733,
        on_ms: int = 100,
        off_ms: int = 100,
    ) -> None:
        """Send DTMF to *leg*; see ``UserAgent``."""
        self._post(
            leg, lambda stack: stack.media.send_digits(leg, digits, how, on_ms, off_ms)
        )

    def watch(self, leg: LegId, detection: Detection) -> None:
        """Find out what has answered *leg*; see ``UserAgent``."""
        self._post(leg, lambda stack: stack.media.watch(leg, detection))

    def refer(
        self,
        leg: LegId,
        to: SipUri | LegId,
        headers: tuple[tuple[str, str], ...] = (),
        *,
        limit_s: float,
    ) -> None:
        """Transfer *leg*; see ``UserAgent``."""
        self._post(leg, lambda stack: stack.refer(leg, to, headers, limit_s))

    def ladder(self, leg: LegId) -> str:
        """The messages of *leg* so far; see ``UserAgent``."""
        return self._stack.ladder(leg) if self._stack else ""

    async def ping(
        self,
        target: SipUri,
        headers: tuple[tuple[str, str], ...] = (),
        *,
        limit_s: float,
    ) -> PingResult:
        """Send one OPTIONS; see ``UserAgent``."""
        if self._stopping:
            return UNSENT
        number = next(self._ping_numbers)
        result: asyncio.Future[PingResult] = self._loop.create_future()
        self._pings[number] = result
        try:
            async with asyncio.timeout(limit_s):
                targets = await self._resolver.locate(target)
                if not targets:
                    return UNSENT
                self._post(
                    _NO_LEG,
                    lambda stack: stack.ping(number, target, headers, targets),
                )
                return await result
        except TimeoutError:
            return PingResult(408)
        finally:
            if self._pings.pop(number, None) is not None:  # no answer so far
                self._post(_NO_LEG, lambda stack: stack.cancel_ping(number))

    async def aclose(self) -> None:
        """Hang up everything, wait a bounded time for the far ends, and release all."""
        if self._is_closing:
            await self._stopped.wait()
            return
        self._is_closing = True
        for leg in self._legs:
            self.hang_up(leg)
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_LIMIT_S):
                await self._idle.wait()
        self._stopping = True
        self._post(_NO_LEG, lambda _: None)
        await self._join_thread()
        for number in list(self._pings):
            self._on_ping_result(number, UNSENT)
        for task in self._resolving:
            task.cancel()
        await asyncio.gather(*self._resolving, return_exceptions=True)
        await self._resolver.aclose()

    async def _join_thread(self) -> None:
        """Wait for the end of the SIP thread, with a limit in case it hangs."""
        try:
            async with asyncio.timeout(JOIN_LIMIT_S):
                await self._stopped.wait()
        except TimeoutError:
            log.critical("sip_thread_hangs")
        else:
            self._thread.join()

    def _resolve(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._resolving.add(task)
        task.add_done_callback(self._resolving.discard)

    async def _resolve_and_send(self, invite: Invite, first: SipUri) -> None:
        targets = await self._resolver.locate(first)
        self._post(invite.leg, lambda stack: stack.invite(invite, targets))

    async def _answer(self, query: ResolveRequest) -> None:
        targets = await self._resolver.targets(query.host, query.port, query.protocol)
        self._post(_NO_LEG, lambda stack: stack.answer_resolve(query.number, targets))

    def _deliver(self, news: PollResult) -> None:
        for event in news.events:
            if isinstance(event, Ended):
                self._legs.discard(event.leg)
        if not self._legs:
            self._idle.set()
        for query in news.queries:
            self._resolve(self._answer(query))
        for number, result in news.ping_results:
            self._on_ping_result(number, result)
        if news.events:
            self._sink(news.events)

    def _on_crash(self, news: PollResult) -> None:
        """End all legs after the SIP thread has crashed; *news* are its last events."""
        self._deliver(news)
        times, origin = Times(ended=time.monotonic()), Origin.LOCAL_TRANSPORT
        left = [Ended(leg, 503, DEFECT, origin, None, times) for leg in self._legs]
        self._deliver(PollResult([*left]))
        self.crashed.set()

    def _on_ping_result(self, number: int, result: PingResult) -> None:
        awaited = self._pings.pop(number, None)
        if awaited is not None and not awaited.done():
            awaited.set_result(result)

    def _post(self, leg: LegId, work: Callable[[Stack], None]) -> None:
        self._jobs.append((leg, work))  # a deque's append is safe between threads
        # One write is enough however many jobs follow: the thread looks for all of them.
        if self._asleep:
            self._asleep = False
            # The lock: the thread must not close the descriptor between check and write.
            with self._waking, suppress(BlockingIOError):  # then it is awake already
                if self._wake_fd >= 0:
                    os.write(self._wake_fd, b"\0")

    # -- the SIP thread ----------------------------------------------------------

    def _run(self) -> None:
        tell = self._loop.call_soon_threadsafe
        try:
            stack = Stack(self._config)
        except Exception as error:  # noqa: BLE001 - raised by ``start``
            tell(self._started.set_exception, error)
            tell(self._stopped.set)
            return
        self._stack = stack
        self._wake_fd = stack.wake_fd
        tell(self._started.set_result, None)
        try:
            while not self._stopping:
                self._work_and_poll(stack, tell)
            tell(self._deliver, stack.end_all())
        except Exception:
            log.critical("sip_thread_crashed", exc_info=True)
            self._crash(stack, tell)
        with self._waking:
            self._wake_fd = -1
        try:
            stack.close()
        except Exception:
            log.exception("sip_thread_crashed")
        finally:
            tell(self._stopped.set)

    def _crash(self, stack: Stack, tell: Callable[..., object]) -> None:
        """Fail every leg: none may seem to live while nobody looks after it."""
        self._stopping = True
        news = PollResult()
        try:
            news = stack.fail_all(DEFECT)
        except Exception:
            log.exception("sip_thread_crashed")
        tell(self._on_crash, news)

    def _work_and_poll(self, stack: Stack, tell: Callable[..., object]) -> None:
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
        news = stack.poll(wait_ms)
        self._asleep = False
        if news is not None:
            tell(partial(self._deliver, news))
