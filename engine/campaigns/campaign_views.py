"""What is shown of campaigns, their contacts and their attempts. Pure.

Times are ISO 8601 in UTC. Structs are what the API answers, and the command line prints.
"""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from engine.model.campaign import (
    AgentEntry,
    AgentState,
    AttemptEntry,
    AttemptOutcome,
    CampaignRun,
    CampaignState,
    ContactEnd,
    ContactEntry,
    ContactState,
    Suppression,
)
from engine.model.iso_time import format_time
from engine.platform.campaign_objects import Campaign
from engine.store.campaigns import CampaignCounts, DayCount

from .eligibility import CallNow, EndAs, Judgement, Rule, WaitUntil

DAY_S = 86_400
RATE_S = 300.0
"""Seconds over which the present pace is measured."""

_PERSONS = (AttemptOutcome.PERSON, AttemptOutcome.OPT_OUT, AttemptOutcome.ABANDONED)


class CampaignProgress(msgspec.Struct):
    """How far a campaign has come."""

    contacts: int
    waiting: int
    calling: int
    done: int
    ends: Annotated[
        dict[ContactEnd, int], Meta(description="Why how many contacts are done.")
    ]
    outcomes: Annotated[
        dict[AttemptOutcome, int],
        Meta(description="With what how many attempts have ended."),
    ]
    abandoned_share: Annotated[
        float | None,
        Meta(
            description="Of the calls answered by a person in the days of its pace, those "
            "without an agent in time; null: there was none."
        ),
    ]
    calls_per_second: Annotated[
        float, Meta(description="Attempts a second in the last five minutes.")
    ]
    estimated_end: Annotated[
        str | None,
        Meta(
            description="When everybody is done if it goes on as in the last five minutes; null: "
            "nobody knows."
        ),
    ]


class CampaignView(msgspec.Struct):
    """A campaign, how it runs, and how far it has come."""

    id: str
    application: str
    state: CampaignState
    reason: Annotated[
        str | None, Meta(description="Why it is paused or cancelled, if that was said.")
    ]
    changed: Annotated[
        str | None, Meta(description="When it came into its state; null: it is new.")
    ]
    started: Annotated[str | None, Meta(description="When it was started first.")]
    policy: Annotated[
        dict[str, Any],
        Meta(description="As it was put: pace, retries, windows and so on."),
    ]
    progress: CampaignProgress


class CampaignList(msgspec.Struct):
    """Campaigns by their names."""

    campaigns: list[CampaignView]


class ContactView(msgspec.Struct, omit_defaults=True):
    """Somebody to be called."""

    key: str
    numbers: Annotated[tuple[str, ...], Meta(description="E.164 with the plus.")]
    state: ContactState
    attempts: Annotated[int, Meta(description="Those that count.")]
    failures: Annotated[
        int, Meta(description="Attempts that did not reach the telephone.")
    ]
    priority: int
    due: Annotated[
        str | None, Meta(description="While it waits: not called earlier.")
    ] = None
    end: Annotated[ContactEnd | None, Meta(description="Why it is done.")] = None
    last_outcome: AttemptOutcome | None = None
    zone: str | None = None
    region: str | None = None
    not_before: str | None = None
    not_after: str | None = None
    caller_id: str | None = None
    parameters: dict[str, Any] | None = None


class ContactList(msgspec.Struct, omit_defaults=True):
    """Contacts by their keys."""

    contacts: list[ContactView]
    next: Annotated[
        str | None,
        Meta(description="What to ask for as after to get those that follow."),
    ] = None


class ContactAttempt(msgspec.Struct, omit_defaults=True):
    """An attempt to call a contact."""

    contact: Annotated[str, Meta(description="The key of the contact.")]
    n: Annotated[int, Meta(description="1 is the first.")]
    number: str
    call: Annotated[str, Meta(description="applicationUUID of its call.")]
    reserved: str
    node: str
    outcome: Annotated[
        AttemptOutcome | None, Meta(description="None: it has no end yet.")
    ] = None
    caller_id: str | None = None
    sip_status: int | None = None
    answered: str | None = None
    greeting_end: Annotated[
        str | None, Meta(description="When whoever answered had said hello.")
    ] = None
    agent_at: Annotated[
        str | None,
        Meta(description="When an agent, or the application, took the call."),
    ] = None
    agent: str | None = None
    ended: str | None = None


class AttemptList(msgspec.Struct, omit_defaults=True):
    """Attempts in the order in which they were reserved."""

    attempts: list[ContactAttempt]
    next: Annotated[
        str | None,
        Meta(description="What to ask for as after to get those that follow."),
    ] = None


class ContactDetail(msgspec.Struct):
    """A contact and the attempts on it."""

    contact: ContactView
    attempts: list[ContactAttempt]


class VerdictView(msgspec.Struct, omit_defaults=True):
    """What a rule says of a contact, or of one of its numbers."""

    rule: Rule
    passes: bool
    detail: Annotated[str, Meta(description="One sentence for a person.")]
    changes_at: Annotated[
        str | None, Meta(description="When it will be another; none: never by itself.")
    ] = None
    number: Annotated[
        str | None, Meta(description="Which it is about; none: the contact.")
    ] = None


class ContactWhy(msgspec.Struct, omit_defaults=True):
    """Whether a contact would be called now, and why not."""

    key: str
    verdict: Annotated[str, Meta(description="One sentence for a person.")]
    calls: Annotated[bool, Meta(description="Whether it would be called now.")]
    rules: list[VerdictView]
    at: Annotated[
        str | None, Meta(description="When it is looked at again, if it waits.")
    ] = None
    end: Annotated[ContactEnd | None, Meta(description="As what it would end.")] = None


class ReportDay(msgspec.Struct):
    """The attempts of a campaign that ended on a day, in UTC."""

    day: Annotated[str, Meta(description="As 2026-12-01.")]
    attempts: int
    outcomes: dict[AttemptOutcome, int]
    persons: Annotated[int, Meta(description="Calls answered by a person.")]
    abandoned: int
    abandoned_share: float | None


class CampaignReport(msgspec.Struct):
    """What attempts of a campaign have come to, by day."""

    campaign: str
    since: str
    until: str
    total: ReportDay
    days: list[ReportDay]


class SuppressionView(msgspec.Struct, omit_defaults=True):
    """A number that must not be called."""

    list: str
    number: str
    added: str
    until: Annotated[str | None, Meta(description="None: for ever.")] = None
    source: str = ""
    proof: str = ""


class AgentView(msgspec.Struct, omit_defaults=True):
    """Somebody who takes the calls of a campaign that are answered."""

    id: str
    state: AgentState
    since: Annotated[str, Meta(description="When it came into that state.")]
    expires: Annotated[str, Meta(description="Until then, unless it says more.")]
    endpoint: str | None = None
    call: Annotated[
        str | None, Meta(description="applicationUUID of the call that it has.")
    ] = None


def progress_of(
    run: CampaignRun,
    counts: CampaignCounts,
    days: Sequence[DayCount],
    calls_per_second: float,
    now: float,
) -> CampaignProgress:
    """Return how far a campaign has come; *days* are those of its pace."""
    states = counts.states
    share = report_day("", days).abandoned_share
    return CampaignProgress(
        contacts=counts.contacts,
        waiting=states.get(ContactState.WAITING, 0),
        calling=states.get(ContactState.CALLING, 0),
        done=states.get(ContactState.DONE, 0),
        ends=dict(counts.ends),
        outcomes=dict(counts.outcomes),
        abandoned_share=share,
        calls_per_second=round(calls_per_second, 3),
        estimated_end=iso(estimate_end(run, counts, calls_per_second, now)),
    )


def measure_rate(reserved: Sequence[float], limit: int, now: float) -> float:
    """Return the attempts a second of the last five minutes.

    *reserved* are the newest times of attempts within these, the newest first, at most *limit*:
    with so many only the time since the oldest of them is known.
    """
    if not reserved:
        return 0.0
    span_s = now - reserved[-1] if len(reserved) >= limit else RATE_S
    return len(reserved) / max(span_s, 1.0)


def estimate_end(
    run: CampaignRun, counts: CampaignCounts, calls_per_second: float, now: float
) -> float | None:
    """Return when all contacts are done if they take as many attempts as those that are done.

    In seconds since 1970. None if the campaign does not run, or does not call at present.
    """
    left = counts.contacts - counts.states.get(ContactState.DONE, 0)
    if run.state is not CampaignState.RUNNING or calls_per_second <= 0 or not left:
        return None
    done = counts.states.get(ContactState.DONE, 0)
    attempts = sum(counts.outcomes.values())
    per_contact = max(attempts / done, 1.0) if done else 1.0
    return now + left * per_contact / calls_per_second


def campaign_view(
    campaign: Campaign, run: CampaignRun, progress: CampaignProgress
) -> CampaignView:
    """Show *campaign*."""
    return CampaignView(
        id=campaign.id,
        application=campaign.application,
        state=run.state,
        reason=run.reason,
        changed=iso(run.changed or None),
        started=iso(run.started),
        policy=campaign.model_dump(mode="json", exclude={"id", "application"}),
        progress=progress,
    )


def contact_view(entry: ContactEntry) -> ContactView:
    """Show a contact."""
    is_waiting = entry.state is ContactState.WAITING
    parameters = entry.parameters and msgspec.json.decode(entry.parameters)
    return ContactView(
        key=entry.key,
        numbers=entry.numbers,
        state=entry.state,
        attempts=entry.attempts,
        failures=entry.failures,
        priority=entry.priority,
        due=iso(entry.due) if is_waiting and entry.due else None,
        end=entry.end,
        last_outcome=entry.last_outcome,
        zone=entry.zone,
        region=entry.region,
        not_before=iso(entry.not_before),
        not_after=iso(entry.not_after),
        caller_id=entry.caller_id,
        parameters=parameters or None,
    )


def attempt_view(entry: AttemptEntry) -> ContactAttempt:
    """Show an attempt."""
    return ContactAttempt(
        contact=entry.key,
        n=entry.n,
        number=entry.number,
        call=entry.call,
        reserved=format_time(entry.reserved, "milliseconds"),
        node=entry.node,
        outcome=entry.outcome,
        caller_id=entry.caller_id,
        sip_status=entry.sip_status,
        answered=iso(entry.answered),
        greeting_end=iso(entry.greeting_end),
        agent_at=iso(entry.agent_at),
        agent=entry.agent,
        ended=iso(entry.ended),
    )


def why_view(key: str, state: CampaignState, judgement: Judgement) -> ContactWhy:
    """Show what is decided on the contact *key* of a campaign in *state*, and by which rules."""
    rules = [
        VerdictView(
            rule=rule.rule,
            passes=rule.passes,
            detail=rule.detail,
            changes_at=iso(rule.changes_at),
            number=rule.number,
        )
        for rule in judgement.rules
    ]
    runs = state is CampaignState.RUNNING
    match judgement.eligibility:
        case None:
            return ContactWhy(key, judgement.rules[0].detail, calls=False, rules=rules)
        case EndAs(end):
            text = f"It will not be called any more: {end}."
            return ContactWhy(key, text, calls=False, rules=rules, end=end)
        case WaitUntil(time):
            text = f"It is looked at again at {iso(time)}."
            return ContactWhy(key, text, calls=False, rules=rules, at=iso(time))
        case CallNow() if not runs:
            text = f"It would be called now, but its campaign is {state}."
            return ContactWhy(key, text, calls=False, rules=rules)
        case _:
            text = "It is called as soon as the pace has room for it."
            return ContactWhy(key, text, calls=True, rules=rules)


def report_of(
    campaign: str, days: Sequence[DayCount], since: float, until: float
) -> CampaignReport:
    """Return the report of *campaign* from the day of *since* to that of *until*."""
    first, last = int(since // DAY_S), int(until // DAY_S)
    rows = [
        report_day(date_of(day), [it for it in days if it.day == day])
        for day in range(first, last + 1)
    ]
    return CampaignReport(
        campaign=campaign,
        since=date_of(first),
        until=date_of(last),
        total=report_day("total", days),
        days=rows,
    )


def report_day(name: str, counts: Sequence[DayCount]) -> ReportDay:
    """Return the row *name* of a report, of all of *counts*."""
    outcomes: dict[AttemptOutcome, int] = {}
    for it in counts:
        outcomes[it.outcome] = outcomes.get(it.outcome, 0) + it.attempts
    persons = sum(outcomes.get(outcome, 0) for outcome in _PERSONS)
    abandoned = outcomes.get(AttemptOutcome.ABANDONED, 0)
    return ReportDay(
        day=name,
        attempts=sum(outcomes.values()),
        outcomes=outcomes,
        persons=persons,
        abandoned=abandoned,
        abandoned_share=round(abandoned / persons, 4) if persons else None,
    )


def report_rows(report: CampaignReport) -> list[list[str]]:
    """Return *report* as rows of a table, the first of which has the names of its columns."""
    names = [*AttemptOutcome]
    head = ["day", "attempts", *names, "persons", "abandoned_share"]
    return [
        head,
        *(
            [
                row.day,
                str(row.attempts),
                *(str(row.outcomes.get(name, 0)) for name in names),
                str(row.persons),
                "" if row.abandoned_share is None else str(row.abandoned_share),
            ]
            for row in (*report.days, report.total)
        ),
    ]


def suppression_view(entry: Suppression) -> SuppressionView:
    """Show an entry of a suppression list."""
    return SuppressionView(
        list=entry.list,
        number=entry.number,
        added=format_time(entry.added, "seconds"),
        until=iso(entry.until),
        source=entry.source,
        proof=entry.proof,
    )


def agent_view(entry: AgentEntry) -> AgentView:
    """Show an agent."""
    return AgentView(
        id=entry.id,
        state=entry.state,
        since=format_time(entry.since, "milliseconds"),
        expires=format_time(entry.expires, "milliseconds"),
        endpoint=entry.endpoint,
        call=entry.call,
    )


def date_of(day: int) -> str:
    """Return *day*, since 1970, as 2026-12-01."""
    return format_time(day * DAY_S, "seconds")[:10]


def iso(time: float | None) -> str | None:
    """Return *time*, in seconds since 1970, as ISO 8601; None stays None."""
    return None if time is None else format_time(time, "milliseconds")
