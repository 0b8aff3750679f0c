"""Whose fault a failure is: every result, and how INVITEs end."""

import pytest
from msgspec.structs import replace

from engine.model.disposition import Disposition, EndRequester, UnansweredEnd
from engine.model.fault import fault_of_end, fault_of_result
from engine.model.result import Result
from sip.events import Origin

RESULTS = {
    None: {"Call connected", "Application started", "Request accepted"},
    "client": {
        "Call failed",  # refused: the client went away
        "Account call limit",
        "Application call limit",
        "Number denied",
        "Application timeout",
        "CCXML error",
        "Invalid URI",
        "Invalid application type",
        "No request body",
        "Invalid JSON",
        "Invalid action",
        "Invalid request",
        "Missing to value",
    },
    "us": {
        "Internal Error",
        "Request timeout",
        "License limit",
        "No account found",
        "No application found",
        "No BVR to handle outbound API",
        "CCXML server not running",
        "Server shutdown",
        "BVR call limit",
    },
}


@pytest.mark.parametrize("result", Result, ids=lambda result: result.text)
def test_result(result: Result) -> None:
    (expected,) = [fault for fault, texts in RESULTS.items() if result.text in texts]

    assert fault_of_result(result) == expected


@pytest.mark.parametrize(
    ("statuses", "fault"),
    [
        ((300, 302, 380), "callee"),
        ((404, 408, 410, 430, 480, 485, 486, 487, 488), "callee"),
        ((600, 603, 604, 606, 607, 608, 699), "callee"),
        ((500, 502, 503, 504, 580, 599), "trunk"),
        ((401, 402, 403, 407, 428, 436, 437, 438, 440, 482, 483), "trunk"),
        ((414, 416, 433, 484), "client"),
        ((400, 405, 413, 415, 420, 481, 493, 499), "us"),
    ],
)
def test_response(statuses: tuple[int, ...], fault: str) -> None:
    for status in statuses:
        assert fault_of_end(UnansweredEnd(status, Origin.REMOTE)) == fault


CANCELLED = UnansweredEnd(487, Origin.LOCAL_CANCEL)


@pytest.mark.parametrize(
    ("end", "fault"),
    [
        (UnansweredEnd(408, Origin.LOCAL_TIMER), "trunk"),
        (UnansweredEnd(503, Origin.LOCAL_TRANSPORT), "trunk"),
        (CANCELLED, "callee"),  # the ring limit
        (replace(CANCELLED, status=200), "callee"),  # too late for it
        (replace(CANCELLED, is_silent=True), "trunk"),
        (replace(CANCELLED, was_given_up=True), "us"),
        (replace(CANCELLED, requester=EndRequester.CLIENT), "client"),
        (replace(CANCELLED, requester=EndRequester.APPLICATION), "client"),
        (replace(CANCELLED, requester=EndRequester.LIMIT), "client"),
        (replace(CANCELLED, requester=EndRequester.OPERATOR), "us"),
        (replace(CANCELLED, requester=EndRequester.STOP), "us"),
        (replace(CANCELLED, requester=EndRequester.DEFECT), "us"),
        # It crossed our CANCEL.
        (UnansweredEnd(486, Origin.REMOTE, EndRequester.CLIENT), "callee"),
        # What a gateway or a tone says is nearer to the callee than the status.
        (UnansweredEnd(503, Origin.REMOTE, cause=17), "callee"),
        (UnansweredEnd(484, Origin.REMOTE, cause=34), "trunk"),
        (UnansweredEnd(403, Origin.REMOTE, heard=Disposition.REJECTED), "callee"),
    ],
)
def test_end(end: UnansweredEnd, fault: str) -> None:
    assert fault_of_end(end) == fault
