"""The HTTP API: decode, ask the dialer, encode."""

import math
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import msgspec
import structlog
from aiohttp import web

from sip.events import Times

from .dialer import Dialer
from .outbound import MAX_BODY_BYTES, fields_of_body, fields_of_query
from .results import Answer, RefusedError, Result
from .session import CallSession

DIALER = web.AppKey("dialer", Dialer)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = structlog.get_logger()
_encode = msgspec.json.Encoder().encode


def make_app(dialer: Dialer) -> web.Application:
    """The application with all its routes."""
    app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[answers])
    app[DIALER] = dialer
    app.add_routes(
        [
            web.post("/api/v1/bvr/outbound", post_outbound),
            web.get("/api/v1/bvr/outbound", get_outbound, allow_head=False),
            web.get("/api/v1/bvr/calls", get_calls),
            web.get("/api/v1/bvr/calls/{uuid}", get_call),
            web.delete("/api/v1/bvr/calls/{uuid}", delete_call),
            web.get("/healthz", get_healthz),
            web.get("/readyz", get_readyz),
        ]
    )
    return app


@web.middleware
async def answers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give every refusal and every defect the answer that the API documents."""
    try:
        return await handler(request)
    except RefusedError as refused:
        return _answered(Answer.of_refusal(refused))
    except web.HTTPRequestEntityTooLarge:
        detail = f"The body has more than {MAX_BODY_BYTES} bytes."
        return _answered(Answer(Result.INVALID_REQUEST, detail=detail))
    except web.HTTPException as error:
        return _json({"detail": error.reason}, error.status)
    except Exception:
        log.exception("request_crashed", path=request.path)
        return _answered(Answer(Result.INTERNAL_ERROR))


async def post_outbound(request: web.Request) -> web.Response:
    """Take a request as a JSON body."""
    fields = fields_of_body(await request.read())
    answer, is_replay = await request.app[DIALER].originate(
        fields,
        api_key=request.headers.get("X-API-Key"),
        idempotency_key=request.headers.get("Idempotency-Key"),
    )
    return _answered(answer, is_replay=is_replay)


async def get_outbound(request: web.Request) -> web.Response:
    """Take a request as a query."""
    answer, is_replay = await request.app[DIALER].originate(
        fields_of_query(request.query.items()),
        api_key=request.headers.get("X-API-Key"),
        idempotency_key=request.headers.get("Idempotency-Key"),
        as_text=True,
    )
    return _answered(answer, is_replay=is_replay)


async def get_calls(request: web.Request) -> web.Response:
    """List the live calls of the key's application."""
    dialer = request.app[DIALER]
    calls = dialer.calls(dialer.application_of(request.headers.get("X-API-Key")))
    wanted = request.query.get("idempotencyKey")
    if wanted is not None:
        calls = (call for call in calls if call.idempotency_key == wanted)
    return _json({"calls": [_view(call) for call in calls]})


async def get_call(request: web.Request) -> web.Response:
    """Show one call, live or ended not long ago."""
    return _json(_view(_call(request)))


async def delete_call(request: web.Request) -> web.Response:
    """Cancel or hang up one call. 202: it has been asked for; 200: it had ended."""
    call = _call(request)
    was_over = call.is_over
    call.hang_up()
    return _json(_view(call), 200 if was_over else 202)


async def get_healthz(_: web.Request) -> web.Response:
    """The process is alive."""
    return _json({"alive": True})


async def get_readyz(request: web.Request) -> web.Response:
    """Whether calls are taken."""
    dialer = request.app[DIALER]
    ready = dialer.is_ready
    view = {
        "ready": ready,
        "calls": dialer.live_calls,
        "forcedEnds": dialer.forced_ends,
    }
    return _json(view, 200 if ready else 503)


def _call(request: web.Request) -> CallSession:
    dialer = request.app[DIALER]
    application = dialer.application_of(request.headers.get("X-API-Key"))
    call = dialer.call(application, request.match_info["uuid"])
    if call is None:
        raise web.HTTPNotFound(reason="There is no such call, or it ended long ago.")
    return call


# -- encoding --------------------------------------------------------------------


def _json(body: object, status: int = 200) -> web.Response:
    return web.Response(
        body=_encode(body), status=status, content_type="application/json"
    )


def _answered(answer: Answer, *, is_replay: bool = False) -> web.Response:
    body: dict[str, object] = {"result": answer.result.text}
    if answer.application_uuid is not None:
        body["applicationUUID"] = answer.application_uuid
    if answer.headers is not None:
        body["headers"] = _texts(answer.headers)
    if answer.sip is not None:
        sip = answer.sip
        body["sip"] = {
            "status": sip.status,
            "reason": _text(sip.reason),
            "origin": sip.origin,
        }
    if answer.timings_ms:
        body["timings"] = answer.timings_ms
    if answer.detail is not None:
        body["detail"] = answer.detail
    response = _json(body, answer.http_status or answer.result.http_status)
    if answer.retry_after_s is not None:
        response.headers["Retry-After"] = str(math.ceil(answer.retry_after_s))
    if is_replay:
        response.headers["Idempotency-Replayed"] = "true"
    return response


def _view(call: CallSession) -> dict[str, object]:
    view: dict[str, object] = {
        "applicationUUID": call.application_uuid,
        "application": call.application.id,
        "account": call.application.account,
        "state": call.state,
        "to": call.request.to,
        "callId": call.leg_id,
        "received": call.received_at.isoformat(),
        "times": _moments(call, call.times),
        "timings": call.timings_ms,
    }
    if call.outcome.done():
        view["result"] = call.outcome.result().result.text
    if call.end is not None:
        end = call.end
        view["sip"] = {
            "status": end.status,
            "reason": _text(end.reason),
            "origin": end.origin,
        }
        view["answeredAfterCancel"] = end.answered_after_cancel
        view["forced"] = end.forced
    if call.response is not None:
        view["headers"] = _texts(call.response.headers)
    return view


def _moments(call: CallSession, times: Times) -> dict[str, str]:
    """Each step of the signalling that happened, as ISO 8601 in UTC."""
    steps = {
        "invite": times.invite,
        "trying": times.trying,
        "ringing": times.ringing,
        "answered": times.answered,
        "ack": times.ack,
        "cancel": times.cancel,
        "bye": times.bye,
        "ended": times.ended,
    }
    return {
        name: (call.received_at + timedelta(seconds=at - call.received)).isoformat()
        for name, at in steps.items()
        if at is not None
    }


def _texts(headers: Mapping[str, str]) -> dict[str, str]:
    return {_text(name): _text(value) for name, value in headers.items()}


def _text(value: str) -> str:
    """JSON carries no odd bytes: text that is not UTF-8 is shown as Latin-1, byte for byte."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogateescape").decode("latin-1")
    return value
