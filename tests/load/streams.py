"""Many audio streams at once in one process: what they cost, what is lost, how late an echo comes.

The callees are one SIPp that sends all RTP back; the server is a process of its own that sends all
sound back. So each call talks and hears without a pause. A few calls more have their media
here: each says a click once a second, and the time until the click is heard is measured.
"""

import argparse
import asyncio
import re
import socket
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.load.callees import SCENARIOS
from tests.load.hearing import (
    RTP,
    Receiver,
    answering,
    callees_of,
    measure_core,
    place,
)
from tests.load.percentiles import Spread, spread_of
from tests.load.platforms import Shape, platform_of
from tests.load.processes import program
from tests.sipp.runner import Sipp, free_port

HOST = "127.0.0.1"
PROBES = 4
CLICK_PACKETS = 50
SILENCE, CLICK = b"\xff" * 160, b"\x10\x90" * 80
QUIET = 32
END_S = 60.0
SAMPLE = re.compile(
    r'^outring_stream(s|_frames)_total\{(?:frames|end)="(\w+)"\} (\d+)', re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Streamed:
    """What was measured; frames are of all streams, from their begin to their end."""

    calls: int
    frames: Mapping[str, int]
    echo_ms: Spread
    core: float
    memory_mb: float
    warnings: int


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


async def stream(folder: Path, calls: int, max_calls: int, seconds: float) -> Streamed:
    """Place *calls* with a stream each, and measure for *seconds* once all are there."""
    port, clicker = free_port(socket.SOCK_STREAM, HOST), Clicker()
    server = (sys.executable, "-m", "tests.load.stream_echo", str(port))
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        stack.enter_context(clicker.socket)
        callees = await enter(echoing_callees(folder / "callees"))
        probes = await enter(callees_of(folder / "probes", clicker))
        shape = Shape(max_calls=max_calls, stream=port)
        platform = await enter(platform_of(folder, shape))
        (process,) = platform.processes["outring"]
        async with program(*server, log=folder / "echo.log"):
            with clicker.reading():
                await place(platform, probes.uri, PROBES)
                await place(platform, callees.uri, calls)
                clicker.echoes_ms.clear()
                core = await measure_core(process, seconds)
            memory_mb = process.memory_info().rss / 1e6
        # Without the server the calls are hung up, and then their streams are counted.
        counted = await _count(platform.ports[0], calls + PROBES)
        warnings = len(platform.warnings())
    echo_ms = spread_of(clicker.echoes_ms)
    return Streamed(calls + PROBES, counted, echo_ms, core, memory_mb, warnings)


async def _count(port: int, calls: int) -> dict[str, int]:
    """Wait until *calls* streams are over; how many frames of each kind they had."""
    async with asyncio.timeout(END_S), aiohttp.ClientSession() as http:
        while True:
            async with http.get(f"http://{HOST}:{port}/metrics") as response:
                samples = SAMPLE.findall(await response.text())
            if sum(int(count) for name, _, count in samples if name == "s") >= calls:
                return {
                    kind: int(count) for name, kind, count in samples if name != "s"
                }
            await asyncio.sleep(0.5)


def echoing_callees(folder: Path) -> AbstractAsyncContextManager[Sipp]:
    """Callees who answer, and say what they hear."""
    text = (SCENARIOS / "answer.xml").read_text()
    port = str(free_port(socket.SOCK_DGRAM, HOST))
    return answering(folder, text, "-mp", port, "-rtp_echo")


def main() -> None:
    """Measure once, and print it."""
    parser = argparse.ArgumentParser(prog="tests.load.streams")
    parser.add_argument("--calls", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=20.0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = stream(Path(folder), chosen.calls, chosen.calls + 50, chosen.seconds)
        print(asyncio.run(work))


if __name__ == "__main__":
    main()
