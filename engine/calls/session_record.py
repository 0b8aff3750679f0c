"""The record of a call, as of any moment of its life. Pure."""

import msgspec

from engine.admission.admission import Candidate
from engine.model.call_progress import CallProgressResult
from engine.model.call_record import CallRecord
from engine.model.result import OutboundOutcome
from engine.platform.number_rules import user_part
from sip.events import Ended, Origin, Times
from sip.message import Response, printable, printable_headers
from sip.reason_header import q850_cause

from .call_legs import CallLegs


def build_record(
    candidate: Candidate,
    legs: CallLegs,
    node: str,
    *,
    call_progress: CallProgressResult | None,
    outcome: OutboundOutcome | None,
    end: Ended | None,
    ladder: str,
) -> CallRecord:
    """Return the record of the call of *candidate* on *node*, as of now.

    It shares no value that changes, so that it can be written later. *outcome* and *end*
    are None as long as they are not known. *ladder* has all messages of the call so far,
    also before its end: if the process dies, the record has those up to its last change.
    """
    order, times, epoch = candidate.order, legs.times, legs.to_epoch
    latest = legs.attempts[-1] if legs.attempts else None
    record = CallRecord(
        id=candidate.id,
        received=order.received.epoch,
        node=node,
        application_uuid=order.application_uuid,
        account=order.application.account,
        application=order.application.id,
        action=candidate.action,
        to=order.request.to,
        from_uri=str(legs.from_.uri) if legs.from_ else None,
        ani=legs.from_.uri.user if legs.from_ else legs.caller_id,
        dnis=user_part(order.request.to),
        wait_ran_out=order.wait_ran_out,
        call_id=latest.call_id if latest else None,
        proxy=latest.proxy if latest else None,
        attempts=[msgspec.structs.replace(attempt) for attempt in legs.attempts],
        admitted=epoch(candidate.admitted),
        invite=epoch(legs.first_invite),
        trying=epoch(times.trying),
        ringing=epoch(times.ringing),
        answered=epoch(times.answered),
        ack=epoch(times.ack),
        cancel=epoch(times.cancel),
        bye=epoch(times.bye),
        ladder=ladder or None,
    )
    if call_progress is not None:
        record.call_progress = CallProgressResult(
            [*call_progress.events], call_progress.verdict
        )
    if outcome is not None:
        record.result, record.detail = outcome.result.text, outcome.detail
    record.detail = record.detail or legs.detail
    if legs.response is not None:
        _add_response(record, legs.response)
    if end is not None:
        _add_end(record, end, times)
        record.ended = epoch(times.ended)
    return record


def _add_response(record: CallRecord, response: Response) -> None:
    record.headers = printable_headers(response.headers)
    record.sip_status, record.sip_reason = response.status, printable(response.reason)
    record.sip_origin = Origin.REMOTE.value
    record.q850_cause = q850_cause(response.value("Reason"))


def _add_end(record: CallRecord, end: Ended, times: Times) -> None:
    record.sip_status, record.sip_reason = end.status, printable(end.reason)
    record.sip_origin = end.origin.value
    record.answered_after_cancel = end.answered_after_cancel
    record.forced = end.forced
    if end.bye_reason:
        record.q850_cause = q850_cause(end.bye_reason)
    record.termination_reason = termination_reason(end, times)


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
