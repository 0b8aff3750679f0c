"""Requests that are answered as soon as they are admitted."""

import asyncio
from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from engine.http.outbound import enter_preference
from engine.model.outbound_request import Fields
from tests.conftest import Dialer, View
from tests.counting_callee import Callee, listening
from tests.platform import KEY

PREFER = {"Prefer": "respond-async"}


@pytest.mark.parametrize(
    ("values", "prefers"),
    [
        ([], False),
        (["respond-async"], True),
        (["wait=10", "Respond-Async; foo"], True),
        (['foo="a, respond-async, b", return=minimal'], False),
        (['foo="\\", respond-async"', "respond-async"], True),
        (["respond-asynchronously"], False),
    ],
)
def test_what_the_client_prefers(values: list[str], *, prefers: bool) -> None:
    headers = CIMultiDict([("Prefer", value) for value in values])
    fields: Fields = {}

    assert (
        enter_preference(make_mocked_request("POST", "/", headers), fields) is prefers
    )
    assert fields == ({"async": True} if prefers else {})


async def ask(
    dialer: Dialer, callee: Callee, headers: dict[str, str], **fields: Any
) -> tuple[int, View, Any]:
    """Status, answer and headers of a request for a call that rings."""
    url = f"{dialer.process.url}/api/v1/bvr/outbound"
    body = {"action": "makeCall", "to": callee.uri("rings"), "apiKey": KEY, **fields}
    async with dialer.http.post(url, json=body, headers=headers) as response:
        return response.status, await response.json(), response.headers


async def end(dialer: Dialer, answer: View) -> View:
    await dialer.hang_up(answer)
    return await dialer.ended(answer)


@pytest.mark.parametrize("prefers", [False, True])
async def test_a_call_that_rings_was_accepted(dialer: Dialer, *, prefers: bool) -> None:
    async with listening() as callee:
        asked = (PREFER, {}) if prefers else ({}, {"async": True})
        status, answer, headers = await ask(dialer, callee, asked[0], **asked[1])
        path = f"/api/v1/bvr/calls/{answer['applicationUUID']}"
        await dialer.until(answer["applicationUUID"], "ringing")
        ended = await end(dialer, answer)

    assert (status, answer["result"]) == (202, "Request accepted")
    assert answer["links"] == {"call": path, "events": f"{path}/events"}
    assert headers["Location"] == path
    applied = headers.get("Preference-Applied")
    assert applied == ("respond-async" if prefers else None)
    assert (ended["result"], ended["clientResult"]) == (
        "Call failed",
        "Request accepted",
    )


async def test_a_query_prefers_it_by_its_head(dialer: Dialer) -> None:
    url = f"{dialer.process.url}/api/v1/bvr/outbound"
    async with listening() as callee:
        query = {"action": "makeCall", "to": callee.uri("rings"), "apiKey": KEY}
        async with dialer.http.get(url, params=query, headers=PREFER) as response:
            answer = await response.json()
        await end(dialer, answer)

    assert (response.status, answer["result"]) == (202, "Request accepted")


async def test_a_repetition_is_accepted_as_the_first_was(dialer: Dialer) -> None:
    key = {"Idempotency-Key": "accepted"}
    async with listening() as callee:
        _, first, _ = await ask(dialer, callee, PREFER | key)
        _, again, headers = await ask(dialer, callee, key, **{"async": True})
        await end(dialer, first)

    assert again == first
    assert headers["Idempotency-Replayed"] == "true"
    assert headers["Location"] == first["links"]["call"]


async def test_what_is_not_admitted_is_refused_as_ever(dialer: Dialer) -> None:
    async with listening() as callee, dialer.changed(licence={"calls": 0}):
        status, answer, headers = await ask(dialer, callee, PREFER)

    assert (status, answer["result"]) == (403, "License limit")
    assert "links" not in answer
    assert "Preference-Applied" not in headers


async def test_calls_that_ring_leave_no_task_and_no_connection(dialer: Dialer) -> None:
    async with listening() as callee:
        _, first, _ = await ask(dialer, callee, PREFER)
        await dialer.until(first["applicationUUID"], "ringing")
        before = len(asyncio.all_tasks())
        asked = await asyncio.gather(*(ask(dialer, callee, PREFER) for _ in range(50)))
        answers = [first, *(answer for _, answer, _ in asked)]
        for answer in answers:
            await dialer.until(answer["applicationUUID"], "ringing")
        async with asyncio.timeout(20):
            while len(asyncio.all_tasks()) > before:
                await asyncio.sleep(0)
        await asyncio.gather(*(end(dialer, answer) for answer in answers))
