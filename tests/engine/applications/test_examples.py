"""The documents of ``docs/examples`` on real calls."""

from pathlib import Path

import pytest

from tests.conftest import SippFactory
from tests.engine.applications.conftest import REPORT, Stage
from tests.sipp.handset import handset
from tests.sipp.scenario import ack, answer, bye, invite, reply
from tests.sipp.sound import loudness
from tests.sipp.talking import at

pytestmark = pytest.mark.sipp

EXAMPLES = Path(__file__).parents[3] / "docs/examples"


def served(stage: Stage, name: str) -> str:
    """The URL of an example."""
    return stage.server.serve((EXAMPLES / f"{name}.ccxml").read_text())


@pytest.mark.parametrize(
    ("steps", "result"),
    [
        ((invite(), reply(180), answer(), ack(), bye()), "answered"),
        ((invite(), reply(180), reply(486), ack()), "busy"),
    ],
    ids=["answered", "busy"],
)
async def test_report(
    stage: Stage, sipp: SippFactory, steps: tuple[str, ...], result: str
) -> None:
    key = await stage.application_at(served(stage, "report"))
    async with sipp(*steps) as callee:
        data = {"report": stage.server.url + REPORT}
        _, body = await stage.start(key, to=callee.uri, appData=data)
        told = await stage.server.told("call.result")
    assert (told["to"], told["result"]) == (callee.uri, result)
    view = await stage.ended(key, body)
    assert view["terminationReason"] == "exit"


async def test_retry(stage: Stage, sipp: SippFactory) -> None:
    """It calls again half a minute after busy; who answers is not called again."""
    key = await stage.application_at(served(stage, "retry"))
    async with sipp(invite(), reply(180), answer(), ack(), bye()) as callee:
        _, body = await stage.start(key, to=callee.uri)
        view = await stage.ended(key, body)
    assert [call["result"] for call in view["calls"]] == ["Call connected"]
    assert view["terminationReason"] == "exit"


async def test_reminder(stage: Stage, sipp: SippFactory) -> None:
    key = await stage.application_at(served(stage, "reminder"))
    async with handset() as phone:
        steps = (invite(), at(phone, answer()), ack(), bye())
        async with sipp(*steps) as callee:
            data = {"text": "Hello Ada."}
            _, body = await stage.start(key, to=callee.uri, appData=data)
            view = await stage.ended(key, body)
        assert loudness(phone.heard()) > 100
    assert view["terminationReason"] == "exit"


async def test_nobody_is_reminded_of_what_cannot_be_spoken(stage: Stage) -> None:
    """The dialog is prepared before the call, so that nobody is rung."""
    key = await stage.application_at(served(stage, "reminder"))
    to, data = "sip:nobody@127.0.0.1:1", {"text": "x" * 10_000}
    _, body = await stage.start(key, to=to, appData=data)
    view = await stage.ended(key, body)
    assert (view["calls"], view["terminationReason"]) == ([], "exit")
