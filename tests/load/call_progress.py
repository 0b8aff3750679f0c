"""What it costs to listen to calls: python -m tests.load.call_progress [--detectors 200]
    [--what progress|tones|digits]

Calls are connected to callees that speak all the time, by a process of their own. What
this process uses is measured first without detectors, then with one on each call.
"""

import argparse
import asyncio
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from sip import start_agent
from sip.agent import AgentConfig, Invite, ListeningPoint, UserAgent
from sip.call_progress import Detection
from sip.events import Answered, LegId, SipEvent
from sip.tone_watch import ToneListening
from sip.uri import SipUri
from tests.callprogress import samples
from tests.callprogress.greetings import TUNING
from tests.callprogress.speaker import speaker
from tests.sipp.runner import start_sipp
from tests.sipp.scenario import ack, answer, bye, invite, scenario

DETECTORS = 200
SECONDS = 10
ENDLESS = Detection(finds_fax=True, max_run_ms=3_600_000, ends_on=frozenset())
SPEAK = "--speak"
LISTENERS: dict[str, Callable[[UserAgent, LegId], None]] = {
    "progress": lambda agent, leg: agent.watch(leg, ENDLESS),
    "tones": lambda agent, leg: agent.listen_for_tones(
        leg, ToneListening(answered_s=3600)
    ),
    "digits": lambda agent, leg: agent.hear_inband_digits(leg, always=True),
}


async def main() -> None:
    """Measure, and print two lines and what lies between them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--detectors", type=int, default=DETECTORS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--what", choices=LISTENERS, default="progress")
    wanted = parser.parse_args()
    speaking = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.load.call_progress", SPEAK),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert speaking.stdin is not None
    assert speaking.stdout is not None
    port = int(await speaking.stdout.readline())
    try:
        with tempfile.TemporaryDirectory() as folder:
            await measure(Path(folder), port, wanted)
    finally:
        speaking.stdin.close()
        await speaking.wait()


async def speak() -> None:
    """Be the callees' voices until standard input ends."""
    greeting = samples.machine(Random("load"), TUNING).pcmu
    async with speaker(greeting * 50) as voice:
        print(voice.port, flush=True)
        await asyncio.to_thread(sys.stdin.read)


async def measure(folder: Path, port: int, wanted: argparse.Namespace) -> None:
    """Connect as many calls, and look at the processor time of this process."""
    detectors, listen = wanted.detectors, LISTENERS[wanted.what]
    answered: asyncio.Queue[LegId] = asyncio.Queue()
    found = 0

    def take(events: Sequence[SipEvent]) -> None:
        nonlocal found
        for event in events:
            if isinstance(event, Answered):
                answered.put_nowait(event.leg)
            else:
                found += 1

    steps = (invite(), answer().replace("[media_port]", str(port)), ack(), bye())
    (folder / "callee.xml").write_text(scenario(*steps))
    callee = await start_sipp(folder / "callee.xml", folder, calls=detectors)
    config = AgentConfig(listeners=(ListeningPoint("udp", "127.0.0.1", 0),))
    agent = await start_agent(config, take)
    try:
        for _ in range(detectors):
            leg = LegId(str(uuid.uuid4()))
            await agent.invite(Invite(leg, SipUri.parse(callee.uri)))
        legs = [await answered.get() for _ in range(detectors)]
        without = await cores_used(wanted.seconds)
        for leg in legs:
            listen(agent, leg)
        found = 0
        beside = await cores_used(wanted.seconds)
    finally:
        await agent.aclose()
        await callee.end()
    print(f"{detectors} calls, each with RTP both ways: {without:.1%} of a core")
    print(f"the same with as many detectors: {beside:.1%} of a core, {found} events")
    each = (beside - without) / detectors
    print(f"one detector: {each * 1e6:.0f} µs of processor time a second")


async def cores_used(seconds: float) -> float:
    """By all threads of this process."""
    before, began = time.process_time(), time.monotonic()
    await asyncio.sleep(seconds)
    return (time.process_time() - before) / (time.monotonic() - began)


if __name__ == "__main__":
    asyncio.run(speak() if SPEAK in sys.argv else main())
