"""Result: every documented outcome of the outbound API; and what carries it."""

from collections.abc import Mapping
from enum import Enum, unique
from http import HTTPStatus

import msgspec

from sip.events import Origin

from .call_progress import ProgressOutcome
from .call_record import Attempt, CallRecord
from .disposition import Conclusion, Disposition


@unique
class Result(Enum):
    """Outcome of an outbound API request, spelt letter for letter as its clients know it.

    Each member has its text, its HTTP status and its meaning.
    """

    CALL_CONNECTED = (
        "Call connected",
        HTTPStatus.OK,
        "A 2xx to the INVITE arrived and was ACKed within the wait.",
    )
    APPLICATION_STARTED = (
        "Application started",
        HTTPStatus.OK,
        "The application's session has begun without an error.",
    )
    REQUEST_ACCEPTED = (
        "Request accepted",
        HTTPStatus.ACCEPTED,
        "An asynchronous request has its slots and its record; what becomes of it, the "
        "look-up and the events tell.",
    )
    INTERNAL_ERROR = (
        "Internal Error",
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "A defect, or the database or Redis cannot be reached; the log says more.",
    )
    REQUEST_TIMEOUT = (
        "Request timeout",
        HTTPStatus.REQUEST_TIMEOUT,
        "The wait ran out; the call or the start goes on, unless the application says otherwise, or nobody was rung yet.",
    )
    CALL_FAILED = (
        "Call failed",
        HTTPStatus.NOT_FOUND,
        "A final 3xx to 6xx came, a timer or the transport failed here, or the call was cancelled; sip says which.",
    )
    LICENSE_LIMIT = (
        "License limit",
        HTTPStatus.FORBIDDEN,
        "All calls of the platform's licence are in use.",
    )
    ACCOUNT_CALL_LIMIT = (
        "Account call limit",
        HTTPStatus.FORBIDDEN,
        "The account's calls are in use, or its turn in calls per second is too far off.",
    )
    APPLICATION_CALL_LIMIT = (
        "Application call limit",
        HTTPStatus.FORBIDDEN,
        "The application's calls are in use, or its turn in calls per second is too far off.",
    )
    NO_ACCOUNT_FOUND = (
        "No account found",
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "The account of the key's application does not exist.",
    )
    NO_APPLICATION_FOUND = (
        "No application found",
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "The key's application does not exist.",
    )
    NUMBER_DENIED = (
        "Number denied",
        HTTPStatus.FORBIDDEN,
        "A rule denies the to value.",
    )
    NO_BVR = (
        "No BVR to handle outbound API",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "No node that runs can place the call, or run the application, or has room for it now.",
    )
    APPLICATION_TIMEOUT = (
        "Application timeout",
        HTTPStatus.REQUEST_TIMEOUT,
        "The application did not start within its start limit.",
    )
    CCXML_ERROR = (
        "CCXML error",
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "The application's document is wrong, or ended in an error before it had started.",
    )
    INVALID_URI = (
        "Invalid URI",
        HTTPStatus.NOT_FOUND,
        "The application's URI is malformed, not allowed, or leads to nothing.",
    )
    CCXML_SERVER_NOT_RUNNING = (
        "CCXML server not running",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The node's CCXML part does not run.",
    )
    INVALID_APPLICATION_TYPE = (
        "Invalid application type",
        HTTPStatus.BAD_REQUEST,
        "startApplication was asked for with the key of a VXML application.",
    )
    SERVER_SHUTDOWN = (
        "Server shutdown",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The node starts, stops, or went away before the INVITE left.",
    )
    NO_REQUEST_BODY = (
        "No request body",
        HTTPStatus.BAD_REQUEST,
        "The POST has an empty body.",
    )
    INVALID_JSON = (
        "Invalid JSON",
        HTTPStatus.BAD_REQUEST,
        "The body is not JSON, or not an object.",
    )
    INVALID_ACTION = (
        "Invalid action",
        HTTPStatus.BAD_REQUEST,
        "action is missing or another value.",
    )
    INVALID_REQUEST = (
        "Invalid request",
        HTTPStatus.BAD_REQUEST,
        "The apiKey is missing or not known, or a member is of the wrong type, out of range or not allowed.",
    )
    MISSING_TO_VALUE = (
        "Missing to value",
        HTTPStatus.BAD_REQUEST,
        "makeCall was asked for without a to value.",
    )
    BVR_CALL_LIMIT = (
        "BVR call limit",
        HTTPStatus.FORBIDDEN,
        "Every node that could place the call carries as many as it may.",
    )

    def __init__(self, text: str, http_status: HTTPStatus, meaning: str) -> None:
        self.text = text
        self.http_status = http_status
        self.meaning = meaning  # one sentence; the API's description shows it


_OF_REFUSAL = {
    Result.INTERNAL_ERROR: Disposition.FAILED,
    Result.REQUEST_TIMEOUT: Disposition.FAILED,  # nobody was rung within the wait
    Result.NO_ACCOUNT_FOUND: Disposition.FAILED,
    Result.NO_APPLICATION_FOUND: Disposition.FAILED,
    Result.CALL_FAILED: Disposition.CONGESTION,  # every proxy was tried
}


def disposition_of_refusal(result: Result) -> Disposition:
    """Return the disposition of a request that got *result* before it became a call."""
    return _OF_REFUSAL.get(result, Disposition.REFUSED)


class RefusedError(Exception):
    """We do not take the request. *detail* is one sentence for a person.

    *retry_after_s* tells the client when to try again. *refused_by* is the limit or
    rule that refuses, as ``account:acme``. *conclusion* is what the request has come
    to, if that is not what its result says.
    """

    def __init__(
        self,
        result: Result,
        detail: str,
        http_status: HTTPStatus | None = None,
        retry_after_s: float | None = None,
        *,
        refused_by: str | None = None,
        conclusion: Conclusion | None = None,
    ) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s
        self.conclusion = conclusion or Conclusion(
            disposition_of_refusal(result), refused_by=refused_by
        )
        self.result = result
        self.detail = detail
        self.http_status = http_status or result.http_status

    @classmethod
    def conflict(cls, detail: str) -> "RefusedError":
        """Make the refusal, 409, of what does not fit the state of what it is about."""
        return cls(Result.INVALID_REQUEST, detail, HTTPStatus.CONFLICT)

    def close(self, record: CallRecord, now: float) -> None:
        """Enter the refusal as the end of *record*, at *now* in seconds since 1970."""
        conclusion = self.conclusion
        record.result, record.detail = self.result.text, self.detail or None
        record.disposition = conclusion.disposition.value
        record.hangup_by = conclusion.hang_up_by and conclusion.hang_up_by.value
        requester = conclusion.end_requester
        record.end_requester = requester and requester.value
        record.refused_by = conclusion.refused_by
        record.termination_reason, record.ended = "refused", now


class SipOutcome(msgspec.Struct, frozen=True):
    """How the INVITE ended: status and reason phrase (RFC 3261), and who caused it."""

    status: int
    reason: str
    origin: Origin


class OutboundOutcome(msgspec.Struct, frozen=True):
    """The outcome of one request, as its client is told."""

    result: Result
    application_uuid: str | None = None
    headers: dict[str, str] | None = None  # of the final SIP response, printable
    sip: SipOutcome | None = None
    timings_ms: Mapping[str, float] | None = None
    attempts: tuple[Attempt, ...] = ()
    conclusion: Conclusion | None = None
    """None where it is not known yet, as at ``Request timeout``, or there was no call."""
    call_progress: ProgressOutcome | None = None
    detail: str | None = None
    http_status: HTTPStatus | None = None  # None: the result's own
    retry_after_s: float | None = None

    @classmethod
    def of_refusal(
        cls, refused: RefusedError, application_uuid: str | None = None
    ) -> "OutboundOutcome":
        """Return the outcome of a request that was refused."""
        return cls(
            refused.result,
            application_uuid,
            conclusion=refused.conclusion,
            detail=refused.detail,
            http_status=refused.http_status,
            retry_after_s=refused.retry_after_s,
        )
