"""What documents are told when the process stops."""

import signal
from pathlib import Path

import aiohttp
import pytest

from tests.ccxml.playing import EXIT, on, processor
from tests.conftest import SippFactory
from tests.engine.applications.conftest import (
    REPORT,
    Web,
    assign,
    document,
    report,
    var,
)
from tests.engine.process import KEY, PLATFORM, SETTINGS, configured, serving
from tests.sipp.scenario import ack, answer, bye, invite, reply

SHORT_DRAIN = SETTINGS + "\n[call]\ndrain_ms = 100\n"
LAST_WORDS = (
    var("why")
    + var("report")
    + processor(
        on(
            "connection.connected",
            assign("report", "event$.connection.appdata.report"),
            report("answered", target="report"),
        ),
        on(
            "ccxml.kill",
            assign("why", "event$.reason"),
            report("killed", "why", target="report"),
            EXIT,
        ),
    )
)


@pytest.mark.sipp
async def test_a_live_session_is_told_that_the_node_stops_and_has_its_last_words(
    tmp_path: Path, server: Web, sipp: SippFactory
) -> None:
    uri = server.serve(document(LAST_WORDS))
    platform = PLATFORM.replace('id = "hello"', f'id = "hello"\nuri = "{uri}"')
    file = configured(tmp_path, SHORT_DRAIN, platform)
    async with (
        serving(file) as outring,
        sipp(invite(), reply(180), answer(), ack(), bye()) as callee,
        aiohttp.ClientSession() as http,
    ):
        request = {
            "action": "makeCall",
            "to": callee.uri,
            "apiKey": KEY,
            "appData": {"report": server.url + REPORT},
        }
        url = f"{outring.url}/api/v1/bvr/outbound"
        async with http.post(url, json=request) as response:
            assert (await response.json())["result"] == "Call connected"
        await server.told("answered")
        outring.signal(signal.SIGTERM)
        assert (await server.told("killed"))["why"] == "the node is stopping"
        assert await outring.ended() == 0
