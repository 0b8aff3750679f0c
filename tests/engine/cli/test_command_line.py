"""``outring check`` and ``outring call``, as a person runs them."""

import asyncio
import json
import re
import signal
from pathlib import Path

import pytest

from tests.conftest import SippFactory
from tests.counting_callee import listening
from tests.engine.callee import called
from tests.engine.process import (
    COMMAND,
    KEY,
    SETTINGS,
    command,
    configured,
    fresh_command,
    serving,
)
from tests.sipp.scenario import ack, answer, bye, cancel, hang_up, invite, pause, reply


async def test_check_of_a_good_configuration(tmp_path: Path) -> None:
    status, out, _ = await command("check", "--config", str(configured(tmp_path)))

    assert status == 0
    assert "pjproject" in out
    assert "2048 calls" in out
    assert "mistake" not in out


async def test_check_without_settings() -> None:
    _, out, _ = await command("check", "--no-ports")

    assert "There is no outring.toml here: defaults count" in out


async def test_check_explains_every_mistake(tmp_path: Path) -> None:
    file = configured(tmp_path, SETTINGS + "nonsense = 1\n")

    status, out, _ = await command("check", "--json", "--config", str(file))
    findings = json.loads(out)

    assert status == 2
    assert [(finding["verdict"], finding["subject"]) for finding in findings] == [
        ("mistake", f"{file}:10")
    ]


async def test_check_warns_of_what_will_be_refused(tmp_path: Path) -> None:
    file = configured(tmp_path)
    url = f"sqlite:///{tmp_path}/checked.db"
    add = ("keys", "add", "--application", "x", "--json", "--config", str(file))
    _, added, _ = await command(*add, OUTRING_DATABASE_URL=url)

    status, out, _ = await command(
        "check", "--config", str(file), OUTRING_DATABASE_URL=url
    )

    assert status == 0
    assert (
        f"warning  key {json.loads(added)['id']}: The application x does not exist."
        in out
    )


async def test_check_warns_of_listeners_on_loopback_alone(tmp_path: Path) -> None:
    file, subject = configured(tmp_path), "warning  sip.listen: "

    _, alone, _ = await command("check", "--config", str(file))
    _, wider, _ = await command(
        "check", "--config", str(file), OUTRING_SIP_LISTEN="udp:0.0.0.0:0"
    )

    assert f"{subject}Nothing but this machine can be called" in alone
    assert subject not in wider


async def test_check_of_a_database_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "checked.db").write_text("no database" * 100)
    url = f"sqlite:///{tmp_path}/checked.db"

    status, out, _ = await command("check", OUTRING_DATABASE_URL=url)

    assert status == 2
    assert "mistake  database: The database " in out


@pytest.mark.sipp
async def test_call_follows_the_call_to_its_end(
    tmp_path: Path, sipp: SippFactory
) -> None:
    steps = (invite(), reply(180), pause(300), answer(), ack(), pause(300), hang_up())
    async with serving(configured(tmp_path)) as outring, sipp(*steps) as callee:
        status, out, err = await command(
            "call", callee.uri, "--key", KEY, "--url", outring.url, "--header", "X-A=1"
        )

    assert status == 0, err
    assert out.startswith(f"Call connected, answered  {callee.uri}\n")
    for words in (
        "applicationUUID",
        "hung up by",
        "attempt 1",
        "at ended",
        "SIP response headers",
        "Contact",
    ):
        assert words in out


@pytest.mark.sipp
async def test_call_that_fails(tmp_path: Path, sipp: SippFactory) -> None:
    async with (
        serving(configured(tmp_path)) as outring,
        sipp(invite(), reply(486), ack()) as callee,
    ):
        status, out, _ = await command(
            "call", callee.uri, "--json", OUTRING_API_KEY=KEY, OUTRING_URL=outring.url
        )

    assert status == 1
    assert json.loads(out)["answer"]["sip"]["status"] == 486


async def test_a_call_that_is_not_waited_for(tmp_path: Path) -> None:
    async with serving(configured(tmp_path)) as outring, listening() as callee:
        where = ("--key", KEY, "--url", outring.url)
        status, out, _ = await command("call", callee.uri("rings"), "--async", *where)

    assert (status, out.splitlines()[0][:16]) == (0, "Request accepted")
    assert re.search(r"look-up +/api/v1/bvr/calls/[0-9a-f-]{36} *\n", out)
    assert re.search(r"events +/api/v1/bvr/calls/[0-9a-f-]{36}/events *\n", out)


@pytest.mark.sipp
async def test_ctrl_c_hangs_up(tmp_path: Path, sipp: SippFactory) -> None:
    async with (
        serving(configured(tmp_path)) as outring,
        sipp(invite(), reply(180), cancel(), reply(487), ack()) as callee,
    ):
        process = await asyncio.create_subprocess_exec(
            *COMMAND,
            *("call", callee.uri, "--key", KEY, "--url", outring.url),
            stdout=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(10):
            while "Ringing" not in callee.story():
                await asyncio.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, _ = await process.communicate()

    assert out.startswith(b"Hung up, cancelled")
    assert re.search(rb"applicationUUID +[0-9a-f-]{36} *\n", out)
    assert re.search(rb"state +ended *\n", out)
    assert process.returncode == 1


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (
            "http://127.0.0.1:1",
            "http://127.0.0.1:1 cannot be reached: nothing listens there. "
            "`outring serve` runs the platform.",
        ),
        (
            "http://outring.invalid:1",
            "http://outring.invalid:1 cannot be reached: Domain name not found.",
        ),
        (
            "127.0.0.1:1",
            "127.0.0.1:1/api/v1/bvr/calls is not a URL: it has to begin with http:// or https://.",
        ),
    ],
)
async def test_call_without_a_server(url: str, sentence: str) -> None:
    status, _, err = await command(
        "call", "sip:a@127.0.0.1", "--key", KEY, "--url", url
    )

    assert (status, err) == (2, f"outring: {sentence}\n")


async def test_a_terminal_without_a_character(tmp_path: Path) -> None:
    status, out, err = await fresh_command(
        *("accounts", "add", "acme", "--name", "Jörg"),
        OUTRING_DATABASE_URL=f"sqlite:///{tmp_path}/outring.db",
        PYTHONIOENCODING="ascii",
    )

    assert (status, err) == (0, "")
    assert out == "id\tacme\nname\tJ?rg\n"


async def test_version_and_help() -> None:
    assert (await fresh_command("--version"))[1].startswith("outring ")
    for page in ((), ("serve",), ("check",), ("call",)):
        status, out, _ = await command(*page, "--help")
        assert (status, "Usage" in out) == (0, True)


@pytest.mark.sipp
async def test_max_duration_and_bye(tmp_path: Path, sipp: SippFactory) -> None:
    async with (
        serving(configured(tmp_path)) as outring,
        sipp(invite(), answer(), ack(), bye()) as callee,
    ):
        status, out, _ = await command(
            "call",
            callee.uri,
            "--key",
            KEY,
            "--url",
            outring.url,
            "--max-duration",
            "1",
        )

    assert (status, "origin local-cancel" in out) == (0, True)


@pytest.mark.sipp
async def test_a_call_speaks_to_whoever_answers(tmp_path: Path) -> None:
    async with serving(configured(tmp_path)) as outring, called() as callee:
        status, out, _ = await command(
            *("call", callee.uris[0], "--say", "Hello, who is it?", "--voice", "de"),
            *("--key", KEY, "--url", outring.url),
        )
        end = await callee.until("caller_hung_up")

    assert (status, end["heard_s"] > 0.5) == (0, True)
    assert "application ended how exit" in " ".join(out.split())


async def test_a_voice_without_a_text_is_refused() -> None:
    status, _, err = await command(
        "call", "sip:a@127.0.0.1", "--key", KEY, "--voice", "de"
    )

    assert status == 2
    assert "There is nothing to --say" in err
