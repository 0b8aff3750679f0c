"""What becomes of an attempt that has ended, and of its contact. Pure."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from engine.campaigns.policy import CampaignPolicy
from engine.campaigns.retries import after_outcome
from engine.model.campaign import (
    AttemptEntry,
    AttemptOutcome,
    ContactEnd,
    ContactEntry,
    ContactState,
    OpenAttempt,
    Settlement,
    Suppression,
)

from .outcomes import greeting_end_of, outcome_of

Policies = Mapping[str, CampaignPolicy]
"""The campaigns of the platform by their names."""


def settle_attempts(
    attempts: Sequence[OpenAttempt], policies: Policies, now: float
) -> list[Settlement]:
    """Return the ends of *attempts*, whose calls have ended, or were never placed."""
    return [
        settle_attempt(it, policies.get(it.attempt.campaign), now) for it in attempts
    ]


def settle_attempt(
    it: OpenAttempt, policy: CampaignPolicy | None, now: float
) -> Settlement:
    """Return the end of an attempt; without a *policy* its campaign is no more."""
    attempt = _close(it, now)
    outcome = attempt.outcome
    assert outcome is not None
    if policy is None:
        contact = replace(it.contact, state=ContactState.DONE, end=ContactEnd.CANCELLED)
        return Settlement(attempt, contact)
    retries = policy.campaign.retries
    contact = after_outcome(it.contact, retries, outcome, attempt.ended or now)
    return Settlement(attempt, contact, _suppressions(attempt, it.contact, policy))


def give_up(it: OpenAttempt, now: float) -> Settlement:
    """Return the end of an attempt of which nothing can be said."""
    unknown = AttemptOutcome.UNKNOWN
    return Settlement(
        replace(it.attempt, outcome=unknown, ended=now),
        replace(
            it.contact,
            state=ContactState.DONE,
            end=ContactEnd.UNKNOWN,
            last_outcome=unknown,
        ),
    )


def _close(it: OpenAttempt, now: float) -> AttemptEntry:
    record = it.record
    if record is None:  # an INVITE without a record does not exist
        return replace(it.attempt, outcome=AttemptOutcome.NOT_PLACED, ended=now)
    return replace(
        it.attempt,
        outcome=outcome_of(record),
        sip_status=record.sip_status,
        answered=record.answered,
        greeting_end=greeting_end_of(record),
        ended=record.ended or now,
    )


def _suppressions(
    attempt: AttemptEntry, contact: ContactEntry, policy: CampaignPolicy
) -> tuple[Suppression, ...]:
    """Return what keeps all numbers of whoever has opted out from being called again."""
    opt_out = policy.campaign.opt_out
    if attempt.outcome is not AttemptOutcome.OPT_OUT or opt_out is None:
        return ()
    source = f"campaign {attempt.campaign}"
    return tuple(
        Suppression(
            opt_out.list,
            number,
            attempt.ended or 0.0,
            source=source,
            proof=attempt.call,
        )
        for number in contact.numbers
    )
