"""The call that a createcall wants, read without placing it."""

from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from ccxml.commands import PlaceCall
from engine.applications.createcall import headers_of, request_of_createcall
from engine.model.outbound_request import OutboundRequest, request_of
from engine.model.result import RefusedError, Result
from sip.errors import InvalidHeaderError
from sip.uri import MAX_HEADERS, REFUSED_IN_REFER


def asked(hints: dict[str, Any] | None = None, **headers: str) -> OutboundRequest:
    fields = {"action": "startApplication", "headers": headers, "callerId": "4711"}
    return request_of({**fields, "hints": hints}, as_text=False)


def wanted(
    hints: dict[str, Any],
    of: OutboundRequest | None = None,
    caller_id: str | None = None,
) -> OutboundRequest:
    return request_of_createcall(order_of(hints=hints, caller_id=caller_id), of)


def order_of(**attributes: Any) -> PlaceCall:
    order = PlaceCall(
        connection_id="1",
        dest="sip:a@b",
        caller_id=None,
        aai=None,
        timeout_s=None,
        hints={},
        join_id=None,
        join_direction="both",
    )
    return replace(order, **attributes)


def header(value: object) -> dict[str, object]:
    return {"value": value}


def test_its_webhook_is_that_of_its_request_unless_it_names_its_own() -> None:
    of = structs.replace(asked({"webhook": "crm"}), traceparent="00-1-2-01")

    own, inherited = wanted({"webhook": "erp"}, of), wanted({}, of)

    assert (own.webhook, inherited.webhook) == ("erp", "crm")
    assert own.traceparent == inherited.traceparent == of.traceparent


def test_a_compact_name_is_the_same_header_as_its_long_one() -> None:
    of = asked(Subject="asked", b="<sip:a@b>")

    assert wanted({"s": header("own")}, of).headers == (
        ("Subject", "own"),
        ("Referred-By", "<sip:a@b>"),
    )


@pytest.mark.parametrize("name", ["From", "f"])
def test_from_among_the_hints_is_the_identity(name: str) -> None:
    request = wanted({name: header('"Acme, Inc." <sip:a@b>')}, asked(From="sip:c@d"))

    assert str(request.from_) == '"Acme, Inc." <sip:a@b>'
    assert request.headers == ()


def test_a_caller_with_a_name() -> None:
    request = wanted({}, asked(From="sip:c@d"), '"Acme, Inc." <sip:a@b>')

    assert str(request.from_) == '"Acme, Inc." <sip:a@b>'


@pytest.mark.parametrize(
    ("hints", "detail"),
    [
        ({"l": header(0)}, r"header l \(Content-Length\) is written"),
        ({"User-Agent": header("mine")}, "header User-Agent is written"),
        ({"s": header("a"), "subject": header("b")}, "header subject is given twice"),
        ({"f": header("sip:a@b"), "From": header("sip:a@b")}, "From is given twice"),
        ({"From": header('"Acme <sip:a@b>')}, "The From value is neither"),
        ({"X-A": header("\ud800")}, "X-A is not Unicode text"),
    ],
)
def test_what_cannot_be_sent_is_told(hints: dict[str, Any], detail: str) -> None:
    with pytest.raises(RefusedError, match=detail):
        wanted(hints)


def test_the_subscription_of_a_transfer_has_its_own_headers() -> None:
    hints = {"Expires": header(30)}

    assert headers_of(hints) == ((("Expires", "30"),), None)
    with pytest.raises(InvalidHeaderError, match="Expires is written"):
        headers_of(hints, REFUSED_IN_REFER)


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30.0), ("1500ms", 1.5), ("2000", 2.0), (2000, 2.0)]
)
def test_a_time_among_the_hints(text: object, seconds: float) -> None:
    request = wanted({"ring_timeout": text, "max_duration": text})

    assert (request.ring_timeout_s, request.max_duration_s) == (seconds, seconds)


def test_the_timeout_of_the_element_goes_before_that_of_the_hints() -> None:
    order = order_of(timeout_s=5.0, hints={"ring_timeout": "30s"})

    assert request_of_createcall(order, None).ring_timeout_s == 5.0


def test_hints_of_the_request_count_unless_the_call_has_its_own() -> None:
    of = asked({"ring_timeout": 20_000, "max_duration": 60_000})
    request = wanted({"max_duration": "5s"}, of)

    assert (request.ring_timeout_s, request.max_duration_s) == (20.0, 5.0)


def test_the_caller_id_is_that_of_the_request_unless_the_call_has_its_own() -> None:
    assert wanted({}, asked()).caller_id == "4711"
    assert wanted({}, asked(), "tel:0815;ext=1").caller_id == "0815"


def test_user_to_user_information_is_sent_as_hexadecimal() -> None:
    request = request_of_createcall(order_of(aai="hi"), None)

    assert request.headers == (("User-to-User", "6869;encoding=hex"),)


def test_a_call_may_have_only_so_many_headers() -> None:
    hints = {f"X-{number}": header("a") for number in range(MAX_HEADERS + 1)}

    with pytest.raises(RefusedError, match=f"at most {MAX_HEADERS} headers"):
        wanted(hints)


@pytest.mark.parametrize(
    "attributes",
    [
        {"dest": ""},
        {"hints": {"ring_timeout": "soon"}},
        {"hints": {"max_duration": []}},
        {"hints": {"say": True}},
        {"hints": {"agents": True}},
    ],
)
def test_what_is_no_call(attributes: dict[str, Any]) -> None:
    with pytest.raises(RefusedError) as refused:
        request_of_createcall(order_of(**attributes), None)

    assert refused.value.result is Result.INVALID_REQUEST
