"""Which handler an event has (VoiceXML 2.0, 5.2.4)."""

import pytest

from tests.vxml.playing import calling
from vxml.interpreter.event_handlers import matches

FIELD = '<field name="a"><prompt>a?</prompt><option dtmf="1">one</option>{}</field>'


def log(text: str) -> str:
    """A line of the log."""
    return f"<log expr=\"'{text}'\"/>"


@pytest.mark.parametrize(
    ("name", "event", "expected"),
    [
        ("noinput", "noinput", True),
        ("connection.disconnect", "connection.disconnect.hangup", True),
        ("connection.disc", "connection.disconnect", False),
        ("error.", "error.badfetch", True),
        ("error.badfetch.http.404", "error.badfetch", False),
        ("", "anything", True),
    ],
)
def test_names(name: str, event: str, expected: bool) -> None:
    assert matches(name, event) is expected


def test_the_innermost_scope_counts() -> None:
    body = (
        f"<noinput>{log('document')}</noinput><form><noinput>{log('form')}</noinput>"
        f"{FIELD.format('<noinput>' + log('field') + '</noinput>')}</form>"
    )
    with calling(body, "...") as call:
        assert call.logged == ["field"]


def test_a_higher_count_in_an_outer_scope_counts_more() -> None:
    body = (
        f'<noinput count="2">{log("document")}</noinput><form>'
        f"{FIELD.format('<noinput>' + log('field') + '</noinput>')}</form>"
    )
    with calling(body, "... ... ...") as call:
        assert call.logged == ["field", "document", "document"]


def test_the_first_of_the_same_count() -> None:
    inside = f"<noinput>{log('first')}</noinput><catch>{log('second')}</catch>"
    with calling(f"<form>{FIELD.format(inside)}</form>", "...") as call:
        assert call.logged == ["first"]


def test_a_condition_that_does_not_hold_or_fails() -> None:
    inside = (
        f'<noinput cond="false">{log("never")}</noinput>'
        f'<noinput cond="nothing.here">{log("neither")}</noinput>'
        f"<noinput>{log('this')}</noinput>"
    )
    with calling(f"<form>{FIELD.format(inside)}</form>", "...") as call:
        assert call.logged == ["this"]


def test_events_are_counted_by_the_beginnings_of_their_names() -> None:
    body = (
        '<form><var name="n" expr="0"/>'
        f'<catch event="mine" count="2">{log("second")}<exit/></catch>'
        f'<catch event="mine">{log("first")}</catch>'
        '<block><throw event="mine.one"/></block><block><throw event="mine.two"/></block></form>'
    )
    with calling(body) as call:
        # The blocks are other items, each with counters of its own.
        assert call.logged == ["first", "first"]


def test_counts_are_those_of_one_item() -> None:
    inside = f'<noinput>{log("one")}</noinput><noinput count="2">{log("two")}</noinput>'
    fields = FIELD.format(inside) + FIELD.format(inside).replace('"a"', '"b"')
    with calling(f"<form>{fields}</form>", "... ... 1 ...") as call:
        assert call.logged == ["one", "two", "one"]


def test_the_event_and_its_message_are_variables() -> None:
    body = (
        '<form><catch event="mine"><log expr="_event + _message"/></catch>'
        '<block><throw event="mine" message="!"/></block></form>'
    )
    with calling(body) as call:
        assert call.logged == ["mine!"]


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ("cancel", None),
        ("help", None),
        ("exit", None),
        ("connection.disconnect.hangup", None),
        ("error.mine", "error.mine (line 1)"),
        ("mine.own", "mine.own (line 1)"),
    ],
)
def test_without_a_handler(event: str, reason: str | None) -> None:
    with calling(f'<form><block><throw event="{event}"/></block></form>') as call:
        assert call.end is not None
        assert call.end.reason == reason


def test_help_says_prompts_again_and_cancel_does_not() -> None:
    link = '<link dtmf="8" event="help"/><link dtmf="9" event="cancel"/>'
    with calling(f"{link}<form>{FIELD.format('')}</form>", "8 9") as call:
        assert call.said == ['"a?"', '"a?"']


def test_an_event_from_outside() -> None:
    body = f'<form><catch event="user"><log expr="_event + _message"/></catch>{FIELD.format("")}</form>'
    with calling(body) as call:
        call.session.receive("user.wish", call.now, "tea")
        call.commands += call.session.on_hung_up(call.now)
    assert call.end is not None


def test_an_event_thrown_by_a_handler_is_handled_too() -> None:
    body = (
        f'<form><catch event="one"><throw event="two"/></catch>'
        f'<catch event="two">{log("two")}<exit/></catch><block><throw event="one"/></block></form>'
    )
    with calling(body) as call:
        assert call.logged == ["two"]
