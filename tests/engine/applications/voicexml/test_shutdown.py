"""What callers of VoiceXML have when the process stops: until then their dialog, then BYE."""

import signal
from pathlib import Path

import aiohttp
import pytest

from tests.conftest import SippFactory
from tests.engine.applications.conftest import REPORT, Web
from tests.engine.applications.voicexml.conftest import HUNG_UP, LONG, field, form, page
from tests.engine.process import KEY, PLATFORM, SETTINGS, configured, serving
from tests.sipp.scenario import ack, answer, bye, invite, reply


@pytest.mark.sipp
async def test_a_dialog_ends_with_its_process_and_has_its_last_words(
    tmp_path: Path, server: Web, sipp: SippFactory
) -> None:
    last = f'<catch event="{HUNG_UP}"><submit next="{server.url}{REPORT}?name=stopped"/></catch>'
    uri = server.serve(page(last + form(field(LONG))))
    kind = f'id = "hello"\ntype = "VXML"\nuri = "{uri}"'
    file = configured(
        tmp_path,
        f"{SETTINGS}\n[call]\ndrain_ms = 100\n",
        PLATFORM.replace('id = "hello"', kind),
    )
    async with (
        serving(file) as outring,
        sipp(invite(), reply(180), answer(), ack(), bye()) as callee,
        aiohttp.ClientSession() as http,
    ):
        request = {"action": "makeCall", "to": callee.uri, "apiKey": KEY}
        url = f"{outring.url}/api/v1/bvr/outbound"
        async with http.post(url, json=request) as response:
            assert (await response.json())["result"] == "Call connected"
        outring.signal(signal.SIGTERM)
        assert await outring.ended() == 0
    await server.told("stopped")
