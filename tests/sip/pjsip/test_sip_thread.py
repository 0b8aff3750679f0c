"""The thread that PJSIP has: who wakes it while it ends, and what is left if it crashes."""

import asyncio
import os
import select
import threading
import time
from collections.abc import Callable

import pytest

from sip.agent import UNSENT, AgentConfig, Invite
from sip.errors import SipError
from sip.events import Ended, LegId, Origin, SipEvent
from sip.pjsip import sip_thread
from sip.pjsip.stack import PollResult
from sip.pjsip.user_agent import PjsuaAgent
from sip.uri import SipUri

LIMIT_S = 10.0


class Sleeper:
    """A stack that only sleeps and is woken."""

    def __init__(self, _: AgentConfig) -> None:
        self._read_fd, self.wake_fd = os.pipe()

    def poll(self, wait_ms: int) -> None:
        """Sleep until it is woken, or the wait is over."""
        select.select([self._read_fd], [], [], wait_ms / 1000)

    def end_all(self) -> PollResult:
        """There was nothing to end."""
        return PollResult()

    def fail_all(self, _reason: str) -> PollResult:
        """There was nothing to end."""
        return PollResult()

    def close(self) -> None:
        """Close both ends."""
        os.close(self._read_fd)
        os.close(self.wake_fd)


async def test_nobody_writes_to_a_wake_socket_that_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also where the thread ends by itself while somebody is about to wake it."""
    write: Callable[[int, bytes], int] = os.write

    def write_late(descriptor: int, data: bytes) -> int:
        time.sleep(4 * sip_thread.POLL_MS / 1000)  # so long it does not sleep
        return write(descriptor, data)

    monkeypatch.setattr(sip_thread, "Stack", Sleeper)
    agent = PjsuaAgent(AgentConfig(), lambda _: None)
    await agent.start()
    async with asyncio.timeout(LIMIT_S):
        while not agent.thread._asleep:
            await asyncio.sleep(0)
        monkeypatch.setattr(os, "write", write_late)
        await agent.aclose()


class Broken(Sleeper):
    """A stack that crashes as soon as it is woken."""

    def poll(self, wait_ms: int) -> None:
        """Crash once something is to be done."""
        super().poll(wait_ms)
        if self.legs:
            raise RuntimeError("poll")

    def __init__(self, config: AgentConfig) -> None:
        super().__init__(config)
        self.legs: list[LegId] = []

    def add(self, invite: Invite) -> None:
        """Take charge of a leg."""
        self.legs.append(invite.leg)

    def invite(self, _invite: Invite, _targets: object) -> None:
        """Nothing is sent."""


class BrokenTwice(Broken):
    """A stack that cannot even be ended."""

    def fail_all(self, _reason: str) -> PollResult:
        """Crash."""
        raise RuntimeError("fail_all")

    def close(self) -> None:
        """Crash, once the descriptors are closed."""
        super().close()
        raise RuntimeError("close")


@pytest.mark.parametrize("kind", [Broken, BrokenTwice])
async def test_a_crash_of_the_thread_ends_every_leg(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    kind: type[Broken],
) -> None:
    monkeypatch.setattr(sip_thread, "Stack", kind)
    events: list[SipEvent] = []
    agent = PjsuaAgent(AgentConfig(), events.extend)
    await agent.start()
    first = Invite(LegId("first"), SipUri.parse("sip:a@127.0.0.1"))
    await agent.invite(first)
    async with asyncio.timeout(LIMIT_S):
        await agent.crashed.wait()

        (end,) = events
        assert isinstance(end, Ended)
        assert (end.leg, end.status, end.reason, end.origin) == (
            "first",
            503,
            "Internal error",
            Origin.LOCAL_TRANSPORT,
        )
        with pytest.raises(SipError, match="closing"):
            await agent.invite(first)
        assert await agent.ping(first.target, limit_s=LIMIT_S) == UNSENT
        assert (agent.measure_lag_s(), agent.legs) == (0.0, 0)
        await agent.aclose()
    assert [record.message for record in caplog.records] == ["sip_thread_crashed"] * (
        1 if kind is Broken else 3
    )


async def test_a_crash_at_the_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: AgentConfig) -> None:
        raise MemoryError

    monkeypatch.setattr(sip_thread, "Stack", broken)
    with pytest.raises(MemoryError):
        await PjsuaAgent(AgentConfig(), lambda _: None).start()


async def test_a_thread_that_hangs_does_not_keep_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    goes_on = threading.Event()

    class Hanging(Sleeper):
        def close(self) -> None:
            goes_on.wait(LIMIT_S)
            super().close()

    monkeypatch.setattr(sip_thread, "Stack", Hanging)
    monkeypatch.setattr(sip_thread, "JOIN_LIMIT_S", 0.1)
    agent = PjsuaAgent(AgentConfig(), lambda _: None)
    await agent.start()
    async with asyncio.timeout(LIMIT_S):
        await agent.aclose()
    assert agent.thread._thread.is_alive()
    goes_on.set()
    agent.thread._thread.join(LIMIT_S)
    await asyncio.sleep(0)  # in which its last word comes
