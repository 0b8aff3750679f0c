"""Proxies that say nothing, or too late: the next one is tried, and nobody hears two calls.

The far ends write each message themselves, so that every race has an order.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Any

import pytest

from tests.conftest import Dialer, View
from tests.sipp.far_end import SDP, Call, FarEnd, open_far_end

pytestmark = pytest.mark.sipp

ELSEWHERE = "sip:alice@callee.example"  # no proxy needs to resolve it
FIRST_RESPONSE_MS = 150


class Step(StrEnum):
    """How far the call through the second proxy is when the first one speaks."""

    ASKED = "asked"  # its INVITE has come
    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"


@asynccontextmanager
async def through(
    dialer: Dialer, *peers: FarEnd, group: dict[str, Any] | None = None, **fields: Any
) -> AsyncIterator[None]:
    """Send calls through *peers*, the first one first; *fields* are those of the first."""
    proxies: list[dict[str, Any]] = [
        {"id": f"p{number}", "address": peer.uri, "priority": number}
        for number, peer in enumerate(peers, 1)
    ]
    proxies[0] |= {"first_response_ms": FIRST_RESPONSE_MS, **fields}
    members = {"members": [proxy["id"] for proxy in proxies], **(group or {})}
    dialer.process.parts.placer.health.keep_only(())  # not what earlier tests found
    tables = {"id": "usual", "default": True, **members}
    async with dialer.changed(proxy=proxies, group=[tables]):
        yield


async def speak_late(peer: FarEnd, call: Call, status: int) -> None:
    """Answer the INVITE that was left with *status*, and see it end on the wire."""
    peer.respond(call.invite, status, body=SDP if status == 200 else "")
    if status < 200:
        cancel = await peer.request("CANCEL")
        peer.respond(cancel, 200)
        peer.respond(call.invite, 487)
    await peer.request("ACK")
    if status == 200:
        peer.respond(await peer.request("BYE"), 200)


def attempts(view: View) -> list[tuple[str, int | None, str | None]]:
    return [
        (attempt["proxy"], attempt.get("status"), attempt.get("origin"))
        for attempt in view["attempts"]
    ]


LATE = ("p1", 408, "local-timer")


async def go_on(dialer: Dialer, peer: FarEnd, call: Call, view: View) -> View:
    """Answer the second INVITE, hang up from our side, and return the last view."""
    await peer.answer(call)
    await dialer.until(view["applicationUUID"], "connected")
    return await hang_up(dialer, peer, view)


async def hang_up(dialer: Dialer, peer: FarEnd, view: View) -> View:
    await dialer.hang_up(view)
    peer.respond(await peer.request("BYE"), 200)
    return await dialer.ended(view)


async def live_call(dialer: Dialer) -> View:
    """The view of the only call that lives."""
    (call,) = dialer.process.dialer.calls
    return (await dialer.calls(call.application_uuid))[1]


def said_by_first(view: View) -> list[str]:
    """What has crossed the wire of the first INVITE, without its retransmissions."""
    first = view["attempts"][0]["callId"]
    names = [
        message["message"] for message in view["ladder"] if message["callId"] == first
    ]
    return list(dict.fromkeys(names))


@pytest.mark.parametrize("status", [100, 180, 183, 200, 486, 503])
@pytest.mark.parametrize("step", Step)
async def test_what_the_first_proxy_says_late_is_ended_and_changes_nothing(
    dialer: Dialer, step: Step, status: int
) -> None:
    async with (
        open_far_end() as first,
        open_far_end() as second,
        through(dialer, first, second),
    ):
        asked = asyncio.create_task(dialer.call(ELSEWHERE))
        left, call = await first.invited(), await second.invited()
        view = await live_call(dialer)
        if step is Step.ASKED:
            await speak_late(first, left, status)
        second.respond(call.invite, 180)
        if step is Step.RINGING:
            await dialer.until(view["applicationUUID"], "ringing")
            await speak_late(first, left, status)
        await second.answer(call)
        http, body = await asked
        if step is Step.ANSWERED:
            await speak_late(first, left, status)
        view = await hang_up(dialer, second, body)
        if step is Step.ENDED:
            await speak_late(first, left, status)
        view = await ladder_of(dialer, view, str(status))

    assert (http, body["result"]) == (200, "Call connected")
    assert attempts(view) == [LATE, ("p2", 200, "local-cancel")]
    assert "within 150 ms" in view["attempts"][0]["detail"]
    assert {message.method for message in second.seen} == {"INVITE", "ACK", "BYE"}
    names = said_by_first(view)
    assert names[0] == "INVITE"
    assert ("CANCEL" in names, "BYE" in names) == (status < 200, status == 200)


async def ladder_of(dialer: Dialer, view: View, status: str) -> View:
    """The view of the call once its ladder has what the first proxy has said."""
    async with asyncio.timeout(10):
        while not any(name.startswith(status) for name in said_by_first(view)):
            await asyncio.sleep(0.02)
            _, view = await dialer.calls(view["applicationUUID"])
    return view


@pytest.mark.parametrize("status", [180, 200])
async def test_a_hang_up_between_the_two_ends_both(dialer: Dialer, status: int) -> None:
    async with (
        open_far_end() as first,
        open_far_end() as second,
        through(dialer, first, second),
    ):
        asked = asyncio.create_task(dialer.call(ELSEWHERE))
        left, call = await first.invited(), await second.invited()
        second.respond(call.invite, 180)
        view = await live_call(dialer)
        await dialer.until(view["applicationUUID"], "ringing")
        await dialer.hang_up(view)
        await speak_late(first, left, status)
        second.respond(await second.request("CANCEL"), 200)
        second.respond(call.invite, 487)
        await second.request("ACK")
        _, body = await asked
        view = await dialer.ended(body)

    assert body["sip"]["origin"] == "local-cancel"
    assert attempts(view) == [LATE, ("p2", 487, "local-cancel")]


@pytest.mark.parametrize("statuses", [(100,), ()])
async def test_without_a_ringing_response_the_next_proxy_gets_the_call(
    dialer: Dialer, statuses: tuple[int, ...]
) -> None:
    """The CANCEL goes at once where a 100 has come, and else behind the first response."""
    fields = {"first_response_ms": 5000, "progress_timeout_ms": 300}
    async with (
        open_far_end() as first,
        open_far_end() as second,
        through(dialer, first, second, **fields),
    ):
        asked = asyncio.create_task(dialer.call(ELSEWHERE))
        left = await first.invited()
        for status in statuses:
            first.respond(left.invite, status)
        call = await second.invited()
        if not statuses:
            first.respond(left.invite, 183)
        first.respond(await first.request("CANCEL"), 200)
        first.respond(left.invite, 487)
        await first.request("ACK")
        await second.answer(call)
        _, body = await asked
        view = await hang_up(dialer, second, body)

    assert attempts(view) == [LATE, ("p2", 200, "local-cancel")]
    assert "ringing response came within 300 ms" in view["attempts"][0]["detail"]


async def test_a_trunk_that_speaks_in_time_keeps_the_call(dialer: Dialer) -> None:
    async with (
        open_far_end() as first,
        open_far_end() as second,
        through(dialer, first, second, first_response_ms=1000),
    ):
        asked = asyncio.create_task(dialer.call(ELSEWHERE))
        call = await first.invited()
        first.respond(call.invite, 100)
        with pytest.raises(TimeoutError):
            await first.receive(lambda _: True, limit_s=1.5)
        await first.answer(call)
        _, body = await asked
        view = await hang_up(dialer, first, body)

    assert (attempts(view), second.seen) == ([("p1", 200, "local-cancel")], [])


@pytest.mark.parametrize("group", [{"members": ["p1"]}, {"failover": ["503"]}])
async def test_without_another_proxy_the_call_waits_on(
    dialer: Dialer, group: dict[str, Any]
) -> None:
    async with (
        open_far_end() as first,
        open_far_end() as second,
        through(dialer, first, second, group=group),
    ):
        asked = asyncio.create_task(dialer.call(ELSEWHERE))
        call = await first.invited()
        await first.invited()  # again, after T1
        await first.answer(call)
        _, body = await asked
        view = await hang_up(dialer, first, body)

    assert (attempts(view), second.seen) == ([("p1", 200, "local-cancel")], [])


async def test_all_attempts_have_one_ring_limit(dialer: Dialer) -> None:
    async with (
        open_far_end() as first,
        open_far_end() as second,
        through(dialer, first, second, first_response_ms=1000),
    ):
        asked = asyncio.create_task(
            dialer.call(ELSEWHERE, hints={"ring_timeout": 2500})
        )
        left, call = await first.invited(), await second.invited()
        second.respond(call.invite, 180)
        second.respond(await second.request("CANCEL"), 200)
        second.respond(call.invite, 487)
        await second.request("ACK")
        await speak_late(first, left, 486)
        _, body = await asked
        view = await dialer.ended(body)

    first_at, second_at = (attempt["invite"] for attempt in view["attempts"])
    assert attempts(view) == [LATE, ("p2", 487, "local-cancel")]
    assert first_at < second_at


async def test_slots_of_proxies_follow_the_call(dialer: Dialer) -> None:
    ledger = dialer.process.dialer.calls.ledger
    async with (
        open_far_end() as first,
        open_far_end() as second,
        through(dialer, first, second, call_limit=1),
    ):
        asked = asyncio.create_task(dialer.call(ELSEWHERE))
        left = await first.invited()
        held = [await ledger.count_leases("proxy:p1")]
        call = await second.invited()
        held.append(await ledger.count_leases("proxy:p1"))
        await speak_late(first, left, 486)
        await second.answer(call)
        _, body = await asked
        await hang_up(dialer, second, body)

    assert held == [1, 0]


async def test_a_silent_trunk_costs_one_call_its_first_response(
    dialer: Dialer,
) -> None:
    async with (
        open_far_end() as first,
        open_far_end() as second,
        through(dialer, first, second),
    ):
        asked = asyncio.create_task(dialer.call(ELSEWHERE))
        left, call = await first.invited(), await second.invited()
        second.respond(call.invite, 486)
        await second.request("ACK")
        await asked
        later = asyncio.create_task(dialer.call(ELSEWHERE))
        call = await second.invited()
        second.respond(call.invite, 486)
        await second.request("ACK")
        _, body = await later
        view = await dialer.ended(body)
        await speak_late(first, left, 486)

    assert attempts(view) == [("p2", 486, "remote")]
