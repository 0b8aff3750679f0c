"""The driver against a real HTTP server: what it sends, when, and what it counts."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.load.driver import (
    LOST,
    MOST_OUTSTANDING,
    NO_CONNECTION,
    Plan,
    Progress,
    Request,
    Said,
    Sip,
    Summary,
    body_of,
    label,
)
from tests.load.run import driving
from tests.redis_server import free_port

CONNECTED = {
    "result": "Call connected",
    "applicationUUID": "u-1",
    "timings": {"queued": 1.5, "answer": 20.0},
}
Answering = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Server:
    """An HTTP server that answers as a test has it."""

    answering: Answering
    port: int = 0
    bodies: list[bytes] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    handling: set["asyncio.Task[None] | None"] = field(default_factory=set)

    async def handle(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.handling.add(asyncio.current_task())
        try:
            while head := await _until(reader, b"\r\n\r\n"):
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r")[0])
                self.bodies.append(await reader.readexactly(length))
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
                await self.answering(writer)
                self.at_once -= 1
        except ConnectionError:
            pass
        finally:
            self.handling.discard(asyncio.current_task())
            writer.close()

    async def end(self) -> None:
        """Stop what is being handled."""
        tasks = [task for task in self.handling if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _until(reader: asyncio.StreamReader, end: bytes) -> bytes:
    try:
        return await reader.readuntil(end)
    except asyncio.IncompleteReadError:
        return b""


@asynccontextmanager
async def server(answering: Answering) -> AsyncIterator[Server]:
    """Run one."""
    api = Server(answering)
    listening = await asyncio.start_server(api.handle, "127.0.0.1", 0)
    api.port = listening.sockets[0].getsockname()[1]
    try:
        yield api
    finally:
        listening.close()
        await api.end()


def response(body: object) -> bytes:
    """As aiohttp writes it."""
    text = json.dumps(body).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
    return head.encode() + text


async def at_once(writer: asyncio.StreamWriter) -> None:
    """Say that the call is connected."""
    writer.write(response(CONNECTED))


async def never(writer: asyncio.StreamWriter) -> None:
    """Say nothing."""
    await asyncio.Event().wait()


def plan(tmp_path: Path, port: int, **changes: Any) -> Plan:
    """100 requests in a second."""
    fields: dict[str, Any] = {
        "ports": [port],
        "path": "/calls",
        "requests": {"answer": Request("{}", "Call connected")},
        "order": ["answer"],
        "seconds": 1.0,
        "answers": str(tmp_path / "answers"),
        "rate": 100.0,
        "patience_s": 10.0,
    }
    if "at_once" in changes:
        fields["rate"] = None
    return Plan(**{**fields, **changes})


async def drive(
    plan: Plan,
    meanwhile: Callable[[asyncio.subprocess.Process], Awaitable[None]] | None = None,
) -> tuple[Summary, list[Progress]]:
    """Run the driver's process to its end."""
    progress: list[Progress] = []
    async with asyncio.timeout(30), driving(plan) as driver:
        assert driver.stdout is not None
        if meanwhile is not None:
            await meanwhile(driver)
        async for line in driver.stdout:
            told = msgspec.json.decode(line, type=Progress | Summary)
            if isinstance(told, Summary):
                return told, progress
            progress.append(told)
    raise AssertionError("no summary")


async def test_all_that_is_offered_is_sent_and_counted(tmp_path: Path) -> None:
    requests = {
        "answer": Request('{"to": "a"}', "Call connected"),
        "busy": Request('{"to": "b"}', "Call failed, 486 remote"),
    }
    async with server(at_once) as api:
        summary, progress = await drive(
            plan(tmp_path, api.port, requests=requests, order=["answer", "busy", "answer", "answer"])
        )  # fmt: skip

    assert (summary.offered, summary.not_offered, summary.sent) == (100, 0, 100)
    assert api.bodies.count(b'{"to": "a"}') == 75
    assert api.bodies.count(b'{"to": "b"}') == 25
    assert summary.results == {
        "answer": {"Call connected": 75},
        "busy": {"Call connected": 25},
    }
    assert (summary.expected, summary.unanswered) == (75, 0)
    assert summary.http_to_invite.most == 1.5
    assert summary.whole.count == summary.added.count == summary.late.count == 100
    assert progress[-1].results == {"Call connected": 100}
    lines = (tmp_path / "answers").read_text().splitlines()
    assert lines.count("answer\tu-1\tCall connected") == 75
    assert len(lines) == 100


async def test_what_finds_too_many_outstanding_is_counted_not_delayed(
    tmp_path: Path,
) -> None:
    async with server(never) as api:
        summary, _ = await drive(
            plan(tmp_path, api.port, outstanding=7, patience_s=0.1)
        )

    assert (summary.offered, summary.sent, summary.not_offered) == (100, 7, 93)
    assert summary.unanswered == 7
    assert len(api.bodies) == 7


async def test_latency_counts_from_when_a_request_was_due(tmp_path: Path) -> None:
    """A driver that was held up tells so, and hides nothing."""

    async def hold_up(driver: asyncio.subprocess.Process) -> None:
        async with asyncio.timeout(10):
            while len(api.bodies) < 10:
                await asyncio.sleep(0.005)
        driver.send_signal(signal.SIGSTOP)
        await asyncio.sleep(0.5)  # this is what is held up
        driver.send_signal(signal.SIGCONT)

    async with server(at_once) as api:
        summary, _ = await drive(plan(tmp_path, api.port), hold_up)

    assert (summary.sent, summary.not_offered) == (100, 0)
    assert summary.late.most > 400
    assert summary.whole.most > 400
    assert summary.late.p50 < summary.late.most


async def test_a_closed_loop_keeps_so_many_under_way(tmp_path: Path) -> None:
    async def soon(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.005)
        await at_once(writer)

    async with server(soon) as api:
        summary, _ = await drive(plan(tmp_path, api.port, at_once=3, seconds=0.5))

    assert api.most_at_once == 3
    assert summary.sent == summary.offered == len(api.bodies) == summary.expected
    assert summary.sent > 10


async def test_a_connection_that_is_lost_loses_its_answer_only(tmp_path: Path) -> None:
    async def hang_up_on_every_tenth(writer: asyncio.StreamWriter) -> None:
        if len(api.bodies) % 10:
            await at_once(writer)
        else:
            raise ConnectionError

    async with server(hang_up_on_every_tenth) as api:
        summary, _ = await drive(plan(tmp_path, api.port))

    assert summary.results == {"answer": {"Call connected": 90, LOST: 10}}
    assert summary.unanswered == 0


async def test_nobody_listens(tmp_path: Path) -> None:
    wanted = plan(tmp_path, free_port(), connections=0)

    summary, _ = await drive(wanted)

    assert summary.results == {"answer": {NO_CONNECTION: 100}}
    assert summary.sent == 0


async def test_two_apis_take_turns(tmp_path: Path) -> None:
    async with server(at_once) as api, server(at_once) as other:
        await drive(plan(tmp_path, 0, ports=[api.port, other.port]))

    assert len(api.bodies) + len(other.bodies) == 100
    assert 40 <= len(api.bodies) <= 60


@pytest.mark.parametrize(
    "changes",
    [
        {"rate": None},
        {"rate": 1.0, "at_once": 1},
        {"seconds": 0.0},
        {"seconds": 1e9},
        {"outstanding": 0},
        {"outstanding": MOST_OUTSTANDING + 1},
        {"at_once": MOST_OUTSTANDING + 1},
        {"rate": 1e9},
        {"rate": 0.1},
    ],
)
def test_a_load_without_bounds_is_refused(tmp_path: Path, changes: Any) -> None:
    with pytest.raises(ValueError, match=r"rate|seconds|at once|requests"):
        plan(tmp_path, 1, **{"rate": None, **changes} if "at_once" in changes else changes).check()  # fmt: skip


def test_requests_are_due_evenly(tmp_path: Path) -> None:
    wanted = plan(tmp_path, 1, rate=300.0, seconds=60.0)

    assert wanted.count == 18_000
    assert wanted.due_s(0) == 0
    assert wanted.due_s(300) == 1.0
    assert wanted.due_s(17_999) < 60


def test_a_response_that_is_not_whole() -> None:
    whole = response(CONNECTED)

    assert [cut for cut in range(len(whole)) if body_of(whole[:cut]) is not None] == []


def test_a_whole_response() -> None:
    assert json.loads(body_of(response(CONNECTED)) or b"") == CONNECTED
    with pytest.raises(ValueError, match="Content-Length"):
        body_of(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (Said("Call connected", "u", Sip(200, "remote")), "Call connected"),
        (Said("Call failed", "u", Sip(486, "remote")), "Call failed, 486 remote"),
        (Said("Call failed"), "Call failed"),
        (Said("License limit"), "License limit"),
    ],
)
def test_results_tell_why_a_call_failed(said: Said, expected: str) -> None:
    assert label(said) == expected
