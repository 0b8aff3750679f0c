"""Some of the W3C's tests of VoiceXML on real calls, all at once: a callee presses what it is asked for.

``tests/vxml/w3c/`` runs all of them without calls, and says which those are.
"""

import asyncio
import itertools
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial

import pytest

from tests.conftest import SippFactory
from tests.engine.applications.conftest import Stage, Web
from tests.engine.applications.voicexml.conftest import Voiced, Voices
from tests.engine.applications.voicexml.test_transfers import DESK, TRYING
from tests.sipp.handset import Handset
from tests.sipp.scenario import (
    ack,
    answer,
    bye,
    cancel,
    hang_up,
    has_header,
    invite,
    notify,
    pause,
    refer,
    reply,
)
from tests.sipp.sound import loudness, place_of, sweep, wav
from tests.vxml.w3c.caller import keys_asked_by
from tests.vxml.w3c.expectations import HEARD, LACKING, ON_CALLS
from tests.vxml.w3c.suite import FOLDER, PASSED, Suite, suites
from vxml import commands as c

pytestmark = [
    pytest.mark.sipp,
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"{FOLDER} is not there"),
]

LIMIT_S = 60.0
SOUND = sweep(600)
NUMBER = b"tel:+18005551212"
TALKS = (invite(), answer(), ack(), bye())

OTHERS: Mapping[str, Sequence[str]] = {
    "290.vxml": TALKS,
    "295.vxml": (invite(), reply(180), cancel(), reply(487), ack()),
    "296.vxml": TALKS,
    "300.vxml": TALKS,
    "301.vxml": (invite(), reply(486), ack()),
    "302.vxml": (invite(), reply(503), ack()),
}
"""What becomes of the call to whom a test transfers its caller."""

ENDS: Mapping[str, Sequence[str]] = {
    "289.vxml": (
        refer(has_header("Refer-To", f"<{DESK}>")),
        TRYING,
        notify(200, cseq=2),
        bye(),
    ),
    "300.vxml": (pause(3000), hang_up()),
}
"""How the call of a test ends, if not by our BYE."""

WHILE_TRANSFERRED = {"290.vxml": "1"}
"""The key that a caller presses to get back."""


async def test_on_calls(stage: Stage, sipp: SippFactory) -> None:
    """All of them pass at once."""
    for suite in suites():
        _serve(stage.server, suite)
    placed = {
        entry: asyncio.create_task(_play(stage, sipp, _path(suite, entry), entry))
        for suite in suites()
        for entry in suite.entries
        if entry in ON_CALLS
    }
    assert set(placed) == set(ON_CALLS)
    ends = await asyncio.gather(*placed.values(), return_exceptions=True)

    verdicts = dict(zip(placed, ends, strict=True))
    for entry in HEARD.keys() & placed:
        heard = verdicts.pop(entry)
        assert isinstance(heard, list), heard
        place_of(SOUND, heard)
    assert verdicts == dict.fromkeys(verdicts, PASSED)


def _path(suite: Suite, name: str) -> str:
    return f"/{suite.folder.name}/{name}"


def _serve(server: Web, suite: Suite) -> None:
    """Serve all documents and grammars of *suite*, and what it lacks: sounds of ours."""
    for name in (*suite.files, *LACKING):
        content = suite.read(name)
        assert content is not None
        server.files[_path(suite, name)] = content, "text/xml"
    for name in itertools.chain.from_iterable(HEARD.values()):
        if name.endswith(".wav"):
            server.files[_path(suite, name)] = wav(SOUND), "audio/wav"


async def _play(stage: Stage, sipp: SippFactory, path: str, entry: str) -> object:
    """Place the call of a test, and play its caller; the verdict, or what it has heard."""
    async with AsyncExitStack() as stack:
        if entry in OTHERS:
            other = await stack.enter_async_context(sipp(*OTHERS[entry]))
            _set_number(stage.server, path, other.uri)
        elif entry in ENDS:
            _set_number(stage.server, path, DESK)
        call = Voices(stage, sipp).call_at(
            stage.server.url + path, *ENDS.get(entry, ())
        )
        voiced = await stack.enter_async_context(call)
        async with asyncio.timeout(LIMIT_S):
            end = await _press_what_is_asked_for(voiced, entry)
        if end.reason is not None:
            return end.reason
        if entry in HEARD:
            await voiced.over()
            return voiced.phone.heard()
        return end.expr


def _set_number(server: Web, path: str, uri: str) -> None:
    """Let the test at *path* transfer its caller to *uri*."""
    content, kind = server.files[path]
    assert isinstance(content, bytes)
    server.files[path] = content.replace(NUMBER, uri.encode()), kind


async def _press_what_is_asked_for(voiced: Voiced, entry: str) -> c.Exited:
    """Do what the prompts say, as soon as they are heard, until the test has ended."""
    phone, considered = voiced.phone, 0
    if entry in WHILE_TRANSFERRED:
        await voiced.told("connection.connected", 2)
        phone.press(WHILE_TRANSFERRED[entry])
    while True:
        news = voiced.asked[considered:]
        considered += len(news)
        if keys := keys_asked_by(news):
            await phone.until(partial(_hears, phone, len(phone.packets)))
            phone.press(keys)
        for command in news:
            if isinstance(command, c.Exited):
                return command
        await asyncio.sleep(0.01)


def _hears(phone: Handset, since: int) -> bool:
    """Whether anything is said after the first *since* packets."""
    return loudness(phone.heard(since)) > 100
