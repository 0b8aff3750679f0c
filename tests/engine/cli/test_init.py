"""``outring init`` and ``outring config``: what they write is what outring reads."""

import asyncio
import json
import os
from pathlib import Path

from engine.config.settings import load_settings
from engine.platform.objects import digest_of
from tests.engine.process import COMMAND, LIMIT_S, command

FILES = {"outring.toml", "platform.toml"}


async def test_its_files_can_be_used_at_once(tmp_path: Path) -> None:
    status, out, _ = await command("init", str(tmp_path), "--json")
    shown = json.loads(out)
    platform, settings = str(tmp_path / "platform.toml"), tmp_path / "outring.toml"
    database = {"OUTRING_DATABASE_URL": f"sqlite:///{tmp_path}/outring.db"}
    applied, _, _ = await command(
        "apply", platform, "--config", str(settings), **database
    )
    _, checked, _ = await command("check", "--config", str(settings), **database)

    assert (status, applied) == (0, 0)
    assert digest_of(shown["key"]) in Path(platform).read_text()
    assert load_settings(settings, {}).admin.token_sha256 == digest_of(shown["token"])
    assert "mistake" not in checked
    assert "There is no API key yet" not in checked
    assert {os.stat(file).st_mode & 0o777 for file in shown["files"]} == {0o600}


async def test_it_tells_what_comes_next(tmp_path: Path) -> None:
    _, without, _ = await command("init", str(tmp_path / "a"))
    _, with_trunk, _ = await command(
        "init", str(tmp_path / "b"), "--trunk", "sip:trunk.example.com"
    )

    assert "outring call sip:me@127.0.0.1:5070 --say" in without
    assert "outring call +49301234567 --say" in with_trunk
    assert "export OUTRING_API_KEY=" in without


async def test_it_changes_no_file_that_exists(tmp_path: Path) -> None:
    (tmp_path / "platform.toml").write_text("mine")

    status, _, err = await command("init", str(tmp_path))

    assert status == 2
    assert "platform.toml exists already: nothing was written." in err
    assert {file.name for file in tmp_path.iterdir()} == {"platform.toml"}


async def test_a_folder_that_cannot_be_written() -> None:
    status, _, err = await command("init", "/proc/none")

    assert status == 2
    assert err.startswith("outring: /proc/none: Nothing can be written there: ")


async def test_answers_that_cannot_be_used_leave_no_file(tmp_path: Path) -> None:
    for option in (
        ("--trunk", "trunk.example.com"),
        ("--trunk", "nonsense", "--trunk-user", "joe", "--trunk-password", "x"),
        ("--sip-address", "everywhere"),
        ("--document", "hello.vxml"),
    ):
        status, _, err = await command("init", str(tmp_path), *option)

        assert status == 2, err
        assert not list(tmp_path.iterdir())


async def test_on_a_terminal_it_asks(tmp_path: Path) -> None:
    terminal, side = os.openpty()
    try:
        process = await asyncio.create_subprocess_exec(
            *(*COMMAND, "init", str(tmp_path)),
            stdin=side,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        os.write(
            terminal,
            b"trunk.example.com\nsip:trunk.example.com\n\n4711\n\nhttp://127.0.0.1/a.vxml\n",
        )
        async with asyncio.timeout(LIMIT_S):
            _, asked = await process.communicate()
    finally:
        os.close(terminal)
        os.close(side)
    settings = load_settings(tmp_path / "outring.toml", {})

    assert process.returncode == 0
    assert asked.count(b"SIP trunk for calls to numbers") == 2
    assert b"Number or name of who calls [bvr]:" in asked
    assert (settings.sip.caller_id, settings.sip.listen) == (
        "4711",
        ("udp:0.0.0.0:5060",),
    )
    assert 'type = "VXML"' in (tmp_path / "platform.toml").read_text()


async def test_the_settings_in_effect_are_printed_as_a_file(tmp_path: Path) -> None:
    (tmp_path / "outring.toml").write_text('[sip]\ncaller_id = "4711"\n')
    settings = str(tmp_path / "outring.toml")
    _, printed, _ = await command(
        "config",
        "--config",
        settings,
        OUTRING_CALL_BURST="7",
        OUTRING_HEP_PASSWORD="hush",
    )
    again = tmp_path / "again.toml"
    again.write_text(printed)
    loaded = load_settings(again, {})

    assert (loaded.sip.caller_id, loaded.call.burst) == ("4711", 7)
    assert "# hep.password is set, and not shown." in printed
    assert "hush" not in printed


async def test_the_defaults_are_printed_whatever_is_set() -> None:
    status, printed, _ = await command(
        "config", "--print-defaults", OUTRING_CALL_BURST="7"
    )

    assert status == 0
    assert "#burst = 1\n" in printed
