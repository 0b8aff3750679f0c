"""What a session takes from outside, and what it makes of what comes late or twice."""

import pytest

from tests.vxml.playing import calling
from vxml import commands as c
from vxml.document.executable_content import Clear
from vxml.interpreter import execution
from vxml.interpreter.control_flow import RecordingResult

FIELD = (
    '<form><field name="x" type="digits"><prompt>x?</prompt></field>'
    '<catch event="connection.disconnect"><log expr="_event"/></catch>'
    '<catch event="user"><log expr="_event + _message"/></catch></form>'
)


@pytest.mark.parametrize("key", ["x", "", "11", "\0", "é"])
def test_what_is_no_key(key: str) -> None:
    with calling(FIELD, "listen 1") as call:
        due = call.session.next_timer()
        call.now += 1
        assert call.session.on_key(key, call.now) == []
        assert call.session.next_timer() == due


def test_a_timer_that_is_early_does_nothing() -> None:
    with calling(FIELD, "listen") as call:
        due = call.session.next_timer()
        assert due == call.now + 5
        assert call.session.handle_timer(due - 0.01) == []
        assert call.session.next_timer() == due
        (play,) = call.session.handle_timer(due)
        assert isinstance(play, c.Play)


def test_a_caller_hangs_up_once() -> None:
    with calling(FIELD, "hangup hangup") as call:
        assert call.logged == ["connection.disconnect.hangup"]


def test_nobody_hangs_up_after_the_document_has() -> None:
    body = FIELD.replace("<prompt>x?</prompt>", "<noinput><disconnect/></noinput>")
    with calling(body, "... hangup") as call:
        assert call.logged == ["connection.disconnect.hangup"]
        assert call.end is not None


def test_answers_to_what_was_not_asked() -> None:
    with calling(FIELD) as call:
        play = call.the(c.Play)
        assert call.session.on_played(play.number + 1, call.now) == []
        assert call.session.on_fetched(99, "x", call.now) == []
        assert call.session.on_recorded(99, RecordingResult(None), call.now) == []
        assert call.session.on_transferred(99, "busy", call.now) == []
        call.key("1")
        due = call.session.next_timer()
        assert call.session.on_played(play.number, call.now + 1) == []
        assert call.session.next_timer() == due


def test_an_event_from_outside() -> None:
    with calling(FIELD) as call:
        stop, log = call.session.receive("user.wish", call.now, "!")
        assert stop == c.StopPlaying(call.the(c.Play).number)
        assert isinstance(log, c.WriteLog)
        assert log.text == "user.wish!"
        assert call.session.next_timer() is not None


def test_an_event_ends_a_bridge() -> None:
    body = FIELD.replace(
        "<field", '<transfer name="t" dest="tel:1" bridge="true"/><field', 1
    )
    with calling(body) as call:
        end, log, again = call.session.receive("user", call.now)
        assert end == c.EndTransfer(call.the(c.Transfer).number)
        assert isinstance(log, c.WriteLog)
        assert isinstance(again, c.Transfer)


def test_nothing_is_asked_for_after_the_end() -> None:
    with calling("<form><block><exit/></block></form>") as call:
        session = call.session
        assert session.is_finished
        assert not session.on_key("1", 1.0)
        assert not session.on_hung_up(1.0)
        assert not session.on_played(1, 1.0)
        assert not session.handle_timer(1.0)
        assert not session.receive("x", 1.0)
        assert session.next_timer() is None


def crashing(monkeypatch: pytest.MonkeyPatch, body: str) -> list[str]:
    """What a document logs of which each ``clear`` is a defect of ours."""

    def crash(*_: object) -> None:
        raise KeyError("lost")

    monkeypatch.setitem(execution._RUN, Clear, crash)
    with calling(body) as call:
        (report,) = [x for x in call.commands if isinstance(x, c.ReportDefect)]
        assert report.reason == "KeyError: 'lost'"
        assert "in crash" in report.traceback
        return call.logged


def test_a_defect_is_an_event_of_the_document_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    handler = '<catch event="error"><log expr="_event"/></catch>'
    logs = "<block><log expr=\"'on'\"/></block>"
    event = "error.outring.internal"
    body = f"<form>{handler}<block><clear/></block>{logs}</form>"
    assert crashing(monkeypatch, body) == [event, "on"]


def test_a_second_defect_ends_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    handler = '<catch event="error"><log expr="_event"/><clear/></catch>'
    with pytest.raises(KeyError):
        crashing(monkeypatch, f"<form>{handler}<block><clear/></block></form>")
