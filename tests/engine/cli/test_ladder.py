"""``outring ladder``: a call's messages as a drawing and as JSON, ended and live."""

import asyncio
import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from engine.cli.call_watch import NotShownError
from engine.cli.ladder import Drawing
from engine.model.call_record import CallRecord
from engine.records.record_view import MessageView, ladder_view
from engine.store import open_store
from tests.conftest import Dialer, SippFactory
from tests.engine.cli.test_objects import Commands
from tests.engine.process import COMMAND, command
from tests.platform import KEY
from tests.sipp.scenario import ack, answer, bye, invite, reply
from tests.sipp.test_proxies import ELSEWHERE, address_of, proxy, through

TWO_LEGS = """\
leg-1\t1764000000000000
0\ts\tINVITE\t7 INVITE\tudp:127.0.0.1:5060
600\tr\t503 Service Unavailable\t7 INVITE\t
700\ts\tACK\t7 ACK\t
leg-2\t1764000000002000
0\ts\tINVITE\t8 INVITE\tudp:[2001:db8::1]:5060
1600000\tr\t200 OK\t8 INVITE\t
1600100\ts\tACK\t8 ACK\ttcp:192.0.2.7:5062
9000000\tr\tBYE\t1 BYE\t
9000500\ts\t200 OK\t1 BYE\t
"""
DRAWN = """\
Call-ID leg-1
                        outring                               udp:127.0.0.1:5060
    0.000000               │─────────────── INVITE (7) ───────────────▶│
    0.000600    +0.000600  │◀─── 503 Service Unavailable (7 INVITE) ───│
    0.000700    +0.000100  │──────────────── ACK (7) ─────────────────▶│

Call-ID leg-2
                        outring                             udp:[2001:db8::1]:5060                        tcp:192.0.2.7:5062
    0.002000               │─────────────── INVITE (8) ───────────────▶│                                           │
    1.602000    +1.600000  │◀─────────── 200 OK (8 INVITE) ────────────│                                           │
    1.602100    +0.000100  │────────────────────────────────────── ACK (8) ───────────────────────────────────────▶│
    9.002000    +7.399900  │◀────────────────────────────────────── BYE (1) ───────────────────────────────────────│
    9.002500    +0.000500  │─────────────────────────────────── 200 OK (1 BYE) ───────────────────────────────────▶│
and 4 more messages, which are not kept
"""


def of(text: str) -> list[MessageView]:
    """The messages that *text* holds."""
    return ladder_view(text)["ladder"]


def test_two_legs_and_three_peers(capsys: pytest.CaptureFixture[str]) -> None:
    drawing = Drawing(as_json=False)
    drawing.add(of(TWO_LEGS))
    drawing.finish(4)

    assert capsys.readouterr().out == DRAWN


def test_what_has_come_is_drawn_once(capsys: pytest.CaptureFixture[str]) -> None:
    """A peer that comes later gets a line, and the names are said again."""
    drawing = Drawing(as_json=False)
    for count in range(len(of(TWO_LEGS)) + 1):
        drawing.add(of(TWO_LEGS)[:count])
    drawing.finish(0)

    drawn = capsys.readouterr().out.splitlines()
    assert [line for line in drawn if "│" in line and "◀" in line][-1] in DRAWN
    assert len([line for line in drawn if "│" in line]) == 8
    assert len([line for line in drawn if "outring" in line]) == 3


def test_what_a_far_end_writes(capsys: pytest.CaptureFixture[str]) -> None:
    """It moves no cursor, and breaks no line."""
    text = (
        "leg\t0\n0\tr\t486 \x1b[2J\u202ebusy\t1 INVITE\tp\n1\tr\t500 {}\t1 INVITE\tp\n"
    )
    drawing = Drawing(as_json=False)
    drawing.add(of(text.format("long" * 16)))

    lines = capsys.readouterr().out.splitlines()
    assert all(line.isprintable() for line in lines)
    assert r"\u001b[2J" in lines[2]
    assert "longlong… " in lines[3]
    assert len({len(line) for line in lines[2:]}) == 1


def test_what_was_wrong_with_a_message(capsys: pytest.CaptureFixture[str]) -> None:
    """It stands below the message, beside our line."""
    note = "header Retry-After, line 7 column 14, not understood"
    text = f"leg\t0\n0\tr\t486 Busy\t1 INVITE\tp\t{note}\n1\ts\tACK\t1 ACK\t\n"
    drawing = Drawing(as_json=False)
    drawing.add(of(text))

    busy, told, acknowledged = capsys.readouterr().out.splitlines()[2:]
    assert "486 Busy" in busy
    assert told == f"{busy.index('│') * ' '}│ {note}"
    assert "ACK" in acknowledged
    assert [message.get("note") for message in of(text)] == [note, None]


def test_colours_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(force_terminal=True, width=200, color_system="standard")
    module = import_module("engine.cli.ladder")  # the package has the function
    monkeypatch.setattr(module, "out", console)
    drawing = Drawing(as_json=False)
    with console.capture() as captured:
        drawing.add(of(TWO_LEGS))

    lines = captured.get().splitlines()
    for line, colour in ((2, 36), (3, 31), (9, 32)):
        assert f"\x1b[{colour}m" in lines[line]


def test_nothing_to_draw() -> None:
    drawing = Drawing(as_json=False)
    drawing.add([])

    with pytest.raises(NotShownError):
        drawing.finish(0)


def test_completion(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/outring.db"

    async def written() -> None:
        store = await open_store(url)
        for number, uuid in enumerate(("abc-1", "abd-2", None, "abc-1")):
            record = CallRecord(str(number), float(number), "n", application_uuid=uuid)
            await store.write([record])
        await store.aclose()

    asyncio.run(written())

    commands = Commands(url)
    assert commands.completed("outring ladder ") == ["abc-1", "abd-2"]
    assert commands.completed("outring ladder abd") == ["abd-2"]


@pytest.mark.sipp
async def test_command(dialer: Dialer, sipp: SippFactory) -> None:
    async with (
        sipp(invite(), reply(503), ack()) as first,
        sipp(invite(), reply(486), ack()) as second,
        through(
            dialer, proxy("p", address_of(first), 1), proxy("q", address_of(second), 2)
        ),
    ):
        _, body = await dialer.call(ELSEWHERE)
        view = await dialer.ended(body)
    status, drawn, _ = await run(dialer, body)
    _, as_json, _ = await run(dialer, body, "--json")

    assert status == 0
    lines = drawn.splitlines()
    heads = [line for line in lines if line.startswith("Call-ID ")]
    assert heads == [f"Call-ID {attempt['callId']}" for attempt in view["attempts"]]
    rungs = [line.partition("│")[2] for line in lines if "│" in line]
    assert len(rungs) == 6
    for rung, message in zip(rungs, view["ladder"], strict=True):
        assert message["message"] in rung
        assert ("▶" in rung) == (message["direction"] == "sent")
    assert f"udp:127.0.0.1:{first.port}" in lines[1]
    assert [json.loads(line) for line in as_json.splitlines()] == view["ladder"]


@pytest.mark.sipp
async def test_follow(dialer: Dialer, sipp: SippFactory) -> None:
    async with sipp(invite(), reply(180), answer(), ack(), bye()) as callee:
        _, body = await dialer.call(callee.uri)
        process = await asyncio.create_subprocess_exec(
            *(*COMMAND, "ladder", body["applicationUUID"], "--follow"),
            *("--key", KEY, "--url", dialer.process.url),
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        shown = ""
        async with asyncio.timeout(20):
            while " ACK " not in shown:
                shown += (await process.stdout.readline()).decode()
            await dialer.hang_up(body)
            rest, _ = await process.communicate()

    assert process.returncode == 0
    lines = (shown + rest.decode()).splitlines()
    names = [line.partition("│")[2].strip("─◀▶│ ") for line in lines if "│" in line]
    assert [name.partition(" (")[0] for name in names] == [
        *("INVITE", "180 Ringing", "200 OK", "ACK", "BYE", "200 OK"),
    ]
    assert len([line for line in lines if "outring" in line]) == 1


@pytest.mark.sipp
async def test_command_without_anything_to_draw(dialer: Dialer) -> None:
    _, refused = await dialer.call("sip:0900@127.0.0.1")

    assert refused["result"] == "Number denied"
    status, out, err = await run(dialer, refused)
    assert (status, out) == (1, "")
    assert err == "outring: No SIP message of this call is known.\n"
    status, _, err = await run(dialer, {"applicationUUID": "no-such-call"})
    assert (status, err) == (1, "outring: There is no such call.\n")


async def test_command_without_a_server() -> None:
    arguments = ("ladder", "x", "--key", "x", "--url", "http://127.0.0.1:1")
    status, _, err = await command(*arguments)

    assert (status, "cannot be reached" in err) == (2, True)


async def run(dialer: Dialer, body: Any, *options: str) -> tuple[int, str, str]:
    """Run it for the call of *body*; exit status, standard output and standard error."""
    arguments = ("--key", KEY, "--url", dialer.process.url, *options)
    return await command("ladder", body["applicationUUID"], *arguments)
