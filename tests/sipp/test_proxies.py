"""Calls through proxies: both modes, limits, fail-over, and what being down means."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.conftest import Dialer, SippFactory
from tests.sipp.runner import Sipp, free_port
from tests.sipp.scenario import (
    ack,
    answer,
    bye,
    cancel,
    hang_up,
    has_credentials,
    has_header,
    has_text,
    invite,
    options,
    pause,
    reply,
)

pytestmark = pytest.mark.sipp

NOBODY = "sip:127.0.0.1:1;transport=tcp"  # the connection is refused at once
ELSEWHERE = "sip:alice@callee.example"  # no proxy needs to resolve it


def proxy(name: str, address: str, priority: int = 1, **fields: Any) -> dict[str, Any]:
    return {"id": name, "address": address, "priority": priority, **fields}


def address_of(callee: Sipp) -> str:
    return callee.uri_of("proxy")


@asynccontextmanager
async def through(
    dialer: Dialer, *proxies: dict[str, Any], **tables: Any
) -> AsyncIterator[None]:
    """Send calls without a group of their own through *proxies*."""
    group = {
        "id": "usual",
        "members": [proxy["id"] for proxy in proxies],
        "default": True,
        **tables.pop("group", {}),
    }
    dialer.process.parts.placer.health.keep_only(())  # not what earlier tests found
    async with dialer.changed(proxy=list(proxies), group=[group], **tables):
        yield


def down_proxies(dialer: Dialer) -> set[str]:
    """Which proxies of the platform this node does not use now."""
    parts = dialer.process.parts
    health, now = parts.placer.health, time.monotonic()
    trunks = parts.platform.last_read.trunks
    return {name for name, it in trunks.items() if health.is_down(it.proxy, now)}


def resting_proxies(dialer: Dialer, in_s: float) -> set[str]:
    """Which proxies will still rest after *in_s* seconds."""
    parts = dialer.process.parts
    health, then = parts.placer.health, time.monotonic() + in_s
    trunks = parts.platform.last_read.trunks
    return {name for name, it in trunks.items() if health.is_resting(it.proxy, then)}


@pytest.mark.parametrize(
    ("mode", "to", "uri", "has_route"),
    [
        ("LOOSE_ROUTING", ELSEWHERE, "sip:alice@callee.example", True),
        ("REWRITE_DESTINATION", ELSEWHERE, "sip:alice@127.0.0.1", False),
        ("REWRITE_DESTINATION", "tel:+49-30-1234", r"sip:\+49301234@127.0.0.1", False),
        (
            "REWRITE_DESTINATION",
            "tel:1234;phone-context=+49-30;isub=a:b",
            r"sip:1234;phone-context=\+49-30;isub=a%3[Aa]b@127.0.0.1:[0-9]+;user=phone SIP",
            False,
        ),
        ("REWRITE_DESTINATION", "030 1234", "sip:0301234@127.0.0.1", False),
    ],
)
async def test_mode(
    dialer: Dialer, sipp: SippFactory, mode: str, to: str, uri: str, *, has_route: bool
) -> None:
    checks = [has_text(f"^INVITE {uri}")]
    if has_route:
        checks.append(has_header("Route", "<sip:proxy@127.0.0.1:.*;lr>"))
    async with (
        sipp(invite(*checks), answer(), ack(), hang_up()) as callee,
        through(dialer, proxy("p", address_of(callee), mode=mode)),
    ):
        _, body = await dialer.call(to)
        view = await dialer.ended(body)

    assert body["result"] == "Call connected"
    assert (view["proxy"], len(view["attempts"])) == ("p", 1)
    assert view["to"] == to


async def test_a_sips_uri_needs_a_proxy_over_tls(dialer: Dialer) -> None:
    async with through(dialer, proxy("p", NOBODY)):
        status, body = await dialer.call(ELSEWHERE.replace("sip:", "sips:"))

        assert (status, body["result"]) == (400, "Invalid request")
        assert "TLS" in body["detail"]
        assert down_proxies(dialer) == set()


@pytest.mark.parametrize("mode", ["LOOSE_ROUTING", None])
async def test_number_without_a_host(dialer: Dialer, mode: str | None) -> None:
    proxies = (proxy("p", NOBODY, mode=mode),) if mode else ()
    tables: dict[str, Any] = {} if mode else {"group": {"default": False}}
    async with through(dialer, *proxies, **tables):
        status, body = await dialer.call("+49 30 1234")

    assert (status, body["result"]) == (400, "Invalid request")
    assert "REWRITE_DESTINATION" in body["detail"]


async def test_headers_and_caller_id_of_the_proxy(
    dialer: Dialer, sipp: SippFactory
) -> None:
    headers = [
        {"id": "trunk", "name": "X-Trunk", "value": "yes"},
        {"id": "only", "name": "X-Only", "value": "INVITE", "request": "INVITE"},
    ]
    checks = (
        has_header("X-Trunk", "yes"),
        has_header("X-Only", "INVITE"),
        has_header("From", "sip:4711@"),
        has_header("X-Mine", "too"),
    )
    steps = (invite(*checks), answer(), ack(), bye(has_header("X-Trunk", "yes")))
    async with sipp(*steps) as callee:
        fields = {"caller_id": "4711", "headers": ["trunk", "only"]}
        async with through(
            dialer, proxy("p", address_of(callee), **fields), header=headers
        ):
            _, body = await dialer.call(
                ELSEWHERE,
                callerId="nobody",
                headers={"x-trunk": "no", "X-Mine": "too", "From": "sip:a@b.c"},
            )
            await dialer.hang_up(body)
            view = await dialer.ended(body)

    assert body["result"] == "Call connected"
    assert "<sip:4711@" in body["headers"]["From"]
    assert view["ani"] == "4711"


async def test_group_by_hint(dialer: Dialer, sipp: SippFactory) -> None:
    async with sipp(invite(), reply(603), ack()) as callee:
        proxies = [proxy("p", address_of(callee)), proxy("q", NOBODY)]
        groups = [
            {"id": "usual", "members": ["q"], "default": True},
            {"id": "wanted", "members": ["p"]},
        ]
        async with dialer.changed(proxy=proxies, group=groups):
            _, body = await dialer.call(ELSEWHERE, hints={"proxy_group": "wanted"})
            _, unknown = await dialer.call(ELSEWHERE, hints={"proxy_group": "none"})

    assert body["sip"]["status"] == 603
    assert unknown["result"] == "Invalid request"
    assert unknown["detail"] == "The proxy group none does not exist."


async def test_credentials_of_the_realm(dialer: Dialer, sipp: SippFactory) -> None:
    challenge = 'WWW-Authenticate: Digest realm="trunk.example", nonce="n", qop="auth"'
    steps = (
        invite(),
        reply(401, challenge),
        ack(),
        invite(has_credentials("outring", "secret")),
        answer(),
        ack(),
        hang_up(),
    )
    credential = {"realm": "trunk.example", "username": "outring", "password": "secret"}
    async with sipp(*steps) as callee, dialer.changed(credential=[credential]):
        _, body = await dialer.call(callee.uri)
        await dialer.ended(body)

    assert body["result"] == "Call connected"


async def test_secure_media(dialer: Dialer, sipp: SippFactory) -> None:
    steps = (invite(has_text("m=audio [0-9]+ RTP/SAVP")), reply(488), ack())
    async with sipp(*steps) as callee:
        secure = proxy("p", address_of(callee), rtp_mode="RTP_USE_SECURE_ONLY")
        async with through(dialer, secure):
            _, body = await dialer.call(ELSEWHERE)

    assert body["sip"]["status"] == 488


# -- fail-over -------------------------------------------------------------------


async def test_transport_failure_goes_to_the_next(
    dialer: Dialer, sipp: SippFactory
) -> None:
    async with (
        sipp(invite(), answer(), ack(), hang_up()) as callee,
        through(
            dialer, proxy("first", NOBODY, 1), proxy("second", address_of(callee), 2)
        ),
    ):
        status, body = await dialer.call(ELSEWHERE)
        view = await dialer.ended(body)

    assert (status, body["result"]) == (200, "Call connected")
    assert [
        (attempt["proxy"], attempt.get("origin")) for attempt in view["attempts"]
    ] == [("first", "local-transport"), ("second", "remote")]  # fmt: skip
    assert view["attempts"][0]["callId"] != view["attempts"][1]["callId"]


@pytest.mark.parametrize(
    ("status", "tried"),
    [(500, 2), (502, 2), (503, 2), (504, 2), (404, 1), (486, 1), (480, 1), (603, 1)],
)
async def test_statuses_that_fail_over(
    dialer: Dialer, sipp: SippFactory, status: int, tried: int
) -> None:
    async with (
        sipp(invite(), reply(status), ack()) as busy,
        through(
            dialer, proxy("first", address_of(busy), 1), proxy("second", NOBODY, 2)
        ),
    ):
        _, body = await dialer.call(ELSEWHERE)
        view = await dialer.ended(body)

    assert body["result"] == "Call failed"
    assert [attempt["proxy"] for attempt in view["attempts"]] == ["first", "second"][
        :tried
    ]
    last = "local-transport" if tried == 2 else "remote"
    assert body["sip"]["origin"] == last


async def test_list_of_the_group(dialer: Dialer, sipp: SippFactory) -> None:
    async with (
        sipp(invite(), reply(480), ack()) as away,
        through(
            dialer,
            proxy("first", address_of(away), 1),
            proxy("second", NOBODY, 2),
            group={"failover": ["480"]},
        ),
    ):
        _, body = await dialer.call(ELSEWHERE)
        view = await dialer.ended(body)

    assert [attempt["proxy"] for attempt in view["attempts"]] == ["first", "second"]


async def test_never_after_a_ringing_response(
    dialer: Dialer, sipp: SippFactory
) -> None:
    async with (
        sipp(invite(), reply(180), reply(503), ack()) as callee,
        through(
            dialer, proxy("first", address_of(callee), 1), proxy("second", NOBODY, 2)
        ),
    ):
        _, body = await dialer.call(ELSEWHERE)
        view = await dialer.ended(body)

    assert (body["sip"]["status"], len(view["attempts"])) == (503, 1)


async def test_never_after_we_hung_up(dialer: Dialer, sipp: SippFactory) -> None:
    steps = (invite(), reply(100), cancel(), reply(503), ack())
    async with (
        sipp(*steps) as callee,
        through(
            dialer, proxy("first", address_of(callee), 1), proxy("second", NOBODY, 2)
        ),
    ):
        asked = asyncio.create_task(dialer.call(ELSEWHERE))
        async with asyncio.timeout(10):
            while "SIP/2.0 100" not in callee.story():
                await asyncio.sleep(0.01)
        dialer.process.dialer.calls.hang_up_all()
        _, body = await asked
        view = await dialer.ended(body)

    assert (body["sip"]["status"], len(view["attempts"])) == (503, 1)


async def test_no_proxy_is_tried_twice(dialer: Dialer) -> None:
    proxies = [proxy(f"p{number}", NOBODY) for number in range(4)]
    async with through(dialer, *proxies):
        _, body = await dialer.call(ELSEWHERE)
        view = await dialer.ended(body)

    assert body["sip"]["origin"] == "local-transport"
    assert sorted(attempt["proxy"] for attempt in view["attempts"]) == [
        "p0",
        "p1",
        "p2",
        "p3",
    ]


# -- limits of proxies -----------------------------------------------------------


async def test_a_full_proxy_is_passed_over_and_its_slot_comes_back(
    dialer: Dialer, sipp: SippFactory
) -> None:
    steps = (invite(), answer(), ack(), bye())
    async with (
        sipp(*steps, calls=2) as first_callee,
        sipp(*steps) as second_callee,
        through(
            dialer,
            proxy("one", address_of(first_callee), 1, call_limit=1),
            proxy("two", address_of(second_callee), 2, call_limit=1),
        ),
    ):
        _, first = await dialer.call(ELSEWHERE)
        _, second = await dialer.call(ELSEWHERE)
        status, third = await dialer.call(ELSEWHERE)
        await dialer.hang_up(first)
        await dialer.ended(first)
        await settled(dialer, 1)
        _, fourth = await dialer.call(ELSEWHERE)
        proxies = [
            (await dialer.calls(body["applicationUUID"]))[1]["proxy"]
            for body in (first, second, fourth)
        ]
        dialer.process.dialer.calls.hang_up_all()
        await settled(dialer, 0)

    assert proxies == ["one", "two", "one"]
    assert (status, third["result"]) == (403, "BVR call limit")
    assert "calls of proxy" in third["detail"]


async def settled(dialer: Dialer, calls: int) -> None:
    async with asyncio.timeout(10):
        while dialer.process.dialer.calls.count > calls:
            await asyncio.sleep(0.01)


async def test_fail_over_moves_the_slot_from_proxy_to_proxy(
    dialer: Dialer, sipp: SippFactory
) -> None:
    ledger = dialer.process.dialer.calls.ledger
    async with (
        sipp(invite(), answer(), ack(), bye()) as callee,
        through(
            dialer,
            proxy("first", NOBODY, 1, call_limit=1),
            proxy("second", address_of(callee), 2, call_limit=1),
        ),
    ):
        _, body = await dialer.call(ELSEWHERE)
        held = [
            await ledger.count_leases(f"proxy:{name}") for name in ("first", "second")
        ]
        await dialer.hang_up(body)
        await dialer.ended(body)
        await settled(dialer, 0)
        left = [
            await ledger.count_leases(f"proxy:{name}") for name in ("first", "second")
        ]

    assert (held, left) == ([0, 1], [0, 0])


# -- down and up -----------------------------------------------------------------


async def test_a_proxy_that_failed_is_left_alone_until_its_retry_interval(
    dialer: Dialer, sipp: SippFactory
) -> None:
    async with (
        sipp(invite(), reply(486), ack(), calls=4) as callee,
        through(
            dialer,
            proxy("bad", NOBODY, 1, down_retry_ms=60_000),
            proxy("good", address_of(callee), 2),
        ),
    ):
        tried = []
        for _ in range(4):
            _, body = await dialer.call(ELSEWHERE)
            view = await dialer.ended(body)
            tried.append([attempt["proxy"] for attempt in view["attempts"]])

    assert tried == [["bad", "good"]] * 3 + [["good"]]


async def test_a_proxy_rests_as_long_as_it_asks(
    dialer: Dialer, sipp: SippFactory
) -> None:
    async with (
        sipp(invite(), reply(503, "Retry-After: 600 (full)"), ack()) as full,
        sipp(invite(), reply(486), ack(), calls=2) as second,
        through(
            dialer,
            proxy("full", address_of(full), 1, down_retry_ms=1000),
            proxy("second", address_of(second), 2),
        ),
    ):
        tried = []
        for _ in range(2):
            _, body = await dialer.call(ELSEWHERE)
            view = await dialer.ended(body)
            tried.append([attempt["proxy"] for attempt in view["attempts"]])
        rests = [resting_proxies(dialer, in_s=in_s) for in_s in (500, 600)]

    assert tried == [["full", "second"], ["second"]]
    assert rests == [{"full"}, set()]


async def test_pings_find_out_who_is_down_and_who_is_back(
    dialer: Dialer, sipp: SippFactory
) -> None:
    port = free_port(socket.SOCK_STREAM, "127.0.0.1")
    pinged = proxy("p", f"sip:127.0.0.1:{port};transport=tcp", ping_interval_ms=1000)
    async with through(dialer, pinged), asyncio.timeout(20):
        while not down_proxies(dialer):
            await asyncio.sleep(0.01)
        async with sipp(options(), port=port, transport="t1"):
            while down_proxies(dialer):
                await asyncio.sleep(0.01)


async def test_early_answer_of_the_next_proxy_counts(
    dialer: Dialer, sipp: SippFactory
) -> None:
    """The times of a call are since its first INVITE, those of an attempt since its own."""
    async with (
        sipp(invite(), pause(300), reply(503), ack()) as first,
        sipp(invite(), reply(180), answer(), ack(), hang_up()) as second,
        through(
            dialer,
            proxy("first", address_of(first), 1),
            proxy("second", address_of(second), 2),
        ),
    ):
        _, body = await dialer.call(ELSEWHERE)
        view = await dialer.ended(body)

    assert body["timings"]["answer"] > 250
    assert view["attempts"][1]["answer"] < 250
