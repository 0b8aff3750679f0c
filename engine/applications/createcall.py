"""The call that a ``createcall`` asks for, validated as strictly as a request of the API."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from ccxml.commands import PlaceCall
from ccxml.xml.durations import parse_seconds
from engine.calls.invite_builder import merge_headers
from engine.model.outbound_request import Action, Hints, OutboundRequest, destination_of
from engine.model.result import RefusedError, Result
from sip.errors import InvalidHeaderError, SipError
from sip.extra_headers import Headers, read_headers
from sip.name_addr import CallerId, NameAddr
from sip.uri import MAX_HEADERS, REFUSED_HEADERS

_TIMES = ("ring_timeout", "max_duration")
_KNOWN = frozenset(Hints.__struct_fields__)


def request_of_createcall(
    call: PlaceCall, starting_request: OutboundRequest | None
) -> OutboundRequest:
    """The request that *call* stands for.

    What the element leaves open is taken from *starting_request*, which has started the
    application. Hints that are objects with a ``value`` become SIP headers; its own go
    before those of *starting_request*. Raises RefusedError with ``Invalid request``.
    """
    to = call.dest.strip()
    all_hints = {**_inherit_hints(starting_request), **call.hints}
    try:
        hints = _read_hints(all_hints)
        _, call_progress = hints.voicemail_for(Action.START_APPLICATION)
        hints.say_for(Action.START_APPLICATION, None)
        hints.agents_for(Action.START_APPLICATION)
        hints.stream_for(Action.START_APPLICATION)
        headers, from_ = headers_of(call.hints)
        caller_id, identity = _read_caller(call.caller_id or "")
        destination = destination_of(to)
        early_media = hints.early_media_request(destination)
    except (SipError, ValueError) as error:  # msgspec's is one, too
        text = str(error).removesuffix(".")
        raise RefusedError(Result.INVALID_REQUEST, f"{text}.") from error
    from_ = from_ or identity
    caller_name = ""
    if starting_request is not None and from_ is None and caller_id is None:
        from_, caller_id = starting_request.from_, starting_request.caller_id
        caller_name = starting_request.caller_name
    return OutboundRequest(
        action=Action.MAKE_CALL,
        to=to,
        destination=destination,
        from_=from_,
        caller_id=caller_id,
        caller_name=caller_name,
        headers=_complete_headers(headers, call.aai, starting_request),
        ring_timeout_s=call.timeout_s or hints.ring_timeout,
        max_duration_s=hints.max_duration,
        proxy_group=hints.proxy_group,
        call_progress=call_progress,
        early_media=early_media,
        hears_inband_digits=hints.inband_dtmf,
        webhook=hints.webhook,
        traceparent=starting_request.traceparent if starting_request else None,
        hints=all_hints,
    )


def _complete_headers(
    headers: Headers, aai: str | None, starting_request: OutboundRequest | None
) -> Headers:
    """The call's own *headers* with its *aai* and those of *starting_request*; raises
    RefusedError if there are too many.
    """
    if aai is not None:
        headers = (("User-to-User", _encode_user_to_user(aai)), *headers)
    if starting_request is not None:
        headers = merge_headers(headers, starting_request.headers)
    if len(headers) > MAX_HEADERS:
        text = f"A call may have at most {MAX_HEADERS} headers."
        raise RefusedError(Result.INVALID_REQUEST, text)
    return headers


def _inherit_hints(starting_request: OutboundRequest | None) -> dict[str, Any]:
    """The hints of *starting_request* that count for further calls of its application, too."""
    if starting_request is None or starting_request.hints is None:
        return {}
    inherited = dict(starting_request.hints)
    if starting_request.action is Action.MAKE_CALL:  # it was about that one call
        for name in _OF_ONE_CALL:
            inherited.pop(name, None)
    return inherited


_OF_ONE_CALL = (
    *("bvr_callprogress", "early_media", "voicemail", "say", "agents"),
    *("stream_url", "stream_parameters"),
)


def headers_of(
    hints: Mapping[str, Any], refused: frozenset[str] = REFUSED_HEADERS
) -> tuple[Headers, NameAddr | None]:
    """The SIP headers among *hints*, and the identity if one of them is From.

    *refused* are names that may not be given. Raises SipError for one of those, or a
    header that cannot be sent.
    """
    headers = (
        (name, _header_text(name, entry["value"]))
        for name, entry in hints.items()
        if name not in _KNOWN and isinstance(entry, Mapping) and "value" in entry
    )
    return read_headers(headers, refused)


def _header_text(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return json.dumps(value)
    raise InvalidHeaderError(f"The value of header {name} is no text.")


def _read_hints(all_hints: Mapping[str, Any]) -> Hints:
    """The hints that the platform obeys, with times in seconds; raises ValueError.

    A time without a unit is milliseconds.
    """
    own_hints = {name: all_hints[name] for name in _KNOWN & set(all_hints)}
    for name in _TIMES:
        if isinstance(text := own_hints.get(name), str):
            own_hints[name] = (
                float(text) if text.isdecimal() else parse_seconds(text) * 1000
            )
    hints = msgspec.convert(own_hints, Hints)
    for name in _TIMES:
        if (milliseconds := getattr(hints, name)) is not None:
            setattr(hints, name, milliseconds / 1000)
    return hints


def _read_caller(text: str) -> tuple[str | None, NameAddr | None]:
    """The caller ID or the identity that *text* is; neither, if it is empty. Raises SipError.

    A document may give a whole identity, of which the host is sent, too, and a tel: URI.
    """
    if not text:
        return None, None
    scheme, colon, rest = text.partition(":")
    if "<" in text or (colon and scheme.lower() in ("sip", "sips")):
        return None, NameAddr.parse(text)
    number = (rest if scheme.lower() == "tel" else text).partition(";")[0]
    return CallerId.parse(number).user, None


def _encode_user_to_user(aai: str) -> str:
    """*aai* as RFC 7433 carries it."""
    return f"{aai.encode('utf-8', 'surrogatepass').hex()};encoding=hex"
