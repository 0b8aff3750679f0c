"""Send an outring of its own what nobody should: python -m tests.load.http_fuzz.

    [--requests 100000] [--seconds 3600] [--at-once 32] [--seed 1]

Everything runs on this machine and on loopback; no INVITE leaves it, since what could be
called refuses connections. Exits with 1 if an answer was a 5xx that is not of the table of
results, or not JSON of it, if one was owed and did not come, if a line was logged that is
worth a warning, if memory did grow, or if the process died.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import uvloop
from rich.console import Console
from rich.table import Table

from engine.http.responses import RESULT_PATHS
from engine.model.result import Result
from engine.platform.objects import digest_of
from tests.engine.process import COMMAND, configured, stored
from tests.load.fuzzed_requests import (
    KEY,
    NOWHERE,
    OUTBOUND,
    TOKEN,
    Fuzzed,
    Fuzzer,
)
from tests.load.processes import program
from tests.redis_server import free_port

MOST_REQUESTS, LONGEST_S, MOST_AT_ONCE = 5_000_000, 4 * 3600.0, 256
START_S, PATIENCE_S, SHORT_PATIENCE_S = 30.0, 20.0, 0.05
WARM_UP = 0.1  # of the requests, after which memory has to be flat
GROWTH, GROWTH_MB = 0.1, 30.0  # that still count as flat
REPORT_S = 5.0
SHOWN = 5  # examples of what is wrong
TABLE = {result.text: int(result.http_status) for result in Result}
OTHER_STATUSES = {405, 409}  # that an answer with a result may have, too

SETTINGS = f"""
[http]
port = {{port}}
head_timeout_ms = 2000
body_timeout_ms = 2000
[sip]
listen = ["udp:127.0.0.1:0"]
nameservers = ["127.0.0.1"]
[admin]
token_sha256 = "{digest_of(TOKEN)}"
[log]
level = "warning"
format = "json"
"""
PLATFORM = f"""
[[account]]
id = "acme"
[[application]]
id = "hello"
account = "acme"
[[key]]
key = "{KEY}"
application = "hello"
[[rule]]
pattern = '{NOWHERE.replace(".", "[.]")}'
allow = true
[[rule]]
pattern = ".*"
allow = false
"""


@dataclass(slots=True)
class Findings:
    """What the requests that were sent so far have led to."""

    sent: int = 0
    answers: Counter[str] = field(default_factory=Counter)  # by status
    wrongs: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    memory_mb: list[tuple[int, float]] = field(default_factory=list)  # by requests sent

    def wrong(self, what: str, fuzzed: Fuzzed, answer: bytes) -> None:
        """Something is not as it should be."""
        self.wrongs[what] += 1
        if len(self.examples) < SHOWN:
            sent = b"".join(fuzzed.pieces)[:600]
            self.examples.append(f"{what}: {sent!r} was answered {answer[:300]!r}")


@dataclass(frozen=True, slots=True)
class Response:
    """A response, as far as it was read."""

    status: int
    is_json: bool
    is_last: bool  # the connection ends
    body: bytes


class Client:
    """Sends requests one after another, on a new connection whenever one has ended."""

    def __init__(self, port: int, fuzzer: Fuzzer, findings: Findings) -> None:
        self._port = port
        self._fuzzer = fuzzer
        self._findings = findings
        self._writer: asyncio.StreamWriter | None = None
        self._reader = asyncio.StreamReader()

    async def send_one(self) -> None:
        """Send the next request, and look at its answer."""
        fuzzed = self._fuzzer.request()
        self._findings.sent += 1
        try:
            async with asyncio.timeout(PATIENCE_S):
                response = await self._exchange(fuzzed)
        except TimeoutError:
            self._findings.wrong("no answer in time", fuzzed, b"")
            response = None
        if response is not None:
            self._findings.answers[str(response.status)] += 1
            if (wrong := wrong_of(fuzzed, response)) is not None:
                self._findings.wrong(wrong, fuzzed, response.body)
        if response is None or response.is_last or not fuzzed.is_framed:
            self.close()

    def close(self) -> None:
        """End the connection."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    async def _exchange(self, fuzzed: Fuzzed) -> Response | None:
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(
                "127.0.0.1", self._port, limit=2**21
            )
        try:
            for piece in fuzzed.pieces:
                self._writer.write(piece)
                await self._writer.drain()
                if len(fuzzed.pieces) > 1:
                    await asyncio.sleep(0)
            return await self._response(fuzzed)
        except (ConnectionError, asyncio.IncompleteReadError):
            return self._without_answer(fuzzed)

    async def _response(self, fuzzed: Fuzzed) -> Response | None:
        if fuzzed.is_framed:
            return await read_response(self._reader, is_head=fuzzed.is_head)
        with suppress(TimeoutError):
            async with asyncio.timeout(SHORT_PATIENCE_S):
                return await read_response(self._reader, is_head=fuzzed.is_head)
        return None

    def _without_answer(self, fuzzed: Fuzzed) -> None:
        self._findings.answers["none"] += 1
        if fuzzed.is_framed:
            self._findings.wrong("no answer", fuzzed, b"")


async def read_response(reader: asyncio.StreamReader, *, is_head: bool) -> Response:
    """Read one answer; of one that has no end only the head."""
    while True:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        line, *lines = head.strip().split("\r\n")
        status = int(line.split(" ")[1])
        if status != 100:  # RFC 9110 §15.2: the answer is yet to come
            break
    headers = dict(header.split(":", 1) for header in lines)
    length = headers.get("content-length")
    body = b""
    if length is not None and not is_head:
        body = await reader.readexactly(int(length))
    return Response(
        status,
        is_json="application/json" in headers.get("content-type", ""),
        is_last="close" in headers.get("connection", "")
        or line.startswith("http/1.0")
        or (length is None and status not in (204, 304)),
        body=body,
    )


def wrong_of(fuzzed: Fuzzed, response: Response) -> str | None:
    """What is wrong with the answer to *fuzzed*; None: nothing."""
    result = None
    if response.is_json and response.body:
        try:
            result = json.loads(response.body).get("result")
        except ValueError:
            return "an answer that is no JSON"
    if response.status >= 500 and (
        result == Result.INTERNAL_ERROR.text or TABLE.get(result) != response.status
    ):
        return f"{response.status} {result}"
    if not fuzzed.is_framed or not response.body:
        return None
    if fuzzed.path in RESULT_PATHS and not is_of_table(response.status, result):
        return f"an answer that is not of the table: {response.status} {result}"
    if fuzzed.path.startswith("/api/") and not response.is_json:
        return f"an answer that is no JSON: {response.status}"
    return None


def is_of_table(status: int, result: str | None) -> bool:
    """Whether there is such a *result*, and whether *status* goes with it."""
    if result not in TABLE:
        return (status, result) == (200, "OK")  # of an event
    return status == TABLE[result] or status in OTHER_STATUSES


# -- the run -----------------------------------------------------------------------------


def arguments_of(line: list[str] | None = None) -> argparse.Namespace:
    """Read the command line; ends the program if something is wrong with it."""
    parser = argparse.ArgumentParser(prog="tests.load.http_fuzz")
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=3600.0, help="at the most")
    parser.add_argument("--at-once", type=int, default=32)
    parser.add_argument("--seed", default="1")
    chosen = parser.parse_args(line)
    if not 1 <= chosen.requests <= MOST_REQUESTS:
        parser.error(f"--requests is 1 to {MOST_REQUESTS}")
    if not 1 <= chosen.seconds <= LONGEST_S:
        parser.error(f"--seconds is 1 to {LONGEST_S:.0f}")
    if not 1 <= chosen.at_once <= MOST_AT_ONCE:
        parser.error(f"--at-once is 1 to {MOST_AT_ONCE}")
    return chosen


async def fuzz(chosen: argparse.Namespace, folder: Path, console: Console) -> bool:
    """Run it, and print what came of it; whether all was well."""
    port = free_port()
    file = configured(folder, SETTINGS.format(port=port), PLATFORM)
    await stored(file)
    log, findings = folder / "log", Findings()
    began_s = time.monotonic()
    async with program(*COMMAND, "serve", "--config", str(file), log=log) as process:
        await until_ready(port)
        memory = psutil.Process(process.pid).memory_info
        reporting = asyncio.create_task(
            report(console, findings, chosen.requests, memory)
        )
        clients = [
            Client(port, Fuzzer(f"{chosen.seed}-{number}"), findings)
            for number in range(chosen.at_once)
        ]
        deadline_s = began_s + chosen.seconds
        await asyncio.gather(
            *(
                send_all(client, findings, chosen.requests, deadline_s)
                for client in clients
            )
        )
        reporting.cancel()
        findings.memory_mb.append((findings.sent, memory().rss / 1e6))
        is_alive = process.returncode is None and await answers_well(port)
    seconds = time.monotonic() - began_s
    lines = log.read_text().splitlines()
    console.print(table_of(findings, lines, seconds, is_alive, process.returncode))
    for text in (*findings.examples, *lines[:SHOWN]):
        console.print(text[:2000], markup=False, highlight=False)
    return is_alive and is_clean(findings, lines) and process.returncode == 0


async def send_all(
    client: Client, findings: Findings, most: int, deadline_s: float
) -> None:
    """Send until all clients together have sent *most*."""
    while findings.sent < most and time.monotonic() < deadline_s:
        await client.send_one()
    client.close()


async def report(
    console: Console,
    findings: Findings,
    most: int,
    memory: "psutil.Process.memory_info",
) -> None:
    """Look at memory, and say how it stands, until this is cancelled."""
    while True:
        findings.memory_mb.append((findings.sent, memory().rss / 1e6))
        wrongs = sum(findings.wrongs.values())
        console.print(
            f"{findings.sent} of {most} sent, {wrongs} wrong, "
            f"{findings.memory_mb[-1][1]:.0f} MB",
            highlight=False,
        )
        await asyncio.sleep(REPORT_S)


async def until_ready(port: int) -> None:
    """Wait until it serves."""
    async with asyncio.timeout(START_S):
        while not await answers_well(port):
            await asyncio.sleep(0.1)


async def answers_well(port: int) -> bool:
    """Whether a request that is right gets the answer that it should."""
    body = json.dumps({"action": "makeCall", "to": NOWHERE, "apiKey": KEY}).encode()
    lines = f"POST {OUTBOUND} HTTP/1.1", "Host: a", f"Content-Length: {len(body)}"
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        response = await read_response(reader, is_head=False)
        writer.close()
    except (OSError, asyncio.IncompleteReadError):
        return False
    return json.loads(response.body)["result"] == Result.CALL_FAILED.text


def warm_mb(findings: Findings) -> float:
    """Memory after the warm-up."""
    warm = findings.sent * WARM_UP
    return next(mb for sent, mb in findings.memory_mb if sent >= warm)


def is_flat(findings: Findings) -> bool:
    """Whether memory has stayed what it was after the warm-up."""
    return findings.memory_mb[-1][1] <= warm_mb(findings) * (1 + GROWTH) + GROWTH_MB


def is_clean(findings: Findings, lines: list[str]) -> bool:
    """Whether nothing is wrong."""
    return not findings.wrongs and not lines and is_flat(findings)


def table_of(
    findings: Findings,
    lines: list[str],
    seconds: float,
    is_alive: bool,
    status: int | None,
) -> Table:
    """All that is known, for people."""
    memory = findings.memory_mb
    most = max(mb for _, mb in memory)
    table = Table("what", "measured", title="Fuzzed requests")
    table.add_row("requests", f"{findings.sent} in {seconds:.0f} s")
    for answer, count in sorted(findings.answers.items()):
        table.add_row(f"answered {answer}", str(count))
    unanswered = findings.sent - findings.answers.total()
    table.add_row("left before an answer", str(unanswered))
    table.add_row(
        "wrong",
        ", ".join(f"{n} {wrong}" for wrong, n in findings.wrongs.items()) or "0",
    )
    table.add_row("lines in the log, warning or worse", str(len(lines)))
    table.add_row(
        "memory at first, warm, most, at last",
        f"{memory[0][1]:.0f}, {warm_mb(findings):.0f}, {most:.0f}, {memory[-1][1]:.0f} MB",
    )
    table.add_row("memory is flat", "yes" if is_flat(findings) else "no")
    table.add_row(
        "alive, and its exit status", f"{'yes' if is_alive else 'no'}, {status}"
    )
    return table


def main() -> None:
    """Run it."""
    chosen = arguments_of()
    console = Console(width=120)
    with tempfile.TemporaryDirectory() as folder:
        is_well = uvloop.run(fuzz(chosen, Path(folder), console))
    sys.exit(not is_well)


if __name__ == "__main__":
    main()
