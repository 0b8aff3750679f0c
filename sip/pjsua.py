"""The user agent on pjsua2: asyncio on one side, the one SIP thread on the other."""

import asyncio
import os
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial

from .agent import AgentConfig, Invite, Sink
from .errors import ConfigurationError, TooManyCallsError
from .events import Ended, LegId, SipEvent
from .resolver import Resolver, is_numeric
from .stack import Query, Stack

POLL_MS = 50  # longest sleep of the SIP thread; a job wakes it at once
CLOSE_LIMIT_S = 8.0  # how long aclose() waits for far ends to confirm

_NO_LEG = LegId("")

Job = tuple[LegId, Callable[[Stack], None]]
"""What the SIP thread shall do, and the leg that it costs if it fails."""


class PjsuaAgent:
    """A ``UserAgent``. Made by ``sip.start_agent``; belongs to the loop it was made on."""

    def __init__(self, config: AgentConfig, sink: Sink) -> None:
        self._config = config
        self._sink = sink
        self._loop = asyncio.get_running_loop()
        self._resolver = Resolver(
            timeout_s=config.resolver_timeout_s, nameservers=config.nameservers
        )
        self._legs: set[LegId] = set()
        self._resolving: set[asyncio.Task[None]] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._jobs: deque[Job] = deque()
        self._asleep = False
        self._stopping = False
        self._wake_fd = -1
        self._stack: Stack | None = None
        self._started: asyncio.Future[None] = self._loop.create_future()
        self._stopped = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="sip", daemon=True)

    # -- the asyncio side --------------------------------------------------------

    async def start(self) -> None:
        """Start PJSIP on its thread; raises ConfigurationError."""
        self._thread.start()
        try:
            await self._started
        except ConfigurationError:
            await self._stopped.wait()
            await self._resolver.aclose()
            raise

    @property
    def ports(self) -> dict[tuple[str, bool], int]:
        """Bound port by protocol and whether it is IPv6."""
        assert self._stack is not None
        return {key: bound.port for key, bound in self._stack.bound.items()}

    @property
    def forced_ends(self) -> int:
        """How many legs the watchdog had to end since the start."""
        return self._stack.forced_ends if self._stack else 0

    @property
    def legs(self) -> int:
        """Legs that have not ended."""
        return len(self._legs)

    async def invite(self, invite: Invite) -> None:
        """Send an INVITE; see ``UserAgent``."""
        if self._stopping:
            raise ConfigurationError("The user agent is closing.")
        if len(self._legs) >= self._config.max_calls:
            raise TooManyCallsError(
                f"All {self._config.max_calls} calls of this node are in use."
            )
        self._legs.add(invite.leg)
        self._idle.clear()
        self._post(invite.leg, lambda stack: stack.add(invite))
        host = (invite.route[0] if invite.route else invite.target).host
        if is_numeric(host):
            self._post(invite.leg, lambda stack: stack.invite(invite, host))
        else:
            self._resolve(self._resolve_and_send(invite, host))

    def hang_up(self, leg: LegId) -> None:
        """End *leg*; see ``UserAgent``."""
        self._post(leg, lambda stack: stack.hang_up(leg))

    async def aclose(self) -> None:
        """Hang up everything, wait a bounded time for the far ends, and release all."""
        if self._stopping:
            await self._stopped.wait()
            return
        for leg in self._legs:
            self.hang_up(leg)
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_LIMIT_S):
                await self._idle.wait()
        self._stopping = True
        self._post(_NO_LEG, lambda _: None)
        await self._stopped.wait()
        self._thread.join()
        for task in self._resolving:
            task.cancel()
        await asyncio.gather(*self._resolving, return_exceptions=True)
        await self._resolver.aclose()

    def _resolve(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._resolving.add(task)
        task.add_done_callback(self._resolving.discard)

    async def _resolve_and_send(self, invite: Invite, host: str) -> None:
        addresses = await self._resolver.resolve(host)
        address = addresses[0] if addresses else None
        self._post(invite.leg, lambda stack: stack.invite(invite, address))

    async def _answer(self, query: Query) -> None:
        addresses = await self._resolver.resolve(query.host)
        self._post(_NO_LEG, lambda stack: stack.resolved(query.number, addresses))

    def _deliver(self, events: list[SipEvent], queries: list[Query]) -> None:
        for event in events:
            if isinstance(event, Ended):
                self._legs.discard(event.leg)
        if not self._legs:
            self._idle.set()
        for query in queries:
            self._resolve(self._answer(query))
        if events:
            self._sink(events)

    def _post(self, leg: LegId, work: Callable[[Stack], None]) -> None:
        self._jobs.append((leg, work))
        if self._asleep:
            self._asleep = False
            with suppress(BlockingIOError):  # then it is awake already
                os.write(self._wake_fd, b"\0")

    # -- the SIP thread ----------------------------------------------------------

    def _run(self) -> None:
        tell = self._loop.call_soon_threadsafe
        try:
            stack = Stack(self._config)
        except ConfigurationError as error:
            tell(self._started.set_exception, error)
            tell(self._stopped.set)
            return
        self._stack = stack
        self._wake_fd = stack.wake_fd
        tell(self._started.set_result, None)
        while not self._stopping:
            self._turn(stack, tell)
        stack.close()
        tell(self._stopped.set)

    def _turn(self, stack: Stack, tell: Callable[..., object]) -> None:
        jobs = self._jobs
        while jobs:
            leg, work = jobs.popleft()
            try:
                work(stack)
            except Exception:  # noqa: BLE001 - logged; one leg, not all
                stack.abandon(leg)
        self._asleep = True
        wait_ms = 0 if jobs else POLL_MS  # a job may have come before we said so
        events = stack.poll(wait_ms)
        self._asleep = False
        if events or stack.queries:
            queries, stack.queries = stack.queries, []
            tell(partial(self._deliver, events, queries))
