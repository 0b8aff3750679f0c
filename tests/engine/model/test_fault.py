"""Whose fault a failure is: every result, and how INVITEs end."""

import pytest

from engine.model.fault import Fault, fault_of_call, fault_of_result
from engine.model.result import Result
from sip.events import Origin

RESULTS = {
    None: {"Call connected", "Application started"},
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
        ((404, 408, 410, 480, 485, 486, 487, 488), "callee"),
        ((600, 603, 604, 606, 699), "callee"),
        ((500, 502, 503, 504, 580, 599), "trunk"),
        ((401, 402, 403, 407, 482, 483), "trunk"),
        ((414, 416, 484), "client"),
        ((400, 405, 413, 415, 420, 481, 493, 499), "us"),
    ],
)
def test_response(statuses: tuple[int, ...], fault: str) -> None:
    for status in statuses:
        assert fault_of_call(status, Origin.REMOTE, None) == fault


@pytest.mark.parametrize(
    ("status", "origin", "hung_up_by", "fault"),
    [
        (408, Origin.LOCAL_TIMER, None, "trunk"),
        (503, Origin.LOCAL_TRANSPORT, None, "trunk"),
        (487, Origin.LOCAL_CANCEL, None, "callee"),  # the ring limit
        (200, Origin.LOCAL_CANCEL, None, "callee"),  # too late for it
        (487, Origin.LOCAL_CANCEL, Fault.CLIENT, "client"),
        (487, Origin.LOCAL_CANCEL, Fault.PLATFORM, "us"),
        (486, Origin.REMOTE, Fault.CLIENT, "callee"),  # it crossed our CANCEL
    ],
)
def test_end(status: int, origin: Origin, hung_up_by: Fault | None, fault: str) -> None:
    assert fault_of_call(status, origin, hung_up_by) == fault
