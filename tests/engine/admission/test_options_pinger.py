"""What a proxy is taken for after a ping."""

import asyncio
from typing import Any

import pytest

from engine.admission.options_pinger import Pinger
from engine.admission.proxy_selection import ProxyHealth
from engine.platform.objects import Proxy
from engine.platform.trunks import Trunk
from sip.agent import UNSENT, PingResult

PROXY = Proxy.model_validate(
    {"id": "p", "address": "sip:192.0.2.1", "ping_interval_ms": 1000}
)


class Answering:
    """An agent whose pings are answered so."""

    def __init__(self, result: PingResult) -> None:
        self.result = result

    async def ping(self, *_: object, **__: object) -> PingResult:
        return self.result


class Platform:
    """A platform with a proxy that is pinged."""

    def __init__(self) -> None:
        self.trunks = {"p": Trunk.of(PROXY, {})}
        self.last_read = self

    async def current(self) -> "Platform":
        return self


@pytest.mark.parametrize(
    ("result", "is_down", "rests"),
    [
        (PingResult(200), False, False),
        (PingResult(404), False, False),
        (PingResult(486, 600.0), False, False),
        (PingResult(408), True, False),
        (UNSENT, True, False),
        (PingResult(503, 0.0), True, False),
        (PingResult(503, 600.0), True, True),
    ],
)
async def test_what_a_ping_says_of_its_proxy(
    result: PingResult, is_down: bool, rests: bool
) -> None:
    health, agent, platform = ProxyHealth(), Answering(result), Platform()
    told: asyncio.Queue[Any] = asyncio.Queue()
    for name in ("mark_up", "mark_down"):
        original = getattr(health, name)
        setattr(
            health,
            name,
            lambda *given, to=original: (to(*given), told.put_nowait(given)),
        )
    pinging = asyncio.create_task(Pinger(agent, platform, health).run())  # type: ignore[arg-type]
    async with asyncio.timeout(5):
        await told.get()
    pinging.cancel()
    await asyncio.gather(pinging, return_exceptions=True)

    now = asyncio.get_running_loop().time()
    assert health.is_down(PROXY, now) is is_down
    assert health.is_resting(PROXY, now) is rests


async def test_health_of_a_proxy_that_is_gone_is_forgotten() -> None:
    health, platform = ProxyHealth(), Platform()
    health.mark_resting(PROXY, 0.0, 3600.0)
    platform.trunks = {}
    agent = Answering(PingResult(200))
    pinging = asyncio.create_task(Pinger(agent, platform, health).run())  # type: ignore[arg-type]
    async with asyncio.timeout(5):
        while health.is_resting(PROXY, 1.0):
            await asyncio.sleep(0)
    pinging.cancel()
    await asyncio.gather(pinging, return_exceptions=True)
