"""The requests of the client as steps: place a call, start an application, look up, hang up."""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypedDict, TypeVar

import httpx

from .errors import (
    CallNotFoundError,
    OutringError,
    PlatformError,
    RefusedError,
    UnexpectedAnswerError,
    UnreachableError,
    WaitExpiredError,
    make_refusal,
)
from .following import Follower, read_event
from .generated import AuthenticatedClient
from .generated.api.calls import (
    delete_call,
    get_call,
    get_call_events,
    get_calls,
    post_outbound,
)
from .generated.models.answer_body import AnswerBody
from .generated.models.get_calls_response_200 import GetCallsResponse200
from .generated.models.problem import Problem
from .generated.models.record_view import RecordView
from .generated.models.request_body import RequestBody
from .generated.types import Response
from .outcome import FAILED, UNDER_WAY, Outcome, has_outcome, make_outcome
from .retries import Retries, read_retry_after_s
from .steps import Pause, Send, Steps, Tell, send_until_answered

USUAL_TIMEOUT_S = 30.0
USUAL_WAIT_S = 600.0
ANSWER_MARGIN_S = 10.0
"""So much longer than outring waits for an outcome, the client waits for its answer."""
FIRST_POLL_S, POLL_GROWTH, LAST_POLL_S = 0.5, 1.5, 5.0

T = TypeVar("T")
Builder = Callable[..., Response[Any]]
"""A generated function that reads the answer to a request."""


class CallOptions(TypedDict, total=False):
    """What a request may say beyond whom to call; the API describes the first four.

    *timeout_s* is how long outring waits for the outcome before it answers that the call
    goes on, 30 s if not given; *wait_s* is how long the client follows the call from then
    on, 600 s if not given. *idempotency_key* is made up if not given: give that of an
    earlier request to get its answer again.
    """

    caller_id: str
    app_data: str | Mapping[str, str]
    headers: Mapping[str, str]
    hints: Mapping[str, object]
    timeout_s: float
    wait_s: float
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class Requests:
    """What can be asked of outring with an API key, as steps."""

    client: AuthenticatedClient
    retries: Retries
    clock: Callable[[], float] = time.monotonic
    """Seconds since whenever."""

    def place_call(self, to: str, options: CallOptions) -> Steps[Outcome]:
        """Ask for a call, and wait until it is known what has become of it."""
        return self._ask({"action": "makeCall", "to": to}, options)

    def start_application(self, to: str | None, options: CallOptions) -> Steps[Outcome]:
        """Ask for the application's document to begin, with *to* as data for it."""
        target = {} if to is None else {"to": to}
        return self._ask({"action": "startApplication", **target}, options)

    def show_call(self, application_uuid: str) -> Steps[RecordView]:
        """Look a call or application up."""
        request = get_call._get_kwargs(application_uuid)
        return self._exchange(request, get_call._build_response, RecordView)

    def hang_up(self, application_uuid: str) -> Steps[RecordView]:
        """Ask for the end of a call or application, and return its record of that moment."""
        request = delete_call._get_kwargs(application_uuid)
        return self._exchange(request, delete_call._build_response, RecordView)

    def list_calls(self, idempotency_key: str | None) -> Steps[list[RecordView]]:
        """List the live calls, or that of the request with *idempotency_key*."""
        chosen = {} if idempotency_key is None else {"idempotency_key": idempotency_key}
        request = get_calls._get_kwargs(**chosen)
        listed = yield from self._exchange(
            request, get_calls._build_response, GetCallsResponse200
        )
        return listed.calls

    def wait_for_call(
        self,
        application_uuid: str,
        is_awaited: Callable[[RecordView], bool],
        wait_s: float,
        *,
        may_come_later: bool = False,
    ) -> Steps[RecordView]:
        """Follow the events of a call until *is_awaited* of its record.

        Where outring refuses the stream of events the call is looked up, less and less
        often. Raises WaitExpiredError after *wait_s*, and CallNotFoundError unless it
        *may_come_later*: an application is known to look-ups only once it has begun.
        """
        deadline = self.clock() + wait_s
        waiter = _Waiter(Follower(application_uuid, Retries(attempts=1)))
        pauses = _make_pauses()
        left_s = wait_s
        while True:
            has_news = yield from waiter.wait(left_s)
            record = yield from self._find_call(application_uuid, may_come_later)
            if record is not None and is_awaited(record):
                return record
            if (left_s := deadline - self.clock()) <= 0:
                raise WaitExpiredError(application_uuid)
            if not has_news:
                yield Pause(min(next(pauses), left_s))
                left_s = deadline - self.clock()

    def follow_events(self, application_uuid: str) -> Steps[None]:
        """Tell the events of a call or application, from the first on, until all has ended.

        A stream that is cut goes on behind its last event.
        """
        follower = Follower(application_uuid, self.retries)
        while True:
            response = yield from follower.open()
            if response.status_code == HTTPStatus.NO_CONTENT:
                return
            if not follower.is_open:
                raise self._explain_refusal(response)
            while follower.is_open:
                for event in (yield from follower.read()):
                    if (view := read_event(event)) is not None:
                        yield Tell(view)
            yield Pause(FIRST_POLL_S)

    def _explain_refusal(self, response: httpx.Response) -> OutringError:
        """Return why there is no stream of events."""
        try:
            answer = get_call_events._build_response(
                client=self.client, response=response
            ).parsed
        except (ValueError, TypeError, KeyError, AttributeError):
            answer = None
        return _find_error(answer, response) or UnexpectedAnswerError(
            response.status_code
        )

    def _find_call(
        self, application_uuid: str, may_be_missing: bool
    ) -> Steps[RecordView | None]:
        """Look a call up; None if its node has not reported, or if it *may_be_missing* and is."""
        try:
            return (yield from self.show_call(application_uuid))
        except CallNotFoundError:
            if not may_be_missing:
                raise
        except PlatformError as refused:
            if refused.result != UNDER_WAY:
                raise
        return None

    def _ask(self, asked: dict[str, Any], options: CallOptions) -> Steps[Outcome]:
        timeout_s = options.get("timeout_s", USUAL_TIMEOUT_S)
        key = options.get("idempotency_key") or str(uuid.uuid4())
        request = post_outbound._get_kwargs(
            body=_make_body(asked, timeout_s, options), idempotency_key=key
        )
        source: AnswerBody | RecordView
        try:
            source = yield from self._exchange(
                request,
                post_outbound._build_response,
                AnswerBody,
                timeout_s=timeout_s + ANSWER_MARGIN_S,
            )
        except RefusedError as refused:
            source = refused.answer
            if source.result == UNDER_WAY and source.application_uuid:
                wait_s = options.get("wait_s", USUAL_WAIT_S)
                source = yield from self.wait_for_call(
                    source.application_uuid, has_outcome, wait_s, may_come_later=True
                )
            elif source.result != FAILED:
                raise
        return make_outcome(source, key)

    def _exchange(
        self,
        request: dict[str, Any],
        build: Builder,
        kind: type[T],
        *,
        timeout_s: float = USUAL_TIMEOUT_S,
    ) -> Steps[T]:
        """Send *request*, and return its answer of success, which is a *kind*."""
        send = Send({"headers": {}, **request}, timeout_s)
        response = yield from send_until_answered(send, self.retries)
        not_understood = UnexpectedAnswerError(
            response.status_code, send.idempotency_key
        )
        try:
            answer = build(client=self.client, response=response).parsed
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise not_understood from error
        if response.is_success and isinstance(answer, kind):
            return answer
        raise _find_error(answer, response) or not_understood


class _Waiter:
    """Waits for news of a call by its events, as long as outring lets it."""

    def __init__(self, follower: Follower) -> None:
        self._follower = follower
        self._is_refused = False

    def wait(self, limit_s: float) -> Steps[bool]:
        """Wait for news, for *limit_s* at most; False: there is no stream to wait by."""
        if self._is_refused or limit_s <= 0:
            return False
        try:
            if not self._follower.is_open:
                response = yield from self._follower.open(limit_s)
                # It has nothing more to tell, or begins later: that may change.
                self._is_refused = not self._follower.is_open and (
                    response.status_code
                    not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND)
                )
            has_news = yield from self._follower.read_until_decisive(limit_s)
        except UnreachableError:
            return False
        self._is_refused = self._is_refused or self._follower.is_mute
        return has_news


def _find_error(answer: object, response: httpx.Response) -> OutringError | None:
    if isinstance(answer, Problem) and response.status_code == HTTPStatus.NOT_FOUND:
        return CallNotFoundError(answer.detail)
    if isinstance(answer, AnswerBody):
        return make_refusal(answer, response.status_code, read_retry_after_s(response))
    return None


def _make_body(
    asked: dict[str, Any], timeout_s: float, options: CallOptions
) -> RequestBody:
    fields: dict[str, Any] = {
        "callerId": options.get("caller_id"),
        "appData": options.get("app_data"),
        "headers": options.get("headers"),
        "hints": options.get("hints"),
    }
    given = {
        name: dict(value) if isinstance(value, Mapping) else value
        for name, value in fields.items()
        if value is not None
    }
    return RequestBody.from_dict({**asked, "timeout": timeout_s * 1000, **given})


def _make_pauses() -> Iterator[float]:
    pause_s = FIRST_POLL_S
    while True:
        yield pause_s
        pause_s = min(pause_s * POLL_GROWTH, LAST_POLL_S)
