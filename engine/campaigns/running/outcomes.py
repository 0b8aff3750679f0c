"""What has become of an attempt, by the record of its call. Pure."""

from engine.model.call_progress import CallProgressResult, VoicemailOutcome
from engine.model.call_record import NODE_LOST, CallRecord
from engine.model.campaign import AttemptOutcome
from engine.model.disposition import Disposition
from engine.model.result import Result
from sip.call_progress import AnsweredBy, ProgressType

_UNANSWERED = {
    Disposition.BUSY: AttemptOutcome.BUSY,
    Disposition.NO_ANSWER: AttemptOutcome.NO_ANSWER,
    Disposition.REJECTED: AttemptOutcome.REJECTED,
    Disposition.UNREACHABLE: AttemptOutcome.INVALID,
    Disposition.CONGESTION: AttemptOutcome.CONGESTION,
    Disposition.FAILED: AttemptOutcome.CONGESTION,
    Disposition.CANCELLED: AttemptOutcome.CANCELLED,
}
_OF_NUMBER = frozenset(it.text for it in (Result.NUMBER_DENIED, Result.INVALID_REQUEST))
"""Refusals that would be the same at any other time."""
_ANSWERED = {
    AnsweredBy.MACHINE: AttemptOutcome.MACHINE,
    AnsweredBy.FAX: AttemptOutcome.FAX,
}


def outcome_of(record: CallRecord) -> AttemptOutcome:
    """Return what has become of the attempt whose call has *record*, which has ended."""
    if record.campaign_outcome is not None:
        return AttemptOutcome(record.campaign_outcome)
    if record.answered is not None:
        return _outcome_of_answer(record.call_progress)
    if record.termination_reason == NODE_LOST:
        return AttemptOutcome.UNKNOWN
    if record.disposition == Disposition.REFUSED:
        is_denied = record.result == Result.NUMBER_DENIED.text  # now and later
        return AttemptOutcome.INVALID if is_denied else AttemptOutcome.NOT_PLACED
    if record.disposition is None:
        return AttemptOutcome.UNKNOWN
    return _UNANSWERED.get(Disposition(record.disposition), AttemptOutcome.UNKNOWN)


def _outcome_of_answer(found: CallProgressResult | None) -> AttemptOutcome:
    if found is None or found.verdict is None:
        return AttemptOutcome.PERSON
    if (left := found.voicemail) is not None and left.outcome is VoicemailOutcome.LEFT:
        return AttemptOutcome.VOICEMAIL_LEFT
    return _ANSWERED.get(found.verdict, AttemptOutcome.PERSON)


def greeting_end_of(record: CallRecord) -> float | None:
    """Return when the person who answered had first spoken, in seconds since 1970."""
    found = record.call_progress
    if found is None:
        return None
    spoken = (it.at for it in found.events if it.type is ProgressType.HUMAN)
    return next(spoken, None)
