"""Documents of other projects run on real calls, to their end."""

import asyncio

import pytest

from engine.model.disposition import EndRequester
from tests.ccxml.test_corpus import CORPUS
from tests.conftest import SETTLE_S, SippFactory
from tests.engine.applications.conftest import Stage
from tests.sipp.scenario import ack, answer, bye, hang_up, invite, pause, reply

pytestmark = [
    pytest.mark.sipp,
    pytest.mark.skipif(
        not CORPUS.is_dir(), reason=f"no corpus of CCXML documents at {CORPUS}"
    ),
]

DETECTS = "blueworx__bvr-samples/ccxml/call-progress-analysis/amd_fax.ccxml"
DIALS = "howethomas__voxeo-auto-dialer/ccxml/call_start_demo.xml"
SHORT_CALL = (invite(), reply(180), answer(), ack(), pause(300), hang_up())
INBOUND = [
    "blueworx__bvr-samples/ibm-voice-gateway/Simple.ccxml",
    "blueworx__bvr-samples/ibm-voice-gateway/Transfer.ccxml",
    "RadishSystems__choiceview-webapi-voxeo-demo/VoxeoRadishDemo/ccxml/start.ccxml",
    "aporthos974__ccxml-test/static/index.ccxml",
]


def served(stage: Stage, path: str) -> str:
    """The URL of a document of the corpus."""
    return stage.server.serve((CORPUS / path).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("path", "number"), [(DETECTS, "destination"), (DIALS, "numberToDial")]
)
@pytest.mark.parametrize(
    ("steps", "result"),
    [
        (SHORT_CALL, "Call connected"),
        ((invite(), reply(180), reply(486), ack()), "Call failed"),
    ],
    ids=["answered", "busy"],
)
async def test_an_outbound_document_calls_and_ends(
    stage: Stage,
    sipp: SippFactory,
    path: str,
    number: str,
    steps: tuple[str, ...],
    result: str,
) -> None:
    key = await stage.application_at(served(stage, path))
    async with sipp(*steps) as callee:
        status, body = await stage.start(key, appData={number: callee.uri})
        assert (status, body["result"]) == (200, "Application started")
    if path == DETECTS and result == "Call failed":  # it waits for ever then
        await stage.dialer.calls(body["applicationUUID"], "DELETE", key=key)
        (running,) = stage.dialer.process.parts.applications.sessions_of_request(
            body["applicationUUID"]
        )
        running.kill("it takes ccxml.kill for any event", EndRequester.CLIENT)
    view = await stage.ended(key, body)
    assert [call["result"] for call in view["calls"]] == [result]
    names = [moment.event.name for moment in trace(stage, body) if moment.event]
    assert names[:1] == ["ccxml.loaded"]
    last = "connection.failed" if result == "Call failed" else "connection.disconnected"
    assert last in names


def trace(stage: Stage, body: dict[str, str]) -> list:  # type: ignore[type-arg]
    """What the session of *body* did."""
    applications = stage.dialer.process.parts.applications
    return list(applications.traces(body["applicationUUID"])[0].steps)


async def test_the_smallest_document_starts_and_ends(stage: Stage) -> None:
    key = await stage.application_at(
        served(stage, "w3.org__TR-ccxml-examples/teardown.asp")
    )
    status, body = await stage.start(key)
    assert (status, body["result"]) == (200, "Application started")
    view = await stage.ended(key, body)
    assert view["terminationReason"] == "exit"


@pytest.mark.parametrize("path", INBOUND)
async def test_an_inbound_document_on_a_call_that_was_asked_for_ends_with_it(
    stage: Stage, sipp: SippFactory, path: str
) -> None:
    """They begin a dialog at once, which there is not; some of them hang up for that."""
    key = await stage.application_at(served(stage, path))
    far_end = hang_up() if "ibm-voice-gateway" in path else bye()
    steps = (invite(), reply(180), answer(), ack(), far_end)
    async with sipp(*steps) as callee:
        status, body = await stage.call(key, callee.uri)
        assert (status, body["result"]) == (200, "Call connected")
    applications = stage.dialer.process.parts.applications
    async with asyncio.timeout(SETTLE_S):
        while applications.sessions_of_request(body["applicationUUID"]):
            await asyncio.sleep(0.01)
