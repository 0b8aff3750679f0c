"""Many VoiceXML dialogs at once in one process: what they cost, and how soon they answer.

    python -m tests.load.voicexml_dialogs [--calls N] [--seconds S]

Each call hears a short tone and presses a key every few seconds, upon which it hears
the tone again. The time from the first packet of a key to the first one with the tone
is measured; what of it is the packets' own (20 ms each) and the key's is part of it.
The callees are one SIPp; their media is one port of ours.
"""

import argparse
import asyncio
import random
import struct
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.load.hearing import Receiver, callees_of, place
from tests.load.percentiles import Spread, spread_of
from tests.load.platforms import Shape, platform_of
from tests.load.processes import cpu_s
from tests.sipp.handset import OFFERED_EVENT
from tests.sipp.sound import ULAW, sweep, wav

DOCUMENT = Path(__file__).parent / "voicexml.vxml"
EVERY_S = 4.0  # keys of each call
TONE_MS = 200
KEY_FRAMES, KEY_ENDS = 4, 3
LATE_S = 2.0
HEAD = struct.Struct("!BBHI4s")
SILENCE = b"\xff"


@dataclass(frozen=True, slots=True)
class Answered:
    """What was measured."""

    calls: int
    keys: int
    unanswered: int
    latency_ms: Spread
    core: float
    before_mb: float
    memory_mb: float

    def __str__(self) -> str:
        """For people."""
        spread, per_call = (
            self.latency_ms,
            (self.memory_mb - self.before_mb) / self.calls,
        )
        return "\n".join(
            (
                f"dialogs at once         {self.calls}",
                f"keys                    {self.keys}, {self.unanswered} unanswered",
                f"key to next prompt, ms  p50 {spread.p50:.0f}, p95 {spread.p95:.0f}, "
                f"p99 {spread.p99:.0f}, most {spread.most:.0f}",
                f"processor               {self.core:.2f} cores",
                f"memory                  {self.memory_mb:.0f} MB, {self.before_mb:.0f} "
                f"before: {per_call * 1000:.0f} kB a call",
            )
        )


class Keypad(Receiver):
    """Presses keys on all calls, and notes how long the tone takes to come."""

    def __init__(self) -> None:
        super().__init__()
        self.latencies: list[float] = []
        self.pressed: dict[int, float] = {}
        self.ports: set[int] = set()
        self.keys = 0
        self._sent: Counter[int] = Counter()  # packets of each call

    def read(self) -> None:
        """Read until it is over."""
        while not self._is_over:
            try:
                data, (_, port) = self.socket.recvfrom(2048)
            except TimeoutError:
                continue
            self.ports.add(port)
            is_tone = len(data) > 12 and data[12:] != SILENCE * (len(data) - 12)
            if is_tone and (began := self.pressed.pop(port, None)) is not None:
                self.latencies.append((time.monotonic() - began) * 1000)

    async def press(self, port: int) -> None:
        """Press 1 on one call, by RFC 4733."""
        self.keys += 1
        stamp = self.keys * 1600 & 0xFFFFFFFF
        self.pressed[port] = time.monotonic()
        for frame in range(KEY_FRAMES + KEY_ENDS):
            is_end = frame >= KEY_FRAMES
            length = min(frame + 1, KEY_FRAMES) * 160
            event = struct.pack("!BBH", 1, 0x8A if is_end else 0x0A, length)
            head = HEAD.pack(
                0x80,
                OFFERED_EVENT | (0x80 if frame == 0 else 0),
                self._sent[port] & 0xFFFF,
                stamp,
                b"keys",
            )
            self._sent[port] += 1
            self.socket.sendto(head + event, ("127.0.0.1", port))
            await asyncio.sleep(0.02)


async def measure(folder: Path, calls: int, seconds: float) -> Answered:
    """Place *calls*, and measure for *seconds*."""
    (folder / DOCUMENT.name).write_text(DOCUMENT.read_text())
    (folder / "sound.wav").write_bytes(wav(sweep(TONE_MS), coding=ULAW))
    keypad = Keypad()
    shape = Shape(
        max_calls=max(calls + 50, 100), document=folder / DOCUMENT.name, type="VXML"
    )
    with keypad.socket:
        async with (
            callees_of(folder / "callees", keypad.port) as callees,
            platform_of(folder, shape) as platform,
        ):
            (process,) = platform.processes["outring"]
            before_mb = _memory_mb(process)
            await place(platform, callees.uri, calls)
            with keypad.reading():
                await asyncio.sleep(1)  # every call is heard of
                began, before = time.monotonic(), cpu_s(process)
                await _keys(keypad, seconds)
                core = (cpu_s(process) - before) / (time.monotonic() - began)
                await asyncio.sleep(LATE_S)
            memory_mb = _memory_mb(process)
            for line in platform.warnings():
                print(line, file=sys.stderr)
    return Answered(
        len(keypad.ports),
        keypad.keys,
        keypad.keys - len(keypad.latencies),
        spread_of(keypad.latencies),
        core,
        before_mb,
        memory_mb,
    )


async def _keys(keypad: Keypad, seconds: float) -> None:
    """Each call presses a key now and then, all at times of their own."""

    async def press_keys(port: int) -> None:
        await asyncio.sleep(random.random() * EVERY_S)
        while asyncio.get_running_loop().time() < until:
            await keypad.press(port)
            await asyncio.sleep(EVERY_S)

    until = asyncio.get_running_loop().time() + seconds
    async with asyncio.TaskGroup() as group:
        for port in sorted(keypad.ports):
            group.create_task(press_keys(port))


def _memory_mb(process: psutil.Process) -> float:
    return float(process.memory_info().rss) / 1e6


def main() -> None:
    """Measure, and print it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=20.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(asyncio.run(measure(Path(folder), given.calls, given.seconds)))


if __name__ == "__main__":
    main()
