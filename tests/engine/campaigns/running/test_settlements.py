from engine.campaigns.running.settlements import give_up, settle_attempt
from engine.model.call_record import CallRecord
from engine.model.campaign import (
    AttemptEntry,
    AttemptOutcome,
    ContactEnd,
    ContactState,
    OpenAttempt,
    Suppression,
)
from tests.engine.campaigns.contacts import BERLIN, NOON, contact, policy

ATTEMPT = AttemptEntry(1, 1, "spring", "a", BERLIN, "uuid", NOON - 60, "n1")
CALLING = contact(state=ContactState.CALLING, n=1)


def ended(**fields: object) -> OpenAttempt:
    record = CallRecord("uuid", NOON - 60, "n1", ended=NOON, **fields)  # type: ignore[arg-type]
    return OpenAttempt(ATTEMPT, CALLING, record)


def test_an_attempt_ends_with_its_call() -> None:
    settled = settle_attempt(ended(disposition="busy", sip_status=486), policy(), NOON)

    assert settled.attempt.outcome is AttemptOutcome.BUSY
    assert (settled.attempt.sip_status, settled.attempt.ended) == (486, NOON)
    assert settled.contact.state is ContactState.WAITING
    assert settled.contact.due == NOON + 300


def test_an_attempt_without_a_record_was_never_placed() -> None:
    settled = settle_attempt(OpenAttempt(ATTEMPT, CALLING), policy(), NOON)

    assert settled.attempt.outcome is AttemptOutcome.NOT_PLACED
    assert (settled.contact.attempts, settled.contact.failures) == (0, 0)


def test_who_opts_out_stands_on_the_list_from_then_on() -> None:
    opted = ended(answered=NOON - 9, campaign_outcome="opt_out")
    settled = settle_attempt(opted, policy(opt_out={"list": "gone"}), NOON)

    assert settled.contact.end is ContactEnd.OPTED_OUT
    assert settled.suppressions == (
        Suppression("gone", BERLIN, NOON, source="campaign spring", proof="uuid"),
    )


def test_contacts_of_a_campaign_that_is_no_more_are_done() -> None:
    settled = settle_attempt(ended(disposition="busy"), None, NOON)

    assert settled.contact.end is ContactEnd.CANCELLED


def test_an_attempt_of_which_nothing_can_be_said_is_unknown() -> None:
    settled = give_up(ended(), NOON)

    assert settled.attempt.outcome is AttemptOutcome.UNKNOWN
    assert settled.contact.end is ContactEnd.UNKNOWN
