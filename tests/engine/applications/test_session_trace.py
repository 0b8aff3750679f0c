"""What an application that runs has done, over HTTP and on the command line."""

import asyncio
import json
import signal
from typing import Any

import pytest

from engine.applications.session_trace import MAX_STEPS
from engine.cli.ccxml_trace import TracePrinter
from tests.ccxml.playing import EXIT, log, on, processor
from tests.conftest import SETTLE_S, SippFactory, View
from tests.engine.applications.conftest import Stage, assign, createcall, report, var
from tests.engine.http.test_description import shown_as
from tests.engine.process import COMMAND, command
from tests.platform import ADMIN_TOKEN
from tests.sipp.scenario import ack, answer, bye, invite, reply

WAITING = (
    var("id")
    + var("odd", "'\\u001b[2J' + 1e400")
    + processor(
        on("ccxml.loaded", assign("id", "session.fullid"), report("loaded", "id")),
        on("say", log("'said ' + event$.what")),
        on("end", '<exit namelist="odd" expr="7"/>'),
        on("send.successful"),
    )
)


async def traced(
    stage: Stage, uuid: object, headers: dict[str, str]
) -> tuple[int, View]:
    """The trace of a call."""
    url = f"{stage.dialer.process.url}/api/v1/bvr/calls/{uuid}/trace"
    async with stage.dialer.http.get(url, headers=headers) as response:
        return response.status, await response.json()


async def send(stage: Stage, session_id: str, name: str, **parameters: Any) -> None:
    """Send an event into a session."""
    url = f"{stage.dialer.process.url}/api/v1/bvr/ccxml/basichttp"
    body = {"sessionId": session_id, "name": name, "parameters": parameters}
    async with stage.dialer.http.post(url, json=body) as response:
        assert response.status == 200


async def test_live_and_ended(stage: Stage) -> None:
    key = await stage.application(WAITING)
    _, body = await stage.start(key)
    uuid, owner = body["applicationUUID"], {"X-API-Key": key}
    session_id = (await stage.server.told("loaded"))["id"]

    _, live = await traced(stage, uuid, owner)
    await send(stage, session_id, "end")
    await stage.ended(key, body)
    _, ended = await traced(stage, uuid, owner)

    (session,) = live["sessions"]
    first = session["moments"][0]
    assert live["isOver"] is False
    assert "ending" not in session
    assert (session["sessionId"], session["skipped"]) == (session_id, 0)
    assert first["event"]["name"] == "ccxml.loaded"
    assert first["commands"][0]["command"] == "Delivery"
    (over,) = ended["sessions"]
    assert ended["isOver"] is True
    assert over["moments"][-1]["event"]["eventsourcetype"] == "basichttp"
    assert over["moments"][-1]["transition"]["event"] == "end"
    ending = over["ending"]
    assert (ending["end"], ending["expr"]) == ("exit", 7)
    assert ending["namelist"] == {"odd": "\x1b[2JInfinity"}
    for view in (live, ended):
        shown_as("TracesView").validate(view)


async def test_who_sees_it(stage: Stage) -> None:
    key, other = [await stage.application(WAITING) for _ in range(2)]
    _, body = await stage.start(key)
    uuid = body["applicationUUID"]
    statuses = [
        (await traced(stage, uuid, headers))[0]
        for headers in (
            {"X-API-Key": key},
            {"Authorization": f"Bearer {ADMIN_TOKEN}"},
            {"X-API-Key": other},
            {},
        )
    ]
    none, _ = await traced(stage, "nothing", {"X-API-Key": key})
    await stage.dialer.calls(uuid, "DELETE", key)
    await stage.ended(key, body)

    assert statuses == [200, 200, 404, 400]
    assert none == 404


async def test_a_call_without_a_document(stage: Stage) -> None:
    _, body = await stage.dialer.call("sip:1@127.0.0.1:1;transport=tcp")
    status, told = await traced(
        stage, body["applicationUUID"], {"X-API-Key": "key-of-the-tests"}
    )

    assert status == 404
    assert told == {"detail": "No application of this call is remembered."}


async def test_the_oldest_moments_go_first(stage: Stage) -> None:
    key = await stage.application(WAITING)
    _, body = await stage.start(key)
    session_id = (await stage.server.told("loaded"))["id"]
    for number in range(MAX_STEPS):
        await send(stage, session_id, "say", what=number)
    await send(stage, session_id, "end")
    await stage.ended(key, body)
    _, view = await traced(stage, body["applicationUUID"], {"X-API-Key": key})

    (session,) = view["sessions"]
    assert session["skipped"] == 3  # ccxml.loaded, send.successful, the first one
    assert len(session["moments"]) == MAX_STEPS
    assert session["moments"][0]["event"]["what"] == 1


async def test_of_a_call_and_of_sessions_that_were_created(
    stage: Stage, sipp: SippFactory
) -> None:
    """Each session is there, and none hides another."""
    inner = processor(on("ccxml.loaded", EXIT))
    uri = stage.server.serve(f"<ccxml version='1.0'>{inner}</ccxml>")
    key = await stage.application(
        processor(
            on("connection.connected", f"<createccxml next=\"'{uri}'\"/>"),
            on("ccxml.exit", EXIT),
        )
    )
    async with sipp(invite(), reply(180), answer(), ack(), bye()) as callee:
        _, body = await stage.call(key, callee.uri)
        uuid = body["applicationUUID"]
        async with asyncio.timeout(SETTLE_S):
            while stage.dialer.process.parts.applications.sessions_of_request(uuid):
                await asyncio.sleep(0.01)
    _, view = await traced(stage, uuid, {"X-API-Key": key})

    outer, created = view["sessions"]
    assert outer["moments"][1]["event"]["name"] == "connection.connected"
    assert outer["moments"][-1]["event"]["name"] == "ccxml.exit"
    first, second = (
        session["sessionId"].rpartition(".")[0] for session in (outer, created)
    )
    assert second.startswith(first)
    assert created["ending"]["end"] == "exit"


# -- the command -----------------------------------------------------------------


async def test_command(stage: Stage, sipp: SippFactory) -> None:
    key = await stage.application(
        processor(
            on("ccxml.loaded", createcall()),
            on("connection.connected", log("'up'"), "<disconnect/>"),
            on("connection.disconnected", EXIT),
        )
    )
    async with sipp(invite(), reply(180), answer(), ack(), bye()) as callee:
        _, body = await stage.start(key, to=callee.uri)
        await stage.ended(key, body)
    uuid, url = body["applicationUUID"], stage.dialer.process.url
    arguments = ("ccxml", "trace", uuid, "--key", key, "--url", url)
    status, out, err = await command(*arguments)
    _, lines, _ = await command(*arguments, "--json", "--follow")
    other, _, why = await command("ccxml", "trace", "x/y", *arguments[3:])

    assert (status, err) == (0, "")
    head, first, *_, last = out.splitlines()
    assert head.startswith("session ")
    assert first.split()[1] == "ccxml.loaded"
    assert "           asks for DropConnection" in out
    assert "           log: up" in out
    assert last.split()[1:] == ["exit"]
    names = [step.get("end") or step["event"]["name"] for step in _read(lines)]
    assert names == [
        "ccxml.loaded",
        "connection.progressing",
        "connection.connected",
        "connection.disconnected",
        "exit",
    ]
    assert (other, why) == (1, "outring: There is no such call.\n")


async def test_command_follows(stage: Stage) -> None:
    """What has been shown is not shown again."""
    key = await stage.application(WAITING)
    _, body = await stage.start(key)
    session_id = (await stage.server.told("loaded"))["id"]
    arguments = ("--key", key, "--url", stage.dialer.process.url, "--follow")
    process = await asyncio.create_subprocess_exec(
        *(*COMMAND, "ccxml", "trace", body["applicationUUID"], *arguments),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        shown = await _until(process.stdout, "send.successful")
        for number in range(MAX_STEPS + 50):
            await send(stage, session_id, "say", what=number)
        await send(stage, session_id, "end")
        async with asyncio.timeout(SETTLE_S):
            shown += (await process.stdout.read()).decode()
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    await stage.ended(key, body)

    assert shown.count("ccxml.loaded") == 2  # the event and its transition
    assert shown.count("  end") == 1
    assert f"log: said {MAX_STEPS + 49}" in shown
    assert shown.count("log: said 60\n") == 1
    assert '  exit expr=7 odd="\\u001b[2JInfinity"' in shown


def test_what_was_not_kept_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    def view(*numbers: int) -> View:
        moments = [
            {"at": 0.0, "event": {"name": f"e{n}"}, "transition": None, "commands": []}
            for n in numbers
        ]
        session = {"sessionId": "s", "uri": "u", "moments": moments}
        return {"sessions": [{**session, "skipped": numbers[0]}]}

    show = TracePrinter(as_json=False)
    for numbers in ((0, 1), (1, 2), (5, 6), (5, 6)):
        show.print_new(view(*numbers))

    lines = [
        line for line in capsys.readouterr().out.splitlines() if "fits" not in line
    ]
    assert [line.split()[-1] for line in lines[1:3]] == ["e0", "e1"]
    assert [line.split()[-1] for line in lines[3:]] == ["e2", "steps", "e5", "e6"]
    assert lines[4].split()[1] == "2"


async def test_command_without_a_server() -> None:
    arguments = ("ccxml", "trace", "x", "--key", "x", "--url", "http://127.0.0.1:1")
    status, _, err = await command(*arguments)

    assert (status, "cannot be reached" in err) == (2, True)


async def test_command_is_left(stage: Stage) -> None:
    key = await stage.application(WAITING)
    _, body = await stage.start(key)
    arguments = ("--key", key, "--url", stage.dialer.process.url, "--follow")
    process = await asyncio.create_subprocess_exec(
        *(*COMMAND, "ccxml", "trace", body["applicationUUID"], *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    await _until(process.stdout, "ccxml.loaded")
    process.send_signal(signal.SIGINT)
    _, err = await process.communicate()
    await stage.dialer.calls(body["applicationUUID"], "DELETE", key)
    await stage.ended(key, body)

    assert (process.returncode, err) == (0, b"")


async def _until(stream: asyncio.StreamReader, text: str) -> str:
    """Read lines up to one with *text*."""
    shown = ""
    async with asyncio.timeout(SETTLE_S):
        while text not in shown:
            line = (await stream.readline()).decode()
            assert line, shown
            shown += line
    return shown


def _read(lines: str) -> list[View]:
    return [json.loads(line) for line in lines.splitlines()]
