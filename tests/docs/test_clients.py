"""The programs of ``docs/clients.md`` do what they say, and its tables name what is there."""

import asyncio
import base64
import os
import re
import sys
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import outring_client
import pytest
from outring_client import AsyncOutring, CallOptions, Outring
from standardwebhooks import Webhook

from tests.clients.typescript import (
    CLIENT,
    compile_programs,
    install_client,
    run_javascript,
)
from tests.conftest import Dialer, SippFactory
from tests.documented import Page
from tests.platform import KEY
from tests.sipp.scenario import ack, answer, bye, hang_up, invite, reply

pytestmark = pytest.mark.timeout(300)  # for the compiler

PAGE = Page("clients.md")
TO = "sip:me@127.0.0.1:5070"
SECRET = "whsec_" + base64.b64encode(b"a secret of the tests").decode()
ANSWERS = (invite(), answer(), ack(), bye())
HANGS_UP = (invite(), answer(), ack(), hang_up())
BUSY = (invite(), reply(486), ack())


def blocks(language: str) -> list[str]:
    """The blocks of the page in *language*."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.text, re.M | re.S)


class Programs:
    """The blocks of the page, ready to run; those in TypeScript are compiled."""

    def __init__(self, folder: Path) -> None:
        install_client(folder)
        self._folder = folder
        self._texts = {
            "python": blocks("python"),
            "ts": compile_programs(folder, blocks("ts")),
        }

    async def run(
        self,
        dialer: Dialer,
        program: tuple[str, int],
        to: str = TO,
        more: str = "",
    ) -> str:
        """Run a block, with *to* as whom it calls and *more* at its end; what it prints."""
        language, number = program
        text = self._texts[language][number].replace(TO, to) + more
        environment = {
            "OUTRING_URL": dialer.process.url,
            "OUTRING_API_KEY": KEY,
            "OUTRING_WEBHOOK_SECRET": SECRET,
        }
        if language == "ts":
            return await run_javascript(self._folder, text, **environment)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", text),
            env={**os.environ, **environment, "PYTHONPATH": ":".join(sys.path)},
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await process.communicate()
        assert process.returncode == 0
        return out.decode()


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Programs:
    """The blocks of the page."""
    return Programs(tmp_path_factory.mktemp("clients"))


LANGUAGES = pytest.mark.parametrize("language", ["python", "ts"])


@LANGUAGES
@pytest.mark.sipp
async def test_the_shortest_program(
    dialer: Dialer, sipp: SippFactory, programs: Programs, language: str
) -> None:
    async with sipp(*ANSWERS) as callee:
        out = await programs.run(dialer, (language, 0), callee.uri)
        disposition, status, uuid = out.split()
        await dialer.hang_up({"applicationUUID": uuid})
        await dialer.ended({"applicationUUID": uuid})

    assert (disposition, status) == ("answered", "200")


def test_the_shortest_program_has_eight_lines() -> None:
    assert len(blocks("python")[0].splitlines()) == 8
    assert len(blocks("ts")[0].splitlines()) <= 8


@LANGUAGES
@pytest.mark.sipp
@pytest.mark.parametrize(
    ("steps", "says"), [(HANGS_UP, "answered callee"), (BUSY, "busy callee")]
)
async def test_the_program_that_waits_for_the_end(
    dialer: Dialer,
    sipp: SippFactory,
    programs: Programs,
    language: str,
    steps: tuple[str, ...],
    says: str,
) -> None:
    async with sipp(*steps) as callee:
        out = await programs.run(dialer, (language, 1), callee.uri)

    assert out.strip() == says


@LANGUAGES
async def test_the_program_is_refused(
    dialer: Dialer, programs: Programs, language: str
) -> None:
    out = await programs.run(dialer, (language, 1), "sip:0900@127.0.0.1")

    assert out.startswith("not called: Number denied")


@LANGUAGES
@pytest.mark.sipp
async def test_the_events_of_a_call(
    dialer: Dialer, sipp: SippFactory, programs: Programs, language: str
) -> None:
    async with sipp(*BUSY) as callee:
        out = await programs.run(dialer, (language, 2), callee.uri)

    types = re.findall(r"^(\d) (call\.\w+) \{", out, re.M)
    kinds = ["call.queued", "call.sent", "call.ended"]
    assert types == [(str(seq), kind) for seq, kind in enumerate(kinds, 1)]


@LANGUAGES
async def test_a_webhook(dialer: Dialer, programs: Programs, language: str) -> None:
    now = datetime.now(UTC)
    body = '{"type": "call.ended"}'
    headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("evt_1", now, body),
    }
    calls = {
        "python": f"\nfor b in ({body!r}, 'x'):\n    print(on_webhook(b.encode(), {headers!r}))",
        "ts": f"\nfor (const b of [{body!r}, 'x'])\n  console.log(onWebhook(b, new Headers({headers!r})));",
    }
    out = await programs.run(dialer, (language, 3), more=calls[language])

    assert "call.ended" in out
    assert re.findall(r"^\d+$", out, re.M) == ["204", "401"]


@LANGUAGES
async def test_an_operation_that_was_generated(
    dialer: Dialer, programs: Programs, language: str
) -> None:
    out = await programs.run(dialer, (language, 4))

    assert re.search(r"license(_=|: )1500", out)


def test_every_block_is_run() -> None:
    assert len(blocks("python")) == len(blocks("ts")) == 5


def test_every_method_is_named() -> None:
    for kind in (Outring, AsyncOutring):
        methods = {name for name in vars(kind) if not name.startswith("_")}
        named = set(re.findall(r"^\| `(\w+)\(", PAGE.section("## A call"), re.M))
        assert named == methods - {"close", "aclose"}


def test_every_option_is_named() -> None:
    for name in CallOptions.__annotations__:
        assert f"`{name}`" in PAGE.section("## A call")


def test_every_error_is_named() -> None:
    errors = {name for name in outring_client.__all__ if name.endswith("Error")}
    named = set(re.findall(r"^\| `(\w+Error)` ", PAGE.section("## Errors"), re.M))

    assert named == errors - {"OutringError", "RefusedError"}
    for name in errors:
        assert f"  {name}," in (CLIENT / "src/index.ts").read_text()


def test_the_usual_retries_are_described() -> None:
    usual = {f.name: f.default for f in fields(outring_client.Retries)}

    assert (usual["attempts"], usual["first_pause_s"], usual["max_pause_s"]) == (
        *(4, 0.5, 30.0),
    )
