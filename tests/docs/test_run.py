"""Every command of ``docs/run.md`` works on a platform that runs."""

import re
import shlex
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.platform.objects import digest_of
from tests.docs.test_commands import commands
from tests.engine.callee import called
from tests.engine.process import (
    KEY,
    PLATFORM,
    SETTINGS,
    Outring,
    command,
    configured,
    serving,
)

pytestmark = pytest.mark.sipp

TOKEN = "token-of-the-runbook"
OBJECTS = """
[[proxy]]
id = "east"
address = "sip:127.0.0.1:1;transport=tcp"
"""
LINES = [line for line in commands("docs/run.md") if "check" not in line]
ASKS = re.compile(r"outring hangup ")


@pytest.fixture(scope="module")
async def outring(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Outring]:
    """The platform of the page, on which nobody calls."""
    settings = f'{SETTINGS}\n[admin]\ntoken_sha256 = "{digest_of(TOKEN)}"\n'
    platform = PLATFORM.replace("hello", "reminders") + OBJECTS
    folder = tmp_path_factory.mktemp("runbook")
    async with serving(configured(folder, settings, platform)) as process:
        yield process


@pytest.fixture(scope="module")
async def uuid(outring: Outring) -> str:
    """The call that the page looks at."""
    where = ("--key", KEY, "--url", outring.url, "--json")
    async with called() as callee:
        _, out, _ = await command("call", callee.uris[0], "--say", "Hello.", *where)
    found = re.search(r'"applicationUUID": "([\w-]+)"', out)
    assert found, out
    return found[1]


@pytest.mark.parametrize("line", LINES)
async def test_a_command(
    outring: Outring, uuid: str, tmp_path: Path, line: str
) -> None:
    words = shlex.split(line.replace("UUID", uuid), comments=True)[1:]
    words += ["--yes"] if ASKS.match(line) else []
    status, _, err = await command(
        *words,
        OUTRING_URL=outring.url,
        OUTRING_ADMIN_TOKEN=TOKEN,
        OUTRING_API_KEY=KEY,
        HOME=str(tmp_path),
    )

    assert (status, err) == (0, "")
