"""OutboundRequest: what a client may ask for, validated once.

The names of the HTTP API are not used beyond this module. Docstrings of the Structs are
texts of the API's description.
"""

import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from sip.errors import SipError
from sip.extra_headers import Headers, read_headers
from sip.name_addr import CallerId, NameAddr
from sip.uri import MAX_HEADERS, SipUri

from .agent_hint import AgentHint
from .call_progress import CallProgressRequest, ProgressHint, progress_of
from .campaign import CampaignCall
from .network_tones import EarlyMediaHint, EarlyMediaRequest, early_media_of
from .result import RefusedError, Result
from .say import SayHint, SayRequest, say_of
from .stream_request import StreamRequest
from .voicemail import VoicemailHint, VoicemailRequest, voicemail_of

MAX_BODY_BYTES = 64 * 1024
DEFAULT_WAIT_MS = 30_000
MAX_WAIT_MS = 3_600_000
ASYNC = "async"
"""The member of a body that asks for an answer at once."""

Fields = dict[str, object]
"""The members of a request, not validated yet."""

_NUMBER = re.compile(r"\+?[0-9A-Da-d*#().\- ]*[0-9][0-9A-Da-d*#().\- ]*")
_SEPARATORS = str.maketrans("", "", "().- ")
_TEL_PARAMETERS = re.compile(  # par of RFC 3966 §3
    r"(?:;[A-Za-z0-9-]+(?:=(?:[A-Za-z0-9\-_.!~*'()\[\]/:&+$]|%[0-9A-Fa-f]{2})+)?)*"
)


class Action(StrEnum):
    """What is asked for."""

    MAKE_CALL = "makeCall"
    START_APPLICATION = "startApplication"


_ACTIONS = {action.value: action for action in Action}


class HeaderValue(msgspec.Struct):
    """The other way to write the value of a header."""

    value: str


class Hints(msgspec.Struct):
    """The hints that the platform obeys; others are kept for the application."""

    proxy_group: Annotated[
        str | None, Meta(description="Proxy group that the call goes through.")
    ] = None
    ring_timeout: Annotated[
        Annotated[float, Meta(ge=1000, le=600_000)] | None,
        Meta(description="Milliseconds to ring before CANCEL."),
    ] = None
    max_duration: Annotated[
        Annotated[float, Meta(ge=1000, le=604_800_000)] | None,
        Meta(description="Milliseconds until an answered call is hung up."),
    ] = None
    bvr_callprogress: Annotated[
        ProgressHint | None,
        Meta(description="Finds out what has answered; {} looks for machines."),
    ] = None
    early_media: Annotated[
        EarlyMediaHint | None,
        Meta(
            description="Listens for tones and announcements before the answer; {} ends "
            "the call at a busy, congestion or special information tone."
        ),
    ] = None
    inband_dtmf: Annotated[
        bool,
        Meta(description="Hears DTMF in the sound, too, whatever was negotiated."),
    ] = False
    webhook: Annotated[
        str | None,
        Meta(description="Id of the webhook that gets the events of the request, too."),
    ] = None

    record: Annotated[
        Literal["call"] | None,
        Meta(
            description="call: records both sides from the answer on, where the application "
            "lets its calls be recorded."
        ),
    ] = None
    voicemail: Annotated[
        VoicemailHint | None,
        Meta(description="What to do if a machine answers; of makeCall."),
    ] = None
    stream_url: Annotated[
        Annotated[str, Meta(min_length=1, max_length=2048)] | None,
        Meta(
            description="WebSocket that the call is joined to, where allowed_urls of its "
            "application of type STREAM match it; of makeCall."
        ),
    ] = None
    stream_parameters: Annotated[
        dict[str, str] | None,
        Meta(description="What its server gets as customParameters, too; of makeCall."),
    ] = None
    say: Annotated[
        SayHint | bool,
        Meta(
            description="Speaks appData, or its member text, in place of a document; of "
            "makeCall."
        ),
    ] = False
    agents: Annotated[
        AgentHint | bool,
        Meta(
            description="Gives whoever answers to a free agent, in place of a document; of "
            "calls of campaigns."
        ),
    ] = False

    @property
    def call_progress(self) -> CallProgressRequest | None:
        """Return what ``bvr_callprogress`` asks for, or None; raises ValueError."""
        hint = self.bvr_callprogress
        return None if hint is None else progress_of(hint)

    def early_media_request(
        self, destination: SipUri | str | None
    ) -> EarlyMediaRequest | None:
        """Return what ``early_media`` asks for, or None; raises ValueError."""
        hint = self.early_media
        return None if hint is None else early_media_of(hint, destination)

    def voicemail_for(
        self, action: Action
    ) -> tuple[VoicemailRequest | None, CallProgressRequest | None]:
        """Return what ``voicemail`` asks for, and the analysis that it and
        ``bvr_callprogress`` need; raises ValueError.
        """
        if self.voicemail is None:
            return None, self.call_progress
        if action is not Action.MAKE_CALL:
            raise ValueError(
                "voicemail is a hint of makeCall; a document that places calls uses"
                " bvr_callprogress, as docs/examples/voicemail-drop.ccxml does"
            )
        return voicemail_of(self.voicemail, self.call_progress)

    def stream_for(self, action: Action) -> StreamRequest | None:
        """Return the WebSocket that is asked for, or None; raises ValueError."""
        if self.stream_url is None and self.stream_parameters is None:
            return None
        if action is not Action.MAKE_CALL:
            raise ValueError("stream_url and stream_parameters are hints of makeCall")
        return StreamRequest(self.stream_url or "", self.stream_parameters or {})

    def say_for(
        self, action: Action, data: str | Mapping[str, str] | None
    ) -> SayRequest | None:
        """Return what ``say`` asks for, with the text in *data*; raises ValueError."""
        if self.say is False:
            return None
        if action is not Action.MAKE_CALL:
            raise ValueError("say is a hint of makeCall")
        return say_of(self.say, data)

    def agents_for(self, action: Action) -> AgentHint | None:
        """Return what ``agents`` asks for, or None; raises ValueError."""
        if self.agents is False:
            return None
        if action is not Action.MAKE_CALL:
            raise ValueError("agents is a hint of the calls of campaigns")
        return self.agents if isinstance(self.agents, AgentHint) else AgentHint()


class RequestBody(msgspec.Struct):
    """A request for a call, or for an application to start. Other members are ignored."""

    action: Action
    to: Annotated[
        str | None,
        Meta(description="SIP URI, tel: URI or telephone number; makeCall needs it."),
    ] = None
    apiKey: Annotated[  # noqa: N815
        str | None,
        Meta(
            description="Selects the application; may be the header X-API-Key instead."
        ),
    ] = None
    callerId: Annotated[  # noqa: N815
        str | None,
        Meta(
            description='Caller of From: a user, sip:user@host or "Name" <sip:user@host>, '
            "of which user and name are taken."
        ),
    ] = None
    timeout: Annotated[
        Annotated[float, Meta(ge=1, le=MAX_WAIT_MS)] | None,
        Meta(
            description="Milliseconds to wait for the answer; never changes the ring time."
        ),
    ] = DEFAULT_WAIT_MS
    appData: Annotated[  # noqa: N815
        str | dict[str, str] | None, Meta(description="Data for the application.")
    ] = None
    headers: Annotated[
        dict[str, str | HeaderValue] | None,
        Meta(
            description=f"SIP headers of the INVITE, at most {MAX_HEADERS}; From sets the "
            "identity. Those that the platform writes, and those given twice, are refused; "
            "a compact name stands for its long one."
        ),
    ] = None
    hints: Annotated[
        dict[str, Any] | None, Meta(description="See Hints; others are kept, too.")
    ] = None
    is_async: Annotated[
        bool,
        Meta(
            description="Answer as soon as the request is admitted, like the header "
            "Prefer: respond-async; timeout then bounds the wait for that."
        ),
    ] = msgspec.field(default=False, name=ASYNC)


class OutboundRequest(msgspec.Struct, frozen=True):
    """One valid request for a call or an application."""

    action: Action
    to: str  # as given
    # A URI, or a number with the parameters of its tel: URI; None for startApplication.
    destination: SipUri | str | None
    from_: NameAddr | None = None
    caller_id: str | None = None  # user part of From
    caller_name: str = ""  # display name beside caller_id
    wait_s: float = DEFAULT_WAIT_MS / 1000
    app_data: str | Mapping[str, str] | None = None
    headers: Headers = ()
    ring_timeout_s: float | None = None
    max_duration_s: float | None = None
    proxy_group: str | None = None
    call_progress: CallProgressRequest | None = None
    early_media: EarlyMediaRequest | None = None
    hears_inband_digits: bool = False
    voicemail: VoicemailRequest | None = None
    say: SayRequest | None = None
    agents: AgentHint | None = None
    stream: StreamRequest | None = None
    webhook: str | None = None
    is_recorded: bool = False
    """Whether both sides of its calls are to be recorded, from the answer on."""
    is_async: bool = False
    """Whether its client is answered as soon as it is admitted."""
    traceparent: str | None = None  # the trace of its client (W3C Trace Context §3.2)
    campaign: CampaignCall | None = None  # that places it, in place of a client
    hints: Mapping[str, object] | None = None  # all of them, for the application


def fields_of_body(body: bytes) -> Fields:
    """Parse the body of a POST request; raises RefusedError."""
    if not body:
        raise RefusedError(Result.NO_REQUEST_BODY, "The request has no body.")
    try:
        # Readers may ignore a byte order mark (RFC 8259 §8.1).
        fields = msgspec.json.decode(body.removeprefix(BOM_UTF8))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RefusedError(
            Result.INVALID_JSON, f"The body is not JSON: {error}."
        ) from error
    if not isinstance(fields, dict):
        raise RefusedError(Result.INVALID_JSON, "The body is not a JSON object.")
    return fields


def fields_of_query(query: Iterable[tuple[str, str]]) -> Fields:
    """Return the parameters of a GET request as the members of a body.

    Parameters that are no members become application data. The last one of a name
    counts.
    """
    fields: Fields = {}
    groups: dict[str, dict[str, str]] = {"headers": {}, "hints": {}, "appData": {}}
    for name, value in query:
        group, colon, member = name.partition(":")
        if colon and group in ("headers", "hints"):
            groups[group][member] = value
        elif name in ("action", "to", "apiKey", "callerId", "timeout"):
            fields[name] = value
        else:
            groups["appData"][name] = value
    fields.update((name, members) for name, members in groups.items() if members)
    return fields


def action_of(fields: Fields) -> Action:
    """Return the action of a request; raises RefusedError if ``to`` is needed and missing."""
    action = _ACTIONS.get(str(fields.get("action")))
    if action is None:
        raise RefusedError(
            Result.INVALID_ACTION,
            "The action is neither makeCall nor startApplication.",
        )
    to = fields.get("to")
    if action is Action.MAKE_CALL and (
        to is None or (isinstance(to, str) and not to.strip())
    ):
        raise RefusedError(Result.MISSING_TO_VALUE, "makeCall needs a to value.")
    return action


def request_of(
    fields: Fields, *, as_text: bool, wait_s: float | None = None
) -> OutboundRequest:
    """Validate every member; raises RefusedError with ``Invalid request``.

    With *as_text* numbers may be texts, as in a query. *wait_s* is what is left of the
    client's wait, which has begun already.
    """
    try:
        return _make_request(fields, as_text=as_text, wait_s=wait_s)
    except ValueError as error:  # msgspec's is one, too
        raise RefusedError(Result.INVALID_REQUEST, f"{error}.") from error
    except SipError as error:
        raise RefusedError(Result.INVALID_REQUEST, str(error)) from error


def _make_request(
    fields: Fields, *, as_text: bool, wait_s: float | None
) -> OutboundRequest:
    """See ``request_of``; raises ValueError, SipError and RefusedError."""
    action = action_of(fields)
    body = msgspec.convert(fields, RequestBody, strict=not as_text)
    hints = msgspec.convert(body.hints or {}, Hints, strict=not as_text)
    headers, from_ = _parse_headers(body.headers or {})
    caller = None if body.callerId is None else CallerId.parse(body.callerId)
    to = body.to or ""
    is_call = action is Action.MAKE_CALL
    destination = destination_of(to.strip()) if is_call else None
    voicemail, call_progress = hints.voicemail_for(action)
    early_media = hints.early_media_request(destination)
    return OutboundRequest(
        action=action,
        to=to,
        destination=destination,
        from_=from_,
        caller_id=caller.user if caller else None,
        caller_name=caller.display_name if caller else "",
        wait_s=(body.timeout or DEFAULT_WAIT_MS) / 1000 if wait_s is None else wait_s,
        app_data=body.appData,
        headers=headers,
        ring_timeout_s=_to_seconds(hints.ring_timeout),
        max_duration_s=_to_seconds(hints.max_duration),
        proxy_group=hints.proxy_group,
        call_progress=call_progress,
        early_media=early_media,
        hears_inband_digits=hints.inband_dtmf,
        voicemail=voicemail,
        say=hints.say_for(action, body.appData),
        agents=hints.agents_for(action),
        stream=hints.stream_for(action),
        webhook=hints.webhook,
        is_recorded=hints.record is not None,
        is_async=body.is_async,
        hints=body.hints,
    )


def destination_of(to: str) -> SipUri | str:
    """Return what ``to`` names: a SIP URI, or a telephone number (RFC 3966 §3).

    A number comes without visual separators, with the parameters of a tel: URI
    appended. Raises InvalidUriError, or RefusedError if *to* is neither.
    """
    scheme, colon, rest = to.partition(":")
    if colon and scheme.lower() != "tel":
        return SipUri.parse(to)
    number, semicolon, parameters = rest.partition(";") if colon else (to, "", "")
    if not _NUMBER.fullmatch(number):
        text = "The to value is neither a SIP URI, a tel: URI nor a telephone number."
        raise RefusedError(Result.INVALID_REQUEST, text)
    if not _TEL_PARAMETERS.fullmatch(semicolon + parameters):
        text = "A parameter of the tel: URI is empty or holds a character that must be escaped."
        raise RefusedError(Result.INVALID_REQUEST, text)
    return number.translate(_SEPARATORS) + semicolon + parameters


def _parse_headers(
    members: Mapping[str, str | HeaderValue],
) -> tuple[Headers, NameAddr | None]:
    if len(members) > MAX_HEADERS:
        raise RefusedError(
            Result.INVALID_REQUEST, f"A request may set at most {MAX_HEADERS} headers."
        )
    return read_headers(
        (name, entry if isinstance(entry, str) else entry.value)
        for name, entry in members.items()
    )


def _to_seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000
