"""``makeCall`` with a VoiceXML application: what callees hear and press, and what comes of it."""

import pytest

from tests.sipp.scenario import hang_up, pause
from tests.sipp.sound import loudness, place_of, sweep, wav
from tests.voicexml.conftest import QUIET, CallFactory, block, form, log, page

pytestmark = pytest.mark.sipp

FIELD = '<field name="digit" type="digits?length=1">{}</field>'


async def test_says_something_and_hangs_up(call: CallFactory) -> None:
    async with call(form(block("Hello"))) as voiced:
        await voiced.over()
        assert loudness(voiced.phone.heard()) > 100

    assert voiced.ending == "exit"
    assert voiced.the("connection.disconnected")["trigger"] == "local"


async def test_a_key(call: CallFactory) -> None:
    field = FIELD.format(f"Press a digit.<filled>{log('digit')}</filled>")
    async with call(form(field)) as voiced:
        await voiced.plays()
        voiced.phone.press("7")
        await voiced.logged("7")

    assert voiced.ending == "exit"
