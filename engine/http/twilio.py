"""The calls resource of Twilio's REST API, as far as clients of audio streams use it.

Such clients hang a call up by its CallSid. Errors have the form of Twilio's.
"""

import hmac
from base64 import b64decode
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import wraps
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from aiohttp import web

from engine.dialer.lookup import View
from engine.model.disposition import Disposition
from engine.model.result import RefusedError
from engine.model.twilio import account_sid, call_id_of, call_sid
from engine.platform.objects import Account
from engine.platform.snapshot import PlatformSnapshot

from .app_keys import DIALER
from .bodies import body_of
from .responses import json_response

CALL = "/2010-04-01/Accounts/{AccountSid}/Calls/{CallSid}"
ENDS = ("completed", "canceled")
"""What ``Status`` may be set to."""

routes = web.RouteTableDef()


class TwilioError(msgspec.Struct):
    """Why something was not done, in the form of Twilio's errors."""

    code: int
    message: str
    status: int
    more_info: str = "docs/streams.md"


class TwilioCall(msgspec.Struct):
    """A call, by those members of Twilio's call resource that are known here."""

    sid: str
    account_sid: str
    to: str
    from_: str | None = msgspec.field(name="from")
    status: str
    start_time: str | None
    end_time: str | None
    duration: str | None
    answered_by: str | None
    uri: str
    direction: str = "outbound-api"
    api_version: str = "2010-04-01"


class _ProblemError(Exception):
    """Nothing was done, for this reason."""

    def __init__(self, code: int, status: HTTPStatus, message: str) -> None:
        self.body = TwilioError(code, message, int(status))
        super().__init__(message)


Answer = Callable[[web.Request], Awaitable[TwilioCall]]


def _answers(handler: Answer) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Wrap *handler*, so that what it returns or raises becomes an answer of Twilio's form."""

    @wraps(handler)
    async def answer(request: web.Request) -> web.Response:
        try:
            return json_response(await handler(request))
        except _ProblemError as problem:
            response = json_response(problem.body, problem.body.status)
            if problem.body.status == HTTPStatus.UNAUTHORIZED:
                response.headers["WWW-Authenticate"] = 'Basic realm="outring"'
            return response
        except RefusedError as refused:
            text, status = refused.detail or refused.result.text, refused.http_status
            return json_response(TwilioError(20500, text, int(status)), int(status))

    return answer


@routes.get(CALL, allow_head=False)
@_answers
async def get_twilio_call(request: web.Request) -> TwilioCall:
    """Show one call of the account."""
    account, call_id = await _authenticate(request), _call_id(request)
    return _call_of(account, await request.app[DIALER].lookup.show(call_id, None))


@routes.post(CALL)
@_answers
async def post_twilio_call(request: web.Request) -> TwilioCall:
    """Hang one call of the account up."""
    account, call_id = await _authenticate(request), _call_id(request)
    if read_status(await body_of(request)) not in ENDS:
        text = "Of a call only Status can be set, to completed or canceled."
        raise _ProblemError(20001, HTTPStatus.BAD_REQUEST, text)
    lookup = request.app[DIALER].lookup
    call = _call_of(account, await lookup.show(call_id, None))
    await lookup.end(call_id, None)
    return call


def read_status(body: bytes) -> str | None:
    """Return ``Status`` of the form *body*; None: it has none, or is no form of UTF-8."""
    try:
        return dict(parse_qsl(body.decode(), errors="strict")).get("Status")
    except ValueError:
        return None


async def _authenticate(request: web.Request) -> Account:
    """Return the account that *request* names and proves to be of.

    The password is the account's auth token, or the key of an application of it.
    """
    platform = await request.app[DIALER].platform.current()
    sid = request.match_info["AccountSid"]
    account = find_account(platform, sid)
    user, password = read_basic(request.headers.get("Authorization", ""))
    if account is None or user != sid or not _may(platform, account, password):
        raise _unauthorized()
    return account


def find_account(platform: PlatformSnapshot, sid: str) -> Account | None:
    """Return the account of *platform* with the AccountSid *sid*, or None."""
    accounts = platform.objects.account
    return next((it for it in accounts if account_sid(it.id) == sid), None)


def read_basic(header: str) -> tuple[str, str]:
    """Return user and password of an ``Authorization`` (RFC 7617 §2); empty if it is none."""
    scheme, _, coded = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = b64decode(coded, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return user, password


def _may(platform: PlatformSnapshot, account: Account, password: str) -> bool:
    given, token = password.encode(), account.auth_token
    if token is not None and hmac.compare_digest(given, token.encode()):
        return True
    try:
        key = platform.key_of(password)
        return platform.application_of(key).account == account.id
    except RefusedError:
        return False


def _unauthorized() -> _ProblemError:
    return _ProblemError(20003, HTTPStatus.UNAUTHORIZED, "Authenticate")


def _call_id(request: web.Request) -> str:
    sid = request.match_info["CallSid"].removesuffix(".json")
    call_id = call_id_of(sid)
    if call_id is None:
        raise _not_found()
    return call_id


def _not_found() -> _ProblemError:
    text = "The requested resource was not found"
    return _ProblemError(20404, HTTPStatus.NOT_FOUND, text)


def _call_of(account: Account, view: View | None) -> TwilioCall:
    """Return the call that *view* shows, if it is one of *account*."""
    if view is None or view.get("accountId") != account.id:
        raise _not_found()
    sid, of_account = call_sid(view["callIndexFull"]), account_sid(account.id)
    talk_ms = view.get("talkMs")
    return TwilioCall(
        sid=sid,
        account_sid=of_account,
        to=view.get("to", ""),
        from_=view.get("ani"),
        status=status_of(view),
        start_time=_rfc_2822(view.get("startEpoch")),
        end_time=_rfc_2822(view.get("endEpoch")),
        duration=None if talk_ms is None else str(round(talk_ms / 1000)),
        answered_by=view.get("callProgress", {}).get("verdict"),
        uri=f"/2010-04-01/Accounts/{of_account}/Calls/{sid}.json",
    )


def status_of(view: Mapping[str, Any]) -> str:
    """Return the status of the call that *view* shows, in Twilio's words."""
    state = str(view["state"])
    if state != "ended":
        return _LIVE.get(state, "in-progress")
    return _ENDED.get(view.get("disposition", ""), "failed")


def _rfc_2822(ms: float | None) -> str | None:
    if ms is None:
        return None
    return format_datetime(datetime.fromtimestamp(round(ms / 1000), UTC))


_LIVE = {"dialing": "queued", "ringing": "ringing", "connected": "in-progress"}
_ENDED = {
    Disposition.ANSWERED: "completed",
    Disposition.BUSY: "busy",
    Disposition.NO_ANSWER: "no-answer",
    Disposition.CANCELLED: "canceled",
}
