"""The two log lines of each call: one when it begins, one when it ends."""

import structlog

from engine.model.disposition import hang_up_by

from .call_conclusion import find_cause
from .call_session import CallSession

log = structlog.get_logger()


def log_began(call: CallSession, node: str) -> None:
    """Log ``call_began``: the first INVITE of *call* was handed to the user agent of *node*."""
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


def log_ended(call: CallSession) -> None:
    """Log ``call_ended``; *call* must have ended.

    Its ``callId`` is the Call-ID of its last INVITE.

    ``hangupBy`` and what follows say who has ended it, and why. ``total_ms`` is from the
    request to the end, ``talk_ms`` from the 2xx to the end.
    """
    end, times = call.end, call.legs.times
    assert end is not None
    assert times.ended is not None
    received, ended = call.order.received.monotonic, times.ended
    durations = {f"{name}_ms": value for name, value in call.legs.timings_ms.items()}
    if times.answered is not None:
        durations["talk_ms"] = round((ended - times.answered) * 1000, 1)
    conclusion, request = call.outcome.result().conclusion, call.hang_up_request
    requester = request.requester if request is not None else None
    cause = find_cause(end, call.legs, request)
    log.info(
        "call_ended",
        applicationUUID=call.application_uuid,
        callId=call.leg_id,
        application=call.order.application.id,
        account=call.order.application.account,
        result=call.outcome.result().result.text,
        disposition=conclusion and conclusion.disposition,
        hangupBy=hang_up_by(end.origin, requester),
        **({"endRequestedBy": requester} if requester is not None else {}),
        **({"hangupCause": cause.number} if cause is not None else {}),
        status=end.status,
        origin=end.origin,
        attempts=len(call.legs.attempts),
        forced=end.forced,
        **_list_findings(call),
        **durations,
        total_ms=round((ended - received) * 1000, 1),
    )


def _list_findings(call: CallSession) -> dict[str, str]:
    """What has answered *call*, and what became of a message, as far as that is known."""
    result = call.findings.analysis.result
    if result is None:
        return {}
    findings: dict[str, str] = {}
    if result.verdict is not None:
        findings["answeredBy"] = result.verdict
    if result.voicemail is not None:
        findings["voicemail"] = result.voicemail.outcome
    return findings
