"""The calls resource: who sees which call, and hanging up in every state."""

import asyncio
from typing import Any

import pytest

from tests.conftest import Dialer, SippFactory, View
from tests.platform import ADMIN_TOKEN, KEY
from tests.sipp.scenario import ack, answer, bye, cancel, invite, pause, reply

pytestmark = pytest.mark.sipp

NOBODY = "sip:1@127.0.0.1:1;transport=tcp"
BEARER = {"Authorization": f"Bearer {ADMIN_TOKEN}"}


async def get(dialer: Dialer, path: str, **options: Any) -> tuple[int, View]:
    url = f"{dialer.process.url}/api/v1/bvr/calls{path}"
    async with dialer.http.get(url, **options) as response:
        return response.status, await response.json()


async def test_who_sees_which_call(dialer: Dialer, sipp: SippFactory) -> None:
    async with sipp(invite(), reply(180), answer(), ack(), bye()) as callee:
        _, body = await dialer.call(callee.uri)
        uuid = body["applicationUUID"]
        seen = {
            name: await get(dialer, f"/{uuid}", headers=headers)
            for name, headers in {
                "its key": {"X-API-Key": KEY},
                "another application's": {"X-API-Key": "key-that-cancels"},
                "the admin": BEARER,
                "a wrong token": {"Authorization": "Bearer nonsense"},
                "nobody": {},
            }.items()
        }
        listed = [
            [
                call["applicationUUID"]
                for call in (await get(dialer, "", headers=h))[1]["calls"]
            ]
            for h in ({"X-API-Key": KEY}, {"X-API-Key": "key-that-cancels"}, BEARER)
        ]
        await dialer.hang_up(body)
        await dialer.ended(body)

    assert {name: status for name, (status, _) in seen.items()} == {
        "its key": 200,
        "another application's": 404,
        "the admin": 200,
        "a wrong token": 400,
        "nobody": 400,
    }
    assert listed == [[uuid], [], [uuid]]
    assert (await get(dialer, "", headers={"X-API-Key": KEY}))[1] == {"calls": []}


async def test_an_ended_call_is_found_in_its_record(
    dialer: Dialer, sipp: SippFactory
) -> None:
    async with sipp(invite(), reply(180), answer(), ack(), bye()) as callee:
        _, body = await dialer.call(callee.uri)
        _, live = await dialer.calls(body["applicationUUID"])
        await dialer.hang_up(body)
        while dialer.process.dialer.calls.count:
            await asyncio.sleep(0.01)
        status, view = await dialer.calls(body["applicationUUID"])
        again, _ = await dialer.calls(body["applicationUUID"], "DELETE")

    assert (live["state"], live["result"]) == ("connected", "Call connected")
    assert (status, view["state"], again) == (200, "ended", 200)
    same = ("callId", "to", "headers", "result", "timings", "accountId", "node")
    assert {name: view[name] for name in same} == {name: live[name] for name in same}
    assert view["duration"] >= 0
    assert view["terminationReason"] == "near_end_disconnect"


async def test_a_refused_request_is_found_in_its_record(dialer: Dialer) -> None:
    _, body = await dialer.call("sip:0900@a")
    for _ in range(50):  # before, while and after it is written
        status, view = await dialer.calls(body["applicationUUID"])
        assert (status, view["state"]) == (200, "ended")
        assert view["result"] == "Number denied"
        assert view["terminationReason"] == "refused"


async def test_what_does_not_exist(dialer: Dialer) -> None:
    for uuid in ("nothing", "0cc989cf-eb78-4969-a5a9-905e03591f23", "%00", "x" * 4000):
        for method in ("GET", "DELETE"):
            status, _ = await dialer.calls(uuid, method)
            assert status == 404


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        ((invite(), pause(500), reply(180), cancel(), reply(487), ack()), "dialing"),
        ((invite(), reply(180), cancel(), reply(487), ack()), "ringing"),
        ((invite(), answer(), ack(), bye()), "connected"),
    ],
)
async def test_hang_up_in_every_state(
    dialer: Dialer, sipp: SippFactory, steps: tuple[str, ...], state: str
) -> None:
    async with sipp(*steps) as callee:
        request = asyncio.create_task(dialer.call(callee.uri))
        async with asyncio.timeout(10):
            while "INVITE" not in callee.story():
                await asyncio.sleep(0.01)
        call = await the_one(dialer, state)
        uuid = call["applicationUUID"]
        first = await dialer.calls(uuid, "DELETE")
        second = await dialer.calls(uuid, "DELETE")
        _, body = await request
        view = await dialer.ended(body)
        third = await dialer.calls(uuid, "DELETE")

    assert (first[0], first[1]["state"]) == (202, "ending")
    assert second[0] in (202, 200)  # it may have ended by then
    assert (third[0], third[1]["state"]) == (200, "ended")
    assert view["sip"]["origin"] == "local-cancel"
    result = "Call connected" if state == "connected" else "Call failed"
    assert body["result"] == result


async def the_one(dialer: Dialer, state: str) -> View:
    """The live call, once it is in *state*."""
    async with asyncio.timeout(10):
        while True:
            calls = (await get(dialer, "", headers={"X-API-Key": KEY}))[1]["calls"]
            if calls and calls[0]["state"] == state:
                view: View = calls[0]
                return view
            await asyncio.sleep(0.01)


async def test_found_by_its_idempotency_key(dialer: Dialer, sipp: SippFactory) -> None:
    url = f"{dialer.process.url}/api/v1/bvr/outbound"
    async with sipp(invite(), reply(180), answer(), ack(), bye()) as callee:
        request = {"action": "makeCall", "to": callee.uri, "apiKey": KEY}
        head = {"Idempotency-Key": "find-me"}
        async with dialer.http.post(url, json=request, headers=head) as response:
            body = await response.json()
        calls = {
            name: (
                await get(
                    dialer,
                    "",
                    headers={"X-API-Key": KEY},
                    params={"idempotencyKey": name},
                )
            )[1]["calls"]
            for name in ("find-me", "another")
        }
        await dialer.hang_up(body)
        await dialer.ended(body)

    assert [call["applicationUUID"] for call in calls["find-me"]] == [
        body["applicationUUID"]
    ]
    assert calls["another"] == []


async def test_status_counts_a_real_call(dialer: Dialer, sipp: SippFactory) -> None:
    async def figures() -> tuple[int, int, int]:
        async with dialer.http.get(
            f"{dialer.process.url}/api/v2/bvr/status"
        ) as response:
            status = await response.json()
        (account,) = (
            account for account in status["accounts"] if account["id"] == "acme"
        )
        (app,) = (
            application
            for application in account["applications"]
            if application["id"] == "hello"
        )
        assert app["activeOutboundCallCount"] == status["activeOutboundCallCount"]
        return (
            app["activeOutboundCallCount"],
            app["cumulativeOutboundCallCount"],
            status["totalOutboundCallCount"],
        )

    active, cumulative, total = await figures()
    async with sipp(invite(), reply(180), answer(), ack(), bye()) as callee:
        _, body = await dialer.call(callee.uri)
        during = await figures()
        await dialer.hang_up(body)
        while dialer.process.dialer.calls.count:
            await asyncio.sleep(0.01)
    await dialer.call(NOBODY)
    await dialer.call("sip:0900@a")
    after = await figures()

    assert during == (active + 1, cumulative + 1, total + 1)
    assert after == (active, cumulative + 1, total + 3)
