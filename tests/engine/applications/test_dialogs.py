"""Dialogs of documents on real calls: what callees hear and press, and what is told of it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from ccxml.events import Event
from engine.applications import ApplicationServices
from engine.applications.dialogs import MAX_DIALOGS
from engine.applications.session_inbox import MAX_WAITING
from engine.dialogs.dialog_factory import MENU
from tests.ccxml.playing import EXIT, log, on, processor
from tests.conftest import SETTLE_S, SippFactory, View
from tests.engine.applications.conftest import Stage, createcall, var
from tests.engine.applications.story import CONNECTED, DISCONNECTED, Story, play
from tests.sipp.handset import Handset, handset
from tests.sipp.scenario import ack, answer, bye, hang_up, invite, pause
from tests.sipp.sound import loudness, place_of, sweep, wav
from tests.sipp.talking import at

pytestmark = pytest.mark.sipp

PREPARED, STARTED, EXITED = "dialog.prepared", "dialog.started", "dialog.exit"
NOT_PREPARED, NOT_STARTED = "error.dialog.notprepared", "error.dialog.notstarted"

WANTED = (
    'src="event$.src" type="event$.kind" parameters="event$.who" '
    'connectionid="event$.to" mediadirection="event$.direction || \'both\'" '
    'hints="event$.hints || {}" dialogid="last"'
)
DOCUMENT = (
    on("call", createcall("event$.dest", connectionid="call")),
    on("prepare", f"<dialogprepare {WANTED}/>"),
    on("prepare.for.nobody", "<dialogprepare src=\"'x'\" type=\"'text/plain'\"/>"),
    on("start", f"<dialogstart {WANTED}/>"),
    on("start.prepared", '<dialogstart prepareddialogid="event$.id"/>'),
    on(
        "terminate",
        '<dialogterminate dialogid="event$.id" immediate="event$.immediate"/>',
    ),
    on(
        "start.and.hang.up",
        f'<dialogstart {WANTED}/><disconnect connectionid="event$.to"/>',
    ),
    on(
        "conference",
        '<createconference conferenceid="room"/>',
        '<dialogprepare src="\'x\'" type="\'text/plain\'" conferenceid="room"/>',
        '<dialogstart src="\'x\'" type="\'text/plain\'" conferenceid="room"/>',
    ),
    on("join", '<join id1="event$.id1" id2="event$.id2" duplex="event$.duplex"/>'),
    on("send", '<send targettype="\'dialog\'" target="event$.id" name="\'tell.me\'"/>'),
    on(
        "complete",
        var("result", "'busy'"),
        '<send targettype="\'dialog\'" target="event$.id" '
        'name="\'dialog.transfer.complete\'" namelist="result"/>',
    ),
    on(
        "digits",
        var("digits", "event$.digits"),
        '<send targettype="\'connection\'" target="event$.to" '
        'name="\'outring.digits\'" namelist="digits"/>',
    ),
    on("move", '<move source="event$.id" sessionid="session.id"/>'),
    on("hang.up", '<disconnect connectionid="event$.to"/>'),
    on("look", log("JSON.stringify([session.connections, session.dialogs])")),
    on("leave", EXIT),
    on("error.*"),
)
HEAD = var("call") + var("last") + var("room")

ONE = {"prompts": [{"silence_ms": 60_000}], "digits": {}}
SHORT = {"prompts": [{"silence_ms": 20}], "digits": {}}
RECORDS = {
    "prompts": [{"silence_ms": 20}],
    "record": {"max_ms": 60_000, "silence_ms": None},
}


class Talk:
    """A session of the test with one call that is answered."""

    def __init__(self, story: Story, phone: Handset, call: str) -> None:
        self.story = story
        self.phone = phone
        self.call = call

    async def prepare(self, src: Any, kind: str = MENU, **fields: Any) -> View:
        """``dialogprepare``; what ``dialog.prepared`` tells."""
        times = len(self.story.all(PREPARED)) + 1
        self.ask("prepare", src, kind, **fields)
        return await self.story.told(PREPARED, times)

    async def start(self, src: Any, kind: str = MENU, **fields: Any) -> str:
        """``dialogstart``; the id of the dialog, which has started."""
        times = len(self.story.all(STARTED)) + 1
        self.ask("start", src, kind, **fields)
        identity: str = (await self.story.told(STARTED, times))["dialogid"]
        return identity

    def ask(self, name: str, src: Any, kind: str = MENU, **fields: Any) -> None:
        """Ask for a dialog."""
        text = src if isinstance(src, str) else json.dumps(src)
        wanted = {"to": self.call, "who": "Ada", **fields}
        self.story.send(name, src=text, kind=kind, **wanted)

    async def exit(self, times: int = 1) -> dict[str, Any]:
        """The values of a dialog that has ended."""
        values: dict[str, Any] = (await self.story.told(EXITED, times))["values"]
        return values

    async def look(self) -> Any:
        """``session.connections`` and ``session.dialogs``."""
        count = len(self.story.log) + 1
        self.story.send("look")
        async with asyncio.timeout(SETTLE_S):
            while len(self.story.log) < count:
                await asyncio.sleep(0.01)
        return json.loads(self.story.log[-1])

    @property
    def recordings(self) -> Path:
        """Where they are."""
        folder = services(self.story.stage).recordings.folder
        assert folder is not None
        return folder


def services(stage: Stage) -> ApplicationServices:
    """What applications work with."""
    return stage.dialer.process.parts.applications.services


@asynccontextmanager
async def talking(stage: Stage, sipp: SippFactory, *last: str) -> AsyncIterator[Talk]:
    """A session with one answered call, which ends as *last* says, or by our BYE."""
    async with handset() as phone:
        story = await play(stage, *DOCUMENT, before=HEAD)
        steps = (invite(), at(phone, answer()), ack(), *(last or (bye(),)))
        async with sipp(*steps) as callee:
            story.send("call", dest=callee.uri)
            call = (await story.told(CONNECTED))["connectionid"]
            try:
                yield Talk(story, phone, call)
            finally:
                story.send("leave")
            await story.over()


# -- what each type does -----------------------------------------------------------


async def test_a_sound_is_played(stage: Stage, sipp: SippFactory) -> None:
    sound = sweep(600)
    url = stage.server.serve(wav(sound), "audio/wav")
    async with talking(stage, sipp) as talk:
        identity = await talk.start(url, "audio/wav")
        dialog = (await talk.look())[1][identity]
        values = await talk.exit()
        place_of(sound, talk.phone.heard())

    assert values == {"result": "played"}
    assert dialog["src"] == url
    started, ended = talk.story.the(STARTED), talk.story.the(EXITED)
    for told in (started, ended):
        assert told["dialogid"] == identity
        assert told["connectionid"] == talk.call
        assert told["eventsourcetype"] == "dialog"


async def test_a_text_is_spoken(stage: Stage, sipp: SippFactory) -> None:
    async with talking(stage, sipp) as talk:
        await talk.start("Good morning.", "text/plain", hints={"voice": "de"})
        assert await talk.exit() == {"result": "played"}
        assert loudness(talk.phone.heard()) > 100


@pytest.mark.parametrize(
    "src", ["data:,Hello%20you", "data:text/plain;base64,SGVsbG8geW91", None]
)
async def test_a_text_is_fetched(
    stage: Stage, sipp: SippFactory, src: str | None
) -> None:
    url = src or stage.server.serve("Hello you", "text/plain")
    async with talking(stage, sipp) as talk:
        await talk.start(url, "text/plain")
        assert await talk.exit() == {"result": "played"}


async def test_a_menu_and_a_digit(stage: Stage, sipp: SippFactory) -> None:
    menu = {
        "prompts": [{"text": "Hello {event$.who}, press one."}],
        "digits": {"allowed": ["1", "2"]},
        "match": [{"tone": [440], "on_ms": 100}],
    }
    url = stage.server.serve(json.dumps(menu), MENU)
    async with talking(stage, sipp) as talk:
        prepared = await talk.prepare(url)
        talk.story.send("start.prepared", id=prepared["dialogid"])
        await talk.story.told(STARTED)
        await talk.phone.until(lambda: loudness(talk.phone.heard()[-1600:]) > 100)

        talk.phone.press("2")
        values = await talk.exit()

    assert values == {"result": "match", "digits": "2", "tries": 1}
    assert talk.story.names("dialog") == ["prepared", "started", "exit"]
    assert not talk.story.all("connection.signal")


async def test_a_menu_counts_and_tells_its_tries(
    stage: Stage, sipp: SippFactory
) -> None:
    menu = {
        **SHORT,
        "digits": {"allowed": ["1"]},
        "timeouts": {"initial_ms": 50},
        "tries": 2,
    }
    async with talking(stage, sipp) as talk:
        await talk.start({**menu, "prompts": ONE["prompts"]})
        talk.phone.press("9")
        await talk.story.told("dialog.user.nomatch")
        talk.phone.press("1")
        assert await talk.exit() == {"result": "match", "digits": "1", "tries": 2}

        await talk.start(menu)
        values = await talk.exit(2)

    assert values == {"result": "noinput", "digits": "", "tries": 2}
    told = talk.story.all("dialog.user.noinput")
    assert [event["values"]["tries"] for event in told] == [1, 2]
    assert talk.story.the("dialog.user.nomatch")["values"]["digits"] == "9"


async def test_a_recording(stage: Stage, sipp: SippFactory) -> None:
    async with talking(stage, sipp) as talk:
        talk.phone.say(sweep(3000))
        identity = await talk.start(RECORDS)
        await talk.phone.hears(50)
        talk.phone.press("#")
        values = await talk.exit()

    recording = values["recording"]
    assert (values["result"], recording["stop"]) == ("recorded", "digit")
    assert recording["name"] == f"{identity}.wav"
    path = talk.recordings / recording["name"]
    # 16 bits at 8 kHz, behind a header of 44 bytes or some more.
    assert abs(path.stat().st_size - recording["duration_ms"] * 16) < 400
    assert recording["duration_ms"] > 500


# -- what goes wrong ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("src", "kind", "why"),
    [
        ("a.vxml", "application/voicexml+xml", "404"),
        ("a", "text/html", "no dialogs of type text/html"),
        ("/none.wav", "audio/wav", "404"),
        ("file:///etc/passwd", "audio/wav", "file"),
        ("/none.json", MENU, "404"),
        ("{}", MENU, "give prompts, digits or record"),
        ('{"digits": {"pattern": "(a+)+\\\\1"}}', MENU, "not a regular expression"),
        ('{"prompts": [{"audio": "/none.wav"}]}', MENU, "404"),
        ('{"prompts": [{"text": "a", "voice": "-nobody"}]}', MENU, "voice"),
        ("data:;base64,%%%", "text/plain", "data: URI is malformed"),
        ("", "text/plain", ""),
    ],
)
async def test_what_cannot_be_got_ready(
    stage: Stage, sipp: SippFactory, src: str, kind: str, why: str
) -> None:
    async with talking(stage, sipp) as talk:
        talk.ask("prepare", src, kind)
        first = await talk.story.told(NOT_PREPARED)
        talk.ask("start", src, kind)
        second = await talk.story.told(NOT_STARTED)
        assert (await talk.look())[1] == {}

    assert why in first["reason"]
    assert second["reason"] == first["reason"]
    assert first["connectionid"] == second["connectionid"] == talk.call
    assert not talk.story.all(EXITED)


async def test_a_sound_that_is_no_sound(stage: Stage, sipp: SippFactory) -> None:
    url = stage.server.serve(b"RIFF and nothing", "audio/wav")
    async with talking(stage, sipp) as talk:
        talk.ask("start", url, "audio/wav")
        assert "cannot be played" in (await talk.story.told(NOT_STARTED))["reason"]


async def test_dialogs_with_a_conference(stage: Stage, sipp: SippFactory) -> None:
    async with talking(stage, sipp) as talk:
        talk.story.send("conference")
        prepared = await talk.story.told(NOT_PREPARED)
        started = await talk.story.told(NOT_STARTED)

    assert "conference" in prepared["reason"]
    assert "conference" in started["reason"]
    assert started["conferenceid"] == prepared["conferenceid"]


async def test_a_dialog_for_nobody(stage: Stage, sipp: SippFactory) -> None:
    async with talking(stage, sipp) as talk:
        talk.story.send("prepare.for.nobody")
        prepared = await talk.story.told(PREPARED)
        talk.story.send("start.prepared", id=prepared["dialogid"])
        refused = await talk.story.told(NOT_STARTED)

    assert (
        refused["reason"] == "Whom the dialog talks to is not said: give connectionid."
    )


async def test_a_dialog_that_dies_later(stage: Stage, sipp: SippFactory) -> None:
    menu = {**RECORDS, "record": {"max_ms": 600_000}}
    async with talking(stage, sipp) as talk:
        await talk.start(menu)
        died = await talk.story.told("error.dialog")
        assert (await talk.look())[1] == {}

    assert died["reason"] == "The recordings leave no room for another one."
    assert not talk.story.all(EXITED)


async def test_a_dialog_that_is_not_ready_in_time(
    stage: Stage, sipp: SippFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.applications.dialogs.READY_S", 0.05)
    async with talking(stage, sipp) as talk:
        talk.ask("prepare", stage.server.slow_url)
        refused = await talk.story.told(NOT_PREPARED)
        stage.server.goes_on.set()

    assert refused["reason"] == "The dialog was not ready within 0 s."


async def test_too_many_dialogs(stage: Stage, sipp: SippFactory) -> None:
    async with talking(stage, sipp) as talk:
        for _ in range(MAX_DIALOGS + 1):
            talk.ask("prepare", ONE)
        refused = await talk.story.told(NOT_PREPARED)
        await talk.story.told(PREPARED, MAX_DIALOGS)

    assert (
        refused["reason"]
        == f"The session has {MAX_DIALOGS} dialogs already: end one of them before."
    )


async def test_a_dialog_is_started_once(stage: Stage, sipp: SippFactory) -> None:
    async with talking(stage, sipp) as talk:
        prepared = await talk.prepare(ONE)
        talk.story.send("start.prepared", id=prepared["dialogid"])
        talk.story.send("start.prepared", id=prepared["dialogid"])
        wrong = await talk.story.told("error.dialog.wrongstate")
        talk.phone.press("1")
        assert (await talk.exit())["digits"] == "1"

    assert wrong["dialogid"] == prepared["dialogid"]


# -- the end from outside ----------------------------------------------------------


@pytest.mark.parametrize("immediate", [True, False])
async def test_terminate_while_it_is_got_ready(
    stage: Stage, sipp: SippFactory, immediate: bool
) -> None:
    async with talking(stage, sipp) as talk:
        talk.ask("prepare", stage.server.slow_url)
        await stage.server.asked.wait()
        (identity,) = (await talk.look())[1]
        talk.story.send("terminate", id=identity, immediate=immediate)
        values = await talk.exit()
        stage.server.goes_on.set()
        assert (await talk.look())[1] == {}

    assert values == ({} if immediate else {"result": "terminated"})
    assert talk.story.names("dialog") == ["exit"]


@pytest.mark.parametrize("immediate", [True, False])
async def test_terminate_while_it_talks(
    stage: Stage, sipp: SippFactory, immediate: bool
) -> None:
    async with talking(stage, sipp) as talk:
        identity = await talk.start({**ONE, "digits": {"length": 3}})
        talk.phone.press("1")
        talk.phone.press("2")
        await talk.phone.until(lambda: talk.phone.is_silent)
        talk.story.send("terminate", id=identity, immediate=immediate)
        values = await talk.exit()

    if immediate:
        assert values == {}
    else:
        assert values["result"] == "terminated"
        assert "12".startswith(values["digits"])


async def test_terminate_while_it_records(stage: Stage, sipp: SippFactory) -> None:
    async with talking(stage, sipp) as talk:
        identity = await talk.start(RECORDS)
        await talk.phone.hears(30)
        talk.story.send("terminate", id=identity, immediate=False)
        values = await talk.exit()

    assert values["recording"]["stop"] == "asked"
    assert (talk.recordings / values["recording"]["name"]).exists()


async def test_a_start_while_it_is_got_ready_is_kept(
    stage: Stage, sipp: SippFactory
) -> None:
    async with talking(stage, sipp) as talk:
        stage.server.slow_text = "Hello"
        talk.ask("prepare", stage.server.slow_url, "text/plain")
        await stage.server.asked.wait()
        (identity,) = (await talk.look())[1]
        talk.story.send("start.prepared", id=identity)
        await talk.look()
        stage.server.goes_on.set()
        await talk.exit()

    assert talk.story.names("dialog") == ["started", "exit"]


@pytest.mark.parametrize(
    "menu",
    [
        pytest.param(ONE, id="asks"),
        pytest.param(SHORT, id="waits"),
        pytest.param(RECORDS, id="records"),
        pytest.param({"prompts": [{"text": "Hello. " * 50}]}, id="speaks"),
    ],
)
async def test_a_hang_up_ends_the_dialog_first(
    stage: Stage, sipp: SippFactory, menu: View
) -> None:
    async with talking(stage, sipp, pause(700), hang_up()) as talk:
        await talk.start(menu)
        values = await talk.exit()
        await talk.story.told(DISCONNECTED)

    assert values["result"] == ("recorded" if menu is RECORDS else "hangup")
    names = [event.name for event in talk.story.events]
    assert names.index(EXITED) < names.index(DISCONNECTED)
    if menu is RECORDS:
        path = talk.recordings / values["recording"]["name"]
        assert path.stat().st_size > values["recording"]["duration_ms"] * 15


async def test_a_hang_up_while_it_is_got_ready(stage: Stage, sipp: SippFactory) -> None:
    async with talking(stage, sipp, pause(300), hang_up()) as talk:
        talk.ask("start", stage.server.slow_url)
        await talk.story.told(DISCONNECTED)
        stage.server.goes_on.set()
        refused = await talk.story.told(NOT_STARTED)

    assert refused["connectionid"] == talk.call


async def test_a_disconnect_in_the_same_step(stage: Stage, sipp: SippFactory) -> None:
    async with talking(stage, sipp) as talk:
        talk.ask("start.and.hang.up", ONE)
        await talk.story.told(DISCONNECTED)
        kinds = talk.story.names("dialog")
        if kinds:
            assert kinds == ["started", "exit"]
        else:
            await talk.story.told(NOT_STARTED)


@pytest.mark.parametrize("menu", [ONE, SHORT, RECORDS])
async def test_the_session_ends_while_it_talks(
    stage: Stage, sipp: SippFactory, menu: View
) -> None:
    async with talking(stage, sipp) as talk:
        await talk.start(menu)
        await talk.phone.hears(10)
        await talk.prepare({"prompts": [{"text": "Nobody ever hears this."}]})
        talk.ask("prepare", stage.server.slow_url)
        await stage.server.asked.wait()
    stage.server.goes_on.set()
    assert not talk.story.all(EXITED)
    assert services(stage).recordings.reserved_bytes == 0


async def test_a_kill_ends_dialogs(stage: Stage, sipp: SippFactory) -> None:
    story = None
    async with handset() as phone:
        steps = (invite(), at(phone, answer()), ack(), bye())
        async with sipp(*steps) as callee:
            story = await play(stage, *DOCUMENT[:-2], before=HEAD)
            story.send("call", dest=callee.uri)
            call = (await story.told(CONNECTED))["connectionid"]
            talk = Talk(story, phone, call)
            await talk.start(ONE)
            story.send("ccxml.kill", reason="enough")
            view = await story.over()
    assert view["terminationReason"] == "application_error"


# -- who hears whom ----------------------------------------------------------------


async def test_a_dialog_is_what_its_connection_hears(
    stage: Stage, sipp: SippFactory
) -> None:
    async with talking(stage, sipp) as talk:
        identity = await talk.start(ONE)
        connections, dialogs = await talk.look()
        assert connections[talk.call]["input"] == identity
        assert connections[talk.call]["outputs"] == [identity]
        assert dialogs[identity]["input"] == talk.call
        assert dialogs[identity]["state"] == "STARTED"

        talk.phone.press("1")
        await talk.exit()
        connections, dialogs = await talk.look()
        assert "input" not in connections[talk.call]  # undefined
        assert dialogs == {}


async def test_a_second_dialog_is_heard_instead_of_the_first(
    stage: Stage, sipp: SippFactory
) -> None:
    async with talking(stage, sipp) as talk:
        first = await talk.start(ONE)
        second = await talk.start(ONE)
        connections, _ = await talk.look()
        assert connections[talk.call]["input"] == second
        assert connections[talk.call]["outputs"] == [first, second]

        talk.phone.press("7")  # which both of them hear
        await talk.exit(2)

    ended = talk.story.all(EXITED)
    assert {event["dialogid"] for event in ended} == {first, second}
    assert {event["values"]["digits"] for event in ended} == {"7"}


async def test_a_join_replaces_what_is_heard(stage: Stage, sipp: SippFactory) -> None:
    async with talking(stage, sipp) as talk, handset() as other_phone:
        steps = (invite(), at(other_phone, answer()), ack(), bye())
        async with sipp(*steps) as callee:
            talk.story.send("call", dest=callee.uri)
            other = (await talk.story.told(CONNECTED, 2))["connectionid"]
            # It would say so for a minute.
            await talk.start({"prompts": ONE["prompts"]})
            talk.story.send("join", id1=talk.call, id2=other, duplex="half")
            await talk.story.told("conference.joined")
            assert await talk.exit() == {"result": "played"}
            connections, _ = await talk.look()
            assert connections[talk.call]["input"] == other
            talk.story.send("hang.up", to=other)
            await talk.story.told(DISCONNECTED)


@pytest.mark.parametrize("direction", ["dialogtransmit", "dialogreceive"])
async def test_one_direction(stage: Stage, sipp: SippFactory, direction: str) -> None:
    menu = {**ONE, "digits": {"length": 1}}
    async with talking(stage, sipp) as talk:
        identity = await talk.start(menu, direction=direction)
        connections, dialogs = await talk.look()
        is_heard = direction == "dialogtransmit"
        assert connections[talk.call].get("input") == (identity if is_heard else None)
        assert dialogs[identity].get("input") == (None if is_heard else talk.call)
        talk.phone.press("5")
        if is_heard:
            await talk.story.told("connection.signal")
        else:
            assert (await talk.exit())["digits"] == "5"


# -- digits and events beside dialogs ----------------------------------------------


async def test_digits_outside_of_a_dialog_are_signals(
    stage: Stage, sipp: SippFactory
) -> None:
    async with talking(stage, sipp) as talk:
        talk.phone.press("#")
        told = await talk.story.told("connection.signal")

    assert told["info"] == {"digit": "#", "how": "rfc4733"}
    assert told["connectionid"] == talk.call


async def test_digits_without_end(stage: Stage, sipp: SippFactory) -> None:
    async with talking(stage, sipp) as talk:
        uuid = talk.story.answer["applicationUUID"]
        (running,) = stage.dialer.process.parts.applications.sessions_of_request(uuid)
        digit = Event("connection.signal", {"connectionid": talk.call})
        session = running.context
        taken = [session.receive(digit) for _ in range(2 * MAX_WAITING)]
        assert taken == [True] * MAX_WAITING + [False] * MAX_WAITING
        async with asyncio.timeout(SETTLE_S):
            while session.inbox:
                await asyncio.sleep(0.01)


async def test_digits_are_sent(stage: Stage, sipp: SippFactory) -> None:
    async with talking(stage, sipp) as talk:
        talk.story.send("digits", to=talk.call, digits="42#")
        await talk.story.told("send.successful")
        await talk.phone.until(lambda: len(talk.phone.events()) == 3)
        assert [press.key for press in talk.phone.events()] == ["4", "2", "#"]
        for wrong in ("", "x", "1" * 65):
            talk.story.send("digits", to=talk.call, digits=wrong)
        await talk.story.told("error.send.failed", 3)


async def test_an_event_for_a_dialog(stage: Stage, sipp: SippFactory) -> None:
    async with talking(stage, sipp) as talk:
        prepared = await talk.prepare(ONE)
        talk.story.send("send", id=prepared["dialogid"])
        early = await talk.story.told("error.send.targetunavailable")
        talk.story.send("start.prepared", id=prepared["dialogid"])
        await talk.story.told(STARTED)
        talk.story.send("send", id=prepared["dialogid"])
        told = await talk.story.told("error.send.failed")

    assert early["reason"] == (
        "the dialog has not started, or is over: wait for dialog.started"
    )
    assert told["reason"] == "dialogs of this type take no events: only VoiceXML does"


async def test_a_connection_with_a_dialog_stays(
    stage: Stage, sipp: SippFactory
) -> None:
    async with talking(stage, sipp) as talk:
        identity = await talk.start(ONE)
        talk.story.send("move", id=talk.call)
        await talk.story.told("error.move")
        talk.story.send("move", id=identity)
        await talk.story.told("error.move", 2)
        talk.phone.press("1")
        assert (await talk.exit())["result"] == "match"


# -- calls that requests have asked for, and many at once --------------------------


async def test_a_call_of_a_request_is_talked_to(
    stage: Stage, sipp: SippFactory
) -> None:
    wanted = "type=\"'text/plain'\" src=\"'Hello ' + event$.connection.appdata.who\""
    body = processor(
        on(CONNECTED, f"<dialogstart {wanted}/>"), on(EXITED, EXIT), on("error.*")
    )
    async with handset() as phone:
        steps = (invite(), at(phone, answer()), ack(), bye())
        async with sipp(*steps) as callee:
            key = await stage.application(body)
            data = {"who": "Ada"}
            _, view = await stage.dialer.call(callee.uri, apiKey=key, appData=data)
            assert view["result"] == "Call connected"
        assert loudness(phone.heard()) > 100


async def test_many_that_end_in_the_middle(stage: Stage, sipp: SippFactory) -> None:
    """Some ended by themselves, some by their session, some by the far end."""
    menus = (SHORT, ONE, RECORDS, {"prompts": [{"text": "Hello"}]})
    far_end = (invite(), answer(), ack(), pause(400), hang_up())
    ours = (invite(), answer(), ack(), bye())

    async def run_dialog(number: int, uri: str) -> None:
        story = await play(stage, *DOCUMENT, before=HEAD)
        story.send("call", dest=uri)
        call = (await story.told(CONNECTED))["connectionid"]
        src = json.dumps(menus[number % len(menus)])
        story.send("start", src=src, kind=MENU, to=call, who="Ada")
        # A far end that hangs up may do so before the dialog has started.
        await story.told(DISCONNECTED if number % 2 else STARTED)
        story.send("leave")
        await story.over()

    async with sipp(*far_end, calls=15) as other, sipp(*ours, calls=15) as callee:
        uris = (callee.uri, other.uri)
        await asyncio.gather(*(run_dialog(n, uris[n % 2]) for n in range(30)))
