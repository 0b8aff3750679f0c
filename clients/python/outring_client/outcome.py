"""Outcome: what has become of a request, from its answer or from the record of its call. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from .generated.models.answer_body import AnswerBody
from .generated.models.answer_body_result import AnswerBodyResult
from .generated.models.disposition import Disposition
from .generated.models.record_view import RecordView
from .generated.types import Unset

ANSWERED: Disposition = "answered"
FAILED: AnswerBodyResult = "Call failed"
UNDER_WAY: AnswerBodyResult = "Request timeout"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What has become of a request for a call or an application.

    ``disposition`` says in one word what has become of the call; None for an application
    that was started. ``sip_status`` is that of the final response, or what stands for it;
    None if there was no INVITE. ``headers`` are those of the final response. ``source`` has
    everything that was told: the answer, or the record where that was waited for.
    """

    result: AnswerBodyResult
    application_uuid: str
    disposition: Disposition | None
    sip_status: int | None
    headers: Mapping[str, str]
    idempotency_key: str
    source: AnswerBody | RecordView

    @property
    def is_answered(self) -> bool:
        """Whether somebody, or something, has answered the call."""
        return self.disposition == ANSWERED


def make_outcome(source: AnswerBody | RecordView, idempotency_key: str) -> Outcome:
    """Make the outcome of *source*. It has a result."""
    return Outcome(
        result=cast(AnswerBodyResult, source.result),
        application_uuid=str(source.application_uuid or ""),
        disposition=None
        if isinstance(source.disposition, Unset)
        else source.disposition,
        sip_status=None if isinstance(source.sip, Unset) else source.sip.status or None,
        headers={}
        if isinstance(source.headers, Unset)
        else dict(source.headers.additional_properties),
        idempotency_key=idempotency_key,
        source=source,
    )


def has_outcome(record: RecordView) -> bool:
    """Whether what *record* tells is known: it was answered, refused, has failed or begun."""
    return bool(record.result)


def has_ended(record: RecordView) -> bool:
    """Whether the call or application of *record* is over."""
    return record.state == "ended"
