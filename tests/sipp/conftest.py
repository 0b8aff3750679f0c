"""The dialer's user agent, called directly: for what no HTTP request can ask for."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from msgspec.structs import replace

from sip.agent import UNSENT, Credential, Invite
from sip.events import (
    AgentEvent,
    Answered,
    CallProgress,
    Digit,
    Ended,
    LegId,
    Played,
    Progress,
    Recorded,
    Referred,
    StreamLost,
    StreamOpened,
    StreamOver,
)
from sip.pjsip.user_agent import PjsuaAgent
from sip.resolver import Resolver
from sip.uri import SipUri
from tests.conftest import Dialer
from tests.sip.name_server import name_server

EVENT_LIMIT_S = 15.0

E = TypeVar("E", bound=AgentEvent)


class Caller:
    """Places calls through *agent* and receives all of its events."""

    def __init__(self, agent: PjsuaAgent) -> None:
        self.agent = agent
        self.answers: list[Answered] = []
        self._events: asyncio.Queue[AgentEvent] = asyncio.Queue()

    def take(self, events: Sequence[AgentEvent]) -> None:
        """The sink."""
        for event in events:
            self._events.put_nowait(event)
            if isinstance(event, Answered):
                self.answers.append(event)

    async def invite(self, target: str, **fields: Any) -> LegId:
        """Send an INVITE."""
        leg = LegId(str(uuid.uuid4()))
        await self.agent.invite(Invite(leg, SipUri.parse(target), **fields))
        return leg

    async def sent(self, leg: LegId) -> None:
        """Wait until the INVITE of *leg* is on the wire."""
        async with asyncio.timeout(EVENT_LIMIT_S):
            while "INVITE" not in self.agent.ladder(leg):
                await asyncio.sleep(0.005)

    async def caught_up(self) -> None:
        """Wait until all that was asked so far is done, and has told what there is to tell.

        No transport of ours leads to this address, so that the ping is over as soon as the
        SIP thread comes to it, and is reported behind the events of what was before.
        """
        nowhere = SipUri.parse("sip:[::1]:9;transport=tcp")
        assert await self.agent.ping(nowhere, limit_s=EVENT_LIMIT_S) == UNSENT

    async def progress(self) -> Progress:
        """Wait for the next event, which has to be this one."""
        return await self._next(Progress)

    async def answered(self) -> Answered:
        """Wait for the answer."""
        return await self._next(Answered)

    async def referred(self) -> Referred:
        """Wait for the outcome of a transfer."""
        return await self._next(Referred)

    async def digit(self) -> Digit:
        """Wait for a digit."""
        return await self._next(Digit)

    async def played(self) -> Played:
        """Wait until something was played."""
        return await self._next(Played)

    async def recorded(self) -> Recorded:
        """Wait until something was recorded."""
        return await self._next(Recorded)

    async def found(self) -> CallProgress:
        """Wait until something was found of what has answered."""
        return await self._next(CallProgress)

    async def stream_opened(self) -> StreamOpened:
        """Wait until the WebSocket of a stream is open."""
        return await self._next(StreamOpened)

    async def stream_lost(self) -> StreamLost:
        """Wait until the WebSocket of a stream is lost."""
        return await self._next(StreamLost)

    async def stream_over(self) -> StreamOver:
        """Wait until a stream is over."""
        return await self._next(StreamOver)

    async def ended(self) -> Ended:
        """Wait for the end."""
        return await self._next(Ended)

    @property
    def has_events(self) -> bool:
        """Whether something came that nobody has taken."""
        return not self._events.empty()

    async def _next(self, kind: type[E]) -> E:
        async with asyncio.timeout(EVENT_LIMIT_S):
            while not isinstance(event := await self._events.get(), kind):
                assert not isinstance(event, Ended), event
        return event


@pytest.fixture
def caller(dialer: Dialer, monkeypatch: pytest.MonkeyPatch) -> Caller:
    """The user agent of the session's dialer, for this test alone."""
    caller = Caller(dialer.process.agent)
    monkeypatch.setattr(caller.agent, "sink", caller.take)
    return caller


@pytest.fixture
def credentials(dialer: Dialer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every call that the dialer places in this test may answer challenges."""
    agent = dialer.process.agent
    send = agent.invite
    everywhere = (Credential("*", "outring", "secret"),)

    async def invite(invite: Invite) -> None:
        await send(replace(invite, credentials=everywhere))

    monkeypatch.setattr(agent, "invite", invite)


DnsFactory = Callable[..., AbstractAsyncContextManager[None]]


@pytest.fixture
def dns(
    dialer: Dialer, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> DnsFactory:  # fmt: skip
    """``async with dns(*records)``: the dialer asks a name server that has these."""
    agent = dialer.process.agent
    folder: Path = tmp_path_factory.mktemp("dns")

    @asynccontextmanager
    async def run(*records: str) -> AsyncIterator[None]:
        async with name_server(folder, *records) as server:
            resolver = Resolver(
                timeout_s=3.0,
                transports=list(agent.ports),
                nameservers=(server.address,),
            )
            try:
                with monkeypatch.context() as patch:
                    patch.setattr(agent, "resolver", resolver)
                    yield
            finally:
                await resolver.aclose()

    return run
