"""Every outcome that the outbound API documents, and the answer or refusal that carries it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, unique
from http import HTTPStatus

from sip.events import Origin


@unique
class Result(Enum):
    """Outcome of an outbound API request, spelt letter for letter as its clients know it."""

    CALL_CONNECTED = "Call connected", HTTPStatus.OK
    APPLICATION_STARTED = "Application started", HTTPStatus.OK
    INTERNAL_ERROR = "Internal Error", HTTPStatus.INTERNAL_SERVER_ERROR
    REQUEST_TIMEOUT = "Request timeout", HTTPStatus.REQUEST_TIMEOUT
    CALL_FAILED = "Call failed", HTTPStatus.NOT_FOUND
    LICENSE_LIMIT = "License limit", HTTPStatus.FORBIDDEN
    ACCOUNT_CALL_LIMIT = "Account call limit", HTTPStatus.FORBIDDEN
    APPLICATION_CALL_LIMIT = "Application call limit", HTTPStatus.FORBIDDEN
    NO_ACCOUNT_FOUND = "No account found", HTTPStatus.INTERNAL_SERVER_ERROR
    NO_APPLICATION_FOUND = "No application found", HTTPStatus.INTERNAL_SERVER_ERROR
    NUMBER_DENIED = "Number denied", HTTPStatus.FORBIDDEN
    NO_BVR = "No BVR to handle outbound API", HTTPStatus.SERVICE_UNAVAILABLE
    APPLICATION_TIMEOUT = "Application timeout", HTTPStatus.REQUEST_TIMEOUT
    CCXML_ERROR = "CCXML error", HTTPStatus.INTERNAL_SERVER_ERROR
    INVALID_URI = "Invalid URI", HTTPStatus.NOT_FOUND
    CCXML_SERVER_NOT_RUNNING = (
        "CCXML server not running",
        HTTPStatus.SERVICE_UNAVAILABLE,
    )
    INVALID_APPLICATION_TYPE = "Invalid application type", HTTPStatus.BAD_REQUEST
    SERVER_SHUTDOWN = "Server shutdown", HTTPStatus.SERVICE_UNAVAILABLE
    NO_REQUEST_BODY = "No request body", HTTPStatus.BAD_REQUEST
    INVALID_JSON = "Invalid JSON", HTTPStatus.BAD_REQUEST
    INVALID_ACTION = "Invalid action", HTTPStatus.BAD_REQUEST
    INVALID_REQUEST = "Invalid request", HTTPStatus.BAD_REQUEST
    MISSING_TO_VALUE = "Missing to value", HTTPStatus.BAD_REQUEST
    BVR_CALL_LIMIT = "BVR call limit", HTTPStatus.FORBIDDEN

    def __init__(self, text: str, http_status: HTTPStatus) -> None:
        self.text = text
        self.http_status = http_status


class RefusedError(Exception):
    """We do not take the request. *detail* is one sentence for a person."""

    def __init__(
        self,
        result: Result,
        detail: str,
        http_status: HTTPStatus | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s
        self.result = result
        self.detail = detail
        self.http_status = http_status or result.http_status


@dataclass(frozen=True, slots=True)
class SipOutcome:
    """How the INVITE ended: RFC 3261 status and reason, and who said so."""

    status: int
    reason: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client of one request is told."""

    result: Result
    application_uuid: str | None = None
    headers: Mapping[str, str] | None = None  # of the final SIP response
    sip: SipOutcome | None = None
    timings_ms: Mapping[str, float] | None = None
    detail: str | None = None
    http_status: HTTPStatus | None = None  # None: the result's own
    retry_after_s: float | None = None

    @classmethod
    def of_refusal(
        cls, refused: RefusedError, application_uuid: str | None = None
    ) -> "Answer":
        """The answer to a request that was not taken."""
        return cls(
            refused.result,
            application_uuid,
            detail=refused.detail,
            http_status=refused.http_status,
            retry_after_s=refused.retry_after_s,
        )
