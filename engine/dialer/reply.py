"""HttpReply: the answer to a request as it leaves, in bytes, so that it can be given again."""

import math
from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import replace

from engine.model.call_progress import ProgressOutcome, VoicemailResult
from engine.model.disposition import Conclusion, Disposition, EndRequester, HangUpBy
from engine.model.result import OutboundOutcome, Result
from engine.records.record_view import REFUSED_BY, AttemptView, attempt_views
from sip.call_progress import AnsweredBy, ProgressType
from sip.events import Origin
from sip.message import printable
from sip.network_tones import ToneType, ToneVerdict

_encode = msgspec.json.Encoder().encode


def _list_meanings(results: Iterable[Result]) -> str:
    return "\n".join(f"- `{result.text}`: {result.meaning}" for result in results)


Milliseconds = Annotated[float, Meta(ge=0)]


class SipBody(msgspec.Struct):
    """How the INVITE ended."""

    status: Annotated[int, Meta(ge=100, le=699, description="RFC 3261 §21.")]
    reason: Annotated[str, Meta(description="Reason phrase.")]
    origin: Origin


class TimingsBody(msgspec.Struct, omit_defaults=True):
    """Milliseconds."""

    queued: (
        Annotated[
            Milliseconds, Meta(description="From the request to the first INVITE.")
        ]
        | UnsetType
    ) = UNSET
    setup: (
        Annotated[
            Milliseconds,
            Meta(
                description="From the first INVITE to the first response from 101 to 199."
            ),
        ]
        | UnsetType
    ) = UNSET
    answer: (
        Annotated[Milliseconds, Meta(description="From the first INVITE to the 2xx.")]
        | UnsetType
    ) = UNSET


class CauseBody(msgspec.Struct, omit_defaults=True):
    """Why the call was ended, where a Reason header tells it (RFC 3326)."""

    number: Annotated[int, Meta(description="ITU-T Q.850.")]
    text: str | UnsetType = UNSET


class FoundBody(msgspec.Struct):
    """One event of call progress detection."""

    type: ProgressType
    after: Annotated[
        float, Meta(description="Milliseconds since the call was answered.")
    ]


class ToneBody(msgspec.Struct):
    """One tone of the network, or an announcement."""

    type: ToneType
    after: Annotated[float, Meta(description="Milliseconds since the INVITE.")]


class CallProgressBody(msgspec.Struct, omit_defaults=True):
    """What has answered the call and which tones were heard, as far as the wait went."""

    events: list[FoundBody]
    verdict: AnsweredBy | UnsetType = UNSET
    tones: list[ToneBody] | UnsetType = UNSET
    toneVerdict: (  # noqa: N815
        Annotated[ToneVerdict, Meta(description="What the tones say of the call.")]
        | UnsetType
    ) = UNSET
    voicemail: VoicemailResult | UnsetType = UNSET


class LinksBody(msgspec.Struct):
    """Where more is to be had, as paths of the same host."""

    call: Annotated[str, Meta(description="The look-up.")]
    events: Annotated[
        str, Meta(description="All that becomes of it, as a stream, too.")
    ]

    @classmethod
    def of(cls, application_uuid: str) -> "LinksBody":
        """The links of a request."""
        call = f"/api/v1/bvr/calls/{application_uuid}"
        return cls(call, f"{call}/events")


class AnswerBody(msgspec.Struct, omit_defaults=True):
    """What the client of an outbound request is told."""

    result: Annotated[
        str,
        Meta(
            description=_list_meanings(Result),
            extra_json_schema={"enum": [result.text for result in Result]},
        ),
    ]
    applicationUUID: (  # noqa: N815
        Annotated[str, Meta(description="Of the call, once the key has been accepted.")]
        | UnsetType
    ) = UNSET
    links: (
        Annotated[LinksBody, Meta(description="With `Request accepted`.")] | UnsetType
    ) = UNSET
    headers: (
        Annotated[
            dict[str, str],
            Meta(
                description="Of the final SIP response; repeated ones are joined with a comma."
            ),
        ]
        | UnsetType
    ) = UNSET
    sip: SipBody | UnsetType = UNSET
    disposition: (
        Annotated[
            Disposition,
            Meta(description="What has become of the call, once it is known."),
        ]
        | UnsetType
    ) = UNSET
    refusedBy: (  # noqa: N815
        Annotated[str, Meta(description=REFUSED_BY)] | UnsetType
    ) = UNSET
    hangupBy: (  # noqa: N815
        Annotated[HangUpBy, Meta(description="Of a call that has ended.")] | UnsetType
    ) = UNSET
    endRequestedBy: (  # noqa: N815
        Annotated[
            EndRequester, Meta(description="Who has asked for the end, on our side.")
        ]
        | UnsetType
    ) = UNSET
    hangupCause: CauseBody | UnsetType = UNSET  # noqa: N815
    timings: TimingsBody | UnsetType = UNSET
    attempts: (
        Annotated[list[AttemptView], Meta(description="The INVITEs, oldest first.")]
        | UnsetType
    ) = UNSET
    callProgress: CallProgressBody | UnsetType = UNSET  # noqa: N815
    detail: (
        Annotated[
            str,
            Meta(description="One sentence for a person, if something was refused."),
        ]
        | UnsetType
    ) = UNSET


class _StoredBody(msgspec.Struct):
    """What is read again of a stored answer."""

    result: str = ""
    links: LinksBody | None = None


_decode = msgspec.json.Decoder(_StoredBody).decode


class HttpReply(msgspec.Struct, frozen=True):
    """An HTTP answer: status, JSON body, and the ``result`` that stands in the body.

    *retry_after_s* becomes the header Retry-After, *location* Location. *is_replay* says
    that the same answer was given before.
    """

    status: int
    body: bytes  # JSON
    result: str  # in it
    retry_after_s: int | None = None
    is_replay: bool = False
    location: str | None = None

    @classmethod
    def of(cls, answer: OutboundOutcome) -> "HttpReply":
        """The reply that tells *answer* in the words of the API."""
        retry_s, body = answer.retry_after_s, _to_body(answer)
        return cls(
            int(answer.http_status or answer.result.http_status),
            _encode(body),
            answer.result.text,
            None if retry_s is None else math.ceil(retry_s),
            location=None if body.links is UNSET else body.links.call,
        )

    @classmethod
    def replay(cls, status: int, body: bytes | None) -> "HttpReply":
        """A reply that was given before, from its stored *status* and *body*."""
        body = body or b"{}"
        stored = _decode(body)
        location = None if stored.links is None else stored.links.call
        return cls(status, body, stored.result, is_replay=True, location=location)

    def as_replay(self) -> "HttpReply":
        """The same reply, marked as a replay."""
        return replace(self, is_replay=True)


def _to_body(answer: OutboundOutcome) -> AnswerBody:
    body = AnswerBody(answer.result.text)
    if answer.application_uuid is not None:
        body.applicationUUID = answer.application_uuid
        if answer.result is Result.REQUEST_ACCEPTED:
            body.links = LinksBody.of(answer.application_uuid)
    if answer.headers is not None:
        body.headers = answer.headers
    if (sip := answer.sip) is not None:
        body.sip = SipBody(sip.status, printable(sip.reason), sip.origin)
    if answer.conclusion is not None:
        _add_conclusion(body, answer.conclusion)
    if answer.attempts:
        body.attempts = attempt_views(answer.attempts)
    if answer.timings_ms:
        body.timings = TimingsBody(**answer.timings_ms)
    if (progress := answer.call_progress) is not None:
        body.callProgress = _to_call_progress_body(progress)
    if answer.detail is not None:
        body.detail = answer.detail
    return body


def _add_conclusion(body: AnswerBody, conclusion: Conclusion) -> None:
    body.disposition = conclusion.disposition
    if conclusion.refused_by is not None:
        body.refusedBy = conclusion.refused_by
    if conclusion.hang_up_by is not None:
        body.hangupBy = conclusion.hang_up_by
    if conclusion.end_requester is not None:
        body.endRequestedBy = conclusion.end_requester
    if (cause := conclusion.cause) is not None:
        body.hangupCause = CauseBody(cause.number, cause.text or UNSET)


def _to_call_progress_body(progress: ProgressOutcome) -> CallProgressBody:
    events = [FoundBody(ProgressType(name), after) for name, after in progress.events]
    verdict = UNSET if progress.verdict is None else AnsweredBy(progress.verdict)
    body = CallProgressBody(events, verdict)
    if progress.tones:
        body.tones = [ToneBody(ToneType(name), after) for name, after in progress.tones]
    if progress.tone_verdict is not None:
        body.toneVerdict = ToneVerdict(progress.tone_verdict)
    body.voicemail = progress.voicemail or UNSET
    return body
