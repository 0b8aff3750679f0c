"""``outring say``, ``outring voices`` and what ``outring check`` tells of sounds."""

import json
from io import BytesIO
from pathlib import Path

import pytest
from typer.testing import CliRunner

from engine.audio.wav import check
from engine.cli import command_line
from tests.engine.process import SETTINGS, command, configured

CLI = command_line()


async def test_say(tmp_path: Path) -> None:
    file = tmp_path / "hello.wav"

    status, out, _ = await command("say", "Hello there", "--out", str(file))

    assert status == 0
    assert out.startswith(f"{file}: ")
    assert out.endswith(" s\n")
    check(BytesIO(file.read_bytes()))


async def test_say_in_json(tmp_path: Path) -> None:
    file = tmp_path / "hello.wav"
    text = "<speak>one<break time='2s'/></speak>"
    how = ("--ssml", "--voice", "de", "--out", str(file), "--json")

    status, out, _ = await command("say", text, *how)
    told = json.loads(out)

    assert status == 0
    assert told["file"] == str(file)
    assert told["seconds"] > 2


@pytest.mark.parametrize(
    ("text", "options", "status", "why"),
    [
        ("Hello", ("--voice", "xx"), 1, "voice does not exist"),
        ("Hello", ("--voice", "../x"), 1, "The name of the voice"),
        ("", (), 1, "There is nothing to say."),
        ("Hello", ("--ssml",), 1, "not well-formed XML"),
        ("Hello", ("--out", "/no/such/folder/a.wav"), 1, "cannot be written: No such"),
    ],
)
async def test_what_is_not_said(
    tmp_path: Path, text: str, options: tuple[str, ...], status: int, why: str
) -> None:
    file = tmp_path / "hello.wav"
    given = options if "--out" in options else (*options, "--out", str(file))

    told = await command("say", text, *given)

    assert told[0] == status
    assert why in told[2]
    assert not file.exists()


async def test_voices() -> None:
    status, out, _ = await command("voices", "en", "--json")

    assert status == 0
    assert {"language": "en-us", "name": "English (America)"} in json.loads(out)
    assert all(voice["language"].startswith("en-") for voice in json.loads(out))


def test_voices_are_completed() -> None:
    result = CliRunner().invoke(
        CLI,
        prog_name="outring",
        env={
            "_OUTRING_COMPLETE": "complete_bash",
            "COMP_WORDS": "outring say Hello --voice d",
            "COMP_CWORD": "4",
        },
    )

    assert result.stdout.split() == ["da", "de"]


async def test_voices_of_another_program() -> None:
    status, _, err = await command("voices", OUTRING_SPEECH_COMMAND="cat,{voice}")

    assert status == 1
    assert "Only espeak-ng tells its voices, and cat is set." in err


async def test_check(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = tmp_path / "file/cache"
    settings = f"""{SETTINGS}
[speech]
command = ["no-such-program"]
[media]
cache_dir = "{cache}"
"""
    _, good, _ = await command("check", "--config", str(configured(tmp_path)))
    file = configured(tmp_path, settings)
    status, bad, _ = await command("check", "--config", str(file))

    assert "ok       speech: espeak-ng speaks." in good
    assert "media" not in good
    assert status == 0
    assert (
        "warning  speech: no-such-program does not speak, so nothing can be said: "
    ) in bad
    assert (
        f"warning  media.cache_dir: {cache} cannot be written: "
        "nothing can be said, or played from the web."
    ) in bad
