"""The lab's web server, and its applications on real calls."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import SETTLE_S, Dialer, SippFactory, View
from tests.lab.dashboard import LAB
from tests.lab.server import WebServer, web_server
from tests.platform import key
from tests.sipp.handset import handset
from tests.sipp.scenario import ack, answer, bye, hang_up, invite, pause, reply
from tests.sipp.sound import loudness
from tests.sipp.talking import at

KEY = "key-of-the-lab"
BUSY = (invite(), reply(486), ack())
ANSWERS = (invite(), reply(180), answer(), ack(), bye())


@pytest.fixture
async def web() -> AsyncIterator[WebServer]:
    """A server of the test's own."""
    async with web_server() as server:
        yield server


async def test_documents(web: WebServer) -> None:
    for name in ("failover.ccxml", "confirm.json", "confirm.vxml"):
        document = LAB / "applications" / name
        assert await web.get(f"/{name}") == (200, document.read_text())


@pytest.mark.parametrize(
    "path", ["/", "/none.ccxml", "/../web.py", "/%2e%2e/web.py", "//etc/passwd"]
)
async def test_nothing_else_is_served(web: WebServer, path: str) -> None:
    assert (await web.get(path))[0] == 404


async def test_reports(web: WebServer) -> None:
    assert await web.reports() == []
    assert await web.post("/reports", name="first") == 200
    assert await web.post("/reports", name="second", to="sip:a@example.com") == 200
    second, first = await web.reports()
    assert (first["name"], second["name"]) == ("first", "second")
    assert second["to"] == "sip:a@example.com"


async def test_reports_are_bounded(web: WebServer) -> None:
    assert await web.post("/reports", much="x" * 70_000) == 413
    assert await web.post("/elsewhere", name="first") == 404
    assert await web.reports() == []


async def run(
    dialer: Dialer, web: WebServer, document: str, to: str, **data: str
) -> tuple[View, View]:
    """Run a document of the lab; its report, and what is known of the application."""
    name, _, kind = document.partition(".")
    application = {
        "id": "lab",
        "account": "acme",
        "uri": f"{web.url}/{name}.{kind or 'ccxml'}",
        "type": "VXML" if kind else "CCXML",
    }
    objects = {"application": [application], "key": [key(KEY, "lab")]}
    request = {
        "action": "makeCall" if kind else "startApplication",
        "apiKey": KEY,
        "to": to,
        "appData": data,
    }
    async with dialer.changed(**objects):
        _, answer = await dialer.post(json=request)
        wanted = "Call connected" if kind else "Application started"
        assert answer["result"] == wanted, answer
        report = await web.reported()
        async with asyncio.timeout(SETTLE_S):
            uuid = answer["applicationUUID"]
            while (view := (await dialer.calls(uuid, key=KEY))[1])["state"] != "ended":
                await asyncio.sleep(0.02)
    return report, view


@pytest.mark.sipp
@pytest.mark.parametrize(
    ("steps", "result"),
    [(ANSWERS, "answered"), (BUSY, "busy")],
    ids=["answers", "busy"],
)
async def test_call_and_report(
    dialer: Dialer,
    sipp: SippFactory,
    web: WebServer,
    steps: tuple[str, ...],
    result: str,
) -> None:
    async with sipp(*steps) as callee:
        report, _ = await run(dialer, web, "call-and-report", callee.uri)
    assert (report["name"], report["to"]) == ("call.result", callee.uri)
    assert report["result"] == result


@pytest.mark.sipp
async def test_failover(dialer: Dialer, sipp: SippFactory, web: WebServer) -> None:
    async with sipp(*BUSY) as first, sipp(*ANSWERS) as second:
        report, view = await run(dialer, web, "failover", first.uri, second=second.uri)
    assert (report["name"], report["answered"]) == ("failover.result", second.uri)
    assert report["failed.0"] == "busy"
    assert [call["sip"]["status"] for call in view["calls"]] == [486, 200]


@pytest.mark.sipp
async def test_nobody_answers(
    dialer: Dialer, sipp: SippFactory, web: WebServer
) -> None:
    async with sipp(*BUSY) as first, sipp(*BUSY) as second:
        report, _ = await run(dialer, web, "failover", first.uri, second=second.uri)
    assert (report["answered"], report["failed.1"]) == ("nobody", "busy")


@pytest.mark.sipp
async def test_remind(dialer: Dialer, sipp: SippFactory, web: WebServer) -> None:
    """Whoever is busy at first is called again."""
    async with sipp(*BUSY, calls=2) as callee:
        report, view = await run(dialer, web, "remind", callee.uri, attempts="2")
    assert (report["name"], report["attempts"]) == ("reminder.result", "2")
    assert report["result"] == "busy"
    assert [call["sip"]["status"] for call in view["calls"]] == [486, 486]


@pytest.mark.sipp
async def test_reminded(dialer: Dialer, sipp: SippFactory, web: WebServer) -> None:
    async with sipp(*ANSWERS) as callee:
        report, view = await run(dialer, web, "remind", callee.uri)
    assert (report["attempts"], report["result"]) == ("1", "reminded")
    assert view["calls"][0]["duration"] > 1900


@pytest.mark.sipp
@pytest.mark.parametrize("document", ["confirm", "confirm.vxml"])
@pytest.mark.parametrize(
    ("pressed", "result", "tries"),
    [("1", "confirmed", "1"), ("2", "cancelled", "1"), ("91", "confirmed", "2")],
)
async def test_confirm(
    dialer: Dialer,
    sipp: SippFactory,
    web: WebServer,
    document: str,
    pressed: str,
    result: str,
    tries: str,
) -> None:
    """The first digit ends the question, and is the answer if it fits."""
    async with handset() as phone:
        steps = (invite(), at(phone, answer()), ack(), bye())
        async with sipp(*steps) as callee:
            running = asyncio.create_task(run(dialer, web, document, callee.uri))
            await phone.until(lambda: loudness(phone.heard()[-800:]) > 100)
            phone.press(pressed[0])
            for digit in pressed[1:]:
                await phone.hears(75)
                phone.press(digit)
            report, _ = await running
    assert (report["name"], report["to"]) == ("confirm.result", callee.uri)
    assert (report["result"], report["tries"]) == (result, tries)


@pytest.mark.sipp
@pytest.mark.parametrize("document", ["confirm", "confirm.vxml"])
async def test_confirm_and_a_hang_up(
    dialer: Dialer, sipp: SippFactory, web: WebServer, document: str
) -> None:
    steps = (invite(), answer(), ack(), pause(500), hang_up())
    async with sipp(*steps) as callee:
        report, _ = await run(dialer, web, document, callee.uri)
    assert report["result"] == "hangup"


@pytest.mark.sipp
@pytest.mark.parametrize("document", ["confirm", "confirm.vxml"])
async def test_confirm_with_the_callee_of_the_lab(
    dialer: Dialer, sipp: SippFactory, web: WebServer, document: str
) -> None:
    async with sipp(file=LAB / "callees/presses.xml") as callee:
        report, _ = await run(dialer, web, document, callee.uri)
    assert report["result"] == "confirmed"


def test_every_document_is_run_here() -> None:
    assert {path.stem for path in Path(LAB / "applications").iterdir()} == {
        "call-and-report",
        "confirm",
        "failover",
        "remind",
    }
