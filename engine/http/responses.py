"""Responses: JSON for every answer, also for refusals and defects."""

from collections.abc import Awaitable, Callable
from functools import lru_cache
from http import HTTPStatus
from typing import Annotated

import msgspec
import structlog
from aiohttp import web
from msgspec import Meta

from engine.admission.overload import RETRY_S
from engine.dialer.reply import HttpReply
from engine.model.result import OutboundOutcome, RefusedError, Result

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

RESULT_PATHS = frozenset({"/api/v1/bvr/outbound", "/api/v1/bvr/ccxml/basichttp"})
"""Paths on which every answer has a ``result`` of the API's table."""

log = structlog.get_logger()
_encode = msgspec.json.Encoder().encode


class Problem(msgspec.Struct):
    """Why something was not done."""

    detail: Annotated[str, Meta(description="One sentence for a person.")]


@web.middleware
async def error_middleware(
    request: web.Request, handler: Handler
) -> web.StreamResponse:
    """Turn every refusal and every defect into the answer that the API documents."""
    try:
        return await handler(request)
    except RefusedError as refused:
        return to_response(HttpReply.of(OutboundOutcome.of_refusal(refused)))
    except web.HTTPException as error:
        return json_of_exception(request, error)
    except Exception as error:
        if is_of_client_gone(request, error):
            raise
        # Not the path, which may hold a telephone number.
        resource = request.match_info.route.resource
        route = resource.canonical if resource is not None else None
        log.exception("request_crashed", method=request.method, route=route)
        return to_response(HttpReply.of(OutboundOutcome(Result.INTERNAL_ERROR)))


def is_of_client_gone(request: web.BaseRequest, error: BaseException | None) -> bool:
    """Whether *error* only says that the client has closed the connection."""
    transport = request.transport
    is_gone = transport is None or transport.is_closing()
    return is_gone and isinstance(error, ConnectionError)


def json_of_exception(
    request: web.BaseRequest, error: web.HTTPException
) -> web.Response:
    """Answer *error* in JSON, which aiohttp would answer as text.

    With a ``result`` on the paths where every answer has one.
    """
    if isinstance(error, web.HTTPExpectationFailed):
        refused = RefusedError(
            Result.INVALID_REQUEST, "Expect may be 100-continue only."
        )
        return to_response(HttpReply.of(OutboundOutcome.of_refusal(refused)))
    if request.path in RESULT_PATHS:
        status, text = HTTPStatus(error.status), f"{error.reason}."
        refused = RefusedError(Result.INVALID_REQUEST, text, status)
        response = to_response(HttpReply.of(OutboundOutcome.of_refusal(refused)))
    else:
        response = json_response(Problem(error.reason), error.status)
    if (allowed := error.headers.get("Allow")) is not None:
        response.headers["Allow"] = allowed  # RFC 9110 §15.5.6
    return response


def close_after(response: web.Response) -> web.Response:
    """Return *response*, and have the connection closed after it."""
    response.force_close()
    return response


def json_response(body: object, status: int = 200) -> web.Response:
    """Answer with *body*, anything that msgspec can encode, as JSON."""
    return web.Response(
        body=_encode(body), status=status, content_type="application/json"
    )


def to_response(reply: HttpReply) -> web.Response:
    """Make *reply* to an outbound request a response of aiohttp's, with its headers."""
    return web.Response(
        body=reply.body,
        status=reply.status,
        headers=_headers(reply),
    )


@lru_cache(maxsize=2)
def to_bytes(reply: HttpReply, *, closes: bool = False) -> bytes:
    """Make *reply* the bytes that are sent, for answers that go past aiohttp.

    With *closes* it tells the client that the connection is closed after it. It has no
    Date, which a 5xx need not have (RFC 9110 §6.6.1), so that it can be cached.
    """
    status = HTTPStatus(reply.status)
    headers = {**_headers(reply), "Content-Length": str(len(reply.body))}
    if closes:
        headers["Connection"] = "close"
    lines = [f"{name}: {value}" for name, value in headers.items()]
    head = "\r\n".join([f"HTTP/1.1 {status.value} {status.phrase}", *lines, "", ""])
    return head.encode() + reply.body


def connection_refusal() -> bytes:
    """The bytes that answer a connection above the limit, whatever its client has sent."""
    text = "There are too many connections at the moment."
    answer = OutboundOutcome(Result.NO_BVR, detail=text, retry_after_s=RETRY_S)
    return to_bytes(HttpReply.of(answer), closes=True)


def _headers(reply: HttpReply) -> dict[str, str]:
    headers = {"Content-Type": "application/json"}
    if reply.retry_after_s is not None:
        headers["Retry-After"] = str(reply.retry_after_s)
    if reply.location is not None:
        headers["Location"] = reply.location
    if reply.is_replay:
        headers["Idempotency-Replayed"] = "true"
    return headers
