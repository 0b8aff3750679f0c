"""``docs/applications.md``: each document without a finding, and on a call what it is there for."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

import ccxml
import vxml
from tests.conftest import SippFactory
from tests.documented import Page
from tests.engine.applications.conftest import REPORT, Stage, server, stage
from tests.sipp.handset import Handset, handset
from tests.sipp.scenario import (
    ack,
    answer,
    bye,
    has_header,
    invite,
    notify,
    refer,
)
from tests.sipp.sound import loudness, sweep
from tests.sipp.talking import at

__all__ = ["server", "stage"]  # fixtures of the applications, for these tests too

pytestmark = pytest.mark.sipp

TITLES = ("Say", "Ask", "Record", "Transfer")
LANGUAGES = ("ccxml", "vxml")
DESK = "sip:desk@127.0.0.1:5070"


def example(title: str, language: str) -> str:
    """The document of a section in one of the languages."""
    section = Page("applications.md").section(f"## {title}")
    blocks = re.findall(r"^```xml\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    (found,) = (block for block in blocks if block.startswith(f"<{language} "))
    return str(found)


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_wrong_with_an_example(title: str, language: str) -> None:
    parse = {"ccxml": ccxml.parse, "vxml": vxml.parse}[language]

    assert parse(example(title, language).encode(), strict=True).warnings == ()


Running = Callable[..., AbstractAsyncContextManager[Handset]]


@pytest.fixture
def running(stage: Stage, sipp: SippFactory) -> Running:
    """``async with running(title, language) as phone``: the example on a call that has ended."""

    @asynccontextmanager
    async def run(title: str, language: str, *last: str) -> AsyncIterator[Handset]:
        uri = stage.server.serve(
            example(title, language), f"application/{language}+xml"
        )
        kind = {"ccxml": "CCXML", "vxml": "VXML"}[language]
        key = await stage.application_at(uri, type=kind)
        data: dict[str, Any] = {
            "name": "Ada",
            "desk": DESK,
            "report": stage.server.url + REPORT,
        }
        async with handset() as phone:
            steps = (invite(), at(phone, answer()), ack(), *(last or (bye(),)))
            async with sipp(*steps) as callee:
                _, answered = await stage.dialer.call(
                    callee.uri, apiKey=key, appData=data
                )
                assert answered["result"] == "Call connected", answered
                yield phone
                view = await stage.ended(key, answered)
                assert view["applicationEnd"]["how"] == "exit", view

    return run


@pytest.mark.parametrize("language", LANGUAGES)
async def test_it_speaks(running: Running, language: str) -> None:
    async with running("Say", language) as phone:
        await phone.until(lambda: loudness(phone.heard()) > 100)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_it_takes_a_key(running: Running, language: str) -> None:
    async with running("Ask", language) as phone:
        await phone.until(lambda: loudness(phone.heard()) > 100)
        phone.press("1")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_it_records(running: Running, stage: Stage, language: str) -> None:
    async with running("Record", language) as phone:
        await phone.hears(50 * 4)  # the prompt and the tone
        phone.say(sweep(1000))
        await phone.until(lambda: phone.is_silent)
        phone.press("#")
    if language == "vxml":
        assert stage.server.uploads["message"][0] == "audio/x-wav"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_it_transfers(running: Running, language: str) -> None:
    sent = refer(has_header("Refer-To", f"<{DESK}>"))
    async with running("Transfer", language, sent, notify(200, cseq=1), bye()):
        pass
