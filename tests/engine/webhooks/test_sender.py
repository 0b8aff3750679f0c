"""What comes of a POST, whatever the receiver does."""

import asyncio

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from engine.config.settings import FetchSettings
from engine.fetch import http_client
from engine.webhooks import sender as module
from engine.webhooks.sender import MAX_ANSWER, Sender, WebhookAnswer


async def post(uri: str, **settings: object) -> WebhookAnswer:
    sender = Sender(FetchSettings.model_validate(settings))
    try:
        return await sender.post(uri, b"{}", {"webhook-id": "1"})
    finally:
        await sender.aclose()


async def answer_of(response: web.Response | None) -> WebhookAnswer:
    """The answer to a POST to which a server gives *response*; None: it closes."""

    async def respond(request: web.Request) -> web.Response:
        assert request.headers["Content-Type"] == "application/json"
        if response is None:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        return response

    app = web.Application()
    app.router.add_post("/", respond)
    async with TestServer(app) as server:
        return await post(str(server.make_url("/")))


@pytest.mark.parametrize("status", [200, 202, 204])
async def test_success(status: int) -> None:
    assert await answer_of(web.Response(status=status)) == WebhookAnswer(status)


async def test_the_body_of_the_answer_is_of_no_matter() -> None:
    packed = web.Response(body=b"x", headers={"Content-Encoding": "gzip"})
    assert (await answer_of(packed)).status == 200
    large = web.Response(body=b"x" * (MAX_ANSWER + 1))
    assert (await answer_of(large)).status == 200


async def test_a_body_that_never_ends_well_is_of_no_matter_either(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_client, "IGNORED_BODY_S", 0.01)
    never = asyncio.Event()

    async def respond(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "10"})
        await response.prepare(request)
        await response.write(b"x")
        if request.path == "/hangs":
            await never.wait()
        assert request.transport is not None
        request.transport.abort()
        return response

    app = web.Application()
    app.router.add_post("/{path}", respond)
    async with TestServer(app) as server:
        assert await post(str(server.make_url("/breaks"))) == WebhookAnswer(200)
        assert await post(str(server.make_url("/hangs"))) == WebhookAnswer(200)
        never.set()


async def test_failures_have_their_status() -> None:
    assert await answer_of(web.Response(status=500)) == WebhookAnswer(
        500, "The server answers 500."
    )
    assert (await answer_of(web.Response(status=410))).status == 410


async def test_a_redirect_is_not_followed() -> None:
    response = web.Response(status=307, headers={"Location": "http://127.0.0.1:1/"})

    assert await answer_of(response) == WebhookAnswer(
        307, "It redirects, which is not followed."
    )


async def test_a_receiver_that_closes() -> None:
    answer = await answer_of(None)

    assert (answer.status, answer.error) == (None, "The connection broke.")


async def test_a_receiver_that_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMEOUT_S", 0.05)
    over = asyncio.Event()

    async def be_silent(_: web.Request) -> web.Response:
        await over.wait()
        return web.Response()

    app = web.Application()
    app.router.add_post("/", be_silent)
    async with TestServer(app) as server:
        answer = await post(str(server.make_url("/")))
        over.set()

    assert answer == WebhookAnswer(None, "There was no answer within 0.05 seconds.")


@pytest.mark.parametrize(
    ("uri", "settings", "why"),
    [
        ("http://169.254.169.254/", {}, "Its address is not allowed."),
        (
            "http://127.0.0.1:1/",
            {"allow_private": False},
            "Its address is not allowed.",
        ),
        (
            "http://other.example/",
            {"hosts": ["*.acme.example"]},
            "Its host is not allowed.",
        ),
        ("http://127.0.0.1:1/", {"schemes": ["https"]}, "Its scheme is not allowed."),
    ],
)
async def test_addresses_are_those_that_the_settings_allow(
    uri: str, settings: dict[str, object], why: str
) -> None:
    assert await post(uri, **settings) == WebhookAnswer(None, why)
