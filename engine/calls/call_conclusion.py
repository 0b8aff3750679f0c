"""What a call has come to: its disposition, who has ended it, and why. Pure."""

import msgspec

from engine.model.disposition import (
    Conclusion,
    Disposition,
    EndRequester,
    HangUpCause,
    UnansweredEnd,
    disposition_of_end,
    hang_up_by,
)
from engine.model.result import SipOutcome
from sip.events import Ended
from sip.extra_headers import Headers
from sip.message import printable
from sip.network_tones import ToneVerdict
from sip.reason_header import q850_reason

from .call_legs import CallLegs

MAX_CAUSE_TEXT = 255


class HangUpRequest(msgspec.Struct, frozen=True):
    """Who has asked, on our side, for the end of a call.

    *headers* go into its CANCEL or BYE. *detail* says why, in a sentence.
    """

    requester: EndRequester
    headers: Headers = ()
    detail: str | None = None


def describe_unanswered(
    sip: SipOutcome,
    legs: CallLegs,
    request: HangUpRequest | None,
    heard: ToneVerdict | None = None,
) -> UnansweredEnd:
    """Return what is known of a call whose last INVITE ended as *sip*, unanswered.

    *request* is the first one for its end on our side; None: there was none. *heard* is
    what the tones of the network have said.
    """
    response = legs.response
    cause = _parse_cause(response.value("Reason")) if response is not None else None
    return UnansweredEnd(
        sip.status,
        sip.origin,
        request.requester if request is not None else None,
        cause=cause.number if cause is not None else None,
        is_silent=legs.is_silent,
        was_given_up=legs.detail is not None,
        heard=Disposition(heard.value) if heard is not None else None,
    )


def conclude_unanswered(
    sip: SipOutcome,
    legs: CallLegs,
    request: HangUpRequest | None,
    heard: ToneVerdict | None = None,
) -> Conclusion:
    """Return what such a call has come to; see ``describe_unanswered``."""
    end = describe_unanswered(sip, legs, request, heard)
    return Conclusion(
        disposition_of_end(end),
        hang_up_by(end.origin, end.requester),
        find_cause(None, legs, request),
        end.requester,
    )


def find_cause(
    end: Ended | None, legs: CallLegs, request: HangUpRequest | None
) -> HangUpCause | None:
    """Return the Q.850 cause of the end of a call: that of the far end's BYE or last
    response, else that of our own CANCEL or BYE; None if nobody has told any.

    *end* is None as long as it has not ended.
    """
    cause = None
    if end is not None and end.bye_reason:
        cause = _parse_cause(end.bye_reason)
    if cause is None and legs.response is not None:
        cause = _parse_cause(legs.response.value("Reason"))
    if cause is None and request is not None:
        for name, value in request.headers:
            if name.lower() == "reason":
                cause = _parse_cause(value)
    return cause


def _parse_cause(value: str) -> HangUpCause | None:
    reason = q850_reason(value)
    if reason is None or reason.cause is None:
        return None
    text = printable(reason.text)[:MAX_CAUSE_TEXT]
    return HangUpCause(reason.cause, text or None)
