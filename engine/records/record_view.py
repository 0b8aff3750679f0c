"""Record views: calls, applications and refused requests as the API shows them in JSON."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, NotRequired, TypedDict, cast

import msgspec
from msgspec import Meta

from engine.model.call_progress import CallProgressResult, VoicemailResult
from engine.model.call_record import NODE_LOST, RUNNING, Attempt, CallRecord, HowEnded
from engine.model.disposition import Disposition, EndRequester, HangUpBy
from engine.model.iso_time import format_time
from engine.model.leg_state import LegState
from engine.model.stream_record import StreamRecord
from sip.audio_stream import StreamEnd
from sip.call_progress import AnsweredBy, ProgressType
from sip.events import Origin
from sip.ladder import LadderMessage, read_ladder

Time = Annotated[
    str, Meta(description="ISO 8601, UTC.", extra_json_schema={"format": "date-time"})
]

Milliseconds = Annotated[float, Meta(description="Milliseconds.")]
REFUSED_BY = (
    "The limit or rule that refused, as account:acme, application:shop, proxy:carrier, "
    "licence, node:bvr-1, rule: with its pattern, or overload."
)


class TimesView(TypedDict, total=False):
    """When each step of a call was taken."""

    received: Time
    admitted: Time
    invite: Time
    trying: Time
    ringing: Time
    answered: Time
    ack: Time
    cancel: Time
    bye: Time
    ended: Time


STEPS = tuple(TimesView.__annotations__)


class AttemptView(TypedDict):
    """One INVITE of a call."""

    callId: str
    address: Annotated[str, Meta(description="Request-URI.")]
    proxy: NotRequired[str]
    status: NotRequired[int]
    reason: NotRequired[str]
    origin: NotRequired[Origin]
    invite: NotRequired[Time]
    ended: NotRequired[Time]
    setup: NotRequired[
        Annotated[Milliseconds, Meta(description="From its INVITE to 101 to 199.")]
    ]
    answer: NotRequired[
        Annotated[Milliseconds, Meta(description="From its INVITE to its 2xx.")]
    ]
    detail: NotRequired[
        Annotated[str, Meta(description="Why the next proxy was tried meanwhile.")]
    ]


class CauseView(TypedDict):
    """Why a call was ended."""

    number: Annotated[int, Meta(description="ITU-T Q.850.")]
    text: NotRequired[str]


class ApplicationEndView(TypedDict):
    """How the application of a call has ended."""

    how: Annotated[
        HowEnded,
        Meta(
            description="exit: by itself; error: of its document, or a limit has ended "
            "it; killed: its client, an operator or the end of the process has."
        ),
    ]
    reason: NotRequired[Annotated[str, Meta(description="Unless by itself.")]]


class SipView(TypedDict, total=False):
    """The last SIP response, or what stands for it."""

    status: int
    reason: str
    origin: Origin


class TimingsView(TypedDict, total=False):
    """How long the steps of a call took."""

    queued: Annotated[
        Milliseconds, Meta(description="From the request to the first INVITE.")
    ]
    setup: Annotated[
        Milliseconds, Meta(description="From the first INVITE to 101 to 199.")
    ]
    answer: Annotated[
        Milliseconds, Meta(description="From the first INVITE to the 2xx.")
    ]


class FoundView(TypedDict):
    """One event of call progress detection."""

    type: ProgressType
    at: Time


class FindingsView(TypedDict):
    """What has answered a call."""

    verdict: NotRequired[
        Annotated[
            AnsweredBy, Meta(description="Once it is known, by all events so far.")
        ]
    ]
    events: list[FoundView]
    voicemail: NotRequired[VoicemailResult]


class StreamView(TypedDict):
    """The WebSocket that a call was joined to; a frame is 20 ms of sound."""

    host: Annotated[str, Meta(description="Of its URL.")]
    connectedAt: NotRequired[Time]
    firstAudioAt: NotRequired[
        Annotated[Time, Meta(description="When the first sound of the server came.")]
    ]
    framesToServer: int
    framesFromServer: int
    framesDropped: Annotated[
        int, Meta(description="Of the far end, which the server was too slow for.")
    ]
    framesLate: Annotated[
        int, Meta(description="Of silence within what the server says.")
    ]
    clears: int
    marks: int
    reconnects: int
    invalidMessages: int
    maxBufferedMs: Annotated[
        int, Meta(description="The most sound of the server that has waited.")
    ]
    maxClearMs: Annotated[
        int, Meta(description="The longest time from a clear until silence was sent.")
    ]
    endedBy: NotRequired[
        Annotated[StreamEnd, Meta(description="What has ended it, once it is over.")]
    ]
    reason: NotRequired[
        Annotated[str, Meta(description="Where endedBy does not say all.")]
    ]


class MessageView(TypedDict):
    """One SIP message of a call; a retransmission is one more."""

    at: Time
    direction: Literal["sent", "received"]
    message: Annotated[
        str, Meta(description="Method of a request, status and phrase of a response.")
    ]
    cseq: Annotated[str, Meta(description="Number and method.")]
    peer: Annotated[str, Meta(description="Transport, address and port.")]
    callId: Annotated[str, Meta(description="SIP Call-ID: each attempt has its own.")]
    note: NotRequired[
        Annotated[
            str,
            Meta(
                description="What could not be understood of it and was left out, with"
                " line and column, or why it was refused or dropped."
            ),
        ]
    ]


class LadderView(TypedDict):
    """The SIP messages of one call."""

    ladder: list[MessageView]
    ladderMore: int


# A keyword cannot be written as a field of a class.
_From = TypedDict("_From", {"from": NotRequired[str]})


class RecordView(_From, TypedDict):
    """What is known of one call, or of one request that was refused."""

    type: Literal["Call"]
    callIndexFull: Annotated[str, Meta(description="Unique over all nodes.")]
    applicationUUID: NotRequired[str]
    launchedType: str
    action: NotRequired[str]
    accountId: NotRequired[str]
    applicationId: NotRequired[str]
    direction: str
    state: Annotated[
        str,
        Meta(
            description="An application that was started is running, then ended.",
            extra_json_schema={"enum": [*LegState, RUNNING]},
        ),
    ]
    result: NotRequired[
        Annotated[
            str,
            Meta(
                description="Of the call; a client whose wait ran out was told another."
            ),
        ]
    ]
    clientResult: NotRequired[
        Annotated[
            str,
            Meta(
                description="What the client was told, as Request timeout; absent where "
                "there is no client, or it had gone."
            ),
        ]
    ]
    disposition: NotRequired[
        Annotated[Disposition, Meta(description="Absent until it is known.")]
    ]
    refusedBy: NotRequired[Annotated[str, Meta(description=REFUSED_BY)]]
    detail: NotRequired[str]
    terminationReason: NotRequired[str]
    hangupBy: NotRequired[
        Annotated[HangUpBy, Meta(description="The side that has ended the call.")]
    ]
    endRequestedBy: NotRequired[
        Annotated[
            EndRequester, Meta(description="Who has asked for the end, on our side.")
        ]
    ]
    hangupCause: NotRequired[
        Annotated[CauseView, Meta(description="Where a Reason header tells it.")]
    ]
    applicationEnd: NotRequired[ApplicationEndView]
    start: Time
    end: NotRequired[Time]
    startEpoch: Annotated[int, Meta(description="Milliseconds since 1970.")]
    endEpoch: NotRequired[Annotated[int, Meta(description="Milliseconds since 1970.")]]
    duration: NotRequired[
        Annotated[Milliseconds, Meta(description="From the answer to the end.")]
    ]
    talkMs: NotRequired[
        Annotated[Milliseconds, Meta(description="The same as duration.")]
    ]
    to: NotRequired[str]
    ani: NotRequired[Annotated[str, Meta(description="User part of the caller.")]]
    dnis: NotRequired[Annotated[str, Meta(description="User part of the callee.")]]
    bvrMachine: Annotated[str, Meta(description="The same as node.")]
    node: str
    callId: NotRequired[Annotated[str, Meta(description="SIP Call-ID.")]]
    proxy: NotRequired[str]
    sip: NotRequired[SipView]
    q850Cause: NotRequired[int]
    headers: NotRequired[
        Annotated[
            dict[str, str], Meta(description="Of the final response to the INVITE.")
        ]
    ]
    attempts: NotRequired[list[AttemptView]]
    times: TimesView
    timings: NotRequired[TimingsView]
    callProgress: NotRequired[
        Annotated[
            FindingsView,
            Meta(description="Where the hint bvr_callprogress has asked for it."),
        ]
    ]
    stream: NotRequired[
        Annotated[
            StreamView, Meta(description="Of a call that was joined to a WebSocket.")
        ]
    ]
    recordings: NotRequired[
        Annotated[
            list[str],
            Meta(description="Ids of the recordings of the call, once it has ended."),
        ]
    ]
    campaign: NotRequired[
        Annotated[str, Meta(description="The campaign that has placed it.")]
    ]
    contact: NotRequired[
        Annotated[str, Meta(description="The key of its contact in that campaign.")]
    ]
    waitRanOut: Annotated[
        bool, Meta(description="Whether the client was told Request timeout.")
    ]
    answeredAfterCancel: Annotated[bool, Meta(description="A 2xx crossed our CANCEL.")]
    forced: Annotated[
        bool, Meta(description="The far end never confirmed that the call is over.")
    ]
    ladder: NotRequired[
        Annotated[
            list[MessageView],
            Meta(
                description="SIP messages of all attempts, oldest first; only where one "
                "call is shown."
            ),
        ]
    ]
    ladderMore: NotRequired[
        Annotated[
            int, Meta(description="Messages beyond those that are kept, 200 of a leg.")
        ]
    ]
    calls: NotRequired[
        Annotated[
            list["RecordView"],
            Meta(description="Of an application that was started; oldest first."),
        ]
    ]


def record_view(record: CallRecord) -> dict[str, Any]:
    """Make *record* a ``RecordView``, without the members that are not known.

    Names are those of the reference platform's CDR if it has one. Times are ISO 8601 in
    UTC, durations milliseconds.
    """
    return _without_unknown(
        {
            "type": "Call",
            "callIndexFull": record.id,
            "applicationUUID": record.application_uuid,
            "launchedType": record.launched_type,
            "action": record.action,
            "accountId": record.account,
            "applicationId": record.application,
            "direction": record.direction,
            "state": state_of(record),
            "result": record.result,
            "clientResult": record.client_result,
            "disposition": record.disposition,
            "refusedBy": record.refused_by,
            "detail": record.detail,
            "terminationReason": record.termination_reason,
            "hangupBy": record.hangup_by,
            "endRequestedBy": record.end_requester,
            "hangupCause": _cause(record),
            "applicationEnd": _application_end(record),
            "start": _iso(record.received),
            "end": _iso(record.ended),
            "startEpoch": _ms(record.received),
            "endEpoch": _ms(record.ended),
            "duration": (talk_ms := _talk_ms(record)),
            "talkMs": talk_ms,
            "from": record.from_uri,
            "to": record.to,
            "ani": record.ani,
            "dnis": record.dnis,
            "bvrMachine": record.node,
            "node": record.node,
            "callId": record.call_id,
            "proxy": record.proxy,
            "sip": _sip(record) or None,
            "q850Cause": record.q850_cause,
            "headers": record.headers,
            "attempts": attempt_views(record.attempts or ()) or None,
            "times": _times(record),
            "timings": _timings(record) or None,
            "callProgress": _findings(record.call_progress),
            "stream": _stream(record.stream),
            "recordings": record.recordings,
            "campaign": record.campaign,
            "contact": record.contact,
            "waitRanOut": record.wait_ran_out,
            "answeredAfterCancel": record.answered_after_cancel,
            "forced": record.forced,
        }
    )


def ladder_view(text: str) -> LadderView:
    """Make the SIP ladder that *text* holds a view, see ``sip.ladder.read_ladder``."""
    ladder = read_ladder(text)
    messages = [_message(message) for message in ladder.messages]
    return {"ladder": messages, "ladderMore": ladder.more}


def _message(message: LadderMessage) -> MessageView:
    view: MessageView = {
        "at": format_time(message.at),
        "direction": "sent" if message.is_sent else "received",
        "message": message.name,
        "cseq": message.cseq,
        "peer": message.peer,
        "callId": message.call_id,
    }
    if message.note:
        view["note"] = message.note
    return view


def state_of(record: CallRecord) -> str:
    """The state of the call or application, as far as its record shows it."""
    if record.action == "startApplication" and record.ended is None:
        return RUNNING
    if record.ended is not None or (record.result and record.answered is None):
        return "ended"
    if record.answered is not None:
        return "connected"
    return "dialing" if record.ringing is None else "ringing"


def _sip(record: CallRecord) -> dict[str, Any]:
    outcome = {
        "status": record.sip_status,
        "reason": record.sip_reason,
        "origin": record.sip_origin,
    }
    return _without_unknown(outcome)


def _times(record: CallRecord) -> dict[str, Any]:
    return _without_unknown({step: _iso(getattr(record, step)) for step in STEPS})


def _timings(record: CallRecord) -> dict[str, Any]:
    timings = {
        "queued": _between(record.received, record.invite),
        "setup": _between(record.invite, record.ringing),
        "answer": _between(record.invite, record.answered),
    }
    return _without_unknown(timings)


def attempt_views(attempts: Sequence[Attempt]) -> list[AttemptView]:
    """Make each INVITE of a call a view."""
    return [_attempt(attempt) for attempt in attempts]


def _attempt(attempt: Attempt) -> AttemptView:
    members = msgspec.to_builtins(attempt)
    for step, moment in (("invite", attempt.invite), ("ended", attempt.ended)):
        if moment is not None:
            members[step] = format_time(moment)
    return cast(AttemptView, members)


def _cause(record: CallRecord) -> CauseView | None:
    if record.q850_cause is None:
        return None
    view: CauseView = {"number": record.q850_cause}
    if record.hangup_text is not None:
        view["text"] = record.hangup_text
    return view


def _application_end(record: CallRecord) -> ApplicationEndView | None:
    if record.application_end is None:
        return None
    view: ApplicationEndView = {"how": HowEnded(record.application_end)}
    if record.application_error is not None:
        view["reason"] = record.application_error
    return view


def _findings(findings: CallProgressResult | None) -> dict[str, Any] | None:
    if findings is None:
        return None
    events = [{"type": event.type, "at": _iso(event.at)} for event in findings.events]
    tones = [{"type": tone.type, "at": _iso(tone.at)} for tone in findings.tones]
    voicemail = findings.voicemail and msgspec.to_builtins(findings.voicemail)
    return _without_unknown(
        {
            "verdict": findings.verdict,
            "events": events,
            "tones": tones or None,
            "toneVerdict": findings.tone_verdict,
            "voicemail": voicemail,
        }
    )


def _stream(stream: StreamRecord | None) -> StreamView | None:
    if stream is None:
        return None
    names = StreamRecord.__struct_encode_fields__
    members = dict(zip(names, msgspec.structs.astuple(stream), strict=True))
    moments = {name: _iso(members[name]) for name in ("connectedAt", "firstAudioAt")}
    return cast(StreamView, _without_unknown(members | moments))


def _without_unknown(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _iso(moment: float | None) -> str | None:
    return None if moment is None else format_time(moment)


def _ms(moment: float | None) -> int | None:
    return None if moment is None else round(moment * 1000)


def _talk_ms(record: CallRecord) -> float | None:
    """Milliseconds from the answer to the end; None also for a call whose node was lost:
    nobody saw its end.
    """
    if record.termination_reason == NODE_LOST:
        return None
    return _between(record.answered, record.ended)


def _between(begin: float | None, end: float | None) -> float | None:
    return None if begin is None or end is None else round((end - begin) * 1000, 1)
