"""Many calls that each hear a WAV file: what it costs, and how evenly RTP comes.

The callees are one SIPp; their media is one port of ours, where the kernel notes when
each packet came. A call is told by the port that it sends from.
"""

import asyncio
import shutil
import socket
import struct
import threading
import time
from array import array
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import aiohttp
import psutil

from tests.engine.process import KEY
from tests.load.callees import LONGEST_S, RECEIVE_BUFFER, SCENARIOS
from tests.load.percentiles import Spread, spread_of
from tests.load.platforms import OUTBOUND, Platform, Shape, platform_of
from tests.load.processes import cpu_s
from tests.sipp.runner import Sipp, start_sipp
from tests.sipp.sound import ULAW, sweep, wav

PACE = 50.0  # calls a second, until all are there
SETTLE_S = 3.0
DOCUMENT = Path(__file__).parent / "hearing.ccxml"
SO_TIMESTAMPNS = 35  # asm-generic/socket.h
RTP = struct.Struct("!BBHI")


@dataclass(frozen=True, slots=True)
class Heard:
    """What was measured."""

    calls: int  # that heard anything
    silent: int  # packets of silence: nothing was played
    lost: int  # packets
    gaps_ms: Spread  # between one packet and the next of the same call
    core: float
    memory_mb: float


class Receiver:
    """A port for RTP of all calls, read by a thread."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.2)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2 * RECEIVE_BUFFER)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._came: dict[int, array[float]] = {}
        self._numbers: dict[int, array[int]] = {}
        self._silent = 0
        self._is_over = False

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self.socket.getsockname()[1]
        return port

    def read(self) -> None:
        """Read until it is over."""
        room = socket.CMSG_SPACE(16)
        while not self._is_over:
            with suppress(TimeoutError):
                data, control, _, (_, port) = self.socket.recvmsg(2048, room)
                seconds, nanoseconds = struct.unpack("qq", control[0][2])
                came = self._came.setdefault(port, array("d"))
                came.append(seconds + nanoseconds / 1e9)
                number = RTP.unpack_from(data)[2]
                self._numbers.setdefault(port, array("H")).append(number)
                self._silent += data[12:14] == b"\xff\xff"

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Forget what came before, and read meanwhile."""
        self.socket.setblocking(False)
        with suppress(BlockingIOError):
            while self.socket.recv(1):
                pass
        self.socket.settimeout(0.2)
        thread = threading.Thread(target=self.read)
        thread.start()
        try:
            yield
        finally:
            self._is_over = True
            thread.join()

    def heard(self, core: float, memory_mb: float) -> Heard:
        """All of it."""
        gaps = (
            (later - earlier) * 1000
            for came in self._came.values()
            for earlier, later in pairwise(came)
        )
        lost = sum(
            (later - earlier - 1) % 65536
            for numbers in self._numbers.values()
            for earlier, later in pairwise(numbers)
        )
        spread = spread_of(gaps)
        return Heard(len(self._came), self._silent, lost, spread, core, memory_mb)


async def hear(folder: Path, calls: int, max_calls: int, seconds: float) -> Heard:
    """Place *calls*, wait until all hear the file, and measure for *seconds*."""
    lasts_s = calls / PACE + 2 * SETTLE_S + seconds
    shutil.copy(DOCUMENT, folder)
    cycle = sweep(1000)
    sound = wav(cycle * round(lasts_s), coding=ULAW)
    (folder / "sound.wav").write_bytes(sound)
    receiver = Receiver()
    shape = Shape(max_calls=max_calls, document=folder / DOCUMENT.name)
    with receiver.socket:
        async with (
            callees_of(folder / "callees", receiver.port) as callees,
            platform_of(folder, shape) as platform,
        ):
            await place(platform, callees.uri, calls)
            (process,) = platform.processes["outring"]
            with receiver.reading():
                core = await measure_core(process, seconds)
            memory_mb = process.memory_info().rss / 1e6
    return receiver.heard(core, memory_mb)


async def measure_core(process: psutil.Process, seconds: float) -> float:
    """Return the share of a core that *process* takes in the next *seconds*."""
    began, before = time.monotonic(), cpu_s(process)
    await asyncio.sleep(seconds)  # this is what is measured
    return (cpu_s(process) - before) / (time.monotonic() - began)


async def place(platform: Platform, uri: str, calls: int) -> None:
    """Place *calls* that all go on, and wait a little."""
    ask = {"action": "makeCall", "to": uri, "apiKey": KEY}
    url = f"http://127.0.0.1:{platform.ports[0]}{OUTBOUND}"

    async def place_call(http: aiohttp.ClientSession) -> None:
        async with http.post(url, json=ask) as response:
            answer = await response.json()
            assert answer["result"] == "Call connected", answer

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as http:
        async with asyncio.TaskGroup() as group:
            for _ in range(calls):
                group.create_task(place_call(http))
                await asyncio.sleep(1 / PACE)
        await asyncio.sleep(SETTLE_S)


@asynccontextmanager
async def callees_of(folder: Path, media_port: int) -> AsyncIterator[Sipp]:
    """Callees who answer at once, and have their media at *media_port*."""
    folder.mkdir()
    file = folder / "answer.xml"
    text = (SCENARIOS / "answer.xml").read_text()
    file.write_text(text.replace("[media_port]", str(media_port)))
    callees = await start_sipp(
        file,
        folder,
        calls=100_000,
        limit_s=LONGEST_S,
        trace=False,
        options=(
            *("-mi", "127.0.0.1", "-buff_size", str(RECEIVE_BUFFER)),
            *("-watchdog_interval", "0", "-set", "ring_ms", "0"),
        ),
    )
    try:
        yield callees
    finally:
        await callees.end()
