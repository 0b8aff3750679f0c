"""What is left of a call goes at once: a collection would stop everybody, and come late."""

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from tests.ccxml.playing import EXIT, on, processor
from tests.conftest import SETTLE_S, SippFactory
from tests.engine.applications.conftest import Stage, assign, report, var
from tests.sipp.scenario import ack, answer, bye, invite
from tests.vxml.playing import HEAD

pytestmark = pytest.mark.sipp

CONNECTION = assign("line", "event$.connectionid")
HANG_UP = '<disconnect connectionid="line"/>'
REPORTS = (
    var("line")
    + processor(
        on("connection.connected", CONNECTION, report("done")),
        on("send.successful", HANG_UP),
        on("connection.disconnected", EXIT),
    ),
    "CCXML",
)
DIALOG = (
    var("line")
    + processor(
        on(
            "connection.connected",
            CONNECTION,
            "<dialogstart src=\"'data:,Hello'\" type=\"'text/plain'\""
            ' connectionid="line"/>',
        ),
        on("dialog.exit", HANG_UP),
        on("error.*", HANG_UP),
        on("connection.disconnected", EXIT),
    ),
    "CCXML",
)
NO_INPUT = '<prompt timeout="100ms"><break time="10ms"/></prompt>'
VOICEXML = (
    f'{HEAD}<form><field name="digit" type="digits">{NO_INPUT}'
    "<noinput><exit/></noinput></field></form></vxml>",
    "VXML",
)


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Without the collector, and without its past."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize(
    ("document", "kind"),
    [REPORTS, DIALOG, VOICEXML],
    ids=["reports", "dialog", "voicexml"],
)
async def test_nothing_of_a_session_waits_for_the_garbage_collector(
    stage: Stage, sipp: SippFactory, document: str, kind: str
) -> None:
    process_parts = stage.dialer.process.parts
    if kind == "VXML":
        uri = stage.server.serve(document, "application/voicexml+xml")
        key = await stage.application_at(uri, type=kind)
    else:
        key = await stage.application(document)
    async with sipp(invite(), answer(), ack(), bye()) as callee:
        _, body = await stage.call(key, callee.uri)
        uuid = body["applicationUUID"]
        (session,) = process_parts.applications.sessions_of_request(uuid)
        (call,) = process_parts.calls.calls_of_request(uuid)
        (connection,) = session.context.connections
        parts = (session, session.context, session.context.core, connection, call)
        left = [weakref.ref(part) for part in parts]
        del session, connection, call, parts
        await stage.ended(key, body)
    async with asyncio.timeout(SETTLE_S):
        while any(reference() is not None for reference in left):
            await asyncio.sleep(0.01)
