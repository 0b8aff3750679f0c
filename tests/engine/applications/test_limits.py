"""What ends a session that does not end itself, and that nobody else pays for it."""

import asyncio
from unittest.mock import Mock, call

import pytest

from engine.applications import SessionRegistry
from engine.config.settings import CcxmlSettings
from engine.model.result import RefusedError
from tests.ccxml.playing import EXIT, on, processor
from tests.conftest import Dialer, SippFactory
from tests.engine.applications.conftest import Stage, assign, createcall, report, var
from tests.sipp.scenario import ack, answer, bye, hang_up, invite, reply

pytestmark = pytest.mark.sipp

FOR_EVER = processor(on("ccxml.loaded"))
LAST_WORDS = var("why") + processor(
    on("ccxml.kill", assign("why", "event$.reason"), report("killed", "why"), EXIT)
)
STUBBORN = var("why") + processor(
    on("ccxml.kill", assign("why", "event$.reason"), report("killed", "why"))
)
HOUR_MS = 3_600_000


@pytest.fixture
def applications(dialer: Dialer) -> SessionRegistry:
    """The applications of the dialer."""
    return dialer.process.parts.applications


def limit(
    monkeypatch: pytest.MonkeyPatch, applications: SessionRegistry, **limits: int
) -> None:
    """Set limits that no operator would want."""
    given = {"max_age_ms": HOUR_MS, "max_idle_ms": HOUR_MS, "kill_grace_ms": HOUR_MS}
    settings = CcxmlSettings().model_copy(update={**given, **limits})
    monkeypatch.setattr(applications, "settings", settings)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("max_age_ms", "it is too old"),
        ("max_idle_ms", "it has no connection and waits for nothing"),
    ],
)
async def test_a_session_that_lasts_too_long_is_asked_to_end(
    stage: Stage,
    applications: SessionRegistry,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    reason: str,
) -> None:
    limit(monkeypatch, applications, **{name: 1})
    key = await stage.application(LAST_WORDS)
    _, body = await stage.start(key)
    assert (await stage.server.told("killed"))["why"] == reason
    view = await stage.ended(key, body)
    assert view["terminationReason"] == "exit"


async def test_a_session_that_does_not_listen_is_ended(
    stage: Stage, applications: SessionRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, applications, max_idle_ms=1, kill_grace_ms=1)
    key = await stage.application(STUBBORN)
    _, body = await stage.start(key)
    await stage.server.told("killed")
    view = await stage.ended(key, body)
    assert view["terminationReason"] == "application_error"
    assert view["detail"] == "it did not end when it was asked to"


async def test_a_session_that_does_not_handle_it_ends_by_the_first_word(
    stage: Stage, applications: SessionRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, applications, max_idle_ms=1)
    key = await stage.application(FOR_EVER)
    _, body = await stage.start(key)
    view = await stage.ended(key, body)
    assert view["detail"].startswith("ccxml.kill: it has no connection")


async def test_a_session_that_waits_for_something_is_not_idle(
    stage: Stage,
    sipp: SippFactory,
    applications: SessionRegistry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A connection, then a message that is due later."""
    limit(monkeypatch, applications, max_idle_ms=1)
    monkeypatch.setattr("engine.applications.session_registry.WATCH_S", 0.01)
    later = "<send target='session.id' name=\"'done'\" delay=\"'300ms'\"/>"
    key = await stage.application(
        processor(
            on("ccxml.loaded", createcall()),
            on("connection.connected"),
            on("connection.disconnected", later),
            on("done", "<exit expr='1'/>"),
        )
    )
    async with sipp(invite(), answer(), ack(), pause_and_bye()) as callee:
        _, body = await stage.start(key, to=callee.uri)
        view = await stage.ended(key, body)
    assert view["terminationReason"] == "exit"


def pause_and_bye() -> str:
    """The far end hangs up after a while."""
    return '<pause milliseconds="300"/>' + hang_up()


async def test_errors_without_end_end_the_session(stage: Stage) -> None:
    fail = assign("nothing", "1")
    key = await stage.application(
        processor(on("ccxml.loaded", fail), on("error.*", fail))
    )
    status, body = await stage.start(key)
    assert (status, body["result"]) == (500, "CCXML error")
    assert "errors are raised while errors are handled" in body["detail"]


async def test_the_number_of_sessions_of_an_application_is_limited(
    stage: Stage, applications: SessionRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, applications, max_sessions_per_application=1)
    key = await stage.application(FOR_EVER)
    other = await stage.application(FOR_EVER)
    _, first = await stage.start(key)
    assert first["result"] == "Application started"
    status, second = await stage.start(key)
    assert (status, second["result"]) == (403, "Application call limit")
    _, third = await stage.start(other)
    assert third["result"] == "Application started"
    for name, body in ((key, first), (other, third)):
        await stage.dialer.calls(body["applicationUUID"], "DELETE", key=name)
        await stage.ended(name, body)
    _, again = await stage.start(key)
    assert again["result"] == "Application started"
    await stage.dialer.calls(again["applicationUUID"], "DELETE", key=key)


async def test_a_session_that_never_rests_leaves_others_their_turn(
    stage: Stage, sipp: SippFactory
) -> None:
    again = "<send target='session.id' name=\"'again'\"/>"
    key = await stage.application(
        processor(on("ccxml.loaded", again), on("again", again), on("send.successful"))
    )
    _, busy = await stage.start(key)
    async with sipp(invite(), reply(180), answer(), ack(), bye()) as callee:
        status, body = await stage.dialer.call(callee.uri)
        assert status == 200
        await stage.dialer.hang_up(body)
    status, _ = await stage.dialer.calls(busy["applicationUUID"], "DELETE", key=key)
    assert status == 202
    view = await stage.ended(key, busy)
    assert view["terminationReason"] == "application_error"


async def test_a_document_that_is_slow_once_does_not_stop_the_loop_again(
    stage: Stage, applications: SessionRegistry
) -> None:
    work = "var end = Date.now() + 60; while (Date.now() &lt; end);"
    key = await stage.application(
        var("n", "0")
        + processor(
            on(
                "*",
                f"<script>{work}</script>",
                assign("n", "n + 1"),
                "<send target='session.id' name=\"'again'\"/>",
                cond="n &lt; 5",
            ),
            on("*", "<exit expr='n'/>"),
        )
    )
    lags = []

    async def watch() -> None:
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await asyncio.sleep(0.001)
            lags.append(loop.time() - before)

    for _ in range(2):
        _, body = await stage.start(key)
        await stage.ended(key, body)
    # The first step of the first session has shown it.
    assert applications.services.slow_lane.has(key.removeprefix("key-of-"))
    lags.clear()
    watching = asyncio.create_task(watch())
    _, body = await stage.start(key)
    view = await stage.ended(key, body)
    watching.cancel()
    assert view["terminationReason"] == "exit"
    assert len(lags) > 50  # the loop went on, all the while


async def test_who_comes_to_a_session_that_is_over(
    stage: Stage, applications: SessionRegistry
) -> None:
    """It was found a moment before its end."""
    key = await stage.application(FOR_EVER)
    _, body = await stage.start(key)
    (session,) = applications.sessions_of_request(body["applicationUUID"])
    await stage.dialer.calls(body["applicationUUID"], "DELETE", key=key)
    await stage.ended(key, body)
    line = Mock()

    session.context.adopt_connection(line, Mock())
    with pytest.raises(RefusedError, match="has ended"):
        session.adopt_call(Mock())
    assert session.is_idle
    assert line.mock_calls == [call.hang_up()]


async def test_ending_an_application_hangs_up_its_calls(
    stage: Stage, sipp: SippFactory
) -> None:
    key = await stage.application(
        processor(on("ccxml.loaded", createcall()), on("connection.*"))
    )
    async with sipp(invite(), reply(180), answer(), ack(), bye()) as callee:
        _, body = await stage.start(key, to=callee.uri)
        uuid = body["applicationUUID"]
        async with asyncio.timeout(10):
            while True:
                _, view = await stage.dialer.calls(uuid, key=key)
                if [call["state"] for call in view["calls"]] == ["connected"]:
                    break
                await asyncio.sleep(0.01)
        assert view["state"] == "running"
        status, _ = await stage.dialer.calls(uuid, "DELETE", key=key)
        assert status == 202
    view = await stage.ended(key, body)
    assert view["calls"][0]["terminationReason"] == "near_end_disconnect"


async def test_a_slot_that_an_application_never_uses_comes_back(stage: Stage) -> None:
    key = await stage.application(
        processor(on("ccxml.loaded"), on("ccxml.kill", EXIT)), call_limit=1
    )
    for _ in range(2):
        _, body = await stage.start(key)
        assert body["result"] == "Application started"
        status, refused = await stage.start(key)
        assert (status, refused["result"]) == (403, "Application call limit")
        await stage.dialer.calls(body["applicationUUID"], "DELETE", key=key)
        await stage.ended(key, body)
