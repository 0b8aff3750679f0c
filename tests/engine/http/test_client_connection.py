"""Client connections: who takes too long is ended, who sends nonsense is answered as JSON,
and neither makes a line in the log.

A server of its own, whose limits are short. That something is *not* ended is seen when
something else has been, which began later and may last as long.
"""

import asyncio
import json
import logging
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from engine.admission.http_connections import HttpConnections
from engine.config.settings import HttpSettings
from engine.http import late_connections
from engine.http.bodies import body_of
from engine.http.client_connection import ClientConnection
from engine.http.late_connections import end_late_connections, limits_of
from engine.http.listener import Reception, listen
from engine.http.responses import connection_refusal, error_middleware
from engine.model.outbound_request import MAX_BODY_BYTES
from engine.telemetry.metrics import Awaited, Metrics
from tests.scraping import count_of

LIMIT_S = 10.0
SHORT_MS, LONG_MS = 150, 600_000
LONG = {f"{name}_timeout_ms": LONG_MS for name in ("head", "body", "idle", "unread")}
OUTBOUND = "/api/v1/bvr/outbound"  # answers have a result there
HUGE = 30_000_000  # bytes, more than the system takes of us for a client that does not read
INVALID = ("400", "Invalid request")

Answer = tuple[str, dict[str, Any]]


def request(line: str, *headers: str, body: bytes = b"") -> bytes:
    """A whole request."""
    lines = [f"{line} HTTP/1.1", "Host: outring", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode(errors="surrogateescape") + body


POST = f"POST {OUTBOUND}"
HEAD = request(POST).removesuffix(b"\r\n")  # it is not finished


@dataclass
class Client:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def trickle(self, data: bytes) -> None:
        """Send it byte by byte, and the last byte again and again, until nobody listens."""
        with suppress(ConnectionError):
            while True:
                self.send(data[:1])
                data = data[1:] or data
                await self.writer.drain()
                await asyncio.sleep(0.01)

    async def send_in_turns(self, server: "Served", data: bytes) -> None:
        """Send half a head, and the rest once the server has seen that it is half of one."""
        self.send(data[:20])
        await until(
            lambda: any(
                connection._head_began_s is not None
                for connection in server.connections
            )
        )
        self.send(data[20:])

    async def head(self) -> tuple[str, dict[str, str]]:
        """Status and headers, lower case, of the next answer."""
        async with asyncio.timeout(LIMIT_S):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower()
        line, *lines = head.strip().split("\r\n")
        return line.split()[1], dict(line.split(": ", 1) for line in lines)

    async def answer(self) -> Answer:
        """Status and JSON of the next answer."""
        status, headers = await self.head()
        assert headers["content-type"].partition(";")[0] == "application/json"
        length = int(headers["content-length"])
        return status, json.loads(await self.reader.readexactly(length))

    async def result(self) -> tuple[str, str]:
        """Status and result of the next answer."""
        status, body = await self.answer()
        assert body.get("detail", ".").endswith(".")
        return status, body["result"]

    async def closed(self) -> None:
        """Nothing more comes, and the connection ends."""
        async with asyncio.timeout(LIMIT_S):
            assert await self.reader.read() == b""


@dataclass
class Served:
    """A server, and what its handlers wait for."""

    url: str
    server: web.Server
    places: HttpConnections
    metrics: Metrics
    stack: AsyncExitStack
    go_on: asyncio.Event

    @property
    def connections(self) -> list[ClientConnection]:
        """Those that are open."""
        return cast(list[ClientConnection], self.server.connections)

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def timeouts(self, awaited: Awaited) -> float:
        """How many connections were ended for it."""
        return count_of(self.metrics.http.timeouts[awaited,])

    async def timed_out(self, awaited: Awaited) -> None:
        """Wait until one has been ended for it."""
        await until(lambda: self.timeouts(awaited))

    async def client(self, data: bytes = b"", *, source: str = "127.0.0.1") -> Client:
        """A new connection, on which *data* is sent."""
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.port, local_addr=(source, 0)
        )
        self.stack.callback(writer.close)
        writer.write(data)
        return Client(reader, writer)


async def until(holds: Callable[[], object]) -> None:
    """Wait until it *holds*."""
    async with asyncio.timeout(LIMIT_S):
        while not holds():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def served(**settings: Any) -> AsyncIterator[Served]:
    """Serve with these settings of ``http``."""
    http = HttpSettings(port=0, **LONG | settings)
    go_on, metrics = asyncio.Event(), Metrics()
    runner = web.AppRunner(
        application(go_on),
        access_log=None,
        handler_cancellation=True,
        shutdown_timeout=0.1,
    )
    await runner.setup()
    server = runner.server
    assert server is not None
    places = HttpConnections(
        http.max_connections, http.max_connections_per_address, metrics
    )
    reception = Reception(
        places, partial(ClientConnection, server), connection_refusal()
    )
    url = await listen(runner, http, reception)
    ending = asyncio.create_task(end_late_connections(server, limits_of(http), places))
    try:
        async with AsyncExitStack() as stack:
            yield Served(url, server, places, metrics, stack, go_on)
    finally:
        ending.cancel()
        await asyncio.wait([ending])
        await runner.cleanup()
    assert ending.cancelled()
    assert places.count == 0


def application(go_on: asyncio.Event) -> web.Application:
    async def read(request: web.Request) -> web.Response:
        return web.json_response({"result": (await body_of(request)).decode()})

    async def unread(_: web.Request) -> web.Response:
        return web.json_response({"result": "unread"})

    async def late(request: web.Request) -> web.Response:
        await go_on.wait()
        return web.json_response({"result": "late" + (await body_of(request)).decode()})

    async def gone(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.close()  # as when its client has just gone
        response = web.StreamResponse()
        await response.prepare(request)
        return response

    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_length = 4
        await response.prepare(request)
        await response.write(b"12")
        await go_on.wait()
        await response.write(b"34")
        return response

    async def huge(_: web.Request) -> web.Response:
        return web.Response(body=bytes(HUGE))

    app = web.Application(
        client_max_size=MAX_BODY_BYTES, middlewares=[error_middleware]
    )
    app.router.add_post(OUTBOUND, read)
    app.router.add_post("/unread", unread)
    app.router.add_route("*", "/late", late)
    app.router.add_get("/gone", gone)
    app.router.add_get("/stream", stream)
    app.router.add_get("/huge", huge)
    return app


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at connections more often."""
    monkeypatch.setattr(late_connections, "LOOK_S", 0.02)


@pytest.fixture(autouse=True)
def nothing_logged(caplog: pytest.LogCaptureFixture) -> AsyncIterator[None]:
    """Nothing that a client does is worth a line at level info."""
    with capture_logs() as logged:
        yield
    assert [entry for entry in logged if entry["log_level"] != "debug"] == []
    assert [record for record in caplog.records if record.levelno > logging.DEBUG] == []


async def test_an_answer_without_a_request_keeps_a_connection_alive() -> None:
    async with served() as server:
        client = await server.client(request(POST, body=b"1"))
        assert await client.result() == ("200", "1")
        (connection,) = server.connections
        await until(lambda: connection.may_answer)
        connection._next_keepalive_close_time = 0.0
        connection.answer(connection_refusal())
        connection._process_keepalive()
        assert (await client.head())[0] == "503"
        assert connection.may_answer


# -- who takes too long ---------------------------------------------------------------


async def test_a_head_that_is_not_finished() -> None:
    async with served(head_timeout_ms=SHORT_MS) as server:
        client = await server.client(HEAD)
        assert await client.result() == ("408", "Request timeout")
        await client.closed()
        assert server.timeouts(Awaited.HEAD) == 1


async def test_a_head_that_comes_byte_by_byte() -> None:
    async with served(head_timeout_ms=SHORT_MS) as server:
        client = await server.client()
        await client.trickle(HEAD)
        assert server.timeouts(Awaited.HEAD) == 1


async def test_a_second_head_that_is_not_finished() -> None:
    async with served(head_timeout_ms=SHORT_MS) as server:
        client = await server.client(request("POST /unread"))
        assert await client.result() == ("200", "unread")
        client.send(b"\r\n")  # and be it not more than that
        assert await client.result() == ("408", "Request timeout")
        await client.closed()


async def test_a_client_that_says_nothing() -> None:
    async with served(head_timeout_ms=SHORT_MS) as server:
        client = await server.client()
        await client.closed()
        assert server.timeouts(Awaited.HEAD) == 1


async def test_a_client_that_asks_for_nothing_more() -> None:
    async with served(idle_timeout_ms=SHORT_MS) as server:
        client = await server.client(request("POST /unread"))
        assert await client.result() == ("200", "unread")
        await client.closed()
        assert server.timeouts(Awaited.REQUEST) == 1


async def test_a_client_may_be_idle_for_longer_than_a_head_may_take() -> None:
    async with served(head_timeout_ms=SHORT_MS) as server:
        client = await server.client()
        for body in (b"1", b"2"):
            await client.send_in_turns(server, request(POST, body=body))
            assert await client.result() == ("200", body.decode())
            before = server.timeouts(Awaited.HEAD)
            await (await server.client()).closed()
            assert server.timeouts(Awaited.HEAD) == before + 1


@pytest.mark.parametrize("rest", [b"", b"half of it"])
async def test_a_body_that_is_not_finished(rest: bytes) -> None:
    async with served(body_timeout_ms=SHORT_MS) as server:
        client = await server.client(request(POST, "Content-Length: 20") + rest)
        status, headers = await client.head()
        assert (status, headers["connection"]) == ("408", "close")
        assert b"Request timeout" in await client.reader.read()
        assert server.timeouts(Awaited.BODY) == 1


async def test_a_body_that_comes_byte_by_byte() -> None:
    async with served(body_timeout_ms=SHORT_MS) as server:
        client = await server.client(request(POST, "Content-Length: 9999"))
        await client.trickle(b"a")
        assert server.timeouts(Awaited.BODY) == 1


async def test_chunks_that_do_not_end() -> None:
    async with served(body_timeout_ms=SHORT_MS) as server:
        client = await server.client(request(POST, "Transfer-Encoding: chunked"))
        client.send(b"1\r\na\r\n")
        assert await client.result() == ("408", "Request timeout")
        await client.closed()


async def test_a_body_that_nobody_reads_is_not_awaited_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("engine.http.client_connection.LINGER_S", 0.1)
    async with served() as server:
        client = await server.client(request("POST /unread", "Content-Length: 20"))
        assert await client.result() == ("200", "unread")
        await client.closed()


@pytest.mark.parametrize(
    ("data", "last"),
    [
        (request("GET /late"), b'"late"}'),
        (request("POST /late", body=b"1"), b'"late1"}'),
        (request("GET /stream"), b"34"),
    ],
)
async def test_a_request_is_answered_however_long_that_takes(
    data: bytes, last: bytes
) -> None:
    short = dict.fromkeys(LONG, SHORT_MS)
    async with served(**short) as server:
        client = await server.client(data)
        await until(lambda: server.server.requests_count == 1)
        for _ in range(2):
            await (await server.client()).closed()  # so much time has passed
        server.go_on.set()
        async with asyncio.timeout(LIMIT_S):
            assert (await client.reader.readuntil(last)).endswith(last)


async def test_a_client_that_does_not_read() -> None:
    async with served(unread_timeout_ms=SHORT_MS) as server:
        await server.client(request("GET /huge"))
        await server.timed_out(Awaited.READING)
        await until(lambda: server.places.count == 0)


async def test_a_client_that_does_not_read_to_the_end() -> None:
    """What is left is in a connection that we have closed, and that cannot end."""

    class Closing:
        is_aborted = False

        def is_closing(self) -> bool:
            return True

        def abort(self) -> None:
            self.is_aborted = True

    async with served() as server:
        client = await server.client(request("GET /late"))
        await until(lambda: server.connections)
        (connection,) = server.connections
        real, closing = connection._accepted, Closing()
        connection._accepted = cast(Any, closing)
        for now_s in (100.0, 200.0):
            connection.look(now_s)
            assert connection.awaited == (Awaited.READING, 100.0)
        connection.end(Awaited.READING)
        assert closing.is_aborted
        connection._accepted, connection._unread_since_s = real, None
        client.writer.close()
        await until(lambda: server.places.count == 0)


# -- how many there may be ----------------------------------------------------------------


async def test_more_connections_than_there_may_be() -> None:
    async with served(max_connections=2) as server:
        for source in ("127.0.0.1", "127.0.0.2"):
            client = await server.client(request("POST /unread"), source=source)
            assert await client.result() == ("200", "unread")
        refused = await server.client(request(POST), source="127.0.0.3")
        status, headers = await refused.head()
        assert (status, headers["connection"]) == ("503", "close")
        assert headers["retry-after"] == "1"
        body = json.loads(await refused.reader.read())
        assert body["result"] == "No BVR to handle outbound API"
        client.writer.close()
        await until(lambda: server.places.count == 1)
        client = await server.client(request("POST /unread"), source="127.0.0.3")
        assert await client.result() == ("200", "unread")


async def test_more_connections_of_one_address_than_there_may_be() -> None:
    async with served(max_connections_per_address=1) as server:
        client = await server.client(request("POST /unread"))
        assert await client.result() == ("200", "unread")
        refused = await server.client(request(POST))
        assert (await refused.head())[0] == "503"
        other = await server.client(request("POST /unread"), source="127.0.0.2")
        assert await other.result() == ("200", "unread")


# -- TLS -------------------------------------------------------------------------------


@pytest.fixture
def tls(certificate: tuple[Path, Path]) -> dict[str, Path]:
    return dict(zip(("tls_certificate", "tls_private_key"), certificate, strict=True))


async def test_a_handshake_that_is_not_finished(tls: dict[str, Path]) -> None:
    async with served(head_timeout_ms=SHORT_MS, **tls) as server:
        client = await server.client(b"\x16\x03\x01")
        await client.closed()
        assert server.timeouts(Awaited.HANDSHAKE) == 1
        assert server.places.count == 0


async def test_what_is_no_handshake(tls: dict[str, Path]) -> None:
    async with served(**tls) as server:
        client = await server.client(request(POST))
        async with asyncio.timeout(LIMIT_S):
            await client.reader.read()  # an alert
        await until(lambda: server.places.count == 0)


async def test_limits_hold_behind_tls(
    tls: dict[str, Path], certificate: tuple[Path, Path]
) -> None:
    context = ssl.create_default_context(cafile=str(certificate[0]))
    async with served(head_timeout_ms=SHORT_MS, max_connections=1, **tls) as server:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", server.port, ssl=context
        )
        client = Client(reader, writer)
        server.stack.callback(writer.close)
        await (await server.client()).closed()  # refused, and told nothing
        client.send(HEAD)
        assert await client.result() == ("408", "Request timeout")
        await client.closed()


# -- what is no request ------------------------------------------------------------------

CHUNKED = request(POST, "Transfer-Encoding: chunked")
MALFORMED = {
    "unknown method": request(f"FOO {OUTBOUND}"),
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/9.9": b"GET / HTTP/9.9\r\nHost: outring\r\n\r\n",
    "nothing like it": b"\0\1\2\3\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": request("GET /", "Host: other"),
    "no URL": request("GET http://[::1/"),
    "not UTF-8": b"GET /\xff\xfe HTTP/1.1\r\nHost: outring\r\n\r\n",
    "long target": request(f"GET /{'a' * 9000}"),
    "long header": request("GET /", f"X-Long: {'a' * 9000}"),
    "many headers": request("GET /", *(f"X-{number}: a" for number in range(200))),
    "no colon": request("GET /", "no colon"),
    "NUL": request("GET /", "X-Odd: a\0b"),
    "two lengths": request(POST, "Content-Length: 2", "Content-Length: 3"),
    "negative length": request(POST, "Content-Length: -2"),
    "length and chunks": request(POST, "Content-Length: 2", "Transfer-Encoding: chunked"),
    "no chunk": CHUNKED + b"zz\r\n",
    "huge chunk": CHUNKED + b"f" * 40 + b"\r\n",
    "long chunk": CHUNKED + b"2\r\n{}xx\r\n",
}  # fmt: skip


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED)
async def test_what_is_no_request(data: bytes) -> None:
    async with served() as server:
        client = await server.client(data)
        assert await client.result() == INVALID
        await client.closed()
        assert count_of(server.metrics.http.malformed_requests) == 1


async def test_nonsense_behind_an_upgrade_that_is_declined() -> None:
    headers = ("Upgrade: websocket", "Connection: upgrade")
    async with served() as server:
        client = await server.client(request("POST /unread", *headers) + b"\0\r\n\r\n")
        assert await client.result() == ("200", "unread")
        assert await client.result() == INVALID
        await client.closed()


async def test_a_declined_upgrade_whose_body_comes_after_the_answer() -> None:
    """No request behind it is left without an answer."""
    headers = ("Upgrade: websocket", "Connection: upgrade", "Content-Length: 2")
    async with served() as server:
        client = await server.client(request("POST /unread", *headers))
        assert await client.result() == ("200", "unread")
        client.send(b"{}" + request("GET /unread"))
        await client.closed()


@pytest.mark.parametrize("path", [OUTBOUND, "/unread"])
async def test_chunks_that_turn_into_nonsense(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits for the body is told, and does not wait on."""
    monkeypatch.setattr("engine.http.client_connection.LINGER_S", 0.1)
    async with served() as server:
        client = await server.client(
            request(f"POST {path}", "Transfer-Encoding: chunked") + b"1\r\na\r\n"
        )
        await until(lambda: server.server.requests_count == 1)
        client.send(b"nonsense\r\n")
        status, _ = await client.result()
        assert status == ("400" if path == OUTBOUND else "200")
        async with asyncio.timeout(LIMIT_S):
            await client.reader.read()


async def test_a_parser_that_fails_is_a_request_that_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def data_received(self: web.RequestHandler, data: bytes) -> None:
        raise ValueError("unforeseen")

    monkeypatch.setattr(web.RequestHandler, "data_received", data_received)
    async with served() as server:
        client = await server.client(request("POST /unread"))
        assert await client.result() == INVALID
        await client.closed()


# -- bodies that are not what is said of them ---------------------------------------------


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, gzip", "\xe9"])
async def test_an_encoding_that_nobody_knows(coding: str) -> None:
    async with served() as server:
        client = await server.client(
            request(POST, f"Content-Encoding: {coding}", body=b"{}")
        )
        assert await client.result() == INVALID
        client.send(request(POST, "Content-Encoding: identity", body=b"1"))
        assert await client.result() == ("200", "1")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
async def test_a_body_that_is_not_encoded(coding: str) -> None:
    headers = (f"Content-Encoding: {coding}",)
    async with served() as server:
        client = await server.client(request(POST, *headers, body=b"nonsense"))
        assert await client.result() == INVALID
        client.send(request("POST /unread", *headers, body=b"nonsense"))
        assert await client.result() == ("200", "unread")


async def test_a_body_that_is_too_large() -> None:
    async with served() as server:
        body = b"a" * MAX_BODY_BYTES
        client = await server.client(request(POST, body=body))
        assert await client.result() == ("200", body.decode())
        client.send(request(POST, body=body + b"a"))
        assert await client.result() == INVALID


async def test_an_expectation_that_nobody_can_meet() -> None:
    async with served() as server:
        for wonders in ("wonders", "\udcff", "\xe9"):
            client = await server.client(
                request(POST, f"Expect: {wonders}", body=b"{}")
            )
            assert await client.result() == INVALID
        client = await server.client(request(POST, "Expect: 100-continue", body=b"1"))
        assert await client.head() == ("100", {})
        assert await client.result() == ("200", "1")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "OPTIONS", "TRACE", "PROPFIND"])
async def test_a_method_that_there_is_not(method: str) -> None:
    async with served() as server:
        client = await server.client(request(f"{method} {OUTBOUND}"))
        status, headers = await client.head()
        assert (status, headers["allow"]) == ("405", "post")
        assert headers["content-type"] == "application/json"
        client = await server.client(request(f"{method} {OUTBOUND}"))
        assert await client.result() == ("405", "Invalid request")
        client = await server.client(request(f"{method} /unread"))
        assert await client.answer() == ("405", {"detail": "Method Not Allowed"})


# -- who goes away ----------------------------------------------------------------------


async def test_a_client_that_has_just_gone_makes_no_line() -> None:
    async def gone(request: web.BaseRequest) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.close()
        raise ConnectionResetError  # as aiohttp has it when it tells a client to go on

    async with served() as server:
        await (await server.client(request("GET /gone"))).closed()
        server.server.request_handler = gone
        await (await server.client(request("GET /late"))).closed()


@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize(
    "data",
    [
        b"",
        HEAD,
        request(POST, "Content-Length: 9"),
        request("POST /unread", "Content-Length: 9"),
        request("GET /late"),
        request("GET /stream"),
        request("GET /huge"),
        request("POST /unread") * 20,
    ],
)
async def test_a_client_that_goes_away_makes_no_line(data: bytes, how: str) -> None:
    async with served() as server:
        client = await server.client(data)
        await until(lambda: server.places.count == 1)
        await until(lambda: server.server.requests_count or data in (b"", HEAD))
        if how == "reset":
            sock = client.writer.get_extra_info("socket")
            sock.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
        client.writer.transport.abort()
        await until(lambda: server.places.count == 0)
