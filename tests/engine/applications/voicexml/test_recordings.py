"""``record``: what a caller says, and where it goes."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp.web import Response

from engine.config.settings import Settings
from tests.engine.applications.conftest import Stage
from tests.engine.applications.voicexml.conftest import (
    HUNG_UP,
    CallFactory,
    Voiced,
    block,
    caught,
    filled,
    form,
    log,
    page,
)
from tests.sipp.scenario import hang_up, pause
from tests.sipp.sound import place_of, sweep

pytestmark = pytest.mark.sipp


def record(*parts: str, **attributes: str) -> str:
    """Record something."""
    given = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<record name="sound"{given}>{"".join(parts)}</record>'


def submit(stage: Stage) -> str:
    """Send what was recorded."""
    return (
        f'<submit next="{stage.server.url}/report" method="post" namelist="sound" '
        'enctype="multipart/form-data"/>'
    )


async def recorded(voiced: Voiced) -> bytes:
    """What the web server was sent."""
    uploads = voiced.stage.server.uploads
    await voiced.until(lambda: uploads)
    media_type, content = uploads["sound"]
    assert media_type == "audio/x-wav"
    return content


def files(stage: Stage) -> list[Path]:
    """The recordings that there are."""
    folder = stage.dialer.process.parts.applications.services.recordings.folder
    assert folder is not None
    return list(folder.iterdir()) if folder.exists() else []


async def left_nothing(stage: Stage, before: list[Path]) -> None:
    """Wait until only the recordings *before* are there."""
    async with asyncio.timeout(5):
        while files(stage) != before:
            await asyncio.sleep(0.01)


async def test_what_is_recorded_is_submitted(stage: Stage, call: CallFactory) -> None:
    before, said = files(stage), sweep(1500)
    stage.server.answer = Response(text=page(form(block(log("'done'")))))
    asks = record(filled(log("sound$.termchar"), submit(stage)), finalsilence="10s")
    async with call(form(asks)) as voiced:
        voiced.phone.say(said)
        await voiced.phone.hears(120)
        voiced.phone.press("#")
        content = await recorded(voiced)
        await voiced.logged("#", "done")

    samples = memoryview(content[len(content) % 2 + 44 :]).cast("h").tolist()
    place_of(said[800:4800], samples)
    await left_nothing(stage, before)


async def test_what_is_recorded_is_heard_again(call: CallFactory) -> None:
    said = sweep(1200)
    again = form(
        record(filled('<prompt><audio expr="sound"/></prompt>'), finalsilence="500ms"),
        block(log("sound$.maxtime")),
    )
    async with call(again) as voiced:
        voiced.phone.say(said)
        await voiced.logged("false")
        await voiced.over()
        place_of(said[800:4800], voiced.phone.heard())


async def test_nobody_speaks(call: CallFactory) -> None:
    asks = record("<noinput><log expr=\"'nobody'\"/><exit/></noinput>")
    async with call('<property name="timeout" value="300ms"/>' + form(asks)) as voiced:
        await voiced.logged("nobody")


async def test_a_key_before_anybody_speaks(call: CallFactory) -> None:
    asks = record("<noinput><log expr=\"'nobody ' + typeof sound\"/><exit/></noinput>")
    async with call('<property name="timeout" value="9s"/>' + form(asks)) as voiced:
        await voiced.phone.hears(20)
        voiced.phone.press("#")
        await voiced.logged("nobody undefined")


async def test_as_long_as_it_may_be(call: CallFactory) -> None:
    asks = record(
        filled(log("sound$.maxtime"), log("sound$.duration")), maxtime="700ms"
    )
    async with call(form(asks)) as voiced:
        voiced.phone.say(sweep(3000))
        await voiced.until(lambda: len(voiced.log) == 2)
    assert voiced.log[0] == "true"
    assert 600 <= int(voiced.log[1]) <= 700


async def test_hang_up_in_the_middle(stage: Stage, call: CallFactory) -> None:
    """What was said until then is there to be sent."""
    stage.server.answer = Response(text=page(form(block(log("'done'")))))
    document = caught(HUNG_UP, submit(stage)) + form(
        record(finalsilence="30s", maxtime="60s")
    )
    async with call(document, pause(800), hang_up()) as voiced:
        voiced.phone.say(sweep(5000))
        content = await recorded(voiced)
        await voiced.logged(HUNG_UP, "done")
    assert len(content) > 4000


@pytest.fixture
def full_folder(stage: Stage, settings: Settings) -> Iterator[None]:
    """The folder of recordings has as many bytes as it may have."""
    folder = stage.dialer.process.parts.applications.services.recordings.folder
    assert folder is not None
    folder.mkdir(exist_ok=True)
    with (folder / "everything.wav").open("wb") as file:
        file.truncate(settings.media.recordings_bytes)
    yield
    (folder / "everything.wav").unlink()


@pytest.mark.usefixtures("full_folder")
async def test_no_room(call: CallFactory) -> None:
    async with call(caught("error.noresource", "<exit/>") + form(record())) as voiced:
        await voiced.logged("error.noresource")
