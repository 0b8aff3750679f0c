"""What a proxy is taken for after a ping."""

import asyncio
import time
from unittest.mock import Mock

import pytest

from engine.admission.options_pinger import Pinger
from engine.admission.proxy_health import ProxyHealth
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


@pytest.mark.parametrize("result", [PingResult(200), PingResult(408), UNSENT])
async def test_the_result_of_a_ping_is_told(result: PingResult) -> None:
    health, told = Mock(), asyncio.Event()
    health.is_resting.return_value = False
    health.on_ping.side_effect = lambda *_: told.set()
    began = time.monotonic()
    pinging = asyncio.create_task(
        Pinger(Answering(result), Platform(), health).run()  # type: ignore[arg-type]
    )
    async with asyncio.timeout(5):
        await told.wait()
    pinging.cancel()
    await asyncio.gather(pinging, return_exceptions=True)

    (proxy, given, sent, now), _ = health.on_ping.call_args_list[0]
    assert (proxy, given) == (PROXY, result)
    assert began <= sent <= now <= time.monotonic()


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


class Waiting:
    """An agent whose pings are answered once the test says so."""

    def __init__(self) -> None:
        self.pinged: list[str] = []
        self.cancelled = 0
        self.answer = asyncio.Event()

    async def ping(self, address: object, *_: object, **__: object) -> PingResult:
        self.pinged.append(str(address))
        try:
            await self.answer.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return PingResult(200)


async def wait_until_answered(pinger: Pinger) -> None:
    async with asyncio.timeout(5):
        while pinger._running:
            await asyncio.sleep(0)


async def test_which_proxies_are_pinged_and_when() -> None:
    health, agent, platform = ProxyHealth(), Waiting(), Platform()
    fields = {"address": "sip:192.0.2.2"}
    resting = Proxy.model_validate({"id": "r", **fields, "ping_interval_ms": 1000})
    silent = Proxy.model_validate({"id": "s", **fields})
    for proxy in (resting, silent):
        platform.trunks[proxy.id] = Trunk.of(proxy, {})
    health.mark_resting(resting, 100.0, 60.0)
    pinger = Pinger(agent, platform, health)  # type: ignore[arg-type]

    async def look(now: float) -> int:
        """How many pings there were once those that are due at *now* have begun."""
        pinger._begin_due_pings(now)
        await asyncio.sleep(0)
        return len(agent.pinged)

    assert [await look(100.0), await look(105.0)] == [1, 1]  # one at a time
    agent.answer.set()
    await wait_until_answered(pinger)
    assert [await look(100.9), await look(101.0), await look(101.1)] == [1, 2, 2]
    assert set(agent.pinged) == {"sip:192.0.2.1"}


async def test_pings_under_way_end_with_the_pinger() -> None:
    agent = Waiting()
    running = asyncio.create_task(Pinger(agent, Platform(), ProxyHealth()).run())  # type: ignore[arg-type]
    async with asyncio.timeout(5):
        while not agent.pinged:
            await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert agent.cancelled == 1


async def test_a_defect_of_a_ping_says_nothing_of_the_proxy() -> None:
    health, agent = ProxyHealth(), Waiting()
    agent.answer = Mock(wait=Mock(side_effect=ZeroDivisionError))
    health.on_silence(PROXY, 96.0, 100.0)
    pinger = Pinger(agent, Platform(), health)  # type: ignore[arg-type]
    pinger._begin_due_pings(100.0)
    await wait_until_answered(pinger)

    assert health.is_down(PROXY, 101.0)
