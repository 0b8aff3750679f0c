"""Many audio streams at once in one process: what they cost, what is lost, how late an echo comes.

The callees are one SIPp whose media is a process that sends all RTP back; the server is another
that sends all sound back. So each call talks and hears without a pause. A few calls more have their
media here: each says a click once a second, and the time until the click is heard is measured.
"""

import argparse
import asyncio
import json
import re
import socket
import tempfile
import time
from asyncio.subprocess import Process
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import msgspec

from tests.engine.process import KEY
from tests.load.far_ends import compiled
from tests.load.growth import Sample, describe_growth, samples
from tests.load.hearing import RTP, Receiver, callees_of, place
from tests.load.percentiles import Spread, spread_of
from tests.load.platforms import Platform, Shape, platform_of
from tests.load.processes import program
from tests.sipp.runner import free_port

HOST = "127.0.0.1"
FAR_ENDS = {"rtp_echo": socket.SOCK_DGRAM, "stream_echo": socket.SOCK_STREAM}
PROBES = 4
CLICK_PACKETS = 50
SILENCE, CLICK = b"\xff" * 160, b"\x10\x90" * 80
QUIET = 32
END_S = 60.0
SAMPLE = re.compile(
    r'^outring_stream(s|_frames)_total\{(?:frames|end)="(\w+)"\} (\S+)', re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How many calls, how long once all are there, and how often it is looked."""

    calls: int
    seconds: float
    max_calls: int
    every_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Streamed:
    """What was measured; frames and packets are of all streams, from their begin to their end."""

    calls: int
    frames: Mapping[str, int]
    echoed_packets: int  # RTP packets that the callees but for the few have sent back
    echo_ms: Spread
    first: Sample
    last: Sample
    warnings: int


class LiveStreams(msgspec.Struct, frozen=True):
    """The streams that run at one time, and the frames that they have had by then."""

    streams: int
    to_server: int
    from_server: int
    dropped: int
    late: int


Note = Callable[[Sample, LiveStreams], None]


def ignore(_sample: Sample, _streams: LiveStreams) -> None:
    """Nobody wants to know."""


def is_loud(payload: bytes) -> bool:
    """Whether a frame of µ-law has more than silence."""
    return any((~byte & 0x7F) > QUIET for byte in payload[::10])


class Clicker(Receiver):
    """Answers each packet with one of its own, now and then a click, and waits for its echo."""

    def __init__(self) -> None:
        super().__init__()
        self.echoes_ms: list[float] = []
        self._sent: dict[int, int] = {}
        self._clicked: dict[int, float] = {}

    def read(self) -> None:
        """Read until it is over."""
        while not self._is_over:
            try:
                data, address = self.socket.recvfrom(2048)
            except TimeoutError:
                continue
            port = address[1]
            if is_loud(data[12:]) and (at := self._clicked.pop(port, None)):
                self.echoes_ms.append((time.monotonic() - at) * 1000)
            self._answer(port)

    def _answer(self, port: int) -> None:
        number = self._sent[port] = self._sent.get(port, 0) + 1
        is_click = number % CLICK_PACKETS == 0
        if is_click:
            self._clicked[port] = time.monotonic()
        head = RTP.pack(0x80, 0, number & 0xFFFF, number * 160) + b"clic"
        payload = CLICK if is_click else SILENCE
        self.socket.sendto(head + payload, (HOST, port))


async def stream(folder: Path, plan: Plan, note: Note = ignore) -> Streamed:
    """Place the calls of *plan* with a stream each, and measure once all are there."""
    ports = {name: free_port(kind, HOST) for name, kind in FAR_ENDS.items()}
    clicker = Clicker()
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        stack.enter_context(clicker.socket)
        await enter(_far_end(folder, "rtp_echo", ports))
        callees = await enter(callees_of(folder / "callees", ports["rtp_echo"]))
        probes = await enter(callees_of(folder / "probes", clicker.port))
        shape = Shape(max_calls=plan.max_calls, stream=ports["stream_echo"])
        platform = await enter(platform_of(folder, shape))
        async with _far_end(folder, "stream_echo", ports):
            with clicker.reading():
                await place(platform, probes.uri, PROBES)
                await place(platform, callees.uri, plan.calls)
                clicker.echoes_ms.clear()
                first, last = await _measure(platform, plan, note)
        # Without the server the calls are hung up, and then their streams are counted.
        counted = await _count(platform.ports[0], plan.calls + PROBES)
        warnings = len(platform.warnings())
    return Streamed(
        plan.calls + PROBES,
        counted,
        echoed_packets=int((folder / "rtp_echo.log").read_text()),
        echo_ms=spread_of(clicker.echoes_ms),
        first=first,
        last=last,
        warnings=warnings,
    )


def _far_end(
    folder: Path, name: str, ports: Mapping[str, int]
) -> AbstractAsyncContextManager[Process]:
    log = folder / f"{name}.log"
    return program(str(compiled(name)), str(ports[name]), log=log)


async def _measure(platform: Platform, plan: Plan, note: Note) -> tuple[Sample, Sample]:
    """Tell *note* of each sample; the first one and the last one."""
    (process,) = platform.processes["outring"]
    seen: list[Sample] = []
    async for sample in samples(process, plan.seconds, plan.every_s):
        seen.append(sample)
        note(sample, await _look_at_streams(platform.ports[0]))
    return seen[0], seen[-1]


async def _look_at_streams(port: int) -> LiveStreams:
    url = f"http://{HOST}:{port}/api/v1/bvr/calls"
    async with (
        aiohttp.ClientSession(headers={"X-API-Key": KEY}) as http,
        http.get(url) as response,
    ):
        calls = (await response.json())["calls"]
    views = [call["stream"] for call in calls if "stream" in call]
    names = ("framesToServer", "framesFromServer", "framesDropped", "framesLate")
    return LiveStreams(
        len(views), *(sum(view[name] for view in views) for name in names)
    )


def read_counts(metrics: str) -> tuple[int, dict[str, int]]:
    """How many streams have ended by *metrics*, and how many frames of each kind they had."""
    samples = [
        (name, kind, int(float(value)))  # of a million on: 1.5e+06
        for name, kind, value in SAMPLE.findall(metrics)
    ]
    ended = sum(count for name, _, count in samples if name == "s")
    return ended, {kind: count for name, kind, count in samples if name != "s"}


async def _count(port: int, calls: int) -> dict[str, int]:
    """Wait until *calls* streams are over; how many frames of each kind they had."""
    async with asyncio.timeout(END_S), aiohttp.ClientSession() as http:
        while True:
            async with http.get(f"http://{HOST}:{port}/metrics") as response:
                ended, frames = read_counts(await response.text())
            if ended >= calls:
                return frames
            await asyncio.sleep(0.5)


def main() -> None:
    """Measure once, and print it; each sample meanwhile."""
    parser = argparse.ArgumentParser(prog="tests.load.streams")
    parser.add_argument("--calls", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--every", type=float, default=60.0, metavar="SECONDS")
    chosen = parser.parse_args()
    plan = Plan(chosen.calls, chosen.seconds, chosen.calls + 50, chosen.every)
    with tempfile.TemporaryDirectory() as folder:
        streamed = asyncio.run(stream(Path(folder), plan, print_sample))
    print(streamed)
    print(describe_growth(streamed.first, streamed.last))


def print_sample(sample: Sample, streams: LiveStreams) -> None:
    """Print a line of JSON."""
    fields = {**msgspec.to_builtins(sample), **msgspec.to_builtins(streams)}
    print(json.dumps(fields), flush=True)


if __name__ == "__main__":
    main()
