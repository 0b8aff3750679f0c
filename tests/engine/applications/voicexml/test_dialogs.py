"""VoiceXML as a dialog of a CCXML document."""

import asyncio

import pytest

from engine.dialogs.voicexml.documents import VOICEXML
from tests.conftest import SippFactory
from tests.engine.applications.conftest import Stage
from tests.engine.applications.test_dialogs import (
    EXITED,
    NOT_PREPARED,
    NOT_STARTED,
    talking,
)
from tests.engine.applications.voicexml.conftest import (
    HUNG_UP,
    LONG,
    block,
    field,
    filled,
    form,
    page,
)
from tests.sipp.scenario import hang_up, pause

pytestmark = pytest.mark.sipp

ASKS = form(field("Press a digit.", filled('<exit namelist="digit"/>')))


def serve(stage: Stage, body: str) -> str:
    """Serve a document with this body; its URL."""
    return stage.server.serve(page(body), VOICEXML)


async def test_values_come_back(stage: Stage, sipp: SippFactory) -> None:
    async with talking(stage, sipp) as talk:
        identity = await talk.start(serve(stage, ASKS), VOICEXML)
        await talk.phone.hears(20)
        talk.phone.press("5")
        assert await talk.exit() == {"digit": "5"}

    ended = talk.story.the(EXITED)
    assert (ended["dialogid"], ended["connectionid"]) == (identity, talk.call)


async def test_prepared_and_started(stage: Stage, sipp: SippFactory) -> None:
    url = serve(stage, form(block("<exit expr=\"[1, {a: 'b'}]\"/>")))
    async with talking(stage, sipp) as talk:
        prepared = await talk.prepare(url, VOICEXML)
        talk.story.send("start.prepared", id=prepared["dialogid"])
        assert await talk.exit() == {"expr": [1, {"a": "b"}]}


async def test_what_the_document_gives_it(stage: Stage, sipp: SippFactory) -> None:
    shown = "[session.connection.ccxml.values, session.connection.remote.uri]"
    url = serve(stage, form(block(f'<exit expr="{shown}"/>')))
    async with talking(stage, sipp) as talk:
        await talk.start(url, VOICEXML)
        values, remote = (await talk.exit())["expr"]
    assert values == {"event$.who": "Ada"} or "Ada" in values.values()
    assert remote.startswith("sip:")


async def test_an_event_for_it(stage: Stage, sipp: SippFactory) -> None:
    catches = '<catch event="tell.me"><exit expr="_event"/></catch>'
    url = serve(stage, catches + form(field(LONG)))
    async with talking(stage, sipp) as talk:
        identity = await talk.start(url, VOICEXML)
        await talk.phone.hears(10)
        talk.story.send("send", id=identity)
        assert await talk.exit() == {"expr": "tell.me"}
        await talk.story.told("send.successful")


@pytest.mark.parametrize(
    ("immediate", "values"), [(False, {"expr": HUNG_UP}), (True, {})]
)
async def test_terminate(
    stage: Stage, sipp: SippFactory, immediate: bool, values: dict[str, str]
) -> None:
    """Its last words are values; what is immediate has none."""
    catches = f'<catch event="{HUNG_UP}"><exit expr="_event"/></catch>'
    async with talking(stage, sipp) as talk:
        url = serve(stage, catches + form(field(LONG)))
        identity = await talk.start(url, VOICEXML)
        await talk.phone.hears(10)
        talk.story.send("terminate", id=identity, immediate=immediate)
        assert await talk.exit() == values
        assert not talk.story.all("connection.disconnected")


async def test_disconnect_is_for_the_document(stage: Stage, sipp: SippFactory) -> None:
    body = '<var name="x" expr="1"/>' + form(block('<disconnect namelist="x"/>'))
    async with talking(stage, sipp) as talk:
        await talk.start(serve(stage, body), VOICEXML)
        told = await talk.story.told("dialog.disconnect")
        assert await talk.exit() == {}
        assert not talk.story.all("connection.disconnected")
    assert told["values"] == {"x": 1}


async def test_transfer_is_for_the_document(stage: Stage, sipp: SippFactory) -> None:
    """It performs it as it likes, and says what came of it."""
    asks = '<transfer name="t" type="bridge" dest="tel:+1" maxtime="9s" aai="a">{}</transfer>'
    said = filled('<exit namelist="t"/>')
    async with talking(stage, sipp) as talk:
        url = serve(stage, form(asks.format(said)))
        identity = await talk.start(url, VOICEXML)
        told = await talk.story.told("dialog.transfer")
        talk.story.send("complete", id=identity)
        assert await talk.exit() == {"t": "busy"}
    assert (told["type"], told["uri"], told["maxtime"], told["aai"]) == (
        "bridge",
        "tel:+1",
        "9.000s",
        "a",
    )


async def test_hang_up(stage: Stage, sipp: SippFactory) -> None:
    """What it does then may last longer than the connection."""
    catches = (
        f'<catch event="{HUNG_UP}"><data name="d" src="{stage.server.slow_url}"/>'
        '<exit expr="d.documentElement.nodeName"/></catch>'
    )
    stage.server.slow_text = "<last/>"
    url = serve(stage, catches + form(field(LONG)))
    async with talking(stage, sipp, pause(500), hang_up()) as talk:
        await talk.start(url, VOICEXML)
        await talk.story.told("connection.disconnected")
        stage.server.goes_on.set()
        assert await talk.exit() == {"expr": "last"}


async def test_what_cannot_be_got_ready(stage: Stage, sipp: SippFactory) -> None:
    async with talking(stage, sipp) as talk:
        talk.ask("prepare", stage.server.url + "/none", VOICEXML)
        first = await talk.story.told(NOT_PREPARED)
        talk.ask("start", serve(stage, "<none/>"), VOICEXML)
        second = await talk.story.told(NOT_STARTED)
    assert "404" in first["reason"]
    assert "none" in second["reason"]


async def test_an_error_is_its_end(stage: Stage, sipp: SippFactory) -> None:
    async with talking(stage, sipp) as talk:
        await talk.start(
            serve(stage, form(block("<throw event='error.x'/>"))), VOICEXML
        )
        told = await talk.story.told("error.dialog")
        assert "error.x" in told["reason"]
        assert not talk.story.all(EXITED)


async def test_as_many_as_there_may_be(
    stage: Stage, sipp: SippFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    voices = stage.dialer.process.parts.applications.vxml_sessions
    monkeypatch.setattr(voices, "max_sessions", 1)
    async with talking(stage, sipp) as talk:
        url = serve(stage, form(field(LONG)))
        await talk.start(url, VOICEXML)
        talk.ask("start", url, VOICEXML)
        told = await talk.story.told(NOT_STARTED)
        assert "in use" in told["reason"]
    async with asyncio.timeout(5):
        while voices:
            await asyncio.sleep(0.01)
