"""Early rejection: calls that cannot even wait are refused unread, on connections in sync."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest
from aiohttp import web

from engine.admission import overload
from engine.admission.http_connections import ConnectionPlace, HttpConnections
from engine.admission.overload import Overload
from engine.admission.token_bucket import TokenBucket
from engine.config.settings import HttpSettings
from engine.dialer.reply import HttpReply
from engine.http import early_rejection
from engine.http.early_rejection import (
    NEXT_POSITION,
    BytePosition,
    EarlyRejectionProtocol,
    Left,
    missing_body_bytes,
)
from engine.http.listener import Reception, listen
from engine.http.responses import to_bytes as written_by_api
from engine.model.outbound_request import MAX_BODY_BYTES
from engine.telemetry.metrics import Awaited, Metrics
from tests.conftest import Dialer
from tests.platform import KEY

LIMIT_S = 10.0
NOBODY = "sip:1@127.0.0.1:1;transport=tcp"
BUSY = ("503", "No BVR to handle outbound API")
LINE = "POST /api/v1/bvr/outbound HTTP/1.1"
USUAL = ("Host: outring", "Content-Type: application/json")


def request(*headers: str, body: str = "{}", line: str = LINE) -> bytes:
    """A request with *headers*, one of which is its length."""
    length = f"Content-Length: {len(body)}"
    return "\r\n".join([line, *USUAL, *headers, length, "", body]).encode()


CALL = request(body=json.dumps({"action": "makeCall", "to": NOBODY, "apiKey": KEY}))


@pytest.mark.parametrize(
    "data",
    [
        request(),
        request(body=""),
        request("Connection: keep-alive"),
        request("connection:Keep-Alive", "X-API-Key: \xe9", "Accept: */*"),
        request().replace(b"Content-Length", b"content-length"),
        b"POST /api/v1/bvr/outbound HTTP/1.1\r\ncontent-length:2\r\nhost: a\r\n\r\n{}",
    ],
)
def test_where_a_call_ends(data: bytes) -> None:
    head = data.index(b"\r\n\r\n") + 4
    assert [missing_body_bytes(data[:end]) for end in range(head, len(data) + 1)] == [
        *range(len(data) - head, -1, -1)
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n" + request(),
        request()[:-3],
        request(body="a" * (MAX_BODY_BYTES + 1)),
        request() + b" ",
        request() * 2,
        request(line="GET /api/v1/bvr/outbound HTTP/1.1"),
        request(line="POST /api/v1/bvr/outbound HTTP/1.0"),
        request(line="POST /api/v1/bvr/outbound?a=b HTTP/1.1"),
        request(line="POST /api/v1/bvr/outbound/ HTTP/1.1"),
        request(line="POST  /api/v1/bvr/outbound HTTP/1.1"),
        request("Content-Length: 2"),
        request("Content-Length: 3"),
        request("content-length : 2"),
        request("Transfer-Encoding: chunked"),
        request("transfer-encoding: identity"),
        request("Connection: close"),
        request("Connection: keep-alive, upgrade"),
        request("Upgrade: h2c"),
        request("Expect: 100-continue"),
        request("X-Folded: a", " Transfer-Encoding: chunked"),
        request("X-Odd: a\nTransfer-Encoding: chunked"),
        request("X-Odd: a\rTransfer-Encoding: chunked"),
        request("X-Odd : a"),
        request(": a"),
        request("no colon"),
        request().replace(b"Length: 2", b"Length: +2"),
        request().replace(b"Length: 2", b"Length: 2, 2"),
        request().replace(b"Length: 2", b"Length: 0x2"),
        request().replace(b"Length: 2", b"Length: " + b"0" * 20 + b"2"),
        request().replace(b"Length: 2\r\n", b"Length: 2\n"),
        b"POST /api/v1/bvr/outbound HTTP/1.1\r\nHost: outring\r\n\r\n",
    ],
)
def test_is_not_clearly_one_call(data: bytes) -> None:
    assert missing_body_bytes(data) is None


def test_every_place_in_a_body_has_a_next_one() -> None:
    bodies = (BytePosition.IN_READ_BODY, BytePosition.IN_REFUSED_BODY)
    assert set(NEXT_POSITION) == {(place, left) for place in bodies for left in Left}
    assert [Left.of(missing) for missing in (9, 0, -9)] == [*Left]


@pytest.mark.parametrize(
    ("pieces", "is_full", "read", "place"),
    [
        ([CALL], False, CALL, BytePosition.AT_START),
        ([CALL[:-5]], False, CALL[:-5], BytePosition.IN_READ_BODY),
        ([CALL[:-5], CALL[-5:-2]], False, CALL[:-2], BytePosition.IN_READ_BODY),
        ([CALL[:-5], CALL[-5:]], False, CALL, BytePosition.AT_START),
        ([CALL[:-5], CALL[-5:] + CALL], False, CALL + CALL, BytePosition.UNKNOWN),
        ([CALL, CALL], False, CALL + CALL, BytePosition.AT_START),
        ([CALL + CALL], False, CALL + CALL, BytePosition.UNKNOWN),
        ([CALL], True, b"", BytePosition.AT_START),
        ([CALL[:-5]], True, b"", BytePosition.IN_REFUSED_BODY),
        ([CALL[:-5], CALL[-5:-2]], True, b"", BytePosition.IN_REFUSED_BODY),
        ([CALL[:-5], CALL[-5:]], True, b"", BytePosition.AT_START),
        ([CALL[:-5], CALL[-5:] + CALL], True, CALL, BytePosition.UNKNOWN),
        ([CALL, CALL], True, b"", BytePosition.AT_START),
        ([CALL + CALL], True, CALL + CALL, BytePosition.UNKNOWN),
        (
            [b"GET / HTTP/1.1\r\n\r\n"],
            True,
            b"GET / HTTP/1.1\r\n\r\n",
            BytePosition.UNKNOWN,
        ),
    ],
)
def test_what_aiohttp_has_to_read(
    pieces: list[bytes],
    is_full: bool,
    read: bytes,
    place: BytePosition,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(EarlyRejectionProtocol, "may_answer", True)
    monkeypatch.setattr(EarlyRejectionProtocol, "_admit", lambda _: not is_full)
    connection = EarlyRejectionProtocol.__new__(EarlyRejectionProtocol)
    connection._next_position, connection._missing_body_bytes = BytePosition.AT_START, 0
    passed = [
        piece
        if connection._next_position is BytePosition.UNKNOWN
        else connection._inspect(piece)
        for piece in pieces
    ]
    assert (b"".join(passed), connection._next_position) == (read, place)


@dataclass
class Counts:
    """Calls that were rejected early, and pieces that went to aiohttp."""

    turned_away: int = 0
    read: int = 0


@dataclass
class Client:
    """Pieces out, answers in."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    counts: Counts

    async def send(self, data: bytes) -> None:
        """One piece, of which the server knows before the next one comes."""
        counts = self.counts
        before = counts.turned_away + counts.read
        self.writer.write(data)
        async with asyncio.timeout(LIMIT_S):
            while counts.turned_away + counts.read == before:
                await asyncio.sleep(0.001)

    async def answer(self) -> tuple[dict[str, str], dict[str, str]]:
        """The head, lower case, with the status line; and the body."""
        async with asyncio.timeout(LIMIT_S):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            line, *lines = head.strip().split("\r\n")
            headers = dict(field.lower().split(": ", 1) for field in lines)
            body = await self.reader.readexactly(int(headers["content-length"]))
        return {"": line, **headers}, json.loads(body)

    async def told(self) -> tuple[str, str]:
        """Status and result of the next answer."""
        headers, body = await self.answer()
        return headers[""].split(" ")[1], body["result"]

    async def ends(self, *, turned_away: int, read: int) -> None:
        """End it; no further answer has come, and the counts are these."""
        self.writer.write_eof()
        async with asyncio.timeout(LIMIT_S):
            assert await self.reader.read() == b""
        assert self.counts == Counts(turned_away, read)


@asynccontextmanager
async def connected(url: str, counts: Counts) -> AsyncIterator[Client]:
    """A client of what serves at *url*."""
    port = int(url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    yield Client(reader, writer, counts)
    writer.close()


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counts:
    """What becomes of each piece, on all connections."""
    counts = Counts()
    write, read = written_by_api, web.RequestHandler.data_received

    def written(reply: HttpReply) -> bytes:
        counts.turned_away += 1
        return write(reply)

    def data_received(self: web.RequestHandler, data: bytes) -> None:
        counts.read += bool(data)  # else aiohttp has called it
        read(self, data)

    monkeypatch.setattr(early_rejection, "to_bytes", written)
    monkeypatch.setattr(web.RequestHandler, "data_received", data_received)
    return counts


@pytest.fixture
async def client(dialer: Dialer, counts: Counts) -> AsyncIterator[Client]:
    """A client of the session's dialer."""
    async with connected(dialer.process.url, counts) as opened:
        yield opened


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch, dialer: Dialer) -> Callable[[int], None]:
    """So many may wait in the line from now on; that the machine lags counts for nothing.

    Nor does how many requests came before: after very many the pace is that of a lag.
    """
    monkeypatch.setattr(Overload, "is_late", False)
    monkeypatch.setattr(dialer.process.parts.overload, "bucket", TokenBucket())
    return lambda length: monkeypatch.setattr(overload, "MAX_WAITING", length)


async def test_answer_is_the_same_as_any_other(
    client: Client, dialer: Dialer, line: Callable[[int], None]
) -> None:
    refused = dialer.process.parts.overload.refused
    line(0)
    await client.send(CALL)
    head, body = await client.answer()
    await client.send(CALL[:10])
    await client.send(CALL[10:])
    as_read, as_told = await client.answer()

    assert as_read.pop("date")
    assert as_read.pop("server")
    assert (head, body) == (as_read, as_told)
    assert dialer.process.parts.overload.refused == refused + 2
    assert client.counts == Counts(turned_away=1, read=2)


async def test_what_follows_a_call_that_was_turned_away_is_read(
    client: Client, line: Callable[[int], None]
) -> None:
    line(0)
    await client.send(CALL[:-5])
    assert await client.told() == BUSY
    await client.send(CALL[-5:] + CALL)
    assert await client.told() == BUSY
    await client.ends(turned_away=1, read=1)


async def test_call_in_pieces_is_read_and_the_next_one_turned_away(
    client: Client, line: Callable[[int], None]
) -> None:
    for _ in range(2):
        line(1000)
        for piece in (CALL[:-20], CALL[-20:-5], CALL[-5:]):
            await client.send(piece)
        assert await client.told() == ("404", "Call failed")
        line(0)
        await client.send(CALL)
        assert await client.told() == BUSY
    await client.ends(turned_away=2, read=6)


async def test_connection_in_the_midst_of_a_request_is_read(
    client: Client, line: Callable[[int], None]
) -> None:
    """What looks like a call is the body of another request, and no second one."""
    body = CALL.decode()
    odd = request("Connection: keep-alive, x", body=body)
    line(0)
    await client.send(odd.removesuffix(CALL))
    await client.send(CALL)
    assert await client.told() == BUSY
    await client.send(CALL)
    assert await client.told() == BUSY
    await client.ends(turned_away=0, read=3)


async def test_connection_on_which_more_came_than_one_call_is_read(
    client: Client, line: Callable[[int], None]
) -> None:
    """The end of one and the beginning of another came in one piece."""
    await client.send(CALL[:-5])
    line(0)
    await client.send(CALL[-5:] + CALL[:-5])
    await client.send(CALL[-5:])
    assert await client.told() == ("404", "Call failed")
    assert await client.told() == BUSY
    await client.send(CALL)
    assert await client.told() == BUSY
    await client.ends(turned_away=0, read=4)


async def test_connection_on_which_a_call_is_under_way_is_read(
    client: Client, line: Callable[[int], None]
) -> None:
    """Answers come in the order of their requests."""
    await client.send(CALL)
    line(0)
    await client.send(CALL)
    assert await client.told() == ("404", "Call failed")
    assert await client.told() == BUSY
    await client.ends(turned_away=0, read=2)


async def test_connection_goes_on(
    client: Client, dialer: Dialer, line: Callable[[int], None]
) -> None:
    for _ in range(2):
        line(0)
        for _ in range(3):
            await client.send(CALL)
            assert await client.told() == BUSY
        line(1000)
        await client.send(CALL)
        assert await client.told() == ("404", "Call failed")
        assert dialer.process.parts.overload.arriving == 0
    await client.ends(turned_away=6, read=2)


@dataclass
class Server:
    """A server of its own in front of the session's dialer; its handler only reads."""

    url: str
    connections: list[EarlyRejectionProtocol]

    async def client(self, stack: AsyncExitStack, counts: Counts) -> Client:
        """One whose connection is there, too."""
        client = await stack.enter_async_context(connected(self.url, counts))
        await client.send(CALL)
        assert await client.told() == BUSY
        return client


@pytest.fixture
async def server(dialer: Dialer) -> AsyncIterator[Server]:
    made: list[EarlyRejectionProtocol] = []

    async def read(_: web.Request) -> web.Response:
        return web.json_response({"result": "read"})

    def connection(place: ConnectionPlace) -> EarlyRejectionProtocol:
        assert runner.server is not None
        made.append(EarlyRejectionProtocol(runner.server, dialer.process.dialer, place))
        return made[-1]

    app = web.Application()
    app.router.add_post("/api/v1/bvr/outbound", read)
    runner = web.AppRunner(app)
    await runner.setup()
    reception = Reception(HttpConnections(1000, 1000, Metrics()), connection, b"")
    yield Server(await listen(runner, HttpSettings(port=0), reception), made)
    await runner.cleanup()


@pytest.fixture
async def turned_away(
    server: Server, counts: Counts, line: Callable[[int], None]
) -> AsyncIterator[tuple[Client, EarlyRejectionProtocol]]:
    """A client that was turned away, and its connection at the server."""
    line(0)
    async with AsyncExitStack() as stack:
        yield await server.client(stack, counts), server.connections[0]


async def none_is_coming(dialer: Dialer) -> None:
    """Wait until nobody is awaited who was let in."""
    async with asyncio.timeout(LIMIT_S):
        while dialer.process.parts.overload.arriving:
            await asyncio.sleep(0.01)


async def test_no_more_are_let_in_than_could_wait(
    server: Server, counts: Counts, line: Callable[[int], None], dialer: Dialer
) -> None:
    """Also where all come in one turn, before the first of them has been read."""
    overload = dialer.process.parts.overload
    line(0)
    async with AsyncExitStack() as stack:
        clients = [await server.client(stack, counts) for _ in range(20)]
        line(5)
        for connection in server.connections:
            connection.data_received(CALL)
        told = [await client.told() for client in clients]
        assert told == [("200", "read")] * 5 + [BUSY] * 15
        assert overload.arriving == 5
    await none_is_coming(dialer)


async def test_what_aiohttp_finds_fault_with_is_not_awaited(
    client: Client, dialer: Dialer
) -> None:
    await client.send(request("X-Odd: \x01"))
    async with asyncio.timeout(LIMIT_S):
        assert b"400" in await client.reader.readuntil(b"\r\n\r\n")
    client.writer.close()
    await none_is_coming(dialer)


async def test_rest_of_a_call_that_was_turned_away_is_not_read(
    turned_away: tuple[Client, EarlyRejectionProtocol], line: Callable[[int], None]
) -> None:
    """Its head has been answered; what looks like a call in its body is none."""
    client, connection = turned_away
    body = 2 * CALL
    head = request(body=body.decode()).removesuffix(body)
    for _ in range(2):
        connection.data_received(head)
        assert await client.told() == BUSY
        connection.data_received(CALL)
        connection.data_received(CALL)
    line(1000)
    connection.data_received(CALL)
    assert await client.told() == ("200", "read")
    await client.ends(turned_away=3, read=1)


async def test_who_does_not_read_is_written_to_no_more(
    turned_away: tuple[Client, EarlyRejectionProtocol],
) -> None:
    """Nothing grows for a client that only sends: aiohttp waits then."""
    client, connection = turned_away
    connection.pause_writing()
    await client.send(CALL)
    connection.resume_writing()
    assert await client.told() == ("200", "read")
    assert client.counts == Counts(turned_away=1, read=1)


def answered_s(connection: EarlyRejectionProtocol) -> float:
    """Since when only the next request is awaited, by the loop's time."""
    assert connection.awaited is not None
    awaited, since_s = connection.awaited
    assert awaited is Awaited.REQUEST
    return since_s


async def test_an_answer_on_the_doorstep_keeps_a_connection_alive(
    turned_away: tuple[Client, EarlyRejectionProtocol],
) -> None:
    client, connection = turned_away
    began = asyncio.get_running_loop().time()
    assert answered_s(connection) < began
    await client.send(CALL)
    assert await client.told() == BUSY
    assert answered_s(connection) >= began


async def test_closed_connection_answers_no_more(
    turned_away: tuple[Client, EarlyRejectionProtocol],
) -> None:
    client, connection = turned_away
    connection.close()
    await client.send(CALL)
    connection.force_close()
    async with asyncio.timeout(LIMIT_S):
        assert await client.reader.read() == b""
    assert client.counts == Counts(turned_away=1, read=1)
