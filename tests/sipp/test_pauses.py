"""Drained proxies, paused applications and the emergency stop, as callees see them."""

import asyncio
from typing import Any

import pytest

from engine.administration.admin import Admin
from engine.platform.objects import KINDS
from tests.conftest import Dialer, SippFactory
from tests.platform import ADMIN_TOKEN
from tests.scraping import scraped
from tests.sipp.scenario import ack, answer, bye, cancel, invite, reply
from tests.sipp.test_proxies import ELSEWHERE, address_of, proxy, settled, through

pytestmark = pytest.mark.sipp

TALKS = (invite(), reply(180), answer(), ack(), bye())


async def ask(
    dialer: Dialer, method: str, path: str, body: object = None, status: int = 200
) -> Any:
    """Ask the admin API for something."""
    headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    url = f"{dialer.process.url}/api/v1/admin/{path}"
    async with dialer.http.request(method, url, json=body, headers=headers) as response:
        assert response.status == status, await response.text()
        return await response.json()


async def queue_waits(dialer: Dialer) -> float:
    """How many calls have begun to wait for a turn."""
    told = await scraped(dialer.http, dialer.process.url)
    return told.value("outring_queue_wait_seconds_count")


async def proxy_of(dialer: Dialer, body: dict[str, Any]) -> object:
    return (await dialer.calls(body["applicationUUID"]))[1]["proxy"]


async def test_a_call_goes_on_through_a_proxy_that_drains_and_new_ones_go_elsewhere(
    dialer: Dialer, sipp: SippFactory
) -> None:
    async with (
        sipp(*TALKS, calls=2) as first,
        sipp(*TALKS) as second,
        through(
            dialer,
            proxy("one", address_of(first), 1),
            proxy("two", address_of(second), 2),
        ),
    ):
        _, before = await dialer.call(ELSEWHERE)
        await ask(dialer, "POST", "proxies/one/drain", {"reason": "maintenance"})
        _, during = await dialer.call(ELSEWHERE)
        shown = (await ask(dialer, "GET", "status/proxies"))["proxies"]
        _, before_still = await dialer.calls(before["applicationUUID"])
        await ask(dialer, "POST", "proxies/one/resume")
        _, after = await dialer.call(ELSEWHERE)
        taken = [await proxy_of(dialer, body) for body in (before, during, after)]
        dialer.process.dialer.calls.hang_up_all()
        await settled(dialer, 0)

    assert taken == ["one", "two", "one"]
    assert before_still["state"] == "connected"
    states = {view["id"]: (view["state"], view["calls"]) for view in shown}
    assert states == {"one": ("draining", 1), "two": ("up", 1)}
    (why,) = (view for view in shown if view["id"] == "one")
    assert (why["why"], why["by"]) == ("maintenance", "the admin API")
    assert why["answerSeizureRatio"] is not None
    assert why["postDialDelay"]["median"] is not None


async def test_a_group_whose_every_proxy_drains_refuses(dialer: Dialer) -> None:
    admin = Admin(dialer.process.store)
    async with through(dialer, proxy("one", "sip:127.0.0.1:1")):
        await admin.pause(KINDS["proxy"], "one", reason="fire", by="alice")
        status, body = await dialer.call(ELSEWHERE)

    assert (status, body["result"]) == (403, "BVR call limit")
    assert "proxy one drains since" in body["detail"]
    assert body["detail"].endswith("by alice: fire.")


@pytest.mark.parametrize(
    ("table", "identity", "result"),
    [
        ("account", "acme", "Account call limit"),
        ("application", "hello", "Application call limit"),
    ],
)
async def test_what_is_paused_is_refused_with_the_documented_result(
    dialer: Dialer, sipp: SippFactory, table: str, identity: str, result: str
) -> None:
    admin, kind = Admin(dialer.process.store), KINDS[table]
    async with sipp(*TALKS, calls=2) as callee:
        _, before = await dialer.call(callee.uri)
        await admin.pause(kind, identity, reason="unpaid", by="alice")
        try:
            status, body = await dialer.call(callee.uri)
            start_status, started = await dialer.call("", action="startApplication")
        finally:
            await admin.resume(kind, identity)
        _, before_still = await dialer.calls(before["applicationUUID"])
        _, after = await dialer.call(callee.uri)
        dialer.process.dialer.calls.hang_up_all()
        await settled(dialer, 0)

    assert (status, body["result"]) == (403, result)
    assert (start_status, started["result"]) == (403, result)
    assert body["refusedBy"] == f"{table}:{identity}"
    assert f"The {table} {identity} is paused since" in body["detail"]
    assert before_still["state"] == "connected"
    assert after["result"] == "Call connected"


async def test_an_emergency_stop_ends_what_rings_what_talks_and_what_waits(
    dialer: Dialer, sipp: SippFactory
) -> None:
    rings = (invite(), reply(180), cancel(), reply(487), ack())
    slow = {"apiKey": "key-of-slow-application"}
    application = {"id": "slow", "account": "acme", "calls_per_second": 0.5}
    async with (
        sipp(*TALKS, calls=2) as talking,
        sipp(*rings) as ringing,
        dialer.changed(application=[application]),
    ):
        _, talks = await dialer.call(talking.uri)
        calling = asyncio.create_task(dialer.call(ringing.uri))
        await dialer.call(talking.uri, **slow)
        before = await queue_waits(dialer)
        waiting = asyncio.create_task(dialer.call(talking.uri, **slow))
        async with asyncio.timeout(10):
            while not dialer.process.dialer.calls.states()["ringing"]:
                await asyncio.sleep(0.01)
            while await queue_waits(dialer) == before:
                await asyncio.sleep(0.01)
        tally = await ask(dialer, "POST", "hangup", {"all": True, "reason": "fire"})
        _, refused = await waiting
        _, cancelled = await calling
        await dialer.ended(talks)
        await settled(dialer, 0)

    assert tally == {"calls": 3, "sessions": 0, "waiting": 1, "silent": []}
    assert refused["detail"] == "An emergency stop has ended the call."
    assert cancelled["sip"]["origin"] == "local-cancel"
    assert cancelled["detail"] == "An emergency stop by the admin API: fire"
    for body in (refused, cancelled):
        assert (body["disposition"], body["hangupBy"]) == ("cancelled", "platform")


async def test_an_emergency_stop_of_one_application_leaves_the_others(
    dialer: Dialer, sipp: SippFactory
) -> None:
    async with sipp(*TALKS) as one, sipp(*TALKS) as other:
        _, hello = await dialer.call(one.uri)
        await dialer.call(other.uri, apiKey="key-of-small-application")
        tally = await ask(dialer, "POST", "hangup", {"application": "tight"})
        await settled(dialer, 1)
        _, still = await dialer.calls(hello["applicationUUID"])
        rest = await ask(dialer, "POST", "hangup", {"account": "acme"})
        await settled(dialer, 0)

    assert (tally["calls"], rest["calls"]) == (1, 1)
    assert still["state"] == "connected"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"all": False}, 400),
        ({"all": True, "account": "acme"}, 400),
        ({"application": 7}, 400),
        ({"application": "nobody"}, 404),
        ({"all": True, "when": "now"}, 400),
    ],
)
async def test_an_emergency_stop_that_cannot_be(
    dialer: Dialer, body: object, status: int
) -> None:
    await ask(dialer, "POST", "hangup", body, status)
