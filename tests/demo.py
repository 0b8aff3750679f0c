"""``make demo``: one real call on loopback, and all that a user gets to see of it."""

import asyncio
import signal
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tests.engine.process import KEY, configured, serving
from tests.sipp.runner import start_sipp
from tests.sipp.scenario import ack, answer, hang_up, invite, pause, reply, scenario

CALLEE = (
    invite(),
    reply(100),
    pause(200),
    reply(180),
    pause(800),
    answer("Server: a callee made of SIPp"),
    ack(),
    pause(500),
    hang_up(),
)
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


async def demo(folder: Path) -> None:
    """Run everything in *folder*, show it, and end it."""
    file = folder / "callee.xml"
    file.write_text(scenario(*CALLEE), encoding="latin-1")
    async with serving(configured(folder)) as outring:
        callee = await start_sipp(file, folder / "sipp")
        try:
            console.print(
                f"outring serves at {outring.url}, the callee listens at {callee.uri}\n"
            )
            view = await place(outring.url, callee.uri)
            status = await callee.finished()
        finally:
            await callee.end()
        show_timeline(view)
        outring.signal(signal.SIGTERM)
        await outring.ended()
    console.print(
        f"\noutring has stopped; SIPp's exit status is {status} (0: all went as it should)"
    )


async def place(url: str, to: str) -> dict[str, Any]:
    """One request; what is known of its call once it has ended."""
    request = {"action": "makeCall", "to": to, "apiKey": KEY, "callerId": "4711"}
    async with aiohttp.ClientSession(headers={"X-API-Key": KEY}) as http:
        console.print(Text(f"POST {url}/api/v1/bvr/outbound", style="bold"))
        console.print_json(data=request)
        async with http.post(f"{url}/api/v1/bvr/outbound", json=request) as response:
            answered = await response.json()
        console.print(Text(f"\nHTTP {response.status}", style="bold"))
        console.print_json(data=answered)
        call = f"{url}/api/v1/bvr/calls/{answered['applicationUUID']}"
        async with asyncio.timeout(20):
            while True:
                async with http.get(call) as response:
                    view: dict[str, Any] = await response.json()
                if view["state"] == "ended":
                    return view
                await asyncio.sleep(0.05)


def show_timeline(view: dict[str, Any]) -> None:
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


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="outring-demo-") as scratch:
        asyncio.run(demo(Path(scratch)))
