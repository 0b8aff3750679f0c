"""What the client raises.

    OutringError
     ├─ RefusedError            outring has answered, and did not do it
     │   ├─ InvalidRequestError the request has to change first
     │   ├─ LimitError          as many calls as are allowed are in use
     │   ├─ NumberDeniedError   a rule denies the number
     │   └─ PlatformError       the platform could not do it
     ├─ CallNotFoundError       no call of this application has the UUID
     ├─ UnreachableError        no answer came
     ├─ UnexpectedAnswerError   what came is no answer of outring's API
     ├─ WaitExpiredError        the call lives longer than the wait for it
     └─ WebhookError            a webhook was not sent by outring, or long ago

A call that was placed and failed is no error: it has an ``Outcome``.
"""

from http import HTTPStatus

from .generated.models.answer_body import AnswerBody
from .generated.types import Unset


class OutringError(Exception):
    """Anything that this client raises."""


class RefusedError(OutringError):
    """The request was refused, and nobody was rung, but as ``PlatformError`` says.

    *answer* is what outring has said. ``retry_after_s`` are the seconds after which it is
    worth asking again, where outring has told them.
    """

    def __init__(
        self, answer: AnswerBody, status: int, retry_after_s: float | None = None
    ) -> None:
        detail = "" if isinstance(answer.detail, Unset) else f": {answer.detail}"
        super().__init__(f"{answer.result}{detail}")
        self.answer = answer
        self.result = answer.result
        self.status = status
        self.retry_after_s = retry_after_s


class InvalidRequestError(RefusedError):
    """The same request will be refused again: it, or its API key, has to change."""


class LimitError(RefusedError):
    """Licence, account, application or nodes carry as many calls as they may."""


class NumberDeniedError(RefusedError):
    """A rule of the platform denies the number."""


class PlatformError(RefusedError):
    """The platform could not do it: its settings are wrong, or it is not running well.

    After ``Internal Error`` somebody may have been rung: look the call up by
    ``answer.application_uuid`` before another one is placed.
    """


class CallNotFoundError(OutringError):
    """No call or application of this API key's application has this UUID."""


class UnreachableError(OutringError):
    """No answer came, however often it was asked for.

    The call may have been placed. Whoever asks again with ``idempotency_key`` gets its
    answer, and does not place a second one. The cause is the last error of the connection.
    """

    def __init__(self, idempotency_key: str | None = None) -> None:
        super().__init__("No answer came.")
        self.idempotency_key = idempotency_key


class UnexpectedAnswerError(OutringError):
    """The answer is none of those that the API describes: of a proxy, or of a newer outring.

    The call may have been placed; ``idempotency_key`` is that of its request.
    """

    def __init__(self, status: int, idempotency_key: str | None = None) -> None:
        super().__init__(f"An answer with status {status} is not understood.")
        self.status = status
        self.idempotency_key = idempotency_key


class WaitExpiredError(OutringError):
    """The call ``application_uuid`` lives on: look it up later, and do not dial again."""

    def __init__(self, application_uuid: str) -> None:
        super().__init__(f"Call {application_uuid} is still under way.")
        self.application_uuid = application_uuid


class WebhookError(OutringError):
    """The signature does not fit, or the webhook is older or newer than five minutes."""


_CLASSES: dict[str, type[RefusedError]] = {
    "License limit": LimitError,
    "Account call limit": LimitError,
    "Application call limit": LimitError,
    "BVR call limit": LimitError,
    "Number denied": NumberDeniedError,
}


def make_refusal(
    answer: AnswerBody, status: int, retry_after_s: float | None
) -> RefusedError:
    """Make the error for *answer*, which came with the HTTP *status*."""
    is_wrong = status in (HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT)
    usual = InvalidRequestError if is_wrong else PlatformError
    return _CLASSES.get(answer.result, usual)(answer, status, retry_after_s)
