"""Figures: what every process has counted, put together as the platform's statistics."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import structlog

from engine.telemetry.statistics import CallCounts, Outcome, Statistics

from .node_registry import NodeInfo

PAIRS = 300
"""Accounts with applications that one process announces; the rest is the platform's only."""
GONE_KEPT = 100
"""Processes that have gone and may be seen again, as after a loss of Redis's state."""

Pair = tuple[str, str] | None
"""Account and application; None: those beyond ``PAIRS``."""
Totals = dict[Pair, CallCounts]

log = structlog.get_logger()


class PlatformStatistics:
    """Follows what the processes announce, in ``statistics`` of all of them.

    What was counted before it looked for the first time is in the counts, but in no
    high-water mark, average or hour: it does not know when that was.
    """

    def __init__(self, statistics: Statistics) -> None:
        self.statistics = statistics
        self._has_looked = False
        self._live: dict[str, Totals] = {}  # by boot
        self._gone: dict[str, Totals] = {}  # by boot; their active calls are over
        self._outcomes: dict[str, Counter[Outcome]] = {}  # by boot, of both
        self._warned: set[str] = set()  # boots

    def update(self, members: Iterable[NodeInfo]) -> None:
        """Count what is new since the last look; *members* are those that live now."""
        members = list(members)
        self._warn(members)
        before = self._gone | self._live  # the longest gone first
        live = {member.boot: unpack_totals(member.facts) for member in members}
        gone = {
            boot: _without_active(totals)
            for boot, totals in before.items()
            if boot not in live
        }
        for boot in list(gone)[:-GONE_KEPT]:
            del gone[boot]
        self._count(changes(before, live | gone))
        self._live, self._gone, self._has_looked = live, gone, True
        self._count_outcomes(members)

    def _count(self, news: Sequence[tuple[Pair, CallCounts]]) -> None:
        add = self.statistics.add if self._has_looked else self.statistics.add_earlier
        for pair, more in news:
            add(pair, more)

    def _count_outcomes(self, members: Iterable[NodeInfo]) -> None:
        known = self._outcomes
        told = {member.boot: unpack_outcomes(member.facts) for member in members}
        for boot, outcomes in told.items():
            self.statistics.outcomes.update(outcomes - known.get(boot, Counter()))
        kept = self._live | self._gone
        self._outcomes = {boot: known[boot] for boot in kept if boot in known} | told

    def _warn(self, members: Iterable[NodeInfo]) -> None:
        for member in members:
            if member.facts.get("untold") and member.boot not in self._warned:
                self._warned.add(member.boot)
                log.warning("applications_not_told_apart", node=member.name, kept=PAIRS)


def changes(
    before: Mapping[str, Totals], after: Mapping[str, Totals]
) -> Sequence[tuple[Pair, CallCounts]]:
    """What has been counted from *before* to *after*, which have the totals by process.

    Ends of calls come first, so that no level is shown that never was.
    """
    sums: Totals = {}
    for boot, totals in after.items():
        known = before.get(boot, {})
        for pair, counts in totals.items():
            more = counts - known.get(pair, CallCounts())
            sums[pair] = sums.get(pair, CallCounts()) + more
    news = [(pair, more) for pair, more in sums.items() if more != CallCounts()]
    return sorted(news, key=lambda counted: counted[1].active)


def pack_totals(statistics: Statistics) -> Mapping[str, object]:
    """What a process has counted, as facts that stay small.

    The first ``PAIRS`` stay those that are told of one by one: totals never go back.
    """
    counted = statistics.by_application()
    told = list(counted.items())[:PAIRS]
    rest = statistics.counts()
    for _, counts in told:
        rest -= counts
    return {
        "totals": [[*pair, *_numbers(counts)] for pair, counts in told],
        "rest": _numbers(rest),
        "untold": len(counted) - len(told),
        "outcomes": [
            [*outcome, count] for outcome, count in statistics.outcomes.items()
        ],
    }


def unpack_totals(facts: Mapping[str, Any]) -> Totals:
    """What ``pack_totals`` has made; nothing of a process that announces none."""
    totals: Totals = {
        (account, application): CallCounts(*numbers)
        for account, application, *numbers in facts.get("totals", ())
    }
    totals[None] = CallCounts(*facts.get("rest", ()))
    return totals


def unpack_outcomes(facts: Mapping[str, Any]) -> Counter[Outcome]:
    """What results ``pack_totals`` has told of."""
    told = facts.get("outcomes", ())
    return Counter({(result, status): count for result, status, count in told})


def _without_active(totals: Totals) -> Totals:
    return {
        pair: CallCounts(counts.attempts, counts.connected)
        for pair, counts in totals.items()
    }


def _numbers(counts: CallCounts) -> list[int]:
    return [counts.attempts, counts.connected, counts.active]
