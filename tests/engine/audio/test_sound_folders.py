"""What stands in the folders of sounds, and what is put there."""

import os
from pathlib import Path

import pytest

from engine.audio import SoundError, sound_folders
from engine.audio.sound_folders import add_sound, find_sounds
from tests.engine.audio.conftest import wav

LIMIT = 2**20


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A stereo file."""
    path = tmp_path / "hello.big.wav"
    path.write_bytes(wav(channels=2, rate=44_100, samples=bytes(44_100)))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "sounds"
    folder.mkdir()
    return folder


def test_what_is_found(folder: Path) -> None:
    (folder / "de").mkdir()
    (folder / "de" / "good.wav").write_bytes(wav())
    (folder / "bad.wav").write_bytes(wav(channels=2))
    (folder / "large.wav").write_bytes(bytes(5000))
    os.mkfifo(folder / "pipe.wav")

    found = {sound.path.name: sound for sound in find_sounds([folder], 4000)}

    assert list(found) == ["bad.wav", "large.wav", "pipe.wav", "good.wav"]
    good = found["good.wav"]
    assert good.header is not None
    assert (good.header.seconds, good.flaw) == (0.1, "")
    assert found["bad.wav"].flaw.startswith("it has 2 channels")
    assert found["large.wav"].flaw == "it has more than 4000 bytes"
    assert found["pipe.wav"].flaw == "it is no file"


def test_a_folder_that_is_missing(tmp_path: Path) -> None:
    (found,) = find_sounds([tmp_path / "none"], LIMIT)

    assert found.flaw == "it is no folder"


def test_what_is_added_can_be_played(source: Path, folder: Path) -> None:
    added = add_sound(source, folder, rate=16_000, max_bytes=LIMIT)

    (found,) = find_sounds([folder], LIMIT)
    assert found.path == added.path == folder / "hello.big.wav"
    assert found.header is not None
    assert found.header.seconds == pytest.approx(0.25)


def test_what_is_there_is_replaced_only_by_force(source: Path, folder: Path) -> None:
    (folder / "hello.big.wav").write_bytes(b"mine")

    with pytest.raises(SoundError, match="exists already: say --force"):
        add_sound(source, folder, rate=8000, max_bytes=LIMIT)
    assert [path.read_bytes() for path in folder.iterdir()] == [b"mine"]

    add_sound(source, folder, rate=8000, max_bytes=LIMIT, replaces=True)
    assert [path.read_bytes()[:4] for path in folder.iterdir()] == [b"RIFF"]


def test_what_is_not_added(
    source: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusal(file: Path, into: Path, limit: int = LIMIT) -> str:
        with pytest.raises(SoundError) as caught:
            add_sound(file, into, rate=8000, max_bytes=limit)
        return caught.value.reason

    os.mkfifo(folder / "pipe.wav")

    assert (
        refusal(folder / "none.mp3", folder)
        == "It cannot be read: No such file or directory."
    )
    assert refusal(folder / "pipe.wav", folder) == "It is no file."
    assert refusal(source, folder / "none").endswith(
        "cannot be written: No such file or directory."
    )
    assert (
        refusal(source, folder, 1000)
        == "It would have 4044 bytes; media.max_bytes is 1000."
    )
    monkeypatch.setattr(sound_folders, "MAX_SOURCE_BYTES", 100)
    assert refusal(source, folder) == "It has more than 100 bytes."
    assert [path.name for path in folder.iterdir()] == ["pipe.wav"]  # fmt: skip
