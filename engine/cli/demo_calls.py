"""The calls of ``outring demo``, between a platform and two callees of its own."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
import structlog
import typer
import uvloop
from rich.text import Text

from engine.app.child_processes import own_command
from engine.app.process import running
from engine.config.settings import (
    DatabaseSettings,
    FetchSettings,
    HttpSettings,
    MediaSettings,
    Settings,
    SipSettings,
)
from engine.platform.changes import plan
from engine.platform.objects import Objects
from engine.store import open_store
from sip.callee import Happening

from .api_client import POLL_S, CallClient, UnreachableError, View, request_json
from .ccxml_trace import TracePrinter
from .ladder import Drawing
from .terminal import MISUSED, out, print_error, print_json, report_config_errors

DOCUMENT = "demo.ccxml"
LISTENER = "udp:127.0.0.1:0"
LIMIT_S = 60.0
TEXT = "Hello. This is outring, and this is a real call."
SAYS_KEY, ASKS_KEY = "key-of-the-demo", "key-of-the-demo-that-asks"


class _Callee:
    """A running ``outring callee``, whose events are read."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.uri = ""

    async def listen(self) -> None:
        """Wait until it can be called."""
        (self.uri,) = (await self._read())["uris"]

    async def read_call(self) -> list[View]:
        """Read up to the end of a call; its events."""
        events = [await self._read()]
        while not Happening(events[-1]["what"]).is_end:
            events.append(await self._read())
        return events

    async def _read(self) -> View:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise UnreachableError("The callee has ended.")
        event: View = json.loads(line)
        return event


def place_demo_calls(*, is_full: bool) -> None:
    """Run a platform and two callees, and place the calls; ends the command if one fails.

    With *is_full* requests, answers and every message are printed, too.
    """
    structlog.configure(processors=[_drop_event])
    try:
        with report_config_errors(), TemporaryDirectory(prefix="outring-") as folder:
            uvloop.run(_run(Path(folder), is_full=is_full))
    except (UnreachableError, TimeoutError) as error:
        print_error(str(error) or "The calls have taken too long.")
        raise typer.Exit(MISUSED) from error


def _drop_event(*_: Any) -> Any:
    """What the platform logs is not shown: the calls are."""
    raise structlog.DropEvent


async def _run(folder: Path, *, is_full: bool) -> None:
    document = folder / DOCUMENT
    document.write_bytes(files(__package__).joinpath(DOCUMENT).read_bytes())
    settings = _make_settings(folder)
    await _store_objects(settings, document)
    async with (
        asyncio.timeout(LIMIT_S),
        running(settings) as platform,
        _run_callee() as hears,
        _run_callee("--press", ",,1") as presses,
    ):
        out.print(f"outring serves at {platform.url}, and calls `outring callee`.")
        calls = _Demonstration(platform.url, is_full=is_full)
        _print_title(f"A call that speaks: “{TEXT}”")
        fields = {"appData": {"text": TEXT}, "hints": {"say": True}}
        await calls.place(hears, SAYS_KEY, fields)
        _print_title("A call that asks to press 1, by a document of 20 lines")
        await calls.place(presses, ASKS_KEY, {}, shows_steps=True)
    out.print("\nA platform of your own begins with `outring init`.")


def _make_settings(folder: Path) -> Settings:
    return Settings(
        database=DatabaseSettings(url=f"sqlite:///{folder / 'outring.db'}"),
        http=HttpSettings(port=0),
        sip=SipSettings(listen=(LISTENER,), max_calls=10),
        fetch=FetchSettings(folders=(folder,)),
        media=MediaSettings(cache_dir=folder / "sounds"),
    )


async def _store_objects(settings: Settings, document: Path) -> None:
    objects = Objects.model_validate(
        {
            "account": [{"id": "demo"}],
            "application": [
                {"id": "says", "account": "demo"},
                {"id": "asks", "account": "demo", "uri": document.as_uri()},
            ],
            "key": [
                {"key": SAYS_KEY, "application": "says"},
                {"key": ASKS_KEY, "application": "asks"},
            ],
        }
    )
    store = await open_store(settings.database.url)
    try:
        await store.apply(plan(Objects(), objects))
    finally:
        await store.aclose()


@asynccontextmanager
async def _run_callee(*options: str) -> AsyncIterator[_Callee]:
    """Run a callee on a free port of loopback until the block is left."""
    process = await asyncio.create_subprocess_exec(
        *(*own_command(), "callee", "--json", "--listen", LISTENER, *options),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        callee = _Callee(process)
        await callee.listen()
        yield callee
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


class _Demonstration:
    """Places calls through the API at *url*, and prints what becomes of them."""

    def __init__(self, url: str, *, is_full: bool) -> None:
        self._url = url
        self._is_full = is_full

    async def place(
        self, callee: _Callee, key: str, fields: View, *, shows_steps: bool = False
    ) -> None:
        """Call *callee* by a request with *fields*, and print its ladder.

        With *shows_steps* the steps of its document in place of that; in full, both.
        """
        request = {"action": "makeCall", "to": callee.uri, **fields}
        client = CallClient(self._url, key)
        answer = await client.place(request, lambda _: None)
        if answer.get("result") != "Call connected":
            raise UnreachableError(f"The call is not connected: {answer}")
        uuid = answer["applicationUUID"]
        await client.follow(uuid, lambda _: None)
        events = await callee.read_call()  # which the pipe has kept
        assert client.call is not None
        if self._is_full:
            _print_titled("POST /api/v1/bvr/outbound", request)
            _print_titled("the answer", answer)
            _print_titled(f"GET /api/v1/bvr/calls/{uuid}", client.call)
            _print_events(events)
            TracePrinter(as_json=False).print_new(await self._read_trace(uuid, key))
        else:
            out.print(f"{answer['result']}, {answer.get('disposition')}")
        if shows_steps and not self._is_full:
            _print_steps(await self._read_trace(uuid, key))
        else:
            Drawing(as_json=False).add(client.call["ladder"])
        _print_end(events)

    async def _read_trace(self, uuid: str, key: str) -> View:
        """What the document of a call that has ended was told, and has asked for."""
        async with aiohttp.ClientSession(headers={"X-API-Key": key}) as http:
            url = f"{self._url}/api/v1/bvr/calls/{uuid}/trace"
            while True:
                _, view = await request_json(http, "GET", url)
                if view["isOver"]:
                    return view
                await asyncio.sleep(POLL_S)


def _print_title(text: str) -> None:
    out.print()
    out.print(Text(text, style="bold"), soft_wrap=True)


def _print_steps(trace: View) -> None:
    """Print each step of the session of *trace* in a line."""
    (session,) = trace["sessions"]
    for moment in session["moments"]:
        event = moment["event"]
        values = event.get("values") if event["name"] == "dialog.exit" else None
        told = event["name"] + ("" if values is None else f" {json.dumps(values)}")
        asked = ", ".join(command["command"] for command in moment["commands"])
        line = f"{moment['at']:8.3f} s  {told}" + (f"  → {asked}" if asked else "")
        out.print(Text(line), soft_wrap=True)
    ending = session["ending"]
    out.print(f"{ending['at']:8.3f} s  {ending['end']}: {ending['expr']}")


def _print_titled(title: str, value: object) -> None:
    out.print(Text(title, style="bold"))
    print_json(value)


def _print_events(events: list[View]) -> None:
    """Print what the callee tells of its call."""
    for event in events:
        text = f"callee: {event['at_s']:6.3f} s  {event['what']} {event['value']}"
        out.print(Text(text), soft_wrap=True)


def _print_end(events: list[View]) -> None:
    """Print what the callee has heard and done, all in all."""
    pressed = [event["value"] for event in events if event["what"] == "pressed"]
    text = f"The callee has heard {events[-1]['heard_s']} s of sound"
    out.print(f"{text}, and pressed {pressed[0]}." if pressed else f"{text}.")
