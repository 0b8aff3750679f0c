"""``docs/api.md`` and ``docs/objects.md``: every path, and commands that do what they say."""

import asyncio
import json
import re
import signal
from pathlib import Path

import pytest

from engine.model.event_type import EventType
from engine.model.twilio import account_sid, call_sid
from engine.platform.objects import digest_of
from tests.ccxml.playing import EXIT, on, processor
from tests.conftest import SippFactory
from tests.counting_callee import listening
from tests.documented import Page, paths
from tests.engine.applications.conftest import document
from tests.engine.process import KEY, PLATFORM, SETTINGS, configured, serving
from tests.sipp.scenario import ack, answer, bye, invite, refer, reply
from tests.stream_server import StreamServer, stream_server

PAGES = "".join(
    Page(name).text
    for name in (
        "api.md",
        "objects.md",
        "events.md",
        "recordings.md",
        "streams.md",
        "campaigns.md",
    )
)


def test_every_path_is_described() -> None:
    for method, path in paths():
        assert f"`{method} {path}`" in PAGES


GOOD = ("OK", "Call connected", "Application started", "Request accepted")
LISTENS = document(
    processor(on("connection.disconnected", EXIT), on("site.alarm"), on("ccxml.loaded"))
)
CURLS = re.findall(r"^curl .*$", PAGES, re.MULTILINE)
EVENTS = re.findall(r"^curl .*$", Page("events.md").text, re.MULTILINE)
RECORDINGS = re.findall(r"^curl .*$", Page("recordings.md").text, re.MULTILINE)
STREAMS = re.findall(r"^curl .*$", Page("streams.md").text, re.MULTILINE)
CAMPAIGNS = re.findall(r"^curl .*$", Page("campaigns.md").text, re.MULTILINE)


_WITH_BODY = ("POST", "PATCH", "PUT")


def test_every_path_has_a_curl_line() -> None:
    for method, path in paths():
        if method == "POST" and "/status" in path:
            continue  # the same as GET
        sends = r"(?=.* -d )" if method in _WITH_BODY else r"(?!.* -d ')"
        named = rf"-X {method}" if method in ("PATCH", "PUT", "DELETE") else r"(?!.*-X)"
        url = re.sub(r"\\{\w+\\}", r"[^ /]+", re.escape(path))
        wanted = re.compile(rf"curl -s (?:-G )?{named}.*\$URL{url}(\?\S*)?( |$)")
        assert any(wanted.match(line) and re.match(sends, line) for line in CURLS), (
            method,
            path,
        )


@pytest.mark.sipp
async def test_curl_lines(tmp_path: Path, sipp: SippFactory) -> None:
    """They do what they say, in the order in which they stand there."""
    steps = (invite(), reply(180), answer(), ack(), bye())
    settings = f"""{SETTINGS}
[admin]
token_sha256 = "{digest_of("the-token")}"

[fetch]
folders = ["{tmp_path}"]
"""
    (tmp_path / "listens.ccxml").write_text(LISTENS)
    uri = f'account = "acme"\nuri = "file://{tmp_path}/listens.ccxml"'
    platform = PLATFORM.replace('account = "acme"', uri)
    async with (
        serving(configured(tmp_path, settings, platform)) as outring,
        sipp(*steps, calls=2) as callee,
    ):
        environment = {"URL": outring.url, "KEY": KEY, "TO": callee.uri}
        environment["TOKEN"] = "the-token"
        for line in CURLS:
            if line in (*EVENTS, *RECORDINGS, *STREAMS, *CAMPAIGNS):
                continue  # their own tests run them
            out = await shell(line, environment)
            if "-X DELETE" in line and "/admin/" in line:
                assert out == ""
            elif re.search(r"/docs|/metrics|URL/page/|URL/$", line):
                assert out
            elif "/admin/live" in line:
                assert out.startswith("event: history")
            else:
                body = json.loads(out)
                assert body.get("result", "OK") in GOOD, line
                if "applicationUUID" in body:
                    environment.setdefault("UUID", body["applicationUUID"])
                if body.get("result") == "Application started":
                    environment["UUID"] = body["applicationUUID"]
                for node in body["nodes"] if line.count("/nodes ") else ():
                    environment["NODE"] = node["id"]
                for session in body["sessions"] if "/trace" in line else ():
                    environment["SESSION"] = session["sessionId"]
        assert environment.keys() >= {"UUID", "SESSION"}
        await outring.logged("draining")  # as the last line has asked for
        outring.signal(signal.SIGINT)  # which hangs up, then
        assert await outring.ended() == 0


async def test_curl_lines_of_events(tmp_path: Path) -> None:
    """A call that was accepted is told as a stream up to its end, and listed then."""
    outs = []
    async with serving(configured(tmp_path)) as outring, listening() as callee:
        environment = {"URL": outring.url, "KEY": KEY, "TO": callee.uri("rings")}
        for line in sorted(EVENTS, key=_turn_of):
            if "text/event-stream" in line:
                end = "curl -s -X DELETE $URL/api/v1/bvr/calls/$UUID -H X-API-Key:$KEY"
                await shell(end, environment)
            outs.append(await shell(line, environment))
            if "/outbound" in line:
                environment["UUID"] = json.loads(outs[0])["applicationUUID"]
    accepted, streamed, listed, ended, described = outs

    assert json.loads(accepted)["result"] == "Request accepted"
    assert json.loads(listed)["events"][0]["type"] == "call.queued"
    assert "event: call.ended" in streamed
    assert [it["type"] for it in json.loads(ended)["events"]] == ["call.ended"]
    assert json.loads(described)["asyncapi"] == "3.0.0"


async def test_curl_lines_of_campaigns(tmp_path: Path) -> None:
    """A campaign is put, filled, started, watched, cancelled and removed."""
    async with serving(configured(tmp_path)) as outring:
        environment = {"URL": outring.url, "KEY": KEY}
        outs = [await shell(line, environment) for line in CAMPAIGNS]
    answers = {
        line.split("$URL/api/v1/")[1].split(" ")[0]: json.loads(out)
        for line, out in zip(CAMPAIGNS, outs, strict=True)
        if "-X DELETE" not in line
    }

    assert answers["campaigns/spring/contacts"]["accepted"] == 1
    assert answers["campaigns/spring/validate"]["calls"]["later"] == 1
    assert answers["campaigns/spring/start"]["state"] == "running"
    why = answers["campaigns/spring/contacts/c-1001/why"]
    assert why["at"] == "2099-01-01T00:00:00.000+00:00"
    assert answers["campaigns/spring/agents"]["agents"][0]["state"] == "free"
    assert answers["campaigns/spring/pause"]["reason"] == "lunch"
    assert answers["campaigns/spring/cancel"]["progress"]["ends"] == {"cancelled": 1}
    assert answers["suppressions"] == {"lists": {"own": 2}}
    assert answers["suppressions/check?number=%2B4930123456"]["suppressed"] is True


@pytest.mark.sipp
async def test_curl_lines_of_recordings(tmp_path: Path, sipp: SippFactory) -> None:
    """A call is recorded, and its recording is listed, heard and deleted."""
    settings = f'{SETTINGS}\n[recording]\nfolder = "{tmp_path}/calls"\n'
    allowed = 'account = "acme"\nrecord = "on_request"'
    platform = PLATFORM.replace('account = "acme"', allowed)
    outs = []
    async with (
        serving(configured(tmp_path, settings, platform)) as outring,
        sipp(invite(), answer(), ack(), bye()) as callee,
    ):
        environment = {"URL": outring.url, "KEY": KEY, "TO": callee.uri}
        for line in RECORDINGS:
            if "/upload" in line:
                continue  # it is refused: nothing was given up
            line = line.replace("call.wav", f"{tmp_path}/call.wav")
            if "stopped" in line:
                await _wait_for_sound(tmp_path / "calls")
            outs.append(await shell(line, environment))
            if "/outbound" in line:
                environment["UUID"] = json.loads(outs[0])["applicationUUID"]
            if "call=" in line:
                while '"recording"' in outs[-1]:
                    outs[-1] = await shell(line, environment)
                environment["ID"] = json.loads(outs[-1])["recordings"][0]["id"]
        end = "curl -s -X DELETE $URL/api/v1/bvr/calls/$UUID -H X-API-Key:$KEY"
        await shell(end, environment)
    _, paused, stopped, listed, shown, heard, deleted = outs

    states = [json.loads(out)["state"] for out in (paused, stopped, shown, deleted)]
    assert states == ["paused", "stopped", "local", "deleted"]
    assert json.loads(listed)["recordings"][0] == json.loads(shown)
    assert heard == ""
    assert (tmp_path / "call.wav").read_bytes().startswith(b"RIFF")


async def _wait_for_sound(folder: Path) -> None:
    """Return once a recording in *folder* has more than its header."""
    async with asyncio.timeout(10):
        while not any(file.stat().st_size > 44 for file in folder.rglob("*.wav*")):
            await asyncio.sleep(0.02)


@pytest.mark.sipp
async def test_curl_lines_of_streams(tmp_path: Path, sipp: SippFactory) -> None:
    """A call is steered, and then shown and hung up as clients of Twilio do it."""
    async with (
        stream_server() as bots,
        serving(configured(tmp_path, platform=_streaming(bots))) as outring,
        sipp(invite(), answer(), ack(), refer(), bye()) as callee,
    ):
        environment = {"URL": outring.url, "KEY": KEY, "TO": callee.uri}
        (ask,) = (line for line in EVENTS if "/outbound" in line)
        asked = await shell(ask, environment)
        call_id = json.loads(asked)["applicationUUID"]
        environment["UUID"] = call_id
        environment["CALL_SID"] = call_sid(call_id)
        await (await bots.connection()).got("start")
        environment["ACCOUNT_SID"] = account_sid("acme")
        environment["AUTH_TOKEN"] = KEY
        *taken, shown, ended = [await shell(line, environment) for line in STREAMS]

    assert [json.loads(out) for out in taken] == 4 * [{"call": call_id}]
    assert json.loads(shown)["sid"] == json.loads(ended)["sid"] == call_sid(call_id)
    assert json.loads(shown)["status"] == "in-progress"


def _streaming(bots: StreamServer) -> str:
    """A platform whose application talks to *bots*."""
    kind = f'type = "STREAM"\nuri = "ws://127.0.0.1:{bots.port}/out"'
    return PLATFORM.replace('account = "acme"', f'account = "acme"\n{kind}')


def _turn_of(line: str) -> tuple[bool, bool]:
    """When *line* is run: a list is complete once the stream has ended."""
    return "/outbound" not in line, "text/event-stream" not in line


def test_every_type_of_event_has_a_row() -> None:
    text = Page("events.md").section("## What is told")
    rows = re.findall(r"^\| `([\w.]+)` \|", text, re.MULTILINE)

    assert rows == [kind.value for kind in EventType]


async def shell(line: str, environment: dict[str, str]) -> str:
    """Standard output of *line*, which must succeed."""
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", line.replace("curl -s", "curl -s --fail-with-body", 1)),
        env={"PATH": "/usr/bin:/bin", **environment},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0, (line, out)
    return out.decode()
