"""``make demo``: two real calls on loopback, and all that a user gets to see of them.

The first one is only placed. The second one is that of the lab's application which asks
to press 1 to confirm.
"""

import asyncio
import json
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tests.engine.process import KEY, PLATFORM, configured, serving
from tests.lab.server import web_server
from tests.sipp.handset import Handset, handset
from tests.sipp.runner import Sipp, start_sipp
from tests.sipp.scenario import (
    ack,
    answer,
    bye,
    hang_up,
    invite,
    pause,
    reply,
    scenario,
)
from tests.sipp.sound import loudness
from tests.sipp.talking import at

RINGS = (invite(), reply(100), pause(200), reply(180), pause(800))
SERVER = "Server: a callee made of SIPp"
PLACED = (*RINGS, answer(SERVER), ack(), pause(500), hang_up())
LISTENS_S = 2.0  # to the question, before the callee presses a key
FRAMES = 50  # in a second
CONFIRM_KEY = "key-of-confirm"
STEPS = {
    "received": "the HTTP request came",
    "admitted": "all slots were taken",
    "invite": "INVITE sent",
    "trying": "100 Trying came",
    "ringing": "first ringing response came",
    "answered": "200 OK came",
    "ack": "ACK sent",
    "bye": "BYE came",
    "ended": "the call was over",
}

console = Console(width=100)
View = dict[str, Any]


async def demo(folder: Path) -> None:
    """Run everything in *folder*, show it, and end it."""
    async with web_server() as web:
        platform = f"""{PLATFORM}
[[application]]
id = "confirm"
account = "acme"
uri = "{web.url}/confirm.ccxml"

[[key]]
key = "{CONFIRM_KEY}"
application = "confirm"
"""
        async with serving(configured(folder, platform=platform)) as outring:
            console.print(f"outring serves at {outring.url}")
            head("A call")
            async with callee(folder, "placed", PLACED) as called:
                view = await place(outring.url, called.uri)
                status = await called.finished()
            show_timeline(view)
            console.print(f"SIPp's exit status is {status} (0: all went as it should)")
            head("A call that asks: lab/applications/confirm.ccxml and confirm.json")
            await confirm(folder, outring.url)
            console.print(Text("\nWhat the web server got from it", style="bold"))
            console.print_json(data=await web.reported())
            outring.signal(signal.SIGTERM)
            await outring.ended()
    console.print("\noutring has stopped")


def head(text: str) -> None:
    """Begin another part."""
    console.print()
    console.rule(Text(text, style="bold"), align="left")


@asynccontextmanager
async def callee(folder: Path, name: str, steps: Sequence[str]) -> AsyncIterator[Sipp]:
    """A callee that does *steps*."""
    file = folder / f"{name}.xml"
    file.write_text(scenario(*steps), encoding="latin-1")
    started = await start_sipp(file, folder / name)
    try:
        yield started
    finally:
        await started.end()


# -- a call ------------------------------------------------------------------------


async def place(url: str, to: str) -> View:
    """One request; what is known of its call once it has ended."""
    request = {"action": "makeCall", "to": to, "apiKey": KEY, "callerId": "4711"}
    return await ended(url, KEY, await asked(url, request))


async def asked(url: str, request: View) -> View:
    """Send a request, and show it with its answer, which is returned."""
    console.print(Text(f"POST {url}/api/v1/bvr/outbound", style="bold"))
    console.print_json(data=request)
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{url}/api/v1/bvr/outbound", json=request) as response,
    ):
        answered: View = await response.json()
    console.print(Text(f"\nHTTP {response.status}", style="bold"))
    console.print_json(data=answered)
    return answered


async def ended(url: str, key: str, answered: View) -> View:
    """Wait for the end of a call or application; what is known of it."""
    place = f"{url}/api/v1/bvr/calls/{answered['applicationUUID']}"
    async with (
        aiohttp.ClientSession(headers={"X-API-Key": key}) as http,
        asyncio.timeout(20),
    ):
        while True:
            async with http.get(place) as response:
                view: View = await response.json()
            if all(call["state"] == "ended" for call in (view, *view.get("calls", ()))):
                return view
            await asyncio.sleep(0.05)


def show_timeline(view: View) -> None:
    """When each step of the call happened."""
    moments = view["times"]
    start = datetime.fromisoformat(moments["received"])
    console.print(Text("\nTimeline", style="bold"))
    table = Table()
    table.add_column("ms", justify="right")
    table.add_column("what")
    for step, moment in moments.items():
        elapsed = (datetime.fromisoformat(moment) - start).total_seconds() * 1000
        table.add_row(f"{elapsed:.1f}", STEPS[step])
    console.print(table)


# -- a call that asks --------------------------------------------------------------


async def confirm(folder: Path, url: str) -> None:
    """Let the application call somebody who listens and presses 1."""
    async with handset() as phone:
        steps = (*RINGS, at(phone, answer(SERVER)), ack(), bye())
        async with callee(folder, "asked", steps) as called:
            request = {
                "action": "startApplication",
                "to": called.uri,
                "apiKey": CONFIRM_KEY,
                "appData": {"name": "Ada", "when": "on Monday at ten"},
            }
            answered = await asked(url, request)
            await listens_and_presses(phone, "1")
            await ended(url, CONFIRM_KEY, answered)
            await called.finished()
        heard_s = len(phone.heard()) / 8000
    console.print(f"The callee has heard {heard_s:.1f} s in all.")
    uuid = answered["applicationUUID"]
    await show_steps(url, uuid)
    console.print(Text("\noutring ladder", style="bold"))
    await outring("ladder", uuid, "--key", CONFIRM_KEY, "--url", url)


async def listens_and_presses(phone: Handset, key: str) -> None:
    """What the callee does once it hears something."""
    await phone.until(lambda: loudness(phone.heard()[-800:]) > 100)
    console.print(
        "\nThe callee hears: Hello Ada. You have an appointment on Monday at …"
    )
    await phone.hears(int(LISTENS_S * FRAMES))
    console.print(f"After {LISTENS_S:.0f} s it presses {key}, and the voice stops.")
    phone.press(key)


async def show_steps(url: str, uuid: str) -> None:
    """What the application was told and has asked for, from its trace."""
    place = f"{url}/api/v1/bvr/calls/{uuid}/trace"
    async with (
        aiohttp.ClientSession(headers={"X-API-Key": CONFIRM_KEY}) as http,
        http.get(place) as response,
    ):
        (session,) = (await response.json())["sessions"]
    console.print(Text("\nIts steps", style="bold"))
    table = Table()
    table.add_column("s", justify="right")
    table.add_column("it was told")
    table.add_column("and asked for")
    for moment in session["moments"]:
        event = moment["event"]
        values = event.get("values") if event["name"].startswith("dialog.") else None
        told = event["name"] + ("" if values is None else f" {json.dumps(values)}")
        wanted = ", ".join(command["command"] for command in moment["commands"])
        table.add_row(f"{moment['at']:.3f}", Text(told), wanted)
    table.add_row(f"{session['ending']['at']:.3f}", session["ending"]["end"], "")
    console.print(table)


async def outring(*arguments: str) -> None:
    """Run a command of the command line."""
    sys.stdout.flush()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "engine", *arguments
    )
    await process.wait()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="outring-demo-") as scratch:
        asyncio.run(demo(Path(scratch)))
