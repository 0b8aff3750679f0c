"""What becomes of a contact after an attempt: when it is called again, or why never. Pure."""

from types import MappingProxyType

from msgspec.structs import replace

from engine.model.campaign import (
    AttemptOutcome,
    ContactEnd,
    ContactEntry,
    ContactState,
)
from engine.platform.campaign_options import Retries

FAILURES = frozenset(
    {
        AttemptOutcome.CONGESTION,
        AttemptOutcome.CANCELLED,
        AttemptOutcome.INVALID,
    }
)
"""Outcomes of attempts that no telephone has rung for: they have a budget of their own."""
ANSWERED_ENDS = MappingProxyType(
    {
        AttemptOutcome.PERSON: ContactEnd.REACHED,
        AttemptOutcome.OPT_OUT: ContactEnd.OPTED_OUT,
    }
)
"""Outcomes after which nobody is called again, whatever the campaign says."""
_TRIES_NEXT_NUMBER = frozenset(
    {
        AttemptOutcome.MACHINE,
        AttemptOutcome.VOICEMAIL_LEFT,
        AttemptOutcome.FAX,
        AttemptOutcome.BUSY,
        AttemptOutcome.NO_ANSWER,
        AttemptOutcome.REJECTED,
    }
)


def after_outcome(
    contact: ContactEntry, retries: Retries, outcome: AttemptOutcome, now: float
) -> ContactEntry:
    """Return *contact* as it is once the attempt on its current number has ended at *now*.

    There is one budget of attempts over all numbers and outcomes, and one of failures, which
    are attempts that no telephone has rung for; what was never placed counts for neither. The
    delay is that of the outcome by how often it came in a row, and the last of them for all
    that follow; without any the contact ends.

    The next attempt is on the next number, and after the last on the first, if the outcome
    says something of the number: nobody, a machine or a fax has answered, it was busy, or the
    call was rejected. After a failure, an abandoned call and an unknown end the same number
    is called again. A number that nobody has is never called again; the next one is called at
    once.
    """
    counted = _count(contact, outcome)
    if outcome in ANSWERED_ENDS:
        return _end(counted, ANSWERED_ENDS[outcome])
    if outcome is AttemptOutcome.INVALID:
        return _after_invalid(counted, retries, now)
    delays = retries.delays_after(outcome)
    if not delays:
        is_unknown = outcome is AttemptOutcome.UNKNOWN
        return _end(counted, ContactEnd.UNKNOWN if is_unknown else ContactEnd.EXHAUSTED)
    due = now + delays[min(counted.repeats, len(delays)) - 1]
    number = counted.number
    if outcome in _TRIES_NEXT_NUMBER:
        number = _next_number(counted)
    return _wait(counted, retries, due, number)


def _count(contact: ContactEntry, outcome: AttemptOutcome) -> ContactEntry:
    is_failure = outcome in FAILURES
    is_placed = outcome is not AttemptOutcome.NOT_PLACED
    return replace(
        contact,
        attempts=contact.attempts + (is_placed and not is_failure),
        failures=contact.failures + is_failure,
        repeats=contact.repeats + 1 if outcome is contact.last_outcome else 1,
        last_outcome=outcome,
    )


def _after_invalid(contact: ContactEntry, retries: Retries, now: float) -> ContactEntry:
    known = replace(contact, invalid=contact.invalid | 1 << contact.number)
    if known.invalid == (1 << len(known.numbers)) - 1:
        return _end(known, ContactEnd.INVALID)
    return _wait(known, retries, now, _next_number(known))


def _next_number(contact: ContactEntry) -> int:
    """Return the index of the next number that somebody may have."""
    count = len(contact.numbers)
    order = [(contact.number + step) % count for step in range(1, count + 1)]
    return next(it for it in order if not contact.invalid >> it & 1)


def _wait(
    contact: ContactEntry, retries: Retries, due: float, number: int
) -> ContactEntry:
    if contact.attempts >= retries.attempts or contact.failures >= retries.failures:
        return _end(contact, ContactEnd.EXHAUSTED)
    if contact.not_after is not None and due >= contact.not_after:
        return _end(contact, ContactEnd.EXPIRED)
    return replace(contact, state=ContactState.WAITING, due=due, number=number)


def _end(contact: ContactEntry, end: ContactEnd) -> ContactEntry:
    return replace(contact, state=ContactState.DONE, end=end)
