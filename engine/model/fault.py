"""Fault: whose fault it is that a call was not connected or a request was refused. Pure."""

from enum import StrEnum

from sip.events import Origin

from .result import Result


class Fault(StrEnum):
    """The side on which a failure has its reason."""

    CLIENT = "client"  # the request, its application, or what its account may do
    CALLEE = "callee"  # the called party: busy, absent, or it declined
    TRUNK = "trunk"  # the way to the callee: a proxy, or the destination's own host
    PLATFORM = "us"  # this platform or its configuration


_OF_RESULT: dict[Result, Fault | None] = {
    Result.CALL_CONNECTED: None,
    Result.APPLICATION_STARTED: None,
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

_OF_STATUS: dict[int, Fault] = {
    **dict.fromkeys((404, 408, 410, 480, 485, 486, 487, 488), Fault.CALLEE),
    **dict.fromkeys((401, 402, 403, 407, 482, 483), Fault.TRUNK),
    **dict.fromkeys((414, 416, 484), Fault.CLIENT),
}
"""Statuses of RFC 3261 §21.4 whose class alone does not tell."""


def fault_of_result(result: Result) -> Fault | None:
    """Return whose fault *result* is; None if it is no failure."""
    return _OF_RESULT[result]


def fault_of_call(status: int, origin: Origin, hung_up_by: Fault | None) -> Fault:
    """Return whose fault it is that a call failed, by how its last INVITE ended.

    *hung_up_by* is who asked to end the call early, None for nobody: then
    ``local-cancel`` means that the ring timeout has passed, because nobody answered the
    phone.
    """
    match origin:
        case Origin.LOCAL_CANCEL:
            return hung_up_by or Fault.CALLEE
        case Origin.LOCAL_TIMER | Origin.LOCAL_TRANSPORT:
            return Fault.TRUNK
        case Origin.REMOTE:
            return _of_response(status)


def _of_response(status: int) -> Fault:
    """Return the fault for a final response.

    An unknown 4xx is ours: our INVITE should be looked at.
    """
    match status // 100:
        case 3 | 6:
            return Fault.CALLEE
        case 5:
            return Fault.TRUNK
        case _:
            return _OF_STATUS.get(status, Fault.PLATFORM)
