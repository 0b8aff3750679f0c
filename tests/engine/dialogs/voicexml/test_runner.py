"""What lets a VoiceXML session talk: the order of its events, its ends, and what is left of it."""

import asyncio
import weakref
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from engine.dialogs import (
    DialogError,
    ExitDialog,
    FailDialog,
    Recordings,
    StreamRunner,
)
from engine.dialogs.streams.runner import STREAM
from engine.dialogs.voicexml import runner as module
from engine.dialogs.voicexml.runner import (
    COMPLETE,
    INBOX,
    VoiceXmlResources,
    VoiceXmlRunner,
)
from engine.tasks.background_tasks import BackgroundTasks
from sip.events import Digit, LegId, Played, Recorded, StreamOpened
from sip.media import Dtmf, Recording, Silence, Sound, Stop
from tests.vxml.playing import HEAD
from vxml import commands as c
from vxml import parse
from vxml.interpreter.session import Session, SessionInfo

LEG = LegId("leg")
ASK = '<field name="digit" type="digits?length=1"><prompt>one</prompt></field>'
LAST = '<catch event="connection.disconnect"><log expr="_event"/></catch>'


def form(*items: str) -> str:
    """A document with one form."""
    return f"{HEAD}{LAST}<form>{''.join(items)}</form></vxml>"


class Talk:
    """A call with one VoiceXML session; it is host, call, sounds and fetcher in one."""

    def __init__(self, folder: Path) -> None:
        self.tasks = BackgroundTasks()
        self.recordings = Recordings(folder, 10_000_000)
        self.does: list[Any] = []  # what the call was asked for
        self.steps: list[str] = []
        self.commands: list[c.Command] = []
        self.emitted: list[str] = []
        self.stream = Mock(spec=StreamRunner)
        self.joined: list[dict[str, Any]] = []
        self.end_stream: Callable[[ExitDialog | FailDialog], None]
        self.ends: list[ExitDialog | FailDialog] = []
        self.spoke = 0
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self.content = asyncio.get_running_loop().create_future()
        self.runner: VoiceXmlRunner

    # -- the host ----------------------------------------------------------------

    async def evaluate(
        self, work: Callable[[float], list[c.Command]], at: float
    ) -> list[c.Command]:
        """See ``VoiceXmlHost.evaluate``."""
        await self.may_go_on.wait()
        return work(at)

    def emit(self, name: str, **_: Any) -> None:
        """See ``VoiceXmlHost.emit``."""
        self.emitted.append(name)

    def start_speaking(self) -> None:
        """See ``VoiceXmlHost.start_speaking``."""
        self.spoke += 1

    async def make_stream(
        self,
        url: str,
        parameters: dict[str, Any],
        on_ended: Callable[[ExitDialog | FailDialog], None],
    ) -> Mock:
        """See ``VoiceXmlHost.make_stream``."""
        if "missing" in url:
            raise DialogError("It is missing.")
        self.joined.append(parameters)
        self.end_stream = on_ended
        return self.stream

    def add_trace_step(self, event: str, commands: Sequence[c.Command]) -> None:
        """See ``VoiceXmlHost.add_trace_step``."""
        self.steps.append(event)
        self.commands += commands

    def on_ended(self, last: ExitDialog | FailDialog) -> None:
        """See ``VoiceXmlHost.on_ended``."""
        self.ends.append(last)

    # -- the call and its sounds -------------------------------------------------

    def play(self, sounds: tuple[Sound, ...], *, stops_on: str = "") -> int:
        """See ``PlaybackCall.play``."""
        self.does.append((sounds, stops_on))
        return len(self.does)

    def record_audio(self, recording: Recording) -> int:
        """See ``PlaybackCall.record_audio``."""
        recording.path.write_bytes(b"sound")
        self.does.append(recording)
        return len(self.does)

    def stop(self, number: int) -> None:
        """See ``PlaybackCall.stop``."""
        self.does.append(f"stop {number}")

    def hear_inband_digits(self) -> None:
        """See ``PlaybackCall.hear_inband_digits``."""

    def if_loaded(self, items: Sequence[c.Item]) -> tuple[Sound, ...]:
        """See ``ItemSounds.if_loaded``: as many milliseconds as the text has letters."""
        return tuple(
            Silence(len(item.text if isinstance(item, c.Speech) else item.uri))
            for item in items
            if not isinstance(item, c.Silence)
        )

    def close(self) -> None:
        """See ``ItemSounds.close``."""

    async def fetch(self, command: c.Fetch) -> tuple[Any, str]:
        """See ``VoiceXmlFetcher.fetch``."""
        return await self.content, command.uri

    # -- what happens ------------------------------------------------------------

    def start(self, document: str, **options: bool) -> None:
        """Let *document* begin."""
        resources = VoiceXmlResources(
            call=self,
            sounds=self,
            fetcher=self,
            recordings=self.recordings,
            files={},
            tasks=self.tasks,
        )
        session = Session(parse(document, uri="http://here.example/"), SessionInfo("d"))
        options = {"is_heard": True, "hears": True, **options}
        self.runner = VoiceXmlRunner(session, resources, self, name="d", **options)
        self.runner.start()

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for something."""
        async with asyncio.timeout(5):
            while not condition():
                await asyncio.sleep(0.001)

    async def asks(self, kind: type[c.Command]) -> Any:
        """Wait until the session asks for a command of *kind*, and return it."""
        await self.until(lambda: any(isinstance(each, kind) for each in self.commands))
        return next(command for command in self.commands if isinstance(command, kind))

    async def does_so_much(self, count: int) -> None:
        """Wait until so many things were asked of the call."""
        await self.until(lambda: len(self.does) >= count)

    def press(self, digit: str) -> None:
        """A digit comes."""
        self.runner.on_media(Digit(LEG, digit, Dtmf.RFC4733, 0.0))

    async def end(self) -> ExitDialog | FailDialog:
        """Wait for the end."""
        await self.until(lambda: self.ends)
        (end,) = self.ends
        return end

    @property
    def log(self) -> list[str]:
        """What the document has logged."""
        return [each.text for each in self.commands if isinstance(each, c.WriteLog)]


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    """A call; afterwards nothing of its session is left, also without the collector."""
    talk = Talk(tmp_path / "recordings")
    yield talk
    if not talk.ends:
        talk.runner.close()
    talk.may_go_on.set()
    await talk.tasks.wait_until_done()
    talk.runner.close()
    talk.press("1")
    talk.__dict__.pop("end_stream", None)  # a dialog that has ended is let go
    runner = weakref.ref(talk.runner)
    del talk.runner
    assert runner() is None
    assert len(talk.ends) <= 1


async def test_a_key_ends_the_prompt_and_is_the_input(talk: Talk) -> None:
    talk.start(form(ASK, '<block><exit expr="digit"/></block>'))
    await talk.does_so_much(1)
    ((sounds, stops_on),) = talk.does
    assert sounds == (Silence(3),)
    assert "7" in stops_on

    talk.press("7")
    assert await talk.end() == ExitDialog({"expr": "7"})
    assert talk.does[1] == "stop 1"


@pytest.mark.parametrize("is_heard", [True, False])
async def test_a_muted_session_goes_on(talk: Talk, is_heard: bool) -> None:
    talk.start(form(ASK, "<block>three</block>"), is_heard=is_heard)
    if is_heard:
        await talk.does_so_much(1)
        talk.runner.mute()
    await talk.until(lambda: len(talk.steps) >= 1)
    talk.press("7")

    assert await talk.end() == ExitDialog({})
    assert talk.does[1:] == (["stop 1"] if is_heard else [])


async def test_a_session_that_does_not_hear(talk: Talk) -> None:
    talk.start(form("<block>three</block>", '<record name="r"/>'), hears=False)
    await talk.does_so_much(1)
    assert talk.does == [((Silence(5),), "")]
    assert not talk.runner.hears
    talk.press("1")
    talk.runner.on_media(Played(LEG, 1, Stop.FINISHED, 100))
    await talk.asks(c.Record)
    await talk.until(lambda: "recorded" in talk.steps)  # nobody spoke

    assert len(talk.does) == 1
    assert "key 1" not in talk.steps


async def test_a_hang_up_ends_the_prompt_and_is_told_once(talk: Talk) -> None:
    talk.start(form(ASK))
    await talk.does_so_much(1)
    talk.runner.on_hung_up()
    talk.press("7")

    assert await talk.end() == ExitDialog({})
    assert talk.log == ["connection.disconnect.hangup"]
    assert talk.does[1:] == ["stop 1"]


@pytest.mark.parametrize("outcome", ["", "busy"])
async def test_the_outcome_of_a_transfer_is_told_before_the_hang_up(
    talk: Talk, outcome: str
) -> None:
    talk.start(form('<transfer name="t" dest="tel:1" bridge="false"/>', ASK))
    await talk.asks(c.Transfer)
    assert talk.emitted == ["dialog.transfer"]
    talk.runner.on_hung_up()
    await asyncio.sleep(0)
    assert talk.steps == ["start"]
    talk.runner.send(COMPLETE, {"result": outcome})

    await talk.end()
    assert talk.steps[1:3] == [f"transfer {outcome}", "hung up"]
    assert talk.spoke == 0
    assert talk.does == []


async def test_a_hang_up_during_a_bridge_is_told_at_once(talk: Talk) -> None:
    talk.start(form('<transfer name="t" dest="tel:1" bridge="true"/>'))
    await talk.asks(c.Transfer)
    talk.runner.on_hung_up()

    await talk.end()
    assert talk.steps[:2] == ["start", "hung up"]


async def test_after_a_transfer_the_caller_hears_the_session_again(talk: Talk) -> None:
    music = 'transferaudio="http://here.example/music.wav"'
    talk.start(form(f'<transfer name="t" dest="tel:1" bridge="true" {music}/>', ASK))
    await talk.does_so_much(1)
    talk.runner.mute()
    talk.runner.send(COMPLETE, {"result": "far_end_disconnect", "duration": 2})
    await talk.does_so_much(3)

    assert talk.spoke == 1
    assert talk.does[1:] == ["stop 1", talk.does[2]]
    assert talk.does[2][0] == (Silence(3),)


async def test_a_sound_during_a_fetch_ends_with_it(talk: Talk) -> None:
    goes = '<block><goto next="b" fetchaudio="http://here.example/m.wav"/></block>'
    talk.start(form(goes))
    await talk.does_so_much(1)
    await talk.asks(c.Fetch)
    talk.runner.on_media(Played(LEG, 99, Stop.FINISHED, 1))  # somebody else's
    talk.content.set_result(parse(form(ASK), uri="http://here.example/b"))
    await talk.does_so_much(3)

    assert talk.does[1] == "stop 1"
    assert talk.does[2][0] == (Silence(3),)


RECORDS = (
    '<record name="r" maxtime="5s" dtmfterm="true"/><block><exit namelist="r"/></block>'
)


@pytest.mark.parametrize(
    ("stop", "key"), [(Stop.DIGIT, "#"), (Stop.SILENCE, "#"), (Stop.LIMIT, "")]
)
async def test_a_recording_among_the_values_is_kept(
    talk: Talk, tmp_path: Path, stop: Stop, key: str
) -> None:
    talk.start(form(RECORDS))
    await talk.does_so_much(1)
    path = tmp_path / "recordings" / "d-1.wav"
    assert talk.does[0].path == path
    assert talk.does[0].max_ms == 5000
    if key:
        talk.press(key)
    talk.runner.on_media(Recorded(LEG, 1, stop, 700))

    end = await talk.end()
    await talk.tasks.wait_until_done()
    assert end == ExitDialog({"r": {"name": "d-1.wav", "duration_ms": 700}})
    assert path.exists()


@pytest.mark.parametrize("stop", [Stop.DIGIT, Stop.LIMIT, Stop.UNHEARD])
async def test_a_recording_in_which_nobody_spoke_fills_nothing(
    talk: Talk, stop: Stop
) -> None:
    talk.start(
        form(
            RECORDS.replace("/><block>", "><noinput><exit/></noinput></record><block>")
        )
    )
    await talk.does_so_much(1)
    talk.press("#")
    talk.runner.on_media(Recorded(LEG, 1, stop, 700, is_quiet=True))

    assert await talk.end() == ExitDialog({})


async def test_other_recordings_are_deleted(talk: Talk, tmp_path: Path) -> None:
    talk.start(form(RECORDS.replace(' namelist="r"', "")))
    await talk.does_so_much(1)
    talk.runner.on_media(Recorded(LEG, 1, Stop.SILENCE, 700))
    await talk.end()
    await talk.tasks.wait_until_done()

    assert list((tmp_path / "recordings").iterdir()) == []


async def test_a_hang_up_in_a_recording_is_told_with_it(talk: Talk) -> None:
    talk.start(form(RECORDS))
    await talk.does_so_much(1)
    talk.runner.on_media(Recorded(LEG, 1, Stop.ASKED, 700))
    talk.runner.on_hung_up()

    await talk.end()
    assert talk.log == ["connection.disconnect.hangup"]
    assert talk.steps == ["start", "recorded"]


async def test_a_recording_without_room(talk: Talk, tmp_path: Path) -> None:
    talk.recordings = Recordings(tmp_path / "recordings", 1000)
    talk.start(form(RECORDS))

    end = await talk.end()
    assert isinstance(end, FailDialog)
    assert end.reason.startswith("error.noresource")


async def test_keys_and_events_beyond_the_inbox_are_dropped(talk: Talk) -> None:
    talk.may_go_on.clear()
    talk.start(form(ASK.replace("=1", "=200"), '<catch event="outside"/>'))
    await asyncio.sleep(0)
    for _ in range(INBOX + 50):
        talk.press("9")
        talk.runner.send("outside.news", {})
    talk.may_go_on.set()
    talk.runner.on_hung_up()  # which is never dropped
    await talk.end()

    assert talk.steps.count("key 9") + talk.steps.count("outside.news") == INBOX
    assert talk.log == ["connection.disconnect.hangup"]


@pytest.mark.parametrize(
    ("limit", "ask", "result"),
    [
        ("TERMINATE_S", VoiceXmlRunner.terminate, "terminated"),
        ("LAST_FETCHES_S", VoiceXmlRunner.on_hung_up, "hangup"),
    ],
)
async def test_a_session_that_does_not_end_in_time(
    talk: Talk,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    ask: Callable[[VoiceXmlRunner], None],
    result: str,
) -> None:
    monkeypatch.setattr(module, limit, 0.02)
    talk.start(form('<block><goto next="b"/></block>'))
    await talk.asks(c.Fetch)
    ask(talk.runner)

    assert await talk.end() == ExitDialog({"result": result})


async def test_what_waits_at_the_end_is_not_done(talk: Talk) -> None:
    talk.may_go_on.clear()
    talk.start(form(ASK))
    await asyncio.sleep(0)
    for digit in "123":
        talk.press(digit)
    talk.may_go_on.set()

    assert await talk.end() == ExitDialog({})
    assert talk.steps == ["start", "key 1"]


async def test_what_is_asked_for_after_the_close_is_not_done(talk: Talk) -> None:
    talk.may_go_on.clear()
    talk.start(form(ASK))
    await asyncio.sleep(0)
    talk.runner.close()
    talk.may_go_on.set()
    await talk.tasks.wait_until_done()

    assert talk.steps == []
    assert talk.does == []
    assert talk.ends == []


def joins(url: str) -> str:
    """A form that joins the caller to a WebSocket."""
    return form(
        f'<object name="o" data="{url}" type="{STREAM}"><param name="a" value="b"/>'
        '<filled><exit expr="o"/></filled></object>'
    )


async def test_an_object_is_joined_to_a_websocket(talk: Talk) -> None:
    talk.start(joins("wss://h/"))
    await talk.until(lambda: talk.stream.start.called)
    opened = StreamOpened(LEG, 1, 1.0, is_resumed=False)
    talk.runner.on_media(opened)
    talk.press("5")
    talk.end_stream(ExitDialog({"reason": "closed"}))

    assert await talk.end() == ExitDialog({"expr": "closed"})
    assert talk.joined == [{"a": "b"}]
    talk.stream.on_media.assert_called_once_with(opened)


@pytest.mark.parametrize("url", ["wss://missing/", "wss://h/"])
async def test_an_object_that_fails_is_an_event(talk: Talk, url: str) -> None:
    talk.start(joins(url))
    if "missing" not in url:
        await talk.until(lambda: talk.stream.start.called)
        talk.end_stream(FailDialog("It was lost."))

    end = await talk.end()
    assert isinstance(end, FailDialog)
    assert "error.badfetch" in end.reason


async def test_whoever_hangs_up_closes_the_websocket(talk: Talk) -> None:
    talk.start(joins("wss://h/"))
    await talk.until(lambda: talk.stream.start.called)
    talk.runner.on_hung_up()
    await talk.end()

    talk.stream.close.assert_called_once()
