"""Platform statistics: what each process has counted, added up over all of them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import structlog

from engine.monitoring.proxy_status import ProxyReport
from engine.telemetry.statistics import CallCounts, Outcome, Statistics
from engine.telemetry.webhook_totals import NO_WEBHOOKS, WebhookTotals

from .node_registry import NodeInfo, ProcessFacts

PAIRS = 300
"""Applications that one process announces one by one; calls of others count in sum only.

Every heartbeat carries them, so their number is bounded.
"""
GONE_KEPT = 100
"""Processes that are gone and whose counts are remembered.

One of them may only have been unseen for a while, as after Redis has lost its state: its
counts must not be added again.
"""

Pair = tuple[str, str] | None
"""Account and application by their ids; None: all those beyond ``PAIRS``."""
Totals = dict[Pair, CallCounts]
"""What one process has counted since it started."""

log = structlog.get_logger()


class PlatformStatistics:
    """Adds what the processes announce to *statistics*, which are those of the platform.

    What was counted before the first ``update`` is part of the counts, but of no
    high-water mark, average or hour, since it is not known when that was.
    """

    def __init__(self, statistics: Statistics) -> None:
        self.statistics = statistics
        self._has_looked = False
        self._live: dict[str, Totals] = {}  # by boot
        self._gone: dict[str, Totals] = {}  # by boot; their active calls are over
        self._outcomes: dict[str, Counter[Outcome]] = {}  # by boot, of both
        self._warned: set[str] = set()  # boots

    def update(self, members: Iterable[NodeInfo]) -> None:
        """Add what *members*, those that are live now, have counted since the last update.

        Calls of a process that is gone end; what else it has counted stays.
        """
        members = list(members)
        self._warn(members)
        before = self._gone | self._live  # ordered, those gone the longest first
        live = {member.boot: read_totals(member.facts) for member in members}
        gone = {
            boot: _remove_active(totals)
            for boot, totals in before.items()
            if boot not in live
        }
        for boot in list(gone)[:-GONE_KEPT]:
            del gone[boot]
        self._count(changes(before, live | gone))
        self._live, self._gone, self._has_looked = live, gone, True
        self._count_outcomes(members)

    def _count(self, changed: Sequence[tuple[Pair, CallCounts]]) -> None:
        add = self.statistics.add if self._has_looked else self.statistics.add_earlier
        for pair, more in changed:
            add(pair, more)

    def _count_outcomes(self, members: Iterable[NodeInfo]) -> None:
        known = self._outcomes
        announced = {member.boot: read_outcomes(member.facts) for member in members}
        for boot, outcomes in announced.items():
            self.statistics.outcomes.update(outcomes - known.get(boot, Counter()))
        kept = self._live | self._gone
        self._outcomes = {
            boot: known[boot] for boot in kept if boot in known
        } | announced

    def _warn(self, members: Iterable[NodeInfo]) -> None:
        for member in members:
            if member.facts.untold and member.boot not in self._warned:
                self._warned.add(member.boot)
                log.warning("applications_not_told_apart", node=member.name, kept=PAIRS)


def changes(
    before: Mapping[str, Totals], after: Mapping[str, Totals]
) -> Sequence[tuple[Pair, CallCounts]]:
    """What was counted between *before* and *after*, the totals by the boots of processes.

    Sorted by how much the active calls change, ends of calls first: otherwise a call that
    moved to another application's count would raise the number of calls for a moment,
    and with it a high-water mark.
    """
    sums: Totals = {}
    for boot, totals in after.items():
        known = before.get(boot, {})
        for pair, counts in totals.items():
            more = counts - known.get(pair, CallCounts())
            sums[pair] = sums.get(pair, CallCounts()) + more
    changed = [(pair, more) for pair, more in sums.items() if more != CallCounts()]
    return sorted(changed, key=lambda counted: counted[1].active)


def facts_of(
    statistics: Statistics,
    calls: int = 0,
    states: Mapping[str, int] | None = None,
    proxies: tuple[ProxyReport, ...] = (),
    *,
    webhooks: WebhookTotals = NO_WEBHOOKS,
) -> ProcessFacts:
    """Return what a process announces of itself, bounded in size.

    The first ``PAIRS`` applications stay those that are announced one by one. If they
    changed, counts would move between an application and the rest, and go down.
    """
    counted = statistics.by_application()
    announced = list(counted.items())[:PAIRS]
    rest = statistics.counts()
    for _, counts in announced:
        rest -= counts
    return ProcessFacts(
        calls=calls,
        states=states or {},
        totals=tuple((*pair, *_numbers(counts)) for pair, counts in announced),
        rest=_numbers(rest),
        untold=len(counted) - len(announced),
        outcomes=tuple(
            (*outcome, count) for outcome, count in statistics.outcomes.items()
        ),
        proxies=proxies,
        webhooks=webhooks,
    )


def read_totals(facts: ProcessFacts) -> Totals:
    """Return the totals in *facts*."""
    totals: Totals = {
        (account, application): CallCounts(*numbers)
        for account, application, *numbers in facts.totals
    }
    totals[None] = CallCounts(*facts.rest)
    return totals


def read_outcomes(facts: ProcessFacts) -> Counter[Outcome]:
    """Return how often each outcome came, by *facts*."""
    return Counter(
        {
            (result, status, disposition): count
            for result, status, disposition, count in facts.outcomes
        }
    )


def _remove_active(totals: Totals) -> Totals:
    return {
        pair: CallCounts(counts.attempts, counts.connected)
        for pair, counts in totals.items()
    }


def _numbers(counts: CallCounts) -> tuple[int, int, int]:
    return counts.attempts, counts.connected, counts.active
