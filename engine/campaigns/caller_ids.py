"""Which number of a pool a contact sees, and when a number rests. Pure.

A choice is committed with the attempt that it is for, so that no use is counted of a call that
is not placed, and none is forgotten.
"""

from bisect import bisect_left
from collections.abc import Iterable
from heapq import heapify, heappop, heapreplace
from math import inf

from msgspec.structs import replace

from engine.model.campaign import CallerIdUse, ContactEntry
from engine.platform.campaign_objects import CallerIdPool
from engine.platform.campaign_options import CallerIdChoice

from .windows import DAY_S

CALLS_PER_JUDGEMENT = 50
"""After so many calls of a number, and each time again, its answer rate is looked at."""
_AFTER_DIGITS = ":"  # stands behind 9
_Place = tuple[float, int, str]
"""When a number was used last, how often, and the number."""


class CallerIdChooser:
    """Chooses the caller ids of a batch of attempts, and knows what they were used for.

    *uses* are those of the day of *now*, in UTC: with a day, uses and rests begin anew.
    """

    def __init__(
        self,
        pool: CallerIdPool,
        choice: CallerIdChoice,
        uses: Iterable[CallerIdUse],
        now: float,
    ) -> None:
        self._pool, self._choice, self._now = pool, choice, now
        self._uses = {use.number: use for use in uses}
        self._of_pool = set(pool.numbers)
        self._sorted = sorted(self._of_pool)
        self._queues: dict[str, list[_Place]] = {}
        self._changed: set[str] = set()

    @property
    def changed(self) -> tuple[CallerIdUse, ...]:
        """The uses that have changed since the beginning, by number."""
        return tuple(self._uses[number] for number in sorted(self._changed))

    def choose(self, contact: ContactEntry, number: str) -> str | None:
        """Return the caller id for a call of *contact* at *number*, and count its use.

        None: each that it may be has had its calls of the day, or rests.
        """
        chosen = self._select(contact, number)
        if chosen is not None:
            self._uses[chosen] = count_use(self._use_of(chosen), self._pool, self._now)
            self._changed.add(chosen)
        return chosen

    def free_at(self) -> float:
        """Return when a caller id is available again that is none now, at the latest."""
        midnight = (self._now // DAY_S + 1) * DAY_S
        rests = (self._use_of(number).resting_until for number in self._sorted)
        ends = [end for end in rests if end is not None and end > self._now]
        return min([midnight, *ends])

    def _select(self, contact: ContactEntry, number: str) -> str | None:
        if self._choice is CallerIdChoice.LOCAL:
            return self._longest_prefix(number)
        known = contact.caller_id
        if self._choice is CallerIdChoice.STICKY and known in self._of_pool:
            return known if known is not None and self._is_available(known) else None
        return self._least_recent("")

    def _longest_prefix(self, number: str) -> str | None:
        """Return the available number that shares most of its beginning with *number*."""
        prefixes = (number[:length] for length in range(len(number), -1, -1))
        chosen = (self._least_recent(prefix) for prefix in prefixes)
        return next((it for it in chosen if it is not None), None)

    def _least_recent(self, prefix: str) -> str | None:
        """Return the available number with *prefix* that was used the longest time ago.

        What stands in a queue may be older than the use of its number, and is then put where
        that belongs: so a choice costs little in a pool of thousands, too.
        """
        queue = self._queue_of(prefix)
        while queue:
            place, number = queue[0], queue[0][-1]
            current = self._place_of(number)
            if not self._is_available(number):
                heappop(queue)
            elif place != current:
                heapreplace(queue, current)
            else:
                return number
        return None

    def _queue_of(self, prefix: str) -> list[_Place]:
        if prefix not in self._queues:
            first = bisect_left(self._sorted, prefix)
            last = bisect_left(self._sorted, prefix + _AFTER_DIGITS)
            places = [self._place_of(number) for number in self._sorted[first:last]]
            heapify(places)
            self._queues[prefix] = places
        return self._queues[prefix]

    def _place_of(self, number: str) -> _Place:
        use = self._use_of(number)
        return use.last_used, use.used, number

    def _is_available(self, number: str) -> bool:
        use, cap = self._use_of(number), self._pool.daily_cap
        return (cap is None or use.used < cap) and self._now >= (
            use.resting_until or -inf
        )

    def _use_of(self, number: str) -> CallerIdUse:
        unused = CallerIdUse(self._pool.id, number, int(self._now // DAY_S))
        return self._uses.get(number, unused)


def count_use(use: CallerIdUse, pool: CallerIdPool, now: float) -> CallerIdUse:
    """Return *use* with another call at *now*, after which the number may have to rest."""
    used = replace(use, pool=pool.id, used=use.used + 1, last_used=now)
    if _has_to_rest(used, pool):
        return replace(used, resting_until=now + pool.rest_s)
    return used


def _has_to_rest(use: CallerIdUse, pool: CallerIdPool) -> bool:
    if pool.rest_after is not None and use.used % pool.rest_after == 0:
        return True
    if pool.min_answer_rate is None or use.used % CALLS_PER_JUDGEMENT:
        return False
    return use.answered / use.used < pool.min_answer_rate
