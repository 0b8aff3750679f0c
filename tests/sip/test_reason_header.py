"""Reason values, and the Q.850 causes in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.header_grammar import quote
from sip.reason_header import ReasonValue, parse_reasons, q850_reason


def q850_cause(value: str) -> int | None:
    """The number alone."""
    reason = q850_reason(value)
    return None if reason is None else reason.cause


@pytest.mark.parametrize(
    ("value", "cause"),
    [
        ("Q.850;cause=16", 16),
        ('q.850 ; text="Busy" ; cause = 17', 17),
        ('SIP;cause=486;text="Busy Here", Q.850;cause=17;text="User busy"', 17),
        ('SIP;cause=480;text="x", Q.850;cause=17', 17),
        ('SIP;cause=480;text="see Q.850;cause=99", Q.850;cause=17', 17),
        ('SIP;text="a, Q.850;cause=99";cause=480', None),
        (r'SIP;text="\", Q.850;cause=99";cause=1,Q.850;cause=17', 17),
        (r'SIP;text="\\",Q.850;cause=17', 17),
        ('Q.850;text="cause=99";cause=17', 17),
        ('Q.850;text=";cause=99;";cause=17', 17),
        ('Q.850;text="no end;cause=99', None),
        ('SIP;text="no end, Q.850;cause=99', None),
        ("Q.850;xcause=99;cause=17", 17),
        ("Q.850;cause=17;cause=99", 17),
        ("Q.850;CAUSE=17", 17),
        ("Q.850\t;\tcause\t=\t17", 17),
        ("Q.850;cause=017", 17),
        ("Q.850;cause=200, Q.850;cause=17", 17),
        ("Q.850, Q.850;cause=17", 17),
        ("xQ.850;cause=16", None),
        ("Q.850x;cause=16", None),
        ("Q-850;cause=16", None),
        ("SIP;cause=487", None),
        ("SIP;Q.850;cause=16", None),
        ("Q.850;text=nothing", None),
        ("Q.850, SIP;cause=16", None),
        ("Q.850;cause=999", None),
        ("Q.850;cause=-1", None),
        ("Q.850;cause=1x", None),
        ("Q.850;cause=\uff11\uff16", None),
        ("Q.850;cause=", None),
        ("Q.850;cause=" + "9" * 5000, None),
        (";cause=16", None),
        (",,;;,", None),
        ("", None),
    ],
)
def test_q850_cause(value: str, cause: int | None) -> None:
    assert q850_cause(value) == cause


def test_every_value_in_its_order() -> None:
    value = r'SIP ;cause=200 ;text="Call, \"done\"; elsewhere", Q.850;cause=16, X'

    assert parse_reasons(value) == [
        ReasonValue("SIP", 200, 'Call, "done"; elsewhere'),
        ReasonValue("Q.850", 16),
        ReasonValue("X"),
    ]


@given(st.text(max_size=40))
def test_no_text_hides_or_feigns_a_cause(text: str) -> None:
    assert q850_cause(f"SIP;text={quote(text)}, Q.850;cause=17") == 17
    assert q850_reason(f"Q.850;text={quote(text)};cause=17") == ReasonValue(
        "Q.850", 17, text
    )


@pytest.mark.parametrize(
    ("parameter", "text"),
    [("busy", "busy"), ('"busy', "busy"), ('""', ""), ('"', ""), ("", "")],
)
def test_a_text_without_its_quotes(parameter: str, text: str) -> None:
    assert parse_reasons(f"Q.850;cause=17;text={parameter}")[0].text == text


@given(st.text(alphabet='Q.850;cause=17,"\\ \n', max_size=60))
def test_nothing_breaks_the_parser(value: str) -> None:
    assert (q850_cause(value) or 0) <= 127
