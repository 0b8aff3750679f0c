"""The call that a createcall wants, read without placing it."""

from typing import Any

import pytest

from ccxml.commands import PlaceCall
from engine.applications.createcall import headers_of, request_of_createcall
from engine.model.outbound_request import OutboundRequest, request_of
from engine.model.result import RefusedError
from sip.errors import InvalidHeaderError
from sip.uri import REFUSED_IN_REFER


def asked(**headers: str) -> OutboundRequest:
    fields = {"action": "startApplication", "headers": headers, "callerId": "4711"}
    return request_of(fields, as_text=False)


def wanted(
    hints: dict[str, Any],
    of: OutboundRequest | None = None,
    caller_id: str | None = None,
) -> OutboundRequest:
    order = PlaceCall("1", "sip:a@b", caller_id, None, None, hints, None, "both")
    return request_of_createcall(order, of)


def header(value: object) -> dict[str, object]:
    return {"value": value}


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
