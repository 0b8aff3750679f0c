"""Whether a contact may be called now, by which number, and why not. Pure.

Each rule gives a verdict of its own, with the time at which it will be another. What is
decided on a contact is computed from these verdicts alone, so that whoever asks why is told
what the dialer goes by.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache

from engine.model.campaign import (
    ContactEnd,
    ContactEntry,
    ContactState,
    DueContact,
    NumberFacts,
)
from engine.platform.campaign_objects import WindowRule

from .policy import CampaignPolicy
from .windows import ALWAYS, DAY_S, WEEK_S, Interval
from .zones import zones_of

NAMED_ZONES = 3
"""So many zones of a number are named in a sentence."""


class Rule(StrEnum):
    """What has to be fulfilled before a contact is called."""

    STATE = "state"
    NOT_BEFORE = "not_before"
    NOT_AFTER = "not_after"
    DUE = "due"
    ATTEMPTS = "attempts"
    FAILURES = "failures"
    NUMBER = "number"
    SUPPRESSION = "suppression"
    ZONE = "zone"
    WINDOW = "window"
    PER_DAY = "per_day"
    PER_WEEK = "per_week"


ENDS = {
    Rule.NOT_AFTER: ContactEnd.EXPIRED,
    Rule.ATTEMPTS: ContactEnd.EXHAUSTED,
    Rule.FAILURES: ContactEnd.EXHAUSTED,
    Rule.NUMBER: ContactEnd.INVALID,
    Rule.SUPPRESSION: ContactEnd.SUPPRESSED,
    Rule.ZONE: ContactEnd.NO_WINDOW,
    Rule.WINDOW: ContactEnd.NO_WINDOW,
}
"""As what a contact ends by a rule that it will never fulfil."""


@dataclass(frozen=True, slots=True)
class RuleVerdict:
    """What a rule says of a contact, or of one of its numbers, now."""

    rule: Rule
    passes: bool
    detail: str  # a sentence for a person
    changes_at: float | None = None  # seconds since 1970; None: never by itself
    number: str | None = None  # which it is about; None: the contact


@dataclass(frozen=True, slots=True)
class CallNow:
    """The contact may be called now, by the number with *index*."""

    index: int
    not_after: float | None  # until then an INVITE may be sent; None: at any time


@dataclass(frozen=True, slots=True)
class WaitUntil:
    """The contact may not be called before *time*, when it is looked at again."""

    time: float


@dataclass(frozen=True, slots=True)
class EndAs:
    """The contact will never be called again."""

    end: ContactEnd


Eligibility = CallNow | WaitUntil | EndAs


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is decided on a contact, and the verdict of each rule behind it."""

    eligibility: Eligibility | None  # None: it does not wait, so nothing is decided
    rules: tuple[RuleVerdict, ...]


def judge(candidate: DueContact, policy: CampaignPolicy, now: float) -> Judgement:
    """Return whether a contact may be called at *now*, and what each rule says.

    Its numbers are tried in their order from ``contact.number``, which goes on with the first
    after the last.
    """
    contact = candidate.contact
    of_contact = _judge_contact(contact, policy, now)
    of_numbers = [
        _judge_number(index, candidate, policy, now)
        for index in range(len(candidate.numbers))
    ]
    rules = (*of_contact, *(rule for of_number in of_numbers for rule in of_number))
    if contact.state is not ContactState.WAITING:
        return Judgement(None, rules)
    return Judgement(_decide(contact, of_contact, of_numbers, now), rules)


def _decide(
    contact: ContactEntry,
    of_contact: Sequence[RuleVerdict],
    of_numbers: Sequence[Sequence[RuleVerdict]],
    now: float,
) -> Eligibility:
    end = _end_by(of_contact) or _end_by_numbers(of_numbers)
    if end is not None:
        return EndAs(end)
    times = [_time_of(rules, now) for rules in of_numbers]
    waits_until = _time_of(of_contact, now) or now
    time = max(waits_until, min(time for time in times if time is not None))
    if time <= now:
        index = _first_ready(times, contact.number, now)
        return CallNow(index, _last_time(contact, of_numbers[index]))
    if contact.not_after is not None and time >= contact.not_after:
        return EndAs(ContactEnd.EXPIRED)
    return WaitUntil(time)


def _end_by(rules: Iterable[RuleVerdict]) -> ContactEnd | None:
    """Return as what a contact ends by the first rule that it will never fulfil."""
    never = (rule for rule in rules if not rule.passes and rule.changes_at is None)
    return next((ENDS[rule.rule] for rule in never), None)


def _end_by_numbers(of_numbers: Sequence[Sequence[RuleVerdict]]) -> ContactEnd | None:
    """Return as what a contact ends none of whose numbers may ever be called."""
    ends = {_end_by(rules) for rules in of_numbers}
    if None in ends:
        return None
    for end in (ContactEnd.NO_WINDOW, ContactEnd.SUPPRESSED):
        if end in ends:
            return end
    return ContactEnd.INVALID


def _time_of(rules: Sequence[RuleVerdict], now: float) -> float | None:
    """Return from when *rules* may all pass, which is never before *now*; None: never."""
    time = now
    for rule in rules:
        if not rule.passes:
            if rule.changes_at is None:
                return None
            time = max(time, rule.changes_at)
    return time


def _first_ready(times: Sequence[float | None], first: int, now: float) -> int:
    order = [(first + step) % len(times) for step in range(len(times))]
    return next(index for index in order if times[index] == now)


def _last_time(contact: ContactEntry, rules: Sequence[RuleVerdict]) -> float | None:
    """Return until when an INVITE may be sent: the end of the window, or of the contact."""
    closes = next(rule.changes_at for rule in rules if rule.rule is Rule.WINDOW)
    times = [time for time in (closes, contact.not_after) if time is not None]
    return min(times, default=None)


def _judge_contact(
    contact: ContactEntry, policy: CampaignPolicy, now: float
) -> tuple[RuleVerdict, ...]:
    retries = policy.campaign.retries
    return (
        _judge_state(contact),
        _judge_from(Rule.NOT_BEFORE, contact.not_before, now),
        _judge_not_after(contact.not_after, now),
        _judge_from(Rule.DUE, contact.due, now),
        _judge_budget(Rule.ATTEMPTS, contact.attempts, retries.attempts),
        _judge_budget(Rule.FAILURES, contact.failures, retries.failures),
    )


def _judge_state(contact: ContactEntry) -> RuleVerdict:
    details = {
        ContactState.WAITING: "It waits to be called.",
        ContactState.CALLING: "It is being called.",
        ContactState.DONE: f"It will not be called any more: {contact.end}.",
    }
    passes = contact.state is ContactState.WAITING
    return RuleVerdict(Rule.STATE, passes, details[contact.state])


def _judge_from(rule: Rule, time: float | None, now: float) -> RuleVerdict:
    if time is None or time <= now:
        return RuleVerdict(rule, passes=True, detail="Its time has come.")
    return RuleVerdict(rule, False, f"It is not called before {to_text(time)}.", time)


def _judge_not_after(time: float | None, now: float) -> RuleVerdict:
    rule = Rule.NOT_AFTER
    if time is None:
        return RuleVerdict(rule, True, "Its time does not end.")
    if now < time:
        return RuleVerdict(rule, True, f"Its time ends at {to_text(time)}.", time)
    return RuleVerdict(rule, False, f"Its time has ended at {to_text(time)}.")


def _judge_budget(rule: Rule, used: int, allowed: int) -> RuleVerdict:
    return RuleVerdict(rule, used < allowed, f"{used} of {allowed} {rule} are used.")


def _judge_number(
    index: int, candidate: DueContact, policy: CampaignPolicy, now: float
) -> tuple[RuleVerdict, ...]:
    contact, facts = candidate.contact, candidate.numbers[index]
    number, campaign = facts.number, policy.campaign
    rules = policy.hours.rules_for(number)
    zones = zones_of(number, given=contact.zone, default=campaign.default_zone)
    interval = policy.hours.interval(rules, zones, now)
    per_day, per_week = policy.calls_per_day(rules), campaign.retries.per_week
    return (
        _judge_existence(index, contact, number),
        _judge_suppression(facts, now),
        _judge_zone(zones, interval, number),
        _judge_window(interval, rules, now, number),
        _judge_calls(Rule.PER_DAY, facts, per_day, DAY_S, now),
        _judge_calls(Rule.PER_WEEK, facts, per_week, WEEK_S, now),
    )


def _judge_existence(index: int, contact: ContactEntry, number: str) -> RuleVerdict:
    if contact.invalid >> index & 1:
        return RuleVerdict(Rule.NUMBER, False, "Nobody has it.", number=number)
    return RuleVerdict(Rule.NUMBER, True, "It may exist.", number=number)


def _judge_suppression(facts: NumberFacts, now: float) -> RuleVerdict:
    rule, name, until = Rule.SUPPRESSION, facts.suppressed_by, facts.suppressed_until
    if name is None or (until is not None and until <= now):
        detail = "It stands on no list of the campaign."
        return RuleVerdict(rule, True, detail, number=facts.number)
    for_long = "for ever" if until is None else f"until {to_text(until)}"
    detail = f"It stands on the list {name} {for_long}."
    return RuleVerdict(rule, False, detail, until, facts.number)


def _judge_zone(
    zones: Sequence[str], interval: Interval | None, number: str
) -> RuleVerdict:
    if not zones:
        detail = "Nobody knows its time zone."
        passes = interval is ALWAYS
        return RuleVerdict(Rule.ZONE, passes, detail, number=number)
    names = ", ".join(zones[:NAMED_ZONES])
    more = f" and {len(zones) - NAMED_ZONES} more" if len(zones) > NAMED_ZONES else ""
    detail = f"It is called in the hours of {names}{more}."
    return RuleVerdict(Rule.ZONE, True, detail, number=number)


def _judge_window(
    interval: Interval | None, rules: Sequence[WindowRule], now: float, number: str
) -> RuleVerdict:
    by = f" (by {', '.join(rule.id for rule in rules)})" if rules else ""
    if interval is None:
        detail = f"It may not be called at any time of the coming year{by}."
        return RuleVerdict(Rule.WINDOW, False, detail, number=number)
    if interval is ALWAYS:
        return RuleVerdict(Rule.WINDOW, True, "It has no hours.", number=number)
    opens, closes = interval
    if opens <= now:
        detail = f"It may be called until {to_text(closes)}{by}."
        return RuleVerdict(Rule.WINDOW, True, detail, closes, number)
    detail = f"It may be called from {to_text(opens)} to {to_text(closes)}{by}."
    return RuleVerdict(Rule.WINDOW, False, detail, opens, number)


def _judge_calls(
    rule: Rule, facts: NumberFacts, limit: int | None, span_s: int, now: float
) -> RuleVerdict:
    """Judge how often a number was called, over all campaigns, in the last *span_s* seconds."""
    calls = [time for time in facts.calls if time > now - span_s]
    span = "24 hours" if span_s == DAY_S else "7 days"
    if limit is None:
        detail = f"It was {_times(len(calls))} in {span}, without a limit."
        return RuleVerdict(rule, True, detail, number=facts.number)
    detail = f"{len(calls)} of {limit} calls in {span} are used."
    if len(calls) < limit:
        return RuleVerdict(rule, True, detail, number=facts.number)
    return RuleVerdict(rule, False, detail, calls[-limit] + span_s, facts.number)


def _times(calls: int) -> str:
    return {0: "not called", 1: "called once"}.get(calls, f"called {calls} times")


@lru_cache(maxsize=4096)
def to_text(time: float) -> str:
    """Return *time*, in seconds since 1970, as ISO 8601 in UTC, to the second."""
    return f"{datetime.fromtimestamp(int(time), UTC):%Y-%m-%dT%H:%M:%SZ}"
