"""The two log lines of each call: one when it begins, one when it ends.

Neither is put together where the level of the log leaves it out.
"""

import logging

import structlog

from engine.model.call_progress import CallProgressResult
from engine.model.call_record import CallRecord

from .call_legs import CallLegs
from .call_session import CallSession

log = structlog.get_logger()


def log_began(call: CallSession, node: str) -> None:
    """Log ``call_began``: the first INVITE of *call* was handed to the user agent of *node*."""
    if not log.is_enabled_for(logging.INFO):
        return
    log.info(
        "call_began",
        applicationUUID=call.application_uuid,
        callId=call.leg_id,
        application=call.order.application.id,
        account=call.order.application.account,
        node=node,
        to=call.order.request.to,
        proxy=call.legs.attempts[-1].proxy,
    )


def log_ended(record: CallRecord, legs: CallLegs) -> None:
    """Log ``call_ended`` of the call of *legs* with *record*, which must have ended.

    Its ``callId`` is the Call-ID of its last INVITE.

    ``hangupBy`` and what follows say who has ended it, and why. ``total_ms`` is from the
    request to the end, ``talk_ms`` from the 2xx to the end.
    """
    if not log.is_enabled_for(logging.INFO):
        return
    ended, requester, cause = record.ended, record.end_requester, record.q850_cause
    assert ended is not None
    durations = {f"{name}_ms": value for name, value in legs.timings_ms.items()}
    if record.answered is not None:
        durations["talk_ms"] = round((ended - record.answered) * 1000, 1)
    log.info(
        "call_ended",
        applicationUUID=record.application_uuid,
        callId=record.call_id,
        application=record.application,
        account=record.account,
        result=record.result,
        disposition=record.disposition,
        hangupBy=record.hangup_by,
        **({"endRequestedBy": requester} if requester is not None else {}),
        **({"hangupCause": cause} if cause is not None else {}),
        status=record.sip_status,
        origin=record.sip_origin,
        attempts=len(record.attempts or ()),
        forced=record.forced,
        **_list_findings(record.call_progress),
        **durations,
        total_ms=round((ended - record.received) * 1000, 1),
    )


def _list_findings(result: CallProgressResult | None) -> dict[str, str]:
    """What has answered a call, and what became of a message, as far as that is known."""
    findings: dict[str, str] = {}
    if result is not None and result.verdict is not None:
        findings["answeredBy"] = result.verdict
    if result is not None and result.voicemail is not None:
        findings["voicemail"] = result.voicemail.outcome
    return findings
