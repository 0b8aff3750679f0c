"""The programs of ``docs/api.md`` place calls, and tell what became of them."""

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

from tests.conftest import Dialer, SippFactory, View
from tests.documented import Page
from tests.platform import KEY
from tests.sipp.scenario import ack, answer, bye, cancel, invite, reply

pytestmark = pytest.mark.sipp

LIMIT_S = 20.0
ANSWERS = (invite(), answer(), ack(), bye())
RINGS = (invite(), reply(180), cancel(), reply(487), ack())
RUN = {"python": (sys.executable, "dial.py"), "js": ("node", "dial.mjs")}


async def run(language: str, folder: Path, url: str, to: str) -> str:
    """Run the program in *language*, which waits no longer than a second; what it prints."""
    text = Page("api.md").text
    (program,) = re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)
    command, name = RUN[language]
    (folder / name).write_text(re.sub("60_?000", "1000", program))
    process = await asyncio.create_subprocess_exec(
        *(command, str(folder / name), to),
        env={**os.environ, "OUTRING_URL": url, "OUTRING_API_KEY": KEY},
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(LIMIT_S):
        out, _ = await process.communicate()
    assert process.returncode == 0
    return out.decode()


async def live_calls(dialer: Dialer) -> list[View]:
    """The calls that the program has left."""
    url = f"{dialer.process.url}/api/v1/bvr/calls"
    async with dialer.http.get(url, headers={"X-API-Key": KEY}) as response:
        return list((await response.json())["calls"])


@pytest.mark.parametrize("language", RUN)
@pytest.mark.parametrize(
    ("steps", "says"),
    [
        (ANSWERS, "answered after "),
        ((invite(), reply(486), ack()), "Call failed busy"),
        (RINGS, "not known yet: ringing"),
    ],
    ids=["answered", "busy", "rings"],
)
async def test_a_program(
    dialer: Dialer,
    sipp: SippFactory,
    tmp_path: Path,
    language: str,
    steps: tuple[str, ...],
    says: str,
) -> None:
    async with sipp(*steps) as callee:
        out = await run(language, tmp_path, dialer.process.url, callee.uri)
        for call in await live_calls(dialer):
            await dialer.hang_up(call)
            await dialer.ended(call)

    assert out.startswith(says)
