"""The form interpretation algorithm, step by step (VoiceXML 2.0, appendix C)."""

import pytest

from tests.vxml.playing import calling, log_of

DIGIT = '<option dtmf="1">one</option><option dtmf="2">two</option>'
EXIT = "<block><exit/></block>"


def asking(name: str, inside: str = "", **attributes: str) -> str:
    """A field that takes 1 or 2, and asks for its name."""
    more = "".join(f' {key}="{value}"' for key, value in attributes.items())
    prompt = f"<prompt>{name}?</prompt>"
    return f'<field name="{name}"{more}>{prompt}{DIGIT}{inside}</field>'


# -- initialisation ----------------------------------------------------------------


def test_variables_are_made_in_the_order_of_the_text() -> None:
    body = (
        '<var name="a" expr="1"/><form><var name="b" expr="a + 1"/>'
        '<field name="c" expr="b + 1"/><script>var d = c + 1;</script>'
        '<block><log expr="[a, b, c, d].join()"/></block></form>'
    )
    with calling(body) as call:
        assert call.logged == ["1,2,3,4"]


def test_a_field_with_a_value_is_not_visited() -> None:
    body = f"<form>{asking('a', expr='5')}{asking('b')}</form>"
    with calling(body) as call:
        assert call.said == ['"b?"']


def test_counters_begin_anew_when_a_form_is_entered_again() -> None:
    body = (
        '<form id="f"><field name="a"><prompt>first</prompt><prompt count="2">second</prompt>'
        f'{DIGIT}<filled><goto next="#f"/></filled></field></form>'
    )
    with calling(body, "... 1") as call:
        assert call.said == ['"first"', '"second"', '"first"']


# -- select ------------------------------------------------------------------------


def test_the_first_item_without_a_value_is_visited() -> None:
    with calling(f"<form>{asking('a')}{asking('b')}{EXIT}</form>", "1 2") as call:
        assert call.said == ['"a?"', '"b?"']
        assert call.end is not None


def test_the_condition_of_an_item_must_hold() -> None:
    second = asking("b", cond="a == 'two'")
    body = f"<form>{asking('a')}{second}{EXIT}</form>"
    with calling(body, "1 listen") as call:
        assert call.said == ['"a?"']
        assert call.end is not None
    with calling(body, "2") as call:
        assert call.said == ['"a?"', '"b?"']


def test_goto_an_item_visits_it_next_whatever_it_holds() -> None:
    back = '<filled><goto nextitem="a"/></filled>'
    body = f"<form>{asking('a')}{asking('b', back)}</form>"
    with calling(body, "1 1") as call:
        assert call.said == ['"a?"', '"b?"', '"a?"']


def test_when_none_is_left_the_session_ends() -> None:
    with calling(f"<form>{asking('a')}</form>", "1") as call:
        assert call.end is not None
        assert call.end.reason is None


# -- collect: prompts --------------------------------------------------------------


def test_the_count_of_a_prompt() -> None:
    prompts = (
        '<prompt>always</prompt><prompt count="2">from two</prompt>'
        '<prompt count="2">both</prompt><prompt count="3" cond="false">never</prompt>'
    )
    body = f'<form><field name="a">{prompts}{DIGIT}</field></form>'
    with calling(body, "... ...") as call:
        assert call.said == ['"always"', '"from two" "both"', '"from two" "both"']


def test_after_a_handler_nothing_is_asked_again() -> None:
    body = f"<form>{asking('a', '<nomatch>no</nomatch>')}</form>"
    with calling(body, "5") as call:
        assert call.said == ['"a?"', '"no"']


def test_after_a_handler_that_reprompts_it_is() -> None:
    body = f"<form>{asking('a', '<nomatch>no<reprompt/></nomatch>')}</form>"
    with calling(body, "5") as call:
        assert call.said == ['"a?"', '"no" "a?"']


def test_a_prompt_that_was_left_out_is_not_counted() -> None:
    prompts = '<prompt>one</prompt><prompt count="2">two</prompt>'
    body = (
        f'<form><field name="a">{prompts}{DIGIT}<nomatch>no</nomatch>'
        "<noinput><reprompt/></noinput></field></form>"
    )
    with calling(body, "5 ...") as call:
        assert call.said == ['"one"', '"no"', '"two"']


def test_a_handler_that_goes_to_another_dialog_lets_it_ask() -> None:
    away = '<nomatch><goto next="#b"/></nomatch>'
    body = f"<form>{asking('a', away)}</form><form id='b'>{asking('b')}</form>"
    with calling(body, "5") as call:
        assert call.said == ['"a?"', '"b?"']


# -- collect: input ----------------------------------------------------------------


def test_grammars_of_field_form_and_document_are_heard() -> None:
    body = (
        '<link dtmf="9" event="far"/><catch event="far"><log expr="\'link\'"/></catch>'
        '<form><grammar mode="dtmf" tag-format="semantics/1.0">'
        "<rule id=\"r\">8<tag>out.b='eight'</tag></rule></grammar>"
        f"{asking('a')}{asking('b')}</form>"
    )
    with calling(body, "9 8 1") as call:
        assert call.logged == ["link"]
        assert call.end is not None


def test_a_modal_field_hears_its_own_grammars_only() -> None:
    body = (
        '<link dtmf="9" event="far"/><catch event="far"><log expr="\'link\'"/></catch>'
        f"<form>{asking('a', modal='true')}</form>"
    )
    with calling(body, "9") as call:
        assert call.logged == []


def test_the_inner_grammar_counts() -> None:
    filled = '<filled><log expr="a"/></filled>'
    body = f"<link dtmf='1' event='far'/><form>{asking('a', filled)}</form>"
    with calling(body, "1") as call:
        assert call.logged == ["one"]


def test_nothing_keyed_is_noinput_and_something_else_nomatch() -> None:
    handlers = (
        '<noinput><log expr="_event"/></noinput><nomatch><log expr="_event + '
        'application.lastresult$.utterance"/></nomatch>'
    )
    with calling(f"<form>{asking('a', handlers)}</form>", "... 7") as call:
        assert call.logged == ["noinput", "nomatch7"]


def test_what_is_said_last_tells_how_long_an_answer_may_take() -> None:
    body = (
        '<form><property name="timeout" value="7s"/><field name="a">'
        f'<prompt timeout="2s">x</prompt><prompt>y</prompt>{DIGIT}</field></form>'
    )
    with calling(body, "listen") as call:
        assert call.session.next_timer() == call.now + 7
    last = body.replace("<prompt>y", '<prompt timeout="3s">y')
    with calling(last, "listen") as call:
        assert call.session.next_timer() == call.now + 3


def test_the_condition_of_a_handler_sees_the_event() -> None:
    handler = (
        "<catch cond=\"_event == 'a.b'\"><log expr=\"'no'\"/></catch>"
        "<catch cond=\"_event == 'a.c' &amp;&amp; _message == 'm'\"><log expr=\"_event\"/></catch>"
    )
    body = f'<form>{handler}<block><throw event="a.c" message="m"/></block></form>'
    with calling(body) as call:
        assert call.logged == ["a.c"]


# -- process -----------------------------------------------------------------------


def test_what_was_keyed_and_what_it_means() -> None:
    body = (
        f'<form>{asking("a")}<block><log expr="[a, a$.utterance, a$.inputmode, '
        "a$.confidence, application.lastresult$[0].interpretation, "
        'application.lastresult$.length].join()"/></block></form>'
    )
    with calling(body, "2") as call:
        assert call.logged == ["two,2,dtmf,1,two,1"]


def test_the_filled_of_an_item_comes_before_those_of_the_form() -> None:
    filled = "<filled><log expr=\"'item'\"/></filled>"
    body = f"<form><filled><log expr=\"'form'\"/></filled>{asking('a', filled)}</form>"
    with calling(body, "1") as call:
        assert call.logged == ["item", "form"]


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ('mode="all"', ["both"]),
        ('mode="any"', ["both", "both"]),
        ('mode="all" namelist="a"', ["both"]),
        ('namelist="b"', ["both"]),
    ],
)
def test_which_filled_is_run(attributes: str, expected: list[str]) -> None:
    filled = f"<filled {attributes}><log expr=\"'both'\"/></filled>"
    body = f"<form>{asking('a')}{asking('b')}{filled}{EXIT}</form>"
    with calling(body, "1 2") as call:
        assert call.logged == expected


def test_a_condition_that_fails_is_told_with_its_line() -> None:
    wrong = '"nothing.here"'
    for item in (
        f"<block cond={wrong}/>",
        f"<field expr={wrong}/>",
        f"<field><value expr={wrong}/></field>",
        f"<block><log expr={wrong}/></block>",
        f"<transfer destexpr={wrong}/>",
    ):
        with calling(f"<form>\n{item}</form>") as call:
            assert call.end is not None
            assert (call.end.reason or "").endswith("(line 2)")


def test_only_items_that_were_filled_now_run_filled() -> None:
    filled = '<filled mode="any" namelist="a"><log expr="\'a\'"/></filled>'
    with calling(f"<form>{asking('a')}{asking('b')}{filled}</form>", "1 2") as call:
        assert call.logged == ["a"]


def test_an_event_in_filled_is_handled_where_it_stands() -> None:
    filled = (
        '<filled><throw event="mine"/></filled>'
        '<catch event="mine"><log expr="\'caught\'"/></catch>'
    )
    with calling(f"<form>{asking('a', filled)}</form>", "1") as call:
        assert call.logged == ["caught"]


def test_a_variable_of_a_block_is_gone_after_it() -> None:
    body = (
        '<form><block><var name="x" expr="1"/></block>'
        '<block><log expr="typeof x"/></block></form>'
    )
    with calling(body) as call:
        assert call.logged == ["undefined"]


def test_clear_takes_values_and_counts() -> None:
    body = (
        '<form><field name="a"><prompt>first</prompt><prompt count="2">again</prompt>'
        f'{DIGIT}</field><field name="b">{DIGIT}<filled><clear namelist="a b"/></filled>'
        "</field></form>"
    )
    with calling(body, "... 1 1") as call:
        assert call.said == ['"first"', '"again"', '"first"']


def test_an_error_while_a_form_begins_is_handled_by_the_form() -> None:
    body = '<form><var name="x" expr="nothing"/><error><log expr="_event"/><exit/></error></form>'
    with calling(body) as call:
        assert call.logged == ["error.semantic"]


def test_queued_prompts_are_said_together() -> None:
    body = f"<form><block>one</block><block>two</block>{asking('a')}</form>"
    assert log_of(body) == ['play "one" "two" "a?"']


def test_a_session_begins_with_the_dialog_that_its_uri_names() -> None:
    body = "<form id='a'/><form id='b'><block><exit expr='1'/></block></form>"
    with calling(body, dialog="b") as call:
        assert call.end is not None
        assert call.end.expr == 1
    with calling(body, dialog="c") as call:
        assert call.end is not None
        assert (
            call.end.reason == "there is no dialog c: give a <form> or <menu> this id"
        )


def test_a_document_without_dialogs_ends() -> None:
    with calling("") as call:
        assert call.log == ["exit"]


def test_clear_without_names_is_about_all_items_and_their_counts() -> None:
    prompts = '<prompt>first</prompt><prompt count="2">again</prompt>'
    body = (
        f'<form><field name="a">{prompts}{DIGIT}</field><field name="b">{DIGIT}'
        "<filled><clear {}/></filled></field></form>"
    )
    with calling(body.format(""), "... 1 1") as call:
        assert call.said == ['"first"', '"again"', '"first"']
    with calling(body.format('namelist="b"'), "... 1 1 1") as call:
        assert call.said == ['"first"', '"again"']


def test_the_line_is_that_of_the_innermost_element() -> None:
    body = '<form><block>\n<if cond="true">\n<throw event="mine"/></if></block></form>'
    with calling(body) as call:
        assert call.end is not None
        assert call.end.reason == "mine (line 3)"
