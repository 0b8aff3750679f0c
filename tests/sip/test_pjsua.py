"""The thread that PJSIP has: who wakes it while it ends."""

import asyncio
import os
import select
import time
from collections.abc import Callable

import pytest

from sip import pjsua
from sip.agent import AgentConfig
from sip.pjsua import PjsuaAgent
from sip.stack import News

LIMIT_S = 10.0


class Sleeper:
    """A stack that only sleeps and is woken."""

    def __init__(self, _: AgentConfig) -> None:
        self._read_fd, self.wake_fd = os.pipe()

    def poll(self, wait_ms: int) -> None:
        """Sleep until it is woken, or the wait is over."""
        select.select([self._read_fd], [], [], wait_ms / 1000)

    def end_all(self) -> News:
        """There was nothing to end."""
        return News()

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
        time.sleep(4 * pjsua.POLL_MS / 1000)  # so long it does not sleep
        return write(descriptor, data)

    monkeypatch.setattr(pjsua, "Stack", Sleeper)
    agent = PjsuaAgent(AgentConfig(), lambda _: None)
    await agent.start()
    async with asyncio.timeout(LIMIT_S):
        while not agent._asleep:
            await asyncio.sleep(0)
        monkeypatch.setattr(os, "write", write_late)
        await agent.aclose()
