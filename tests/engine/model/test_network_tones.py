"""The hint ``early_media``: what it asks for, and what is wrong in it."""

from typing import Any

import msgspec
import pytest

from engine.model.network_tones import (
    EarlyMediaHint,
    EarlyMediaRequest,
    ToneEvent,
    early_media_of,
    verdict_of,
)
from engine.model.outbound_request import request_of
from engine.model.result import RefusedError
from sip.network_tones import VERDICTS, ToneType, ToneVerdict
from sip.tone_watch import ToneListening
from sip.uri import SipUri


def wanted(to: SipUri | str | None = None, **members: Any) -> EarlyMediaRequest:
    return early_media_of(msgspec.convert(members, EarlyMediaHint), to)


def test_an_empty_hint() -> None:
    assert wanted() == EarlyMediaRequest()
    assert wanted().listening == ToneListening(None, frozenset(VERDICTS), 0)


def test_every_member() -> None:
    request = wanted(
        country="DE", events="Busy, sit", hangup=" congestion ", afteranswer="1.5s"
    )

    assert request == EarlyMediaRequest(
        ToneListening("de", frozenset({ToneType.CONGESTION}), 1.5),
        frozenset({ToneType.BUSY, ToneType.SIT}),
    )


def test_nothing_ends_the_call() -> None:
    assert wanted(hangup="none").listening.ends_on == frozenset()


@pytest.mark.parametrize(
    ("to", "country"),
    [
        ("+4930123", "de"),
        ("+4930123;ext=5", "de"),
        ("030123", None),
        (SipUri.parse("sip:+3312345@192.0.2.1"), "fr"),
        (SipUri.parse("sip:anna@192.0.2.1"), None),
        (None, None),
    ],
)
def test_the_country_is_that_of_the_number(
    to: SipUri | str | None, country: str | None
) -> None:
    assert wanted(to).listening.country == country
    assert wanted(to, country="gb").listening.country == "gb"


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({"country": "xx"}, "country of early_media is no country"),
        ({"events": "busy,loud"}, "events of early_media names no tone; give some of"),
        ({"hangup": "busy,none"}, "or none by itself"),
        ({"afteranswer": "601s"}, "afteranswer of early_media is above 600 s"),
        ({"afteranswer": "soon"}, "afteranswer"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_what_is_wrong_is_refused(members: dict[str, object], why: str) -> None:
    fields = {
        "action": "makeCall",
        "to": "sip:a@192.0.2.1",
        "hints": {"early_media": members},
    }
    with pytest.raises(RefusedError) as refused:
        request_of(fields, as_text=False)

    assert why in str(refused.value.detail)


def test_hints_of_a_request() -> None:
    fields = {
        "action": "makeCall",
        "to": "sip:a@192.0.2.1",
        "hints": {"early_media": {}, "inband_dtmf": True},
    }
    request = request_of(fields, as_text=False)

    assert request.early_media == EarlyMediaRequest()
    assert request.hears_inband_digits


@pytest.mark.parametrize(
    ("types", "verdict"),
    [
        ([], None),
        ([ToneType.RINGBACK, ToneType.ANNOUNCEMENT], None),
        ([ToneType.RINGBACK, ToneType.BUSY], ToneVerdict.BUSY),
        ([ToneType.SIT_VACANT, ToneType.CONGESTION], ToneVerdict.UNREACHABLE),
        ([ToneType.SIT_NO_CIRCUIT], ToneVerdict.CONGESTION),
    ],
)
def test_the_first_tone_that_says_something_counts(
    types: list[ToneType], verdict: ToneVerdict | None
) -> None:
    assert verdict_of([ToneEvent(each, 1.0) for each in types]) is verdict
