"""Limits over HTTP: who is refused, with what, and that nothing leaks."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from engine.dialer import Dialer as EngineDialer
from engine.ledger import Capacity, Grant, MemoryLedger, Rate
from engine.platform import Licence, Platform
from engine.settings import CallSettings
from tests.conftest import KEY, Dialer, SippFactory, make_platform
from tests.sipp.scenario import ack, answer, bye, invite, reply

NOBODY = "sip:1@127.0.0.1:1;transport=tcp"


@pytest.mark.sipp
@pytest.mark.parametrize(
    ("key", "result"),
    [
        ("key-of-small-account", "Account call limit"),
        ("key-of-small-application", "Application call limit"),
    ],
)
async def test_limit_in_use(
    dialer: Dialer, sipp: SippFactory, key: str, result: str
) -> None:
    steps = (invite(), reply(180), answer(), ack(), bye())
    async with sipp(*steps, calls=2) as callee:
        for _ in range(2):  # the second round shows that the slot came back
            _, first = await dialer.call(callee.uri, apiKey=key)
            status, refused = await dialer.call(callee.uri, apiKey=key)
            assert first["result"] == "Call connected"
            assert (status, refused["result"]) == (403, result)
            assert "1 calls" in refused["detail"]
            dialer.node.dialer.hang_up_all()
            await gone(dialer)


async def gone(dialer: Dialer) -> None:
    async with asyncio.timeout(10):
        while dialer.node.dialer.live_calls:
            await asyncio.sleep(0.01)


async def test_licence(dialer: Dialer, monkeypatch: pytest.MonkeyPatch) -> None:
    platform: Platform = dialer.node.dialer._platform
    monkeypatch.setattr(platform, "_licence", Licence(calls=0))

    status, refused = await dialer.call(NOBODY)

    assert (status, refused["result"]) == (403, "License limit")


async def test_licence_comes_before_account_and_application(
    dialer: Dialer, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform: Platform = dialer.node.dialer._platform
    account = platform._accounts["small"].model_copy(update={"call_limit": 0})
    monkeypatch.setitem(platform._accounts, "small", account)
    application = platform._applications["small"].model_copy(update={"call_limit": 0})
    monkeypatch.setitem(platform._applications, "small", application)

    _, refused = await dialer.call(NOBODY, apiKey="key-of-small-account")
    assert refused["result"] == "Account call limit"
    monkeypatch.setattr(platform, "_licence", Licence(calls=0))
    _, refused = await dialer.call(NOBODY, apiKey="key-of-small-account")
    assert refused["result"] == "License limit"


@pytest.mark.parametrize(
    ("to", "result"),
    [
        ("sip:0900123@127.0.0.1:1;transport=tcp", "Number denied"),
        ("sip:0900-please@127.0.0.1:1;transport=tcp", "Call failed"),
        ("sip:" + "a" * 500 + "@127.0.0.1:1;transport=tcp", "Number denied"),
    ],
)
async def test_number_rules(dialer: Dialer, to: str, result: str) -> None:
    _, body = await dialer.call(to)

    assert body["result"] == result


async def test_calls_per_second_wait_for_their_turn(dialer: Dialer) -> None:
    key = "key-of-slow-application"  # two calls per second
    answers = await asyncio.gather(*(dialer.call(NOBODY, apiKey=key) for _ in range(3)))

    waits = sorted(
        [
            (await dialer.calls(body["applicationUUID"], key=key))[1]
            for _, body in answers
        ],
        key=lambda view: view["times"]["ended"],
    )
    ends = [datetime.fromisoformat(view["times"]["ended"]) for view in waits]
    assert ends[2] - ends[0] > timedelta(seconds=0.9)  # two turns of half a second
    assert {body["result"] for _, body in answers} == {"Call failed"}


async def test_calls_per_second_beyond_the_patience(dialer: Dialer) -> None:
    key = "key-of-slow-application"
    url = f"{dialer.node.url}/api/v1/bvr/outbound"
    request = {"action": "makeCall", "to": NOBODY, "apiKey": key, "timeout": 100}

    async def ask() -> tuple[int, str, str | None]:
        async with dialer.http.post(url, json=request) as response:
            body = await response.json()
            return response.status, body["result"], response.headers.get("Retry-After")

    await dialer.call(
        NOBODY, apiKey=key
    )  # takes the turn, having waited for it if need be
    assert await ask() == (403, "Application call limit", "1")


class Hesitant(MemoryLedger):
    """Gives its caller's canceller a chance before and after each step."""

    async def acquire(
        self, lease: str, capacities: Sequence[Capacity], rates: Sequence[Rate]
    ) -> Grant:
        """Wait, then take."""
        await asyncio.sleep(0)
        return await super().acquire(lease, capacities, rates)

    async def release(self, lease: str) -> None:
        """Wait, then give back."""
        await asyncio.sleep(0)
        await super().release(lease)

    async def renew(self, leases: Iterable[str]) -> None:
        """Wait, then renew."""
        await asyncio.sleep(0)
        await super().renew(leases)


class Refusing:
    """A user agent that takes nothing, after a while."""

    forced_ends = 0

    async def invite(self, _: Any) -> None:
        """Never come back."""
        await asyncio.sleep(0)
        await asyncio.Event().wait()

    def hang_up(self, leg: Any) -> None:
        """Nothing to do."""


@pytest.mark.parametrize("steps", range(8))
async def test_cancelling_a_request_at_any_await_leaks_no_slot(steps: int) -> None:
    ledger = Hesitant()
    engine = EngineDialer(
        make_platform(), CallSettings(), ledger, node_calls=10, default_domain=None
    )
    engine.attach(Refusing())  # type: ignore[arg-type]
    fields: dict[str, object] = {"action": "makeCall", "to": NOBODY, "apiKey": KEY}
    request = asyncio.create_task(engine.originate(fields, api_key=None))
    for _ in range(steps):
        await asyncio.sleep(0)

    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    await asyncio.gather(*engine._releases)

    assert (await ledger.held("node"), engine.live_calls) == (0, 0)
