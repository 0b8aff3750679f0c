"""The record of a call, as of any moment of its life. Pure."""

from engine.admission.admission import Candidate
from engine.model.call_progress import CallProgressResult
from engine.model.call_record import ApplicationEnd, CallRecord
from engine.model.campaign import AttemptOutcome
from engine.model.disposition import HangUpCause, hang_up_by
from engine.model.outbound_request import Action
from engine.model.result import OutboundOutcome, Result
from engine.model.stream_record import StreamRecord
from engine.platform.number_rules import user_part
from sip.events import Ended, Origin, Times
from sip.message import Response, printable

from .call_conclusion import HangUpRequest, find_cause
from .call_legs import CallLegs


def build_record(
    candidate: Candidate,
    legs: CallLegs,
    node: str,
    *,
    call_progress: CallProgressResult | None,
    outcome: OutboundOutcome | None,
    end: Ended | None,
    hang_up: HangUpRequest | None,
    application_end: ApplicationEnd | None,
    stream: StreamRecord | None,
    campaign_outcome: AttemptOutcome | None,
    ladder: str,
) -> CallRecord:
    """Return the record of the call of *candidate* on *node*, as of now.

    It shares no value that changes, so that it can be written later; *call_progress* and
    *stream* must be copies for that. *outcome* and *end* are None as long as they are not known.
    *hang_up* is the first request for its end on our side. *ladder* has all messages of
    the call so far, also before its end: if the process dies, the record has those up to
    its last change.
    """
    order, times = candidate.order, legs.times
    latest = legs.attempts[-1] if legs.attempts else None
    from_ = legs.from_
    record = CallRecord(
        id=candidate.id,
        received=order.received.epoch,
        node=node,
        application_uuid=order.application_uuid,
        account=order.application.account,
        application=order.application.id,
        action=candidate.action,
        to=order.request.to,
        from_uri=str(from_.uri) if from_ else None,
        ani=from_.uri.user if from_ else legs.caller_id,
        dnis=user_part(order.request.to),
        wait_ran_out=order.wait_ran_out,
        call_id=latest.call_id if latest else None,
        proxy=latest.proxy if latest else None,
        attempts=legs.copy_attempts(),
        admitted=legs.to_epoch(candidate.admitted),
        call_progress=call_progress,
        stream=stream,
        ladder=ladder or None,
    )
    if (campaign := order.request.campaign) is not None:
        record.campaign, record.contact = campaign.campaign, campaign.contact
        record.campaign_outcome = campaign_outcome and campaign_outcome.value
    if legs.first_invite is not None:
        _add_times(record, legs)
    if outcome is not None:
        record.result, record.detail = outcome.result.text, outcome.detail
        if outcome.conclusion is not None:
            record.disposition = outcome.conclusion.disposition.value
    record.detail = (
        record.detail or legs.detail or (hang_up.detail if hang_up else None)
    )
    record.client_result = _client_result(candidate, outcome)
    if application_end is not None:
        record.enter_application_end(application_end)
    if legs.response is not None:
        _add_response(record, legs.response)
    if end is not None:
        _add_end(record, end, times)
        record.ended = legs.to_epoch(times.ended)
        requester = hang_up.requester if hang_up is not None else None
        record.hangup_by = hang_up_by(end.origin, requester).value
        record.end_requester = requester and requester.value
    if end is not None or outcome is not None:
        _add_cause(record, find_cause(end, legs, hang_up))
    return record


def _add_times(record: CallRecord, legs: CallLegs) -> None:
    """Enter when the messages of the first INVITE, and of the current leg, came or left."""
    times, epoch = legs.times, legs.to_epoch
    record.invite, record.trying = epoch(legs.first_invite), epoch(times.trying)
    record.ringing, record.answered = epoch(times.ringing), epoch(times.answered)
    record.ack, record.cancel = epoch(times.ack), epoch(times.cancel)
    record.bye = epoch(times.bye)


def _client_result(candidate: Candidate, outcome: OutboundOutcome | None) -> str | None:
    """What the client that has asked for the call was told of it."""
    order = candidate.order
    if candidate.action != Action.MAKE_CALL or order.client_is_gone:
        return None
    if order.request.is_async:
        return Result.REQUEST_ACCEPTED.text
    if order.wait_ran_out:
        return Result.REQUEST_TIMEOUT.text
    return None if outcome is None else outcome.result.text


def _add_response(record: CallRecord, response: Response) -> None:
    record.headers = response.printable_headers
    record.sip_status, record.sip_reason = response.status, printable(response.reason)
    record.sip_origin = Origin.REMOTE.value


def _add_end(record: CallRecord, end: Ended, times: Times) -> None:
    record.sip_status, record.sip_reason = end.status, printable(end.reason)
    record.sip_origin = end.origin.value
    record.answered_after_cancel = end.answered_after_cancel
    record.forced = end.forced
    record.termination_reason = termination_reason(end, times)


def _add_cause(record: CallRecord, cause: HangUpCause | None) -> None:
    if cause is not None:
        record.q850_cause, record.hangup_text = cause.number, cause.text


def termination_reason(end: Ended, times: Times) -> str:
    """How the call ended, in one word: hung up by whom if it was answered, else
    ``cancelled`` by us, or ``failed``.
    """
    if times.ack is not None and not end.answered_after_cancel:
        return _TERMINATIONS.get(end.origin, "connection_lost")
    is_cancelled = end.origin is Origin.LOCAL_CANCEL and not end.detail
    return "cancelled" if is_cancelled else "failed"


_TERMINATIONS = {
    Origin.REMOTE: "far_end_disconnect",
    Origin.LOCAL_CANCEL: "near_end_disconnect",
}
