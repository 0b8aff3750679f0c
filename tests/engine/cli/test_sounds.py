"""``outring sounds``: any sound file becomes one that documents can play by its URI."""

import json
from pathlib import Path

import pytest

from engine.audio import Sounds
from engine.config.settings import load_settings
from tests.engine.audio.conftest import wav
from tests.engine.process import command


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "sounds").mkdir()
    file = tmp_path / "outring.toml"
    file.write_text(
        f'[media]\nfolders = ["{tmp_path}/sounds"]\ncache_dir = "{tmp_path}"\n'
    )
    (tmp_path / "hello.wav").write_bytes(
        wav(channels=2, rate=48_000, samples=bytes(9600))
    )
    return file  # fmt: skip


async def test_what_is_added_is_played_by_the_uri_that_is_told(config: Path) -> None:
    source = config.parent / "hello.wav"

    status, out, err = await command("sounds", "add", str(source), "-c", str(config))

    assert (status, err) == (0, "")
    uri, told = out.strip().split("  ")
    assert told == "0.05 s, silent, of WAV, 48000 Hz, stereo"
    settings = load_settings(config)
    sounds = Sounds(settings.media, settings.speech, settings.fetch)
    with await sounds.load_clip(uri) as clip:
        assert clip.path == config.parent / "sounds" / "hello.wav"
    await sounds.aclose()


async def test_each_file_that_cannot_be_added_is_told(config: Path) -> None:
    bad = config.parent / "bad.mp3"
    bad.write_text("ID3")
    files = [str(bad), str(config.parent / "hello.wav")]

    status, out, err = await command("sounds", "add", *files, "-c", str(config))
    again, nothing, refused = await command(
        "sounds", "add", files[1], "-c", str(config)
    )

    assert (status, again, nothing) == (1, 1, "")
    assert out.startswith("file://")
    assert err.startswith(f"outring: {bad}: It is no sound that can be read: ")
    assert "exists already: say --force to replace it." in refused  # fmt: skip


async def test_a_folder_that_documents_cannot_play_from(config: Path) -> None:
    source = config.parent / "hello.wav"
    (config.parent / "others").mkdir()
    others = ("--to", str(config.parent / "others"), "--json")

    status, out, err = await command(
        "sounds", "add", str(source), "-c", str(config), *others
    )

    assert status == 0
    assert json.loads(out)[0]["peakDbfs"] is None
    assert "unless media.folders has it" in err


async def test_what_is_there(config: Path) -> None:
    folder = config.parent / "sounds"
    (folder / "a.wav").write_bytes(wav())
    (folder / "b.wav").write_bytes(wav(channels=2))

    status, out, _ = await command("sounds", "list", "-c", str(config))

    assert status == 0
    assert out.splitlines()[:2] == [
        "uri\tseconds\thertz\tflaw",
        f"{(folder / 'a.wav').as_uri()}\t0.1\t8000\t",
    ]
    assert "it has 2 channels" in out.splitlines()[2]


async def test_without_a_folder(tmp_path: Path) -> None:
    config = tmp_path / "outring.toml"
    config.write_text("")

    status, _, err = await command("sounds", "list", "-c", str(config))

    assert (status, err) == (
        2,
        "outring: media.folders is empty: no call may play a file.\n",
    )
