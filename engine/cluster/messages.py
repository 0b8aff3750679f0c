"""Orders, their outcomes and refusals as messages between processes, and back."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from engine.admission.instant import Instant
from engine.admission.outbound_order import OutboundOrder
from engine.model.call_progress import ProgressOutcome
from engine.model.outbound_request import request_of
from engine.model.result import OutboundOutcome, RefusedError, Result, SipOutcome
from engine.platform.snapshot import PlatformSnapshot
from engine.store import Place
from sip.events import Origin

from .mailbox import Message

CLAIM_S = 2.0  # within which a node has to claim an order; then another one gets it

_RESULTS = {result.text: result for result in Result}


def pack_order(
    order: OutboundOrder, lease: str, names: Sequence[str], wait_s: float, latest: int
) -> Message:
    """Write *order* as a message for a node, which owns *lease* once it has claimed it.

    *names* are the capacities that the lease holds, *wait_s* is what is left of the
    client's wait in seconds, and *latest* is until when the order may be claimed, in
    microseconds of Redis's clock.
    """
    return {
        "uuid": order.application_uuid,
        "application": order.application.id,
        "fields": order.fields,
        "as_text": order.as_text,
        "place": order.place,
        "received": order.received.epoch,
        "lease": lease,
        "names": list(names),
        "wait_s": wait_s,
        "latest": latest,
    }


def unpack_order(message: Message, platform: PlatformSnapshot) -> OutboundOrder:
    """Read the order of *message*.

    Raises RefusedError if *platform* has no such application any more.
    """
    return OutboundOrder(
        message["uuid"],
        request_of(
            message["fields"], as_text=message["as_text"], wait_s=message["wait_s"]
        ),
        platform.application_by_id(message["application"]),
        platform,
        Instant.of_epoch(message["received"]),
        fields=message["fields"],
        as_text=message["as_text"],
        place=_place(message.get("place")),
        lease=message["lease"],
    )


def _place(packed: Sequence[str] | None) -> Place | None:
    return None if packed is None else (packed[0], packed[1])


def pack_answer(answer: OutboundOutcome) -> Message:
    """Write the outcome of an order as a message."""
    packed: dict[str, Any] = {
        "result": answer.result.text,
        "uuid": answer.application_uuid,
        "headers": None if answer.headers is None else dict(answer.headers),
        "timings": dict(answer.timings_ms or {}),
        "detail": answer.detail,
    }
    if answer.sip is not None:
        sip = answer.sip
        packed["sip"] = [sip.status, sip.reason, sip.origin.value]
    if (call_progress := answer.call_progress) is not None:
        packed["call_progress"] = [call_progress.verdict, call_progress.events]
    return packed


def pack_refusal(refused: RefusedError) -> Message:
    """Write a refusal as a message; ``unpack_answer`` raises it again."""
    return {
        "refused": refused.result.text,
        "detail": refused.detail,
        "status": int(refused.http_status),
        "retry_after": refused.retry_after_s,
    }


def unpack_answer(message: Message) -> OutboundOutcome:
    """Read the outcome of an order; raises RefusedError if *message* is a refusal."""
    if "refused" in message:
        raise RefusedError(
            _RESULTS[message["refused"]],
            message["detail"],
            HTTPStatus(message["status"]),
            message["retry_after"],
        )
    sip, call_progress = message.get("sip"), message.get("call_progress")
    return OutboundOutcome(
        _RESULTS[message["result"]],
        message["uuid"],
        headers=message["headers"],
        sip=None if sip is None else SipOutcome(sip[0], sip[1], Origin(sip[2])),
        timings_ms=message["timings"],
        call_progress=None
        if call_progress is None
        else ProgressOutcome(call_progress[0], tuple(map(tuple, call_progress[1]))),
        detail=message["detail"],
    )
