"""What is counted of a campaign, in the transactions that change it, so that it is exact."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, select
from sqlalchemy.engine import Dialect

from engine.model.campaign import (
    AttemptEntry,
    AttemptOutcome,
    ContactEnd,
    ContactEntry,
    ContactState,
)
from engine.store.database import Execute
from engine.store.tables import campaign_count

from .statements import Insertion, compile_insertion, keep_by_dialect

DAY_S = 86_400
OF_CONTACTS = 0
"""The day under which contacts are counted; attempts are counted by the day of their end."""
_STATE, _END, _OUTCOME = "state", "end", "outcome"


@dataclass(frozen=True, slots=True)
class CampaignCounts:
    """How many contacts are in each state, how many ended why, and how many attempts ended
    with which outcome. Those of which there are none may be missing.
    """

    states: Mapping[ContactState, int] = field(default_factory=dict)
    ends: Mapping[ContactEnd, int] = field(default_factory=dict)
    outcomes: Mapping[AttemptOutcome, int] = field(default_factory=dict)

    @property
    def contacts(self) -> int:
        """How many contacts there are."""
        return sum(self.states.values())


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many attempts of a campaign ended on a day, since 1970 and in UTC, with an outcome."""

    day: int
    outcome: AttemptOutcome
    attempts: int


class CountChanges:
    """What a transaction changes of the counts."""

    def __init__(self) -> None:
        self._changes: Counter[tuple[str, int, str]] = Counter()

    def add_contacts(
        self, campaign: str, number: int, state: ContactState = ContactState.WAITING
    ) -> None:
        """Count *number* more contacts, which are in *state*."""
        self._count(campaign, _STATE, state, number)

    def move_contact(self, before: ContactState, after: ContactEntry) -> None:
        """Count that a contact was *before*, and is in the state of *after* now."""
        self.move_contacts(after.campaign, before, after.state, after.end, 1)

    def move_contacts(
        self,
        campaign: str,
        before: ContactState,
        after: ContactState,
        end: ContactEnd | None,
        number: int,
    ) -> None:
        """Count that *number* contacts were *before*, and are *after* now, for *end* if done."""
        if before is after:
            return
        self._count(campaign, _STATE, before, -number)
        self._count(campaign, _STATE, after, number)
        if end is not None:
            self._count(campaign, _END, end, number)

    def end_attempt(self, attempt: AttemptEntry) -> None:
        """Count an attempt that has its outcome now."""
        assert attempt.outcome is not None
        assert attempt.ended is not None
        day = int(attempt.ended // DAY_S)
        self._changes[attempt.campaign, day, f"{_OUTCOME}.{attempt.outcome}"] += 1

    def write(self, execute: Execute, dialect: Dialect) -> None:
        """Write them, in one order everywhere, so that no transaction waits for another."""
        rows = [
            (*place, change)
            for place, change in sorted(self._changes.items())
            if change
        ]
        _compiled_for(dialect).run(execute, rows)

    def _count(self, campaign: str, group: str, name: str, by: int) -> None:
        self._changes[campaign, OF_CONTACTS, f"{group}.{name}"] += by


@keep_by_dialect
def _compiled_for(dialect: Dialect) -> Insertion:
    names = ("campaign", "day", "name", "value")
    return compile_insertion(
        campaign_count, dialect, names, key=names[:3], added=["value"]
    )


def read(connection: Connection) -> dict[str, CampaignCounts]:
    """Return the counts of each campaign that has any."""
    columns = campaign_count.c
    summed: dict[str, Counter[str]] = {}
    for campaign, name, value in connection.execute(
        select(columns.campaign, columns.name, columns.value)
    ):
        summed.setdefault(campaign, Counter())[name] += value
    return {campaign: _to_counts(values) for campaign, values in summed.items()}


def read_of(connection: Connection, campaign: str) -> CampaignCounts:
    """Return the counts of *campaign*."""
    columns = campaign_count.c
    summed: Counter[str] = Counter()
    for name, value in connection.execute(
        select(columns.name, columns.value).where(columns.campaign == campaign)
    ):
        summed[name] += value
    return _to_counts(summed)


def _to_counts(values: Mapping[str, int]) -> CampaignCounts:
    states: dict[ContactState, int] = {}
    ends: dict[ContactEnd, int] = {}
    outcomes: dict[AttemptOutcome, int] = {}
    for name, value in values.items():
        group, _, of = name.partition(".")
        if group == _STATE:
            states[ContactState(of)] = value
        elif group == _END:
            ends[ContactEnd(of)] = value
        else:
            outcomes[AttemptOutcome(of)] = value
    return CampaignCounts(states, ends, outcomes)


def read_days(connection: Connection, campaign: str, since: float) -> list[DayCount]:
    """Return what attempts of *campaign* have ended with, by day, from the day of *since* on."""
    columns = campaign_count.c
    first = max(int(since // DAY_S), OF_CONTACTS + 1)
    rows = connection.execute(
        select(columns.day, columns.name, columns.value)
        .where(columns.campaign == campaign, columns.day >= first)
        .order_by(columns.day, columns.name)
    )
    return [
        DayCount(day, AttemptOutcome(name.partition(".")[2]), value)
        for day, name, value in rows
    ]


def remove(connection: Connection, campaigns: Iterable[str]) -> None:
    """Forget the counts of *campaigns*."""
    for campaign in campaigns:
        connection.execute(
            delete(campaign_count).where(campaign_count.c.campaign == campaign)
        )
