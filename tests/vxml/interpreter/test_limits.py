"""Hostile documents end by their limits, and nothing of them stays."""

import pytest

from tests.vxml.playing import HEAD, HERE, calling
from vxml.interpreter.limits import Limits
from vxml.interpreter.scopes import Scopes
from vxml.interpreter.session_state import SessionState


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            '<form id="a"><block><goto next="#a"/></block></form>',
            "more than 200 dialogs without a key: let the caller press one",
        ),
        (
            '<form><block name="b"><goto nextitem="b"/></block></form>',
            "more than 2000 steps without a wait: let the caller press a key",
        ),
        (
            '<form><block name="b"><throw event="x"/></block>'
            '<catch event="x"><throw event="x"/></catch></form>',
            "more than 2000 steps without a wait: let the caller press a key",
        ),
        (
            "<form><script>var many = []; for (var i = 0; i &lt; 1e5; i++) many.push(i);</script>"
            '<block><foreach item="i" array="many"><var name="x"/></foreach></block></form>',
            "more than 2000 steps without a wait: let the caller press a key",
        ),
        (
            '<form><var name="t" expr="new Array(10000).join(\'a\')"/><block>'
            + '<value expr="t"/>' * 3
            + "</block></form>",
            "more than 20000 characters to be said",
        ),
        (
            '<form><block name="b"><audio src="a.wav"/><audio src="a.wav"/>'
            '<goto nextitem="b"/></block></form>',
            "more than 500 sounds wait to be played: say less",
        ),
        (
            '<form id="s"><subdialog name="s" src="#s"/></form>',
            "more than 16 subdialogs inside each other: return from them",
        ),
    ],
)
def test_a_document_without_end(body: str, reason: str) -> None:
    with calling(body) as call:
        assert call.end is not None
        assert call.end.reason == reason


def test_documents_that_lead_to_each_other() -> None:
    again = f'{HEAD}<form><block><goto next="start.vxml"/></block></form></vxml>'
    limits = Limits(moves=10_000)
    with calling(
        '<form><block><goto next="start.vxml"/></block></form>',
        files={HERE: again},
        limits=limits,
    ) as call:
        assert call.end is not None
        assert call.end.reason == "more than 1000 fetches: end the session before"


def test_a_loop_in_a_script_is_error_semantic() -> None:
    body = '<form><block><script>for (;;);</script></block><error><exit expr="_event"/></error></form>'
    with calling(body) as call:
        assert call.end is not None
        assert call.end.expr == "error.semantic"


def test_keys_begin_the_count_of_dialogs_anew() -> None:
    body = (
        '<form id="a"><field name="x"><option dtmf="1">one</option>'
        '<filled><goto next="#a"/></filled></field></form>'
    )
    with calling(body, "1" * 250) as call:
        assert call.end is None


def test_a_session_has_an_age() -> None:
    body = '<form><field name="x"><option dtmf="1">one</option></field></form>'
    with calling(body, limits=Limits(age_s=12)) as call:
        call.silent()
        call.silent()
        call.silent()
        assert call.end is not None
        assert call.end.reason == "older than 12 s: end it before"
        assert call.session.next_timer() is None


def test_keys_that_nobody_waits_for_are_forgotten() -> None:
    body = (
        '<form><block><prompt bargein="true">x</prompt></block>'
        '<transfer name="t" dest="tel:1" bridge="true"/></form>'
    )
    with calling(body, "listen") as call:
        for _ in range(1000):
            call.session.on_key("1", call.now)
        assert call.end is None


def test_evaluations_have_less_time_the_more_there_were() -> None:
    limits: list[float] = []

    class Watched(Scopes):
        def limit_time(self, seconds: float) -> None:
            limits.append(round(seconds, 4))

    state = SessionState(Watched({}), Limits())
    pauses = 0
    for _ in range(60):
        state.count_step()
        pauses += state.is_pause_due
    assert pauses == 3
    state.on_input(is_key=False)
    for _ in range(2000):
        state.count_step()

    assert limits[:4] == [0.05, 0.0333, 0.025, 0.1]
    assert limits[-1] == 0.005
    state.scopes.close()
