"""What a client may ask for, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.call_progress import CallProgressRequest
from engine.model.outbound_request import (
    Action,
    Fields,
    destination_of,
    fields_of_body,
    fields_of_query,
    request_of,
)
from engine.model.result import RefusedError, Result


def request(**fields: object) -> Fields:
    return {"action": "makeCall", "to": "sip:1@example.com", **fields}


def refusal(fields: Fields) -> tuple[Result, str]:
    with pytest.raises(RefusedError) as caught:
        request_of(fields, as_text=False)
    return caught.value.result, caught.value.detail


def test_defaults() -> None:
    outbound = request_of(request(), as_text=False)

    assert outbound.action is Action.MAKE_CALL
    assert str(outbound.destination) == "sip:1@example.com"
    assert (outbound.wait_s, outbound.headers, outbound.caller_id) == (30.0, (), None)


def test_null_is_absence() -> None:
    members = dict.fromkeys(("timeout", "callerId", "appData", "headers", "hints"))

    assert request_of(request(**members), as_text=False) == request_of(
        request(), as_text=False
    )


def test_a_byte_order_mark_is_skipped() -> None:
    assert fields_of_body(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


def test_every_member() -> None:
    outbound = request_of(
        request(
            callerId="4711",
            timeout=2500,
            appData={"a": "b"},
            headers={
                "X-A": "1",
                "from": "<sip:me@here.example>",
                "X-B": {"value": "2"},
            },
            hints={
                "ring_timeout": 5000,
                "max_duration": 60000,
                "proxy_group": "g",
                "bvr_callprogress": {},
                "else": 1,
            },
        ),
        as_text=False,
    )

    assert (outbound.caller_id, outbound.wait_s) == ("4711", 2.5)
    assert outbound.headers == (("X-A", "1"), ("X-B", "2"))
    assert str(outbound.from_) == "<sip:me@here.example>"
    assert (outbound.ring_timeout_s, outbound.max_duration_s) == (5.0, 60.0)
    assert outbound.proxy_group == "g"
    assert outbound.call_progress == CallProgressRequest()
    assert outbound.hints is not None
    assert outbound.hints["else"] == 1


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        (request(timeout="1000"), "timeout"),
        (request(timeout=True), "timeout"),
        (request(timeout=0), "timeout"),
        (request(timeout=3_600_001), "timeout"),
        (request(to=5), "to"),
        (request(to="sip:"), "host"),
        (request(to="mailto:a@b"), "sip"),
        (request(to="call me"), "telephone number"),
        (request(to="tel:nobody"), "telephone number"),
        (request(to="+49;ext=5"), "telephone number"),
        (request(to="tel:+49;"), "parameter of the tel: URI"),
        (request(to="tel:+49;ext="), "parameter of the tel: URI"),
        (request(to="tel:+49;ext=5>;x"), "parameter of the tel: URI"),
        (request(to="tel:+49;ext=5@evil.example"), "parameter of the tel: URI"),
        (request(to="tel:+49;x=%4"), "parameter of the tel: URI"),
        (request(to="sip:a@b?Subject=x"), "headers"),
        (request(callerId=7), "callerId"),
        (request(callerId=""), "user"),
        (request(callerId="tel:4711"), "caller ID"),
        (request(callerId="sip:example.com"), "user"),
        (request(appData=[]), "appData"),
        (request(appData={"a": 1}), "appData"),
        (request(headers=[]), "headers"),
        (request(headers={"X": 1}), "headers"),
        (request(headers={"X": {}}), "value"),
        (request(headers={"Via": "x"}), "Via"),
        (request(headers={"cSeQ": "x"}), "cSeQ"),
        (request(headers={"l": "0"}), "l (Content-Length)"),
        (request(headers={"f": "sip:a@b", "From": "sip:a@b"}), "From is given twice"),
        (request(headers={"From": '"Acme <sip:a@b>'}), "Name"),
        (request(headers={"X Y": "x"}), "token"),
        (request(headers={"X-A": "a\r\nEvil: b"}), "line break"),
        (request(headers={"X-A": "\0"}), "NUL"),
        (request(headers={"X-A": "a" * 2049}), "2048"),
        (request(headers={f"X-{n}": "a" for n in range(33)}), "32"),
        (request(headers={"From": "nobody"}), "sip"),
        (request(hints=[]), "hints"),
        (request(hints={"ring_timeout": 999}), "ring_timeout"),
        (request(hints={"ring_timeout": "x"}), "ring_timeout"),
        (request(hints={"max_duration": -1}), "max_duration"),
        (request(hints={"proxy_group": 1}), "proxy_group"),
        (request(hints={"bvr_callprogress": True}), "bvr_callprogress"),
        (request(hints={"bvr_callprogress": {"amdTime": "1s"}}), "amdTime"),
        (request(hints={"bvr_callprogress": {"amdtime": "long"}}), "amdtime"),
        (request(hints={"bvr_callprogress": {"enabled": "sms"}}), "enabled"),
    ],
)
def test_invalid_request(fields: Fields, word: str) -> None:
    result, detail = refusal(fields)

    assert result is Result.INVALID_REQUEST
    assert word in detail
    assert detail.endswith(".")


@pytest.mark.parametrize("to", [None, "", "   "])
def test_missing_to(to: str | None) -> None:
    assert refusal(request(to=to))[0] is Result.MISSING_TO_VALUE


@pytest.mark.parametrize("action", [None, "", "MakeCall", 1, ["makeCall"]])
def test_invalid_action(action: object) -> None:
    assert refusal(request(action=action))[0] is Result.INVALID_ACTION


def test_start_application_needs_no_to() -> None:
    fields: Fields = {"action": "startApplication", "to": "anything at all"}

    outbound = request_of(fields, as_text=False)

    assert (outbound.to, outbound.destination) == ("anything at all", None)


@pytest.mark.parametrize(
    ("to", "destination"),
    [
        ("+49 (30) 123-45", "+493012345"),
        ("tel:+49-30-12345", "+493012345"),
        ("TEL:+49-30-12345;phone-context=x", "+493012345;phone-context=x"),
        ("tel:(030) 1;ext=5-5;npdi;rn=+49.1", "0301;ext=5-5;npdi;rn=+49.1"),
        ("*21#", "*21#"),
    ],
)
def test_number(to: str, destination: str) -> None:
    assert destination_of(to) == destination


@pytest.mark.parametrize(
    ("to", "uri"), [("SIP:a@b", "sip:a@b"), ("sips:a@[::1]:5061", "sips:a@[::1]:5061")]
)
def test_uri(to: str, uri: str) -> None:
    assert str(destination_of(to)) == uri


def test_query() -> None:
    fields = fields_of_query(
        [
            ("action", "makeCall"),
            ("to", "sip:1@a"),
            ("apiKey", "k"),
            ("timeout", "1500"),
            ("headers:X-A", "1"),
            ("hints:ring_timeout", "2000"),
            ("colour", "blue"),
        ]
    )
    outbound = request_of(fields, as_text=True)

    assert (outbound.wait_s, outbound.ring_timeout_s) == (1.5, 2.0)
    assert outbound.headers == (("X-A", "1"),)
    assert outbound.app_data == {"colour": "blue"}


def test_only_a_body_has_a_member_that_asks_for_an_answer_at_once() -> None:
    named = [("action", "makeCall"), ("to", "sip:1@a"), ("async", "true")]
    queried = request_of(fields_of_query(named), as_text=True)
    posted = request_of({**dict(named), "async": True}, as_text=False)

    assert (queried.is_async, queried.app_data) == (False, {"async": "true"})
    assert (posted.is_async, posted.app_data) == (True, None)


@pytest.mark.parametrize(
    ("body", "result"),
    [
        (b"", Result.NO_REQUEST_BODY),
        (b" ", Result.INVALID_JSON),
        (b"[]", Result.INVALID_JSON),
        (b'"a"', Result.INVALID_JSON),
        (b"{", Result.INVALID_JSON),
        (b"{'a': 1}", Result.INVALID_JSON),
        (b'{"a": NaN}', Result.INVALID_JSON),
        (b'{"a": "\xff"}', Result.INVALID_JSON),
        (b"[" * 60_000, Result.INVALID_JSON),
    ],
)
def test_body(body: bytes, result: Result) -> None:
    with pytest.raises(RefusedError) as caught:
        fields_of_body(body)

    assert caught.value.result is result


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries(
        {
            "action": st.sampled_from(["makeCall", "startApplication"]),
            "to": json_values,
        },
        optional=dict.fromkeys(
            ("callerId", "timeout", "appData", "headers", "hints", "apiKey"),
            json_values,
        ),
    ),
    st.booleans(),
)
def test_hostile_members_are_refused_and_never_crash(
    fields: Fields, as_text: bool
) -> None:
    try:
        outbound = request_of(fields, as_text=as_text)
    except RefusedError as error:
        refused = error
    else:
        assert all("\n" not in f"{name}{value}" for name, value in outbound.headers)
        return
    assert refused.result in (Result.INVALID_REQUEST, Result.MISSING_TO_VALUE)


@given(st.binary(max_size=200))
def test_hostile_bodies_are_refused_and_never_crash(body: bytes) -> None:
    result = None
    try:
        fields_of_body(body)
    except RefusedError as error:
        result = error.result
    assert result in (None, Result.NO_REQUEST_BODY, Result.INVALID_JSON)
