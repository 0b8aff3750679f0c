"""What lets a dialog talk: its order, its limits, and that nothing of it is left."""

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from engine.audio import Held, SoundError, Sounds
from engine.dialogs import (
    DialogError,
    DialogRunner,
    ExitDialog,
    FailDialog,
    Notify,
    PromptSounds,
    Recordings,
    dialog_runner,
)
from engine.dialogs.announcement import Announcement
from engine.dialogs.dialog import (
    AudioPrompt,
    Command,
    Dialog,
    DialogInputEvent,
    EventReceived,
    Prompt,
    SpeechPrompt,
    StartRecording,
)
from engine.dialogs.digit_rules import DigitRules
from engine.dialogs.menu import MenuDefinition, MenuDialog
from engine.dialogs.recordings import BYTES_PER_MS, HEADER
from engine.tasks.background_tasks import BackgroundTasks
from sip.events import Digit, LegId, Played, Recorded
from sip.media import DIGITS, Clip, Dtmf, Recording, Silence, Sound, Stop

LEG = LegId("leg")
ASK, THANKS = (SpeechPrompt("Press one."),), (AudioPrompt("thanks.wav"),)
TICK = Silence(10)


class Store(Sounds):
    """Gives sounds once it may, and counts those that are held."""

    def __init__(self) -> None:
        self.held = 0
        self.asked: list[str] = []
        self.old: set[str] = set()
        self.may_give = asyncio.Event()
        self.may_give.set()

    async def load_clip(self, uri: str, base: str = "", **_: object) -> Held:
        """See ``Sounds.load_clip``."""
        return await self._give(base + uri)

    def is_current(self, clip: Clip, uri: str, base: str = "", **_: object) -> bool:
        """See ``Sounds.is_current``."""
        return base + uri == clip.path.name and clip.path.name not in self.old

    async def speak(
        self,
        text: str,
        voice: str | None = None,
        *,
        is_ssml: bool = False,  # noqa: ARG002
    ) -> Held:
        """See ``Sounds.speak``."""
        return await self._give(f"{voice or ''}{text}")

    async def _give(self, name: str) -> Held:
        self.asked.append(name)
        await self.may_give.wait()
        if "missing" in name:
            raise SoundError(f"{name} is missing.")
        self.held += 1
        return Held(Clip(Path(name)), self._released)

    def _released(self) -> None:
        self.held -= 1


class Talk:
    """A call of the tests with one dialog."""

    def __init__(self, folder: Path, room: int = 10_000_000) -> None:
        self.folder, self.room = folder, room
        self.store = Store()
        self.tasks = BackgroundTasks()
        self.recordings = Recordings(folder, room)
        self.does: list[Any] = []  # what the call was asked for
        self.told: list[str] = []
        self.ends: list[ExitDialog | FailDialog] = []
        self.stops_on = ""
        self.dialog: Dialog
        self.runner: DialogRunner

    def play(self, sounds: tuple[Sound, ...], *, stops_on: str = "") -> int:
        """See ``playback.PlaybackCall``."""
        self.stops_on = stops_on
        self.does.append(sounds)
        return len(self.does)

    def record_audio(self, recording: Recording) -> int:
        """See ``playback.PlaybackCall``."""
        self.does.append(recording)
        return len(self.does)

    def stop(self, number: int) -> None:
        """See ``playback.PlaybackCall``."""
        self.does.append(f"stop {number}")

    def hear_inband_digits(self) -> None:
        """See ``PlaybackCall.hear_inband_digits``."""

    def start(self, dialog: Dialog, **options: bool) -> None:
        """Let *dialog* begin."""
        self.dialog = dialog
        self.runner = DialogRunner(
            dialog,
            self,
            PromptSounds(self.store),
            self.recordings,
            name="d1",
            **{"is_heard": True, "hears": True, **options},
            notify=lambda notify: self.told.append(notify.name),
            on_ended=self.ends.append,
            tasks=self.tasks,
        )
        self.runner.start()

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for something."""
        async with asyncio.timeout(5):
            while not condition():
                await asyncio.sleep(0.001)

    async def plays(self, count: int = 1) -> int:
        """Wait until so many things were asked of the call; the number of the last."""
        await self.until(lambda: len(self.does) >= count)
        return count

    def presses(self, digit: str) -> None:
        """A digit comes."""
        self.runner.on_media(Digit(LEG, digit, Dtmf.RFC4733, 0.0))

    def said(self, number: int, stop: Stop = Stop.FINISHED, reason: str = "") -> None:
        """What was played is over."""
        self.runner.on_media(Played(LEG, number, stop, 100, reason))

    def recorded(self, number: int, stop: Stop = Stop.SILENCE) -> None:
        """A recording is over."""
        self.runner.on_media(Recorded(LEG, number, stop, 700))

    @property
    def end(self) -> ExitDialog | FailDialog:
        """The one end there was."""
        (end,) = self.ends
        return end


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    """A call; afterwards nothing of its dialog is left."""
    talk = Talk(tmp_path / "recordings")
    yield talk
    if not talk.ends:
        talk.runner.close()
    talk.store.may_give.set()
    await talk.tasks.wait_until_done()
    assert len(talk.ends) <= 1
    assert talk.store.held == 0
    # All room for recordings is free again.
    await talk.recordings.begin("all.wav", (talk.room - HEADER) // BYTES_PER_MS)
    # No timer refers to it, and nothing of it waits for the garbage collector.
    runner = weakref.ref(talk.runner)
    del talk.runner
    assert runner() is None


def menu(**fields: Any) -> MenuDialog:
    """A menu that asks for one digit."""
    return MenuDialog(
        MenuDefinition(**{"prompts": ASK, "digits": DigitRules(), **fields})
    )


async def test_an_announcement(talk: Talk) -> None:
    talk.start(Announcement([*ASK, TICK, *THANKS]))

    number = await talk.plays()
    assert talk.does == [(Clip(Path("Press one.")), TICK, Clip(Path("thanks.wav")))]
    talk.said(number)
    assert talk.end == ExitDialog({"result": "played"})


async def test_a_sound_that_is_missing(talk: Talk) -> None:
    talk.start(Announcement([*ASK, AudioPrompt("missing.wav"), *THANKS]))

    await talk.until(lambda: talk.ends)
    assert talk.end == FailDialog("missing.wav is missing.")


async def test_a_sound_that_cannot_be_played(talk: Talk) -> None:
    talk.start(Announcement(ASK))
    talk.said(await talk.plays(), Stop.FAILED, "It is too long.")
    assert talk.end == FailDialog("It is too long.")


async def test_a_digit_ends_the_prompt_and_what_it_was_is_void(talk: Talk) -> None:
    talk.start(menu(match=THANKS))
    first = await talk.plays()
    assert set(talk.stops_on) == DIGITS

    talk.presses("1")
    assert talk.does[1] == f"stop {first}"
    talk.said(first, Stop.ASKED)  # of no interest any more
    talk.said(await talk.plays(3))
    assert talk.end == ExitDialog({"result": "match", "digits": "1", "tries": 1})


async def test_a_digit_while_the_prompt_is_still_fetched(talk: Talk) -> None:
    talk.store.may_give.clear()
    talk.start(menu())
    await talk.until(lambda: talk.store.asked)

    talk.presses("1")
    assert talk.end == ExitDialog({"result": "match", "digits": "1", "tries": 1})
    assert talk.does == []


async def test_a_digit_before_nothing_was_said(talk: Talk) -> None:
    talk.start(menu(prompts=(), match=(TICK,)))
    talk.presses("1")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not talk.ends  # the end of no prompts is not that of the last words
    talk.said(await talk.plays())
    assert talk.end == ExitDialog({"result": "match", "digits": "1", "tries": 1})


async def test_nothing_in_time(talk: Talk) -> None:
    talk.start(menu(initial_s=0.01, tries=2))
    talk.said(await talk.plays())
    talk.said(await talk.plays(2))
    await talk.until(lambda: talk.ends)
    assert talk.told == ["noinput", "noinput"]
    assert talk.end == ExitDialog({"result": "noinput", "digits": "", "tries": 2})


async def test_one_sound_is_got_once(talk: Talk) -> None:
    talk.start(menu(initial_s=0.0, tries=3))
    for count in (1, 2, 3):
        talk.said(await talk.plays(count))
    await talk.until(lambda: talk.ends)
    assert talk.store.asked == ["Press one."]


@pytest.mark.parametrize("is_fetched", [True, False])
async def test_a_hang_up_is_the_end_before_it_returns(
    talk: Talk, is_fetched: bool
) -> None:
    if not is_fetched:
        talk.store.may_give.clear()
    talk.start(menu())
    await talk.until(lambda: talk.does if is_fetched else talk.store.asked)

    talk.runner.on_hung_up()

    assert talk.end == ExitDialog({"result": "hangup", "digits": "", "tries": 1})
    talk.presses("1")
    talk.runner.terminate()
    talk.runner.on_hung_up()


async def test_a_recording(talk: Talk) -> None:
    talk.start(menu(record=StartRecording(1000, 500, "#", beep=True)))
    talk.said(await talk.plays())
    talk.presses("1")

    number = await talk.plays(2)
    assert talk.does[1] == Recording(
        talk.folder / "d1.wav", max_ms=1000, silence_ms=500, stops_on="#", beep=True
    )
    talk.recorded(number)
    assert talk.end == ExitDialog(
        {
            "result": "match",
            "digits": "1",
            "tries": 1,
            "recording": {"name": "d1.wav", "duration_ms": 700, "stop": "silence"},
        }
    )


async def test_a_termination_waits_for_the_recording(talk: Talk) -> None:
    talk.start(menu(digits=None, record=StartRecording(1000)))
    talk.said(await talk.plays())
    number = await talk.plays(2)

    talk.runner.terminate()
    assert talk.does[2] == f"stop {number}"
    assert not talk.ends
    talk.recorded(number, Stop.ASKED)
    assert isinstance(talk.end, ExitDialog)
    assert talk.end.values["recording"]["stop"] == "asked"


async def test_a_termination_does_not_wait_for_ever(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialog_runner, "TERMINATE_S", 0.01)
    talk.start(menu(digits=None, record=StartRecording(1000)))
    talk.said(await talk.plays())
    await talk.plays(2)

    talk.runner.terminate()
    await talk.until(lambda: talk.ends)
    assert talk.end == ExitDialog({"result": "terminated"})
    assert len(talk.does) == 4  # it was stopped once more


async def test_a_termination_before_the_recording_has_begun(talk: Talk) -> None:
    talk.start(menu(digits=None, record=StartRecording(1000)))
    talk.said(await talk.plays())

    talk.runner.terminate()
    await talk.until(lambda: talk.ends)
    assert isinstance(talk.end, ExitDialog)
    assert talk.end.values["recording"]["duration_ms"] == 0
    assert len(talk.does) == 1


async def test_no_room_for_a_recording(talk: Talk) -> None:
    talk.room = 16_000
    talk.recordings = Recordings(talk.folder, talk.room)
    talk.start(menu(digits=None, record=StartRecording(1000)))
    talk.said(await talk.plays())
    await talk.until(lambda: talk.ends)
    assert talk.end == FailDialog("The recordings leave no room for another one.")


async def test_a_dialog_that_is_not_heard_goes_on(talk: Talk) -> None:
    talk.start(menu(initial_s=60.0))
    number = await talk.plays()

    talk.runner.mute()
    assert talk.does[1] == f"stop {number}"
    await talk.until(lambda: talk.dialog.next_timer())
    talk.presses("1")
    assert talk.end == ExitDialog({"result": "match", "digits": "1", "tries": 1})


async def test_a_dialog_that_only_hears(talk: Talk) -> None:
    talk.start(menu(initial_s=60.0, match=THANKS), is_heard=False)
    await talk.until(lambda: talk.dialog.next_timer())
    talk.presses("1")
    await talk.until(lambda: talk.ends)
    assert talk.does == []


async def test_a_dialog_that_only_speaks(talk: Talk) -> None:
    talk.start(menu(initial_s=0.01, tries=1, record=StartRecording(1000)), hears=False)
    number = await talk.plays()
    assert talk.stops_on == ""
    talk.presses("1")
    talk.said(number)
    await talk.until(lambda: talk.ends)
    assert talk.end == ExitDialog({"result": "noinput", "digits": "", "tries": 1})

    talk.ends.clear()
    talk.start(menu(digits=None, record=StartRecording(1000)), hears=False)
    talk.said(await talk.plays(2))
    await talk.until(lambda: talk.ends)
    assert talk.end == FailDialog("The dialog does not hear the caller.")


class Broken(Announcement):
    """A dialog with a defect."""

    def receive(self, *_: Any) -> Any:
        """Fail."""
        raise RuntimeError


class Endless(Announcement):
    """A dialog that has nothing to say, without end."""

    def receive(self, *_: Any) -> Any:
        """Say nothing once more."""
        return self.start(0.0)


class Listening(Announcement):
    """A dialog that ends with the event that it is sent."""

    takes_events = True

    def receive(self, happening: DialogInputEvent, now: float) -> list[Command]:
        """Take an event."""
        if isinstance(happening, EventReceived):
            return [Notify("heard"), ExitDialog({happening.name: happening.values})]
        return super().receive(happening, now)


async def test_an_event_of_the_application(talk: Talk) -> None:
    talk.start(Listening(ASK))
    assert talk.runner.takes_events
    talk.runner.send("offer", {"price": 7})
    assert talk.told == ["heard"]
    assert talk.end == ExitDialog({"offer": {"price": 7}})


async def test_a_defect_costs_one_dialog(talk: Talk) -> None:
    talk.start(Broken(ASK))
    talk.said(await talk.plays())
    assert talk.end == FailDialog("Internal Error.")
    gc.collect()  # the printed traceback holds the dialog


@pytest.mark.parametrize("prompts", [(), ASK])
async def test_a_dialog_without_end(talk: Talk, prompts: tuple[Prompt, ...]) -> None:
    talk.start(Endless(prompts))
    while not talk.ends:
        if talk.does:
            talk.said(len(talk.does))
        await asyncio.sleep(0)
    assert talk.end == FailDialog("It has said 1000 things already.")


async def test_a_dialog_that_takes_too_long(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialog_runner, "MAX_S", 0.02)
    talk.start(menu())
    await talk.until(lambda: talk.ends)
    assert talk.end == FailDialog("It was not over after 0 s.")


# -- sounds and recordings ---------------------------------------------------------


async def test_what_is_got_after_the_end_is_let_go() -> None:
    store = Store()
    store.may_give.clear()
    shelf = PromptSounds(store)
    getting = asyncio.create_task(shelf.prepare([*ASK, *THANKS, *ASK]))
    async with asyncio.timeout(5):
        while len(store.asked) < 2:
            await asyncio.sleep(0)
    shelf.close()
    store.may_give.set()
    await getting
    assert (store.held, len(store.asked)) == (0, 2)


async def test_what_was_not_used_for_long_is_let_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("engine.dialogs.prompt_sounds.MAX_HELD", 2)
    store = Store()
    shelf = PromptSounds(store)
    for text in "abcab":
        await shelf.load([SpeechPrompt(text)])
        assert shelf.if_loaded([SpeechPrompt(text)]) == (Clip(Path(text)),)
    assert store.held == 2
    assert store.asked == ["a", "b", "c", "a", "b"]
    assert shelf.if_loaded([SpeechPrompt("c")]) is None
    shelf.close()
    assert store.held == 0


async def test_a_sound_is_loaded_again_once_it_is_too_old() -> None:
    store = Store()
    store.old = {"old.wav"}
    shelf = PromptSounds(store)
    prompts = [AudioPrompt("old.wav"), AudioPrompt("new.wav")]

    await shelf.prepare(prompts)
    assert shelf.if_loaded(prompts) is not None  # what was just loaded is played
    assert shelf.if_loaded(prompts) is None
    assert len(await shelf.load(prompts)) == 2
    assert store.asked == ["old.wav", "new.wav", "old.wav"]
    shelf.close()
    assert store.held == 0


async def test_recordings_are_bounded(tmp_path: Path) -> None:
    recordings = Recordings(tmp_path, 50_000)
    path = await recordings.begin("a.wav", 2000)
    assert path == tmp_path / "a.wav"
    with pytest.raises(DialogError, match="no room"):
        await recordings.begin("b.wav", 2000)  # a may become so long
    path.write_bytes(b"x" * 1000)
    recordings.end("a.wav")
    await recordings.begin("b.wav", 2000)
    recordings.end("b.wav")
    path.write_bytes(b"x" * 49_000)
    with pytest.raises(DialogError, match="no room"):
        await recordings.begin("c.wav", 100)


async def test_no_folder_for_recordings(tmp_path: Path) -> None:
    with pytest.raises(DialogError, match="keeps no recordings"):
        await Recordings(None, 1000).begin("a.wav", 1)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DialogError, match="cannot be used"):
        await Recordings(tmp_path / "file", 1000).begin("a.wav", 1)
