"""The driver: asks for calls over HTTP at an offered rate, whatever the answers do.

A process of its own: reads a Plan as JSON from standard input, writes a line of JSON
each second and at the end. Open loop: request n is due n / rate seconds after the
start, and its latency counts from then, also if it could only be sent later. What
finds no connection free below ``Plan.outstanding`` is counted, not delayed.

Closed loop (``Plan.at_once``): so many requests are always under way; a latency
counts from when its request was sent.
"""

import asyncio
import itertools
import resource
import sys
import time
from array import array
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

import msgspec
import uvloop

from tests.load.alarm import Alarm
from tests.load.percentiles import Spread, spread_of

MOST_REQUESTS = 2_000_000
LONGEST_S = 2 * 3600.0
MOST_OUTSTANDING = 8000
RETRY_S = 0.05  # after a connection that failed, in a closed loop
REPORT_S = 1.0
LOST = "connection lost"
NO_CONNECTION = "no connection"
_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length: "


class Request(msgspec.Struct, frozen=True):
    """What one kind of request says, and the result that it is expected to have."""

    body: str
    expected: str
    waiting_s: float = 0.0  # that the callee takes


class Plan(msgspec.Struct, frozen=True):
    """What the driver has to do. Either *rate* or *at_once* is given."""

    ports: list[int]  # of the HTTP APIs on 127.0.0.1, which take turns
    path: str
    requests: dict[str, Request]  # by outcome
    order: list[str]  # of outcomes, again and again
    seconds: float
    answers: str  # file that gets a line for each answer: outcome, UUID, result
    rate: float | None = None  # requests a second
    at_once: int | None = None
    outstanding: int = 2000  # requests without answer, at the most
    connections: int = 16  # opened before the start
    patience_s: float = 60.0  # for answers after the last request

    def check(self) -> None:
        """Raise ValueError if this has no bounds, or none that are sane."""
        if (self.rate is None) == (self.at_once is None):
            raise ValueError("give either a rate or a number at once")
        if not 0 < self.seconds <= LONGEST_S:
            raise ValueError(f"seconds are above 0, and at most {LONGEST_S:.0f}")
        if not 0 < (self.at_once or self.outstanding) <= MOST_OUTSTANDING:
            raise ValueError(f"at most {MOST_OUTSTANDING} requests at once")
        if self.rate is not None and not 1 <= self.count <= MOST_REQUESTS:
            raise ValueError(f"between 1 and {MOST_REQUESTS} requests")

    @property
    def count(self) -> int:
        """How many requests are offered at *rate*."""
        return 0 if self.rate is None else round(self.rate * self.seconds)

    def due_s(self, number: int) -> float:
        """When request *number* is due, in seconds since the start; the first is 0."""
        assert self.rate is not None
        return number / self.rate


class Progress(msgspec.Struct, frozen=True, tag=True):
    """How it stands."""

    passed_s: float
    offered: int  # were due
    not_offered: int  # of them were not sent, since too many were outstanding
    sent: int
    outstanding: int
    results: dict[str, int]
    recent: Spread  # latency added in the last second, ms
    is_over: bool  # nothing more is sent


class Summary(msgspec.Struct, frozen=True, tag=True):
    """What came of it. Times in milliseconds."""

    seconds: float
    offered: int
    not_offered: int
    sent: int
    unanswered: int  # when patience ended
    results: dict[str, dict[str, int]]  # by outcome, by result
    expected: int  # results as they should be
    expected_in_time: (
        int  # of them came while calls were offered, but for the callee's time
    )
    http_to_invite: Spread  # HTTP request in -> INVITE out, as the dialer tells
    ok_to_http: (
        Spread  # all the rest of it: 2xx in -> HTTP response out, and HTTP itself
    )
    added: Spread  # the sum of these: all that is not the callee's time
    whole: Spread  # from when it was due until its answer; connected ones only
    late: Spread  # from when it was due until it was sent: the driver's own fault
    cpu_s: float  # of the driver


class Sip(msgspec.Struct):
    """Of an answer."""

    status: int = 0
    origin: str = ""


class Timings(msgspec.Struct):
    """Of an answer, ms."""

    queued: float | None = None
    answer: float | None = None


class Said(msgspec.Struct):
    """What of an answer's body is of interest."""

    result: str = ""
    applicationUUID: str = "-"  # noqa: N815
    sip: Sip | None = None
    timings: Timings | None = None


_decode = msgspec.json.Decoder(Said).decode
_encode = msgspec.json.Encoder().encode


def label(said: Said) -> str:
    """The result of an answer, with the SIP status and its origin where a call failed."""
    if said.result != "Call failed" or said.sip is None:
        return said.result
    return f"Call failed, {said.sip.status} {said.sip.origin}"


def _read(body: bytes) -> Said:
    try:
        return _decode(body)
    except msgspec.DecodeError:
        return Said("an answer that is no JSON of ours")


def body_of(data: bytes) -> bytes | None:
    """The body of the HTTP/1.1 response in *data*; None while it is not whole."""
    end = data.find(_HEAD_END)
    if end < 0:
        return None
    head = data[:end].lower()
    at = head.find(_LENGTH)
    if at < 0:
        raise ValueError(f"a response without Content-Length: {head!r}")
    length = int(head[at + len(_LENGTH) :].split(b"\r", 1)[0])
    begin = end + len(_HEAD_END)
    if len(data) < begin + length:
        return None
    return data[begin : begin + length]


class Connection(asyncio.Protocol):
    """A kept connection, with one request under way at most."""

    def __init__(self, driver: "Driver") -> None:
        self.outcome = ""  # of the request under way; empty without one
        self.due = 0.0
        self._driver = driver
        self._transport: asyncio.Transport | None = None
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        self._transport = cast(asyncio.Transport, transport)

    def ask(self, outcome: str, request: bytes, due: float) -> None:
        """Send *request*."""
        assert self._transport is not None
        self.outcome, self.due = outcome, due
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """A response, or a part of one."""
        self._data += data
        body = body_of(self._data)
        if body is not None:
            self._data = b""
            self._driver.answered(self, body)

    def connection_lost(self, _: Exception | None) -> None:
        """The server has closed it, or we have."""
        self._driver.lost(self)

    def close(self) -> None:
        """End it."""
        if self._transport is not None:
            self._transport.abort()


class Driver:
    """Carries out a plan."""

    def __init__(self, plan: Plan, answers: IO[str]) -> None:
        """*answers*: gets a line for each answer, see ``Plan.answers``."""
        plan.check()
        self._plan = plan
        self._answers = answers
        self._lines: list[str] = []
        self._requests = {
            name: _http(plan, request) for name, request in plan.requests.items()
        }
        self._idle: deque[Connection] = deque()
        self._open: set[Connection] = set()
        self._opening: set[asyncio.Task[None]] = set()
        self._ports = itertools.cycle(plan.ports)
        self._order = itertools.cycle(plan.order)
        self._loop = asyncio.get_running_loop()
        self._alarm = Alarm(self._offer)
        self._began = self._until = 0.0
        self._done = asyncio.Event()  # nothing more is to be sent
        self._clear = asyncio.Event()  # and nothing is outstanding
        self._offered = self._not_offered = self._sent = self._outstanding = 0
        self._expected = self._in_time = 0
        self._results = {name: Counter[str]() for name in plan.requests}
        self._http_to_invite = array("d")
        self._ok_to_http = array("d")
        self._added = array("d")
        self._whole = array("d")
        self._late = array("d")

    async def run(self, report: Callable[[Progress], None]) -> Summary:
        """Do all of it, and *report* each second."""
        await asyncio.gather(*(self._connect() for _ in range(self._plan.connections)))
        cpu_s = time.process_time()
        self._began = time.monotonic()
        self._until = self._began + self._plan.seconds
        reporting = self._loop.create_task(self._report(report))
        if self._plan.at_once is None:
            self._offer()
        else:
            self._loop.call_later(self._plan.seconds, self._stop)
            for _ in range(self._plan.at_once):
                self._send(time.monotonic())
        await self._done.wait()
        report(self._progress(len(self._added)))
        with suppress(TimeoutError):
            async with asyncio.timeout(self._plan.patience_s):
                await self._clear.wait()
        cpu_s = time.process_time() - cpu_s
        reporting.cancel()
        report(self._progress(0))
        self._write_lines()
        summary = self._summary(cpu_s)
        for connection in list(self._open):
            connection.close()
        self._alarm.close()
        return summary

    # -- requests ----------------------------------------------------------------

    def _offer(self) -> None:
        """Send all that is due, and come back when the next one is."""
        plan = self._plan
        passed_s = time.monotonic() - self._began
        while self._offered < plan.count and plan.due_s(self._offered) <= passed_s:
            self._send(self._began + plan.due_s(self._offered))
        if self._offered < plan.count:
            self._alarm.set(self._began + plan.due_s(self._offered))
        else:
            self._loop.call_later(max(plan.seconds - passed_s, 0.0), self._stop)

    def _send(self, due: float) -> None:
        """Send the next request, which was due at *due*, or count that it was not."""
        outcome = next(self._order)
        self._offered += 1
        if self._outstanding >= (self._plan.at_once or self._plan.outstanding):
            self._not_offered += 1
            return
        self._outstanding += 1
        if self._idle:
            self._ask(self._idle.popleft(), outcome, due)
            return
        task = self._loop.create_task(self._connect_and_ask(outcome, due))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _connect(self) -> None:
        """Have one more connection."""
        self._idle.append(await self._connected())

    async def _connect_and_ask(self, outcome: str, due: float) -> None:
        try:
            connection = await self._connected()
        except OSError:
            self._take(outcome, NO_CONNECTION, "-", "")
            self._again(RETRY_S)
        else:
            self._ask(connection, outcome, due)

    async def _connected(self) -> Connection:
        _, connection = await self._loop.create_connection(
            lambda: Connection(self), "127.0.0.1", next(self._ports)
        )
        self._open.add(connection)
        return connection

    def _ask(self, connection: Connection, outcome: str, due: float) -> None:
        self._late.append((time.monotonic() - due) * 1000)
        self._sent += 1
        connection.ask(outcome, self._requests[outcome], due)

    def _again(self, delay_s: float) -> None:
        """In a closed loop the next request follows."""
        if self._plan.at_once is not None and not self._done.is_set():
            self._loop.call_later(delay_s, lambda: self._send(time.monotonic()))

    def _stop(self) -> None:
        self._done.set()
        if not self._outstanding:
            self._clear.set()

    # -- answers -----------------------------------------------------------------

    def answered(self, connection: Connection, body: bytes) -> None:
        """The response to the request of *connection* is there."""
        now = time.monotonic()
        outcome, connection.outcome = connection.outcome, ""
        said = _read(body)
        self._take(outcome, label(said), said.applicationUUID, said.result)
        if said.timings is not None:
            self._note(said.timings, (now - connection.due) * 1000)
        self._idle.append(connection)
        if self._plan.at_once is not None and not self._done.is_set():
            self._send(now)

    def lost(self, connection: Connection) -> None:
        """*connection* is closed, in the midst of a request or not."""
        self._open.discard(connection)
        if connection.outcome:
            self._take(connection.outcome, LOST, "-", "")
            self._again(RETRY_S)
        elif connection in self._idle:
            self._idle.remove(connection)

    def _take(self, outcome: str, result: str, identity: str, word: str) -> None:
        """Note that a request which was outstanding has its answer, or none."""
        self._outstanding -= 1
        self._results[outcome][result] += 1
        self._lines.append(f"{outcome}\t{identity}\t{word}\n")
        if result == self._plan.requests[outcome].expected:
            self._expected += 1
            waiting_s = self._plan.requests[outcome].waiting_s
            self._in_time += time.monotonic() <= self._until + waiting_s
        if self._done.is_set() and not self._outstanding:
            self._clear.set()

    def _note(self, timings: Timings, whole_ms: float) -> None:
        if timings.queued is not None:
            self._http_to_invite.append(timings.queued)
        if timings.queued is not None and timings.answer is not None:
            added_ms = whole_ms - timings.answer
            self._ok_to_http.append(added_ms - timings.queued)
            self._added.append(added_ms)
            self._whole.append(whole_ms)

    # -- what is told ------------------------------------------------------------

    async def _report(self, report: Callable[[Progress], None]) -> None:
        seen = 0
        while True:
            await asyncio.sleep(REPORT_S)
            report(self._progress(seen))
            seen = len(self._added)
            self._write_lines()

    def _write_lines(self) -> None:
        self._answers.writelines(self._lines)
        self._lines.clear()

    def _progress(self, seen: int) -> Progress:
        """*seen*: how many latencies have been told before."""
        return Progress(
            passed_s=time.monotonic() - self._began,
            offered=self._offered,
            not_offered=self._not_offered,
            sent=self._sent,
            outstanding=self._outstanding,
            results=dict(sum(self._results.values(), Counter())),
            recent=spread_of(self._added[seen:]),
            is_over=self._done.is_set(),
        )

    def _summary(self, cpu_s: float) -> Summary:
        return Summary(
            seconds=self._plan.seconds,
            offered=self._offered,
            not_offered=self._not_offered,
            sent=self._sent,
            unanswered=self._outstanding,
            results={name: dict(count) for name, count in self._results.items()},
            expected=self._expected,
            expected_in_time=self._in_time,
            http_to_invite=spread_of(self._http_to_invite),
            ok_to_http=spread_of(self._ok_to_http),
            added=spread_of(self._added),
            whole=spread_of(self._whole),
            late=spread_of(self._late),
            cpu_s=cpu_s,
        )


def _http(plan: Plan, request: Request) -> bytes:
    """*request* as it goes out."""
    body = request.body.encode()
    lines = [
        f"POST {plan.path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _tell(line: Progress | Summary) -> None:
    sys.stdout.buffer.write(_encode(line) + b"\n")
    sys.stdout.buffer.flush()


async def _drive(plan: Plan) -> None:
    with Path(plan.answers).open("w") as answers:  # noqa: ASYNC230
        summary = await Driver(plan, answers).run(_tell)
    _tell(summary)  # who reads it reads the file next, and it is whole


def main() -> None:
    """Read the plan, carry it out, and tell how it goes."""
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, hard), hard))
    uvloop.run(_drive(plan))


if __name__ == "__main__":
    main()
