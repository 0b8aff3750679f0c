"""What a dialog plays and records on its call, and of which end its owner hears."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.dialogs import DialogError, Recordings
from engine.dialogs.dialog import PromptDone, RecordingDone, StartRecording
from engine.dialogs.playback import Playback
from engine.tasks.background_tasks import BackgroundTasks
from sip.events import LegId, Played, Recorded
from sip.media import Recording, Silence, Sound, Stop

LEG = LegId("leg")
FINISHED = PromptDone(Stop.FINISHED)


class Words:
    """Sounds by word: ``slow`` ones are loaded once they may be, ``bad`` ones never."""

    def __init__(self) -> None:
        self.may_load = asyncio.Event()
        self.is_closed = False

    def if_loaded(self, items: Sequence[str]) -> tuple[Sound, ...] | None:
        """See ``ItemSounds.if_loaded``."""
        return None if {"slow", "bad", "broken"} & set(items) else self._all(items)

    async def load(self, items: Sequence[str]) -> tuple[Sound, ...]:
        """See ``ItemSounds.load``."""
        await self.may_load.wait()
        if "bad" in items:
            raise DialogError("It is bad.")
        if "broken" in items:
            raise RuntimeError
        return self._all(items)

    def close(self) -> None:
        """See ``ItemSounds.close``."""
        self.is_closed = True

    def _all(self, items: Sequence[str]) -> tuple[Sound, ...]:
        return tuple(Silence(len(item)) for item in items)


class Owner:
    """A dialog and its call: notes what it hears, and what the call has to do."""

    def __init__(
        self, folder: Path, *, is_heard: bool = True, hears: bool = True
    ) -> None:
        self.words = Words()
        self.tasks = BackgroundTasks()
        self.calls: list[object] = []
        self.heard: list[object] = []
        self.hears_inband_digits = False
        self.playback = Playback(
            self,
            self,
            self.words,
            Recordings(folder, 100_000),
            self.tasks,
            is_heard=is_heard,
            hears=hears,
        )

    def play(self, sounds: tuple[Sound, ...], *, stops_on: str = "") -> int:
        """See ``PlaybackCall.play``."""
        self.calls.append((sounds, stops_on))
        return len(self.calls)

    def record_audio(self, recording: Recording) -> int:
        """See ``PlaybackCall.record_audio``."""
        self.calls.append(recording)
        return len(self.calls)

    def stop(self, number: int) -> None:
        """See ``PlaybackCall.stop``."""
        self.calls.append(f"stop {number}")

    def hear_inband_digits(self) -> None:
        """See ``PlaybackCall.hear_inband_digits``."""
        self.hears_inband_digits = True

    def on_prompt_done(self, number: int, done: PromptDone) -> None:
        """See ``PlaybackOwner.on_prompt_done``."""
        self.heard.append((number, done))

    def on_recording_done(self, done: RecordingDone) -> None:
        """See ``PlaybackOwner.on_recording_done``."""
        self.heard.append(done)

    def crash(self, error: Exception) -> None:
        """See ``CanCrash.crash``."""
        self.heard.append(type(error))

    def played(self, number: int) -> None:
        """The playback *number* of the call has ended."""
        self.playback.on_media(Played(LEG, number, Stop.FINISHED, 100))

    async def settle(self) -> None:
        """Let everything that is loaded be played."""
        self.words.may_load.set()
        await self.tasks.wait_until_done()
        await asyncio.sleep(0)


def test_digits_in_sound_are_for_who_hears_digits(tmp_path: Path) -> None:
    assert Owner(tmp_path).hears_inband_digits
    assert not Owner(tmp_path, hears=False).hears_inband_digits


async def test_the_end_of_what_was_played(tmp_path: Path) -> None:
    owner = Owner(tmp_path)
    owner.playback.play(7, ["one", "three"], "12")
    owner.played(99)  # somebody else's
    assert owner.calls == [((Silence(3), Silence(5)), "12")]
    assert owner.heard == []

    owner.played(1)
    owner.played(1)

    assert owner.heard == [(7, PromptDone(Stop.FINISHED, 100))]


async def test_what_is_replaced_is_not_heard_of(tmp_path: Path) -> None:
    owner = Owner(tmp_path)
    owner.playback.play(1, ["one"])
    owner.playback.play(2, ["slow"])
    owner.playback.play(3, [])
    owner.playback.play(4, ["slow", "one"])
    owner.played(1)
    await owner.settle()

    assert owner.calls[1:] == ["stop 1", ((Silence(4), Silence(3)), "")]
    assert owner.heard == []


async def test_stopping_another_number_stops_nothing(tmp_path: Path) -> None:
    owner = Owner(tmp_path)
    owner.playback.play(1, ["one"])
    owner.playback.stop_playing(2)
    assert len(owner.calls) == 1
    owner.playback.stop_playing(1)
    owner.playback.stop_playing()

    assert owner.calls[1:] == ["stop 1"]
    assert owner.heard == []


@pytest.mark.parametrize("items", [[], ["one"], ["slow"]])
async def test_what_nobody_hears_is_over_in_a_later_turn(
    tmp_path: Path, items: list[str]
) -> None:
    owner = Owner(tmp_path, is_heard=False)
    owner.playback.play(1, items)
    assert owner.heard == []
    await owner.settle()

    assert owner.calls == []
    assert owner.heard == [(1, FINISHED)]


@pytest.mark.parametrize("item", ["one", "slow"])
async def test_muting_ends_the_prompt_and_those_that_follow(
    tmp_path: Path, item: str
) -> None:
    owner = Owner(tmp_path)
    owner.playback.play(1, [item])
    owner.playback.mute()
    await owner.settle()
    owner.playback.play(2, ["one"])
    await owner.settle()

    assert owner.heard == [(1, FINISHED), (2, FINISHED)]
    assert owner.calls[1:] == (["stop 1"] if item == "one" else [])


@pytest.mark.parametrize(
    ("item", "heard"),
    [
        ("bad", (1, PromptDone(Stop.FAILED, reason="It is bad."))),
        ("broken", RuntimeError),
    ],
)
async def test_what_cannot_be_loaded(tmp_path: Path, item: str, heard: object) -> None:
    owner = Owner(tmp_path)
    owner.playback.play(1, [item])
    await owner.settle()

    assert owner.heard == [heard]


async def test_digits_stop_nothing_where_the_dialog_does_not_hear(
    tmp_path: Path,
) -> None:
    owner = Owner(tmp_path, hears=False)
    owner.playback.play(1, ["one"], "12")
    assert owner.calls == [((Silence(3),), "")]


async def test_a_recording(tmp_path: Path) -> None:
    owner = Owner(tmp_path)
    owner.playback.record("a.wav", StartRecording(1000, start_ms=5))
    await owner.settle()
    assert owner.calls == [Recording(tmp_path / "a.wav", max_ms=1000, start_ms=5)]

    owner.playback.stop_recording()
    owner.playback.on_media(Recorded(LEG, 99, Stop.ASKED, 1))
    owner.playback.on_media(Recorded(LEG, 1, Stop.ASKED, 300, is_quiet=True))

    assert owner.calls[1:] == ["stop 1"]
    assert owner.heard == [RecordingDone(Stop.ASKED, "a.wav", 300, is_quiet=True)]


@pytest.mark.parametrize("hears", [True, False])
async def test_a_recording_that_nobody_wants_any_more_does_not_begin(
    tmp_path: Path, hears: bool
) -> None:
    owner = Owner(tmp_path, hears=hears)
    owner.playback.record("a.wav", StartRecording(1000))
    if hears:
        owner.playback.stop_recording()
    await owner.settle()

    assert owner.calls == []
    assert owner.heard == [RecordingDone(Stop.ASKED, "a.wav")]


async def test_a_recording_without_room(tmp_path: Path) -> None:
    owner = Owner(tmp_path)
    owner.playback.record("a.wav", StartRecording(1_000_000))
    await owner.settle()

    why = "The recordings leave no room for another one."
    assert owner.heard == [RecordingDone(Stop.FAILED, "a.wav", reason=why)]


@pytest.mark.parametrize("is_begun", [True, False])
async def test_the_owner_hears_of_nothing_after_the_close(
    tmp_path: Path, is_begun: bool
) -> None:
    owner = Owner(tmp_path)
    owner.playback.play(1, ["one" if is_begun else "slow"])
    owner.playback.record("a.wav", StartRecording(5000))
    if is_begun:
        await owner.settle()
    owner.playback.close()
    await owner.settle()
    for number in (1, 2):
        owner.played(number)
        owner.playback.on_media(Recorded(LEG, number, Stop.ASKED, 300))

    assert owner.calls[2:] == (["stop 1", "stop 2"] if is_begun else [])
    assert owner.heard == []
    assert owner.words.is_closed
    owner.playback.record("b.wav", StartRecording(5000))  # there is room for it again
    await owner.settle()
    assert isinstance(owner.calls[-1], Recording)
