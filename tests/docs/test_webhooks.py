"""The commands and the receiver of ``docs/webhooks.md`` do what the page says."""

import asyncio
import os
import re
import shlex
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from engine.platform.objects import digest_of
from engine.platform.webhook_fields import encode_secret
from engine.webhooks.delivery_queue import WAITING_LIMIT
from engine.webhooks.retry_policy import GIVE_UP_S, JITTER, PAUSES_S, TIMEOUT_S
from engine.webhooks.webhook_runner import AT_ONCE
from tests.docs.test_commands import commands
from tests.documented import Page
from tests.engine.process import PLATFORM, SETTINGS, command, configured, serving
from tests.engine.webhooks.receiver import receiving
from tests.platform import ADMIN_TOKEN

PAGE = Page("webhooks.md")
ADMIN = f'[admin]\ntoken_sha256 = "{digest_of(ADMIN_TOKEN)}"\n'
SECRET = encode_secret(b"k" * 32)
ROTATE = "outring webhooks rotate crm"
LIMIT_S = 20.0


async def test_the_commands_can_be_given_one_after_another(tmp_path: Path) -> None:
    lines = [line for line in commands("docs/webhooks.md") if "simulate" not in line]
    async with (
        receiving() as receiver,
        serving(configured(tmp_path, SETTINGS + ADMIN, PLATFORM)) as outring,
    ):
        for line in lines:
            text = line.replace("https://crm.example.com/outring", receiver.uri)
            text = text.replace("--account acme", f"--account acme --secret {SECRET}")
            status, _, err = await command(
                *shlex.split(text)[1:],
                OUTRING_URL=outring.url,
                OUTRING_ADMIN_TOKEN=ADMIN_TOKEN,
                HOME=str(tmp_path),
            )
            note = "" if line != ROTATE else "The secret is shown this once.\n"
            assert (status, err) == (0, note), line

    assert len(lines) > 8
    assert [event["type"] for event in receiver.taken] == ["call.ended"]


async def test_the_receiver_counts_each_event_once(tmp_path: Path) -> None:
    async with receiver_of_the_page(tmp_path) as (uri, process):
        status, _, _ = await command(
            *("webhooks", "simulate", uri, "--secret", SECRET, "--double", "0.5"),
            *("--calls", "5"),
        )
        refused, _, _ = await command(
            *("webhooks", "simulate", uri, "--calls", "1", "--tries", "1")
        )
    assert process.stdout is not None
    lines = (await process.stdout.read()).decode().splitlines()

    assert (status, refused) == (0, 1)
    assert len(lines) == len(set(lines)) == 35


@asynccontextmanager
async def receiver_of_the_page(
    folder: Path,
) -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
    """The program of the page as a process, and where it listens."""
    (program,) = re.findall(r"^```python\n(.*?)^```", PAGE.text, re.M | re.S)
    (folder / "receiver.py").write_text(program)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(folder / "receiver.py")),
        env={**os.environ, "PORT": str(port), "OUTRING_WEBHOOK_SECRET": SECRET},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        await until_it_listens(port)
        yield f"http://127.0.0.1:{port}/", process
    finally:
        process.kill()
        await process.wait()


async def until_it_listens(port: int) -> None:
    async with asyncio.timeout(LIMIT_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            await writer.wait_closed()
            return


def test_the_figures_are_those_of_the_program() -> None:
    text = " ".join(PAGE.text.split())

    assert PAUSES_S == (5, 30, 120, 600, 3600)
    assert (
        "after 5 seconds, 30 seconds, 2 minutes, 10 minutes, and then each hour" in text
    )
    assert (TIMEOUT_S, GIVE_UP_S, JITTER) == (10, 24 * 3600, 0.2)
    assert f"{AT_ONCE} events to one webhook at once" in text
    assert f"{WAITING_LIMIT:,} deliveries" in text
