"""Both clients place real calls, and tell what has become of them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from aiohttp import web
from outring_client import (
    AsyncOutring,
    CallNotFoundError,
    LimitError,
    NumberDeniedError,
    Outring,
    Retries,
    UnreachableError,
)

from tests.conftest import Dialer, SippFactory
from tests.platform import KEY
from tests.sipp.scenario import ack, answer, bye, invite, pause, reply

AT_ONCE = Retries(first_pause_s=0.0)
Ask = Callable[..., Awaitable[Any]]


@asynccontextmanager
async def blocking(url: str, key: str) -> AsyncIterator[Ask]:
    """The blocking client, asked by the name of its method, on a thread."""
    with Outring(url, key, retries=AT_ONCE) as outring:

        async def ask(name: str, *arguments: str, **options: Any) -> Any:
            def work() -> Any:
                result = getattr(outring, name)(*arguments, **options)
                return list(result) if name == "events" else result

            return await asyncio.to_thread(work)

        yield ask


@asynccontextmanager
async def on_asyncio(url: str, key: str) -> AsyncIterator[Ask]:
    """The client for asyncio, asked by the name of its method."""
    async with AsyncOutring(url, key, retries=AT_ONCE) as outring:

        async def ask(name: str, *arguments: str, **options: Any) -> Any:
            result = getattr(outring, name)(*arguments, **options)
            if name == "events":
                return [event async for event in result]
            return await result

        yield ask


KINDS = pytest.mark.parametrize("kind", [blocking, on_asyncio])


@KINDS
@pytest.mark.sipp
async def test_a_call_is_answered_and_hung_up(
    dialer: Dialer, sipp: SippFactory, kind: Any
) -> None:
    async with (
        sipp(invite(), answer(), ack(), bye()) as callee,
        kind(dialer.process.url, KEY) as ask,
    ):
        outcome = await ask("call", callee.uri, hints={"ring_timeout": 5000})
        (live,) = await ask("live_calls", idempotency_key=outcome.idempotency_key)
        await ask("hang_up", outcome.application_uuid)
        record = await ask("wait_until_ended", outcome.application_uuid)

    assert outcome.is_answered
    assert live.application_uuid == outcome.application_uuid
    assert (record.state, record.end_requested_by) == ("ended", "client")


@KINDS
@pytest.mark.sipp
async def test_a_callee_is_busy(dialer: Dialer, sipp: SippFactory, kind: Any) -> None:
    async with (
        sipp(invite(), reply(486), ack()) as callee,
        kind(dialer.process.url, KEY) as ask,
    ):
        outcome = await ask("call", callee.uri)

    assert (outcome.result, outcome.disposition) == ("Call failed", "busy")
    assert outcome.sip_status == 486


@KINDS
@pytest.mark.sipp
async def test_a_call_that_takes_longer_than_the_answer(
    dialer: Dialer, sipp: SippFactory, kind: Any
) -> None:
    async with (
        sipp(invite(), reply(180), pause(700), reply(486), ack()) as callee,
        kind(dialer.process.url, KEY) as ask,
    ):
        outcome = await ask("call", callee.uri, timeout_s=0.2)

    assert outcome.source.wait_ran_out
    assert outcome.disposition == "busy"


@KINDS
@pytest.mark.sipp
async def test_a_call_is_followed_though_its_stream_is_cut(
    dialer: Dialer, sipp: SippFactory, kind: Any
) -> None:
    asked: list[str] = []

    async def hand_on(request: web.Request) -> web.StreamResponse:
        """Hand *request* on, and cut each stream behind its first event."""
        names = ("X-API-Key", "Accept", "Last-Event-ID", "Idempotency-Key")
        head = {
            name: request.headers[name] for name in names if name in request.headers
        }
        url = f"{dialer.process.url}{request.path}"
        asked.append(f"{request.method} {request.path.rpartition('/')[2]}")
        async with dialer.http.request(
            request.method, url, data=await request.read(), headers=head
        ) as answered:
            response = web.StreamResponse(status=answered.status)
            response.content_type = answered.content_type
            await response.prepare(request)
            async for part in answered.content.iter_any():
                await response.write(part)
                if b"\nevent: " in part:
                    assert request.transport is not None
                    request.transport.abort()
                    break
        return response

    async with (
        sipp(invite(), reply(180), pause(700), reply(486), ack()) as callee,
        serving(hand_on) as url,
        kind(url, KEY) as ask,
    ):
        outcome = await ask("call", callee.uri, timeout_s=0.2)
        events = await ask("events", outcome.application_uuid)

    assert outcome.disposition == "busy"
    assert asked.count("GET events") > 2
    assert [event.seq for event in events] == [1, 2, 3, 4]
    assert [event.type_ for event in events][-1] == "call.ended"
    assert events[-1].data["disposition"] == "busy"


@KINDS
async def test_refusals(dialer: Dialer, kind: Any) -> None:
    async with kind(dialer.process.url, KEY) as ask:
        with pytest.raises(CallNotFoundError):
            await ask("show", "no-such-uuid")
        with pytest.raises(CallNotFoundError):
            await ask("events", "no-such-uuid")
    async with (
        kind(dialer.process.url, "key-of-small-application") as ask,
        dialer.changed(
            application=[{"id": "tight", "account": "acme", "call_limit": 0}]
        ),
    ):
        with pytest.raises(LimitError):
            await ask("call", "sip:nobody@127.0.0.1:9")


@KINDS
async def test_nobody_listens(kind: Any, unused_tcp_port: int) -> None:
    async with kind(f"http://127.0.0.1:{unused_tcp_port}", KEY) as ask:
        with pytest.raises(UnreachableError):
            await ask("call", "sip:nobody@127.0.0.1:9")


def test_an_answer_may_take_as_long_as_outring_waits() -> None:
    asked: list[httpx.Request] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(403, json={"result": "Number denied"})

    http = httpx.Client(
        base_url="http://127.0.0.1", transport=httpx.MockTransport(refuse)
    )
    with Outring("http://127.0.0.1", KEY) as outring:
        outring.generated.set_httpx_client(http)
        with pytest.raises(NumberDeniedError):
            outring.call("sip:nobody@127.0.0.1:9", timeout_s=90)

    assert asked[0].extensions["timeout"]["read"] == 100


@KINDS
@pytest.mark.sipp
async def test_an_answer_that_is_lost_places_no_second_call(
    dialer: Dialer, sipp: SippFactory, kind: Any
) -> None:
    """A proxy hands the request on, and closes the connection in place of the first answer."""
    keys: list[str] = []

    async def hand_on(request: web.Request) -> web.Response:
        keys.append(request.headers["Idempotency-Key"])
        async with dialer.http.post(
            f"{dialer.process.url}{request.path}",
            data=await request.read(),
            headers={"X-API-Key": KEY, "Idempotency-Key": keys[-1]},
        ) as answered:
            body, status = await answered.read(), answered.status
        if len(keys) == 1 and request.transport is not None:
            request.transport.abort()
        return web.Response(body=body, status=status, content_type="application/json")

    async with (
        serving(hand_on) as url,
        sipp(invite(), reply(486), ack(), calls=1) as callee,
        kind(url, KEY) as ask,
    ):
        outcome = await ask("call", callee.uri)

    assert outcome.disposition == "busy"
    assert len(keys) == 2
    assert len(set(keys)) == 1


@asynccontextmanager
async def serving(
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
) -> AsyncIterator[str]:
    """An HTTP server that has *handler* for every path; its URL."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()
