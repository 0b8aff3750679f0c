"""Crashes of ours: the document is told before anything else, and ended by the second."""

from collections.abc import Callable
from typing import Any

import pytest

from ccxml.events import Event
from ccxml.session import Session
from engine.applications.application_session import ApplicationSession
from engine.applications.dialogs import Dialogs
from engine.applications.media_bridge import MediaBridge
from engine.applications.session_context import INTERNAL
from engine.dialogs import DialogRunner
from engine.dialogs.playback import Playback
from engine.dialogs.recordings import Recordings
from tests.ccxml.playing import EXIT, log, on, processor
from tests.conftest import SippFactory
from tests.engine.applications.conftest import Stage
from tests.engine.applications.story import CONNECTED, play
from tests.engine.applications.test_dialogs import (
    EXITED,
    NOT_STARTED,
    ONE,
    RECORDS,
    SHORT,
    talking,
)
from tests.sipp.scenario import ack, answer, bye, invite

pytestmark = pytest.mark.sipp

SETTLED = (on("error.*"), on("leave", EXIT))


def crash(*_: Any, **__: Any) -> Any:
    """A defect."""
    raise RuntimeError("a defect")


async def crash_later(*_: Any, **__: Any) -> Any:
    """A defect of a coroutine."""
    raise RuntimeError("a defect")


@pytest.fixture
def crashes_at_boom(monkeypatch: pytest.MonkeyPatch) -> None:
    """The interpreter crashes when it takes the event ``boom``."""
    receive: Callable[..., Any] = Session.receive

    def crashing(self: Session, event: Event, now: float) -> Any:
        return crash() if event.name == "boom" else receive(self, event, now)

    monkeypatch.setattr(Session, "receive", crashing)


@pytest.mark.usefixtures("crashes_at_boom")
async def test_the_interpreter_crashes_once(stage: Stage) -> None:
    story = await play(stage, *SETTLED)
    story.send("boom")
    told = await story.told(INTERNAL)
    story.send("leave")
    view = await story.over()

    assert told["reason"] == "Internal Error"
    assert view["terminationReason"] == "exit"


@pytest.mark.usefixtures("crashes_at_boom")
async def test_the_interpreter_crashes_again(stage: Stage) -> None:
    story = await play(stage, *SETTLED)
    for _ in range(2):
        story.send("boom")
    view = await story.over()

    assert len(story.all(INTERNAL)) <= 1  # the second one may have been quicker
    assert view["terminationReason"] == "application_error"
    assert view["detail"] == "Internal Error"


@pytest.mark.usefixtures("crashes_at_boom")
async def test_a_document_that_does_not_want_to_know(stage: Stage) -> None:
    """As of every error that nobody handles, the session ends of it."""
    story = await play(stage, on("ccxml.loaded"))
    story.send("boom")
    view = await story.over()

    assert view["terminationReason"] == "application_error"
    assert INTERNAL in view["detail"]


async def test_a_crash_at_the_start_is_the_answer(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await stage.application(processor(*SETTLED))
    monkeypatch.setattr(Session, "start", crash)
    status, body = await stage.start(key)

    assert (status, body["result"]) == (500, "CCXML error")
    assert "Internal Error" in body["detail"]


async def test_what_a_document_asks_for_crashes(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of what it has asked for in the same breath is done."""
    monkeypatch.setattr(MediaBridge, "open", crash)
    story = await play(
        stage,
        on("go", '<createconference conferenceid="room"/>', log("'and on'"), EXIT),
        *SETTLED,
        before='<var name="room"/>',
    )
    story.send("go")
    view = await story.over()

    assert story.log == ["and on"]
    assert view["terminationReason"] == "exit"


async def test_a_fetch_crashes_that_nobody_waits_for(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = await play(
        stage, on("go", "<fetch next=\"'http://127.0.0.1:1/'\"/>"), *SETTLED
    )
    documents = stage.dialer.process.parts.applications.services.documents
    monkeypatch.setattr(documents, "load", crash_later)
    story.send("go")
    await story.told(INTERNAL)
    story.send("leave")

    assert (await story.over())["terminationReason"] == "exit"


async def test_the_watch_crashes_on_one_session(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are watched, and the second time it is ended."""
    applications = stage.dialer.process.parts.applications
    story = await play(stage, *SETTLED)
    other = await play(stage, *SETTLED)
    (running,) = applications.sessions_of_request(story.answer["applicationUUID"])
    is_idle: Any = ApplicationSession.is_idle

    def crashing(session: ApplicationSession) -> Any:
        return crash() if session is running else is_idle.fget(session)

    monkeypatch.setattr(ApplicationSession, "is_idle", property(crashing))
    view = await story.over()

    assert view["detail"] == "Internal Error"
    assert not other.all(INTERNAL)
    other.send("leave")
    assert (await other.over())["terminationReason"] == "exit"
    assert stage.dialer.process.background.is_healthy


async def test_a_crash_at_the_end_leaves_no_call(
    stage: Stage, sipp: SippFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Dialogs, "end", crash)
    key = await stage.application(processor(on(CONNECTED, EXIT)))
    async with sipp(invite(), answer(), ack(), bye()) as callee:
        _, body = await stage.call(key, callee.uri)
        view = await stage.ended(key, body)

    assert view["terminationReason"] == "near_end_disconnect"


# -- dialogs ---------------------------------------------------------------------------


async def test_a_dialog_that_crashes_as_it_begins(
    stage: Stage, sipp: SippFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with talking(stage, sipp) as talk:
        with monkeypatch.context() as broken:
            broken.setattr("engine.applications.dialogs.DialogRunner", crash)
            talk.ask("start", ONE)
            refused = await talk.story.told(NOT_STARTED)
        await talk.start(ONE)

    assert refused["reason"] == "Internal Error."


async def test_a_dialog_that_crashes_as_it_records(
    stage: Stage, sipp: SippFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a task of its own, of which nobody would hear."""
    monkeypatch.setattr(Recordings, "begin", crash_later)
    async with talking(stage, sipp) as talk:
        await talk.start(RECORDS)
        died = await talk.story.told("error.dialog")
        assert (await talk.look())[1] == {}

    assert died["reason"] == "Internal Error."


async def test_a_dialog_that_cannot_be_closed(
    stage: Stage, sipp: SippFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call goes on, and another dialog begins on it."""
    async with talking(stage, sipp) as talk:
        identity = await talk.start(ONE)
        with monkeypatch.context() as broken:
            broken.setattr(DialogRunner, "close", crash)
            talk.story.send("terminate", id=identity, immediate=True)
            await talk.exit()
        await talk.start(ONE)
        assert not talk.story.all(INTERNAL)


async def test_what_hears_the_caller_crashes(
    stage: Stage, sipp: SippFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dialog is over by that, the call is not."""
    async with talking(stage, sipp) as talk:
        with monkeypatch.context() as broken:
            broken.setattr(Playback, "on_media", crash)
            await talk.start(SHORT)
            died = await talk.story.told("error.dialog")
        await talk.start(ONE)

    assert died["reason"] == "Internal Error."
    assert not talk.story.all(EXITED)
