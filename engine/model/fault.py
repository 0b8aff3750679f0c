"""Fault: whose fault it is that a call was not connected or a request was refused. Pure."""

from enum import StrEnum

from sip.events import Origin

from .disposition import Disposition, EndRequester, UnansweredEnd, disposition_of_end
from .result import Result

_REJECTED_BY_TRUNK = (401, 402, 403, 407, 428, 436, 437, 438)


class Fault(StrEnum):
    """The side on which a failure has its reason."""

    CLIENT = "client"  # the request, its application, or what its account may do
    CALLEE = "callee"  # the called party: busy, absent, or it declined
    TRUNK = "trunk"  # the way to the callee: a proxy, or the destination's own host
    PLATFORM = "us"  # this platform or its configuration


_OF_RESULT: dict[Result, Fault | None] = {
    Result.CALL_CONNECTED: None,
    Result.APPLICATION_STARTED: None,
    Result.REQUEST_ACCEPTED: None,
    Result.INTERNAL_ERROR: Fault.PLATFORM,
    Result.REQUEST_TIMEOUT: Fault.PLATFORM,
    Result.CALL_FAILED: Fault.CLIENT,
    Result.LICENSE_LIMIT: Fault.PLATFORM,
    Result.ACCOUNT_CALL_LIMIT: Fault.CLIENT,
    Result.APPLICATION_CALL_LIMIT: Fault.CLIENT,
    Result.NO_ACCOUNT_FOUND: Fault.PLATFORM,
    Result.NO_APPLICATION_FOUND: Fault.PLATFORM,
    Result.NUMBER_DENIED: Fault.CLIENT,
    Result.NO_BVR: Fault.PLATFORM,
    Result.APPLICATION_TIMEOUT: Fault.CLIENT,
    Result.CCXML_ERROR: Fault.CLIENT,
    Result.INVALID_URI: Fault.CLIENT,
    Result.CCXML_SERVER_NOT_RUNNING: Fault.PLATFORM,
    Result.INVALID_APPLICATION_TYPE: Fault.CLIENT,
    Result.SERVER_SHUTDOWN: Fault.PLATFORM,
    Result.NO_REQUEST_BODY: Fault.CLIENT,
    Result.INVALID_JSON: Fault.CLIENT,
    Result.INVALID_ACTION: Fault.CLIENT,
    Result.INVALID_REQUEST: Fault.CLIENT,
    Result.MISSING_TO_VALUE: Fault.CLIENT,
    Result.BVR_CALL_LIMIT: Fault.PLATFORM,
}

_OF_DISPOSITION: dict[Disposition, Fault] = {
    Disposition.BUSY: Fault.CALLEE,
    Disposition.NO_ANSWER: Fault.CALLEE,
    Disposition.REJECTED: Fault.CALLEE,
    Disposition.UNREACHABLE: Fault.CALLEE,
    Disposition.CONGESTION: Fault.TRUNK,
    Disposition.CANCELLED: Fault.CLIENT,
    Disposition.FAILED: Fault.PLATFORM,
}
"""Of calls that began and were not answered."""

_OF_STATUS: dict[tuple[Disposition, int], Fault] = {
    # The trunk does not let us in, or knows of no right of ours.
    **dict.fromkeys(
        ((Disposition.REJECTED, status) for status in _REJECTED_BY_TRUNK), Fault.TRUNK
    ),
    # The address itself cannot be used, or the client hides who it is.
    (Disposition.UNREACHABLE, 414): Fault.CLIENT,
    (Disposition.UNREACHABLE, 416): Fault.CLIENT,
    (Disposition.UNREACHABLE, 484): Fault.CLIENT,
    (Disposition.REJECTED, 433): Fault.CLIENT,
}
"""Statuses of RFC 3261 §21.4 and later that say more than the disposition."""

_STOPPERS = frozenset({EndRequester.OPERATOR, EndRequester.STOP})


def fault_of_result(result: Result) -> Fault | None:
    """Return whose fault *result* is; None if it is no failure."""
    return _OF_RESULT[result]


def fault_of_end(end: UnansweredEnd) -> Fault:
    """Return whose fault it is that a call was not answered, by its disposition."""
    disposition = disposition_of_end(end)
    if disposition is Disposition.CANCELLED and end.requester in _STOPPERS:
        return Fault.PLATFORM
    usual = _OF_DISPOSITION[disposition]
    if end.origin is not Origin.REMOTE or end.heard is not None:
        return usual
    return _OF_STATUS.get((disposition, end.status), usual)
