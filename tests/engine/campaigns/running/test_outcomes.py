import pytest

from engine.campaigns.running.outcomes import greeting_end_of, outcome_of
from engine.model.call_progress import (
    CallProgressEvent,
    CallProgressResult,
    VoicemailOutcome,
    VoicemailResult,
)
from engine.model.call_record import NODE_LOST, CallRecord
from engine.model.campaign import AttemptOutcome as Outcome
from engine.model.disposition import Disposition
from sip.call_progress import AnsweredBy, ProgressType


def record(**fields: object) -> CallRecord:
    return CallRecord("id", 0.0, "node", ended=9.0, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("disposition", "outcome"),
    [
        (Disposition.BUSY, Outcome.BUSY),
        (Disposition.NO_ANSWER, Outcome.NO_ANSWER),
        (Disposition.REJECTED, Outcome.REJECTED),
        (Disposition.UNREACHABLE, Outcome.INVALID),
        (Disposition.CONGESTION, Outcome.CONGESTION),
        (Disposition.FAILED, Outcome.CONGESTION),
        (Disposition.CANCELLED, Outcome.CANCELLED),
        (Disposition.REFUSED, Outcome.NOT_PLACED),
    ],
)
def test_unanswered_calls_by_their_disposition(
    disposition: Disposition, outcome: Outcome
) -> None:
    assert outcome_of(record(disposition=disposition.value)) is outcome


def test_a_number_that_is_denied_is_not_tried_again() -> None:
    refused = record(disposition="refused", result="Number denied")
    assert outcome_of(refused) is Outcome.INVALID


def test_nobody_knows_what_became_of_a_call_whose_node_died() -> None:
    assert outcome_of(record(termination_reason=NODE_LOST)) is Outcome.UNKNOWN
    lost = record(termination_reason=NODE_LOST, disposition="failed")
    assert outcome_of(lost) is Outcome.UNKNOWN
    assert outcome_of(record()) is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("verdict", "outcome"),
    [
        (None, Outcome.PERSON),
        (AnsweredBy.HUMAN, Outcome.PERSON),
        (AnsweredBy.UNKNOWN, Outcome.PERSON),
        (AnsweredBy.MACHINE, Outcome.MACHINE),
        (AnsweredBy.FAX, Outcome.FAX),
    ],
)
def test_answered_calls_by_what_has_answered(
    verdict: AnsweredBy | None, outcome: Outcome
) -> None:
    found = CallProgressResult(verdict=verdict)
    assert outcome_of(record(answered=1.0, call_progress=found)) is outcome
    assert outcome_of(record(answered=1.0)) is Outcome.PERSON


def test_a_message_that_was_left() -> None:
    left = VoicemailResult(VoicemailOutcome.LEFT)
    found = CallProgressResult(verdict=AnsweredBy.MACHINE, voicemail=left)
    assert (
        outcome_of(record(answered=1.0, call_progress=found)) is Outcome.VOICEMAIL_LEFT
    )


def test_what_the_call_itself_has_found_counts_above_all() -> None:
    assert outcome_of(record(answered=1.0, campaign_outcome="opt_out")) is (
        Outcome.OPT_OUT
    )


def test_the_greeting_ends_when_the_person_has_spoken() -> None:
    found = CallProgressResult(events=[CallProgressEvent(ProgressType.HUMAN, 3.5)])
    assert greeting_end_of(record(call_progress=found)) == 3.5
    assert greeting_end_of(record()) is None
