"""The built-in application ``say`` on real calls: the callee hears the text, and is hung up."""

import pytest

from engine.applications import capability_of, needs_document
from engine.applications.session_values import session_values
from engine.model.outbound_request import Action, OutboundRequest
from engine.model.say import SayRequest
from engine.platform.objects import Application
from tests.conftest import Dialer
from tests.engine.callee import called

pytestmark = pytest.mark.sipp

TEXT = "http://127.0.0.1:1/ is said, and not fetched."


@pytest.mark.parametrize("tables", [{}, {"type": "VXML", "uri": "http://127.0.0.1:1/"}])
async def test_it_speaks_and_hangs_up(dialer: Dialer, tables: dict[str, str]) -> None:
    application = [{"id": "hello", "account": "acme", **tables}]
    async with dialer.changed(application=application), called() as callee:
        status, answer = await dialer.call(
            callee.uris[0], appData={"text": TEXT}, hints={"say": True}
        )
        view = await dialer.ended(answer)
        end = await callee.until("caller_hung_up")

    assert (status, answer["result"]) == (200, "Call connected")
    assert end["heard_s"] > 1.0
    assert view["applicationEnd"] == {"how": "exit"}
    assert view["hangupBy"] == "caller"


async def test_a_voice_that_does_not_exist_ends_the_call_with_the_reason(
    dialer: Dialer,
) -> None:
    async with called("--answer-after", "0") as callee:
        _, answer = await dialer.call(
            callee.uris[0], appData="Hello", hints={"say": {"voice": "xx-none"}}
        )
        view = await dialer.ended(answer)

    assert view["applicationEnd"]["how"] == "error"
    assert "voice does not exist" in view["applicationEnd"]["reason"]


def test_its_document_finds_text_and_voice() -> None:
    request = OutboundRequest(
        Action.MAKE_CALL,
        "sip:a@127.0.0.1",
        None,
        app_data={"text": "Hello", "voice": "of the data"},
        say=SayRequest("Hello", None),
    )

    assert session_values(request) == {"text": "Hello", "to": "sip:a@127.0.0.1"}


@pytest.mark.parametrize(
    ("tables", "say", "needs", "capability"),
    [
        ({}, None, False, "ccxml"),
        ({"type": "VXML", "uri": "http://127.0.0.1/"}, None, True, "vxml"),
        ({"type": "VXML"}, SayRequest("Hello", None), True, "ccxml"),
    ],
    ids=["no document", "its own", "the built-in one"],
)
def test_a_node_that_runs_ccxml_is_needed(
    tables: dict[str, str], say: SayRequest | None, needs: bool, capability: str
) -> None:
    application = Application.model_validate({"id": "a", "account": "b", **tables})
    request = OutboundRequest(Action.MAKE_CALL, "sip:a@127.0.0.1", None, say=say)

    assert needs_document(application, request) is needs
    assert capability_of(application, request) == capability


async def test_whoever_refuses_has_ended_the_call(dialer: Dialer) -> None:
    async with called("--refuse", "486") as callee:
        _, answer = await dialer.call(callee.uris[0], appData=TEXT, hints={"say": True})
        view = await dialer.ended(answer)

    assert (view["disposition"], view["hangupBy"]) == ("busy", "callee")
    assert "endRequestedBy" not in view


GREETING = (
    "Hello, you have reached the answering machine of Ada. I am not at home at the "
    "moment. Please leave a message after the tone, and I will call you back soon."
)


@pytest.mark.parametrize(
    ("greeting", "verdict", "hears"),
    [("Hello?", "human", True), (GREETING, "machine", False)],
    ids=["a person", "a machine"],
)
async def test_beside_voicemail_only_people_hear_it(
    dialer: Dialer, greeting: str, verdict: str, hears: bool
) -> None:
    hints = {"say": True, "voicemail": {"onMachine": "hangup"}}
    async with called("--answer-after", "0", "--say", greeting) as callee:
        _, answer = await dialer.call(callee.uris[0], appData=TEXT, hints=hints)
        view = await dialer.ended(answer, 40.0)
        end = await callee.until("caller_hung_up")

    assert view["callProgress"]["verdict"] == verdict
    assert (end["heard_s"] > 0.5) is hears
