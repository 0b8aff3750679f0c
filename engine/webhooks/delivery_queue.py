"""DeliveryQueue: what is delivered to one webhook next, and what has to be stored. Pure."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from engine.model.delivery import Delivery, DeliveryProgress, DeliveryState
from engine.model.event_entry import EventEntry

from .retry_policy import is_given_up, was_away

WINDOW = 500
"""Events that are read from the log ahead of their delivery, at most."""
WAITING_LIMIT = 1000
"""Deliveries that may wait for a further try before no more of the log is read."""
RETRIES_AT_ONCE = 32
"""So that events that fail leave room for those that come."""


@dataclass(slots=True)
class _Item:
    entry: EventEntry
    delivery: Delivery | None  # None: it was not refused, and has no row


class DeliveryQueue:
    """The events of a webhook that were read from the log and not taken yet.

    The events of a call are delivered in their order: the next one waits until the one
    before was taken or given up. Times are in seconds since 1970.
    """

    def __init__(
        self, position: int, waiting: Iterable[tuple[Delivery, EventEntry]] = ()
    ) -> None:
        """Begin behind *position* of the log, with *waiting* from before, in their order."""
        self.read_to = position
        """The position in the log from which to read on."""
        self._stored_position = position
        self._items: dict[int, _Item] = {}
        self._calls: dict[str, deque[int]] = {}  # positions, the first is next
        self._ahead: dict[int, None] = {}  # positions without a row, in order
        self._ready: deque[int] = deque()  # of those, what can go at once
        self._due: list[tuple[float, int]] = []  # heap of deliveries that are next
        self._retrying: set[int] = set()
        self._failing_since: float | None = None
        self._changed: dict[int, Delivery] = {}
        self._taken: set[int] = set()
        for delivery, entry in waiting:
            self._append(entry, delivery)

    def __len__(self) -> int:
        """How many events wait or are being delivered."""
        return len(self._items)

    @property
    def waiting(self) -> int:
        """How many deliveries wait for a further try, or behind one."""
        return len(self._items) - len(self._ahead)

    @property
    def has_room(self) -> bool:
        """Whether more of the log should be read."""
        return len(self._ahead) < WINDOW and self.waiting < WAITING_LIMIT

    @property
    def is_failing(self) -> bool:
        """Whether the receiver has refused what was posted last."""
        return self._failing_since is not None

    @property
    def oldest_at(self) -> float | None:
        """When the oldest event happened that was not taken yet; None: there is none."""
        return min((item.entry.at for item in self._items.values()), default=None)

    def add(self, entries: Iterable[EventEntry], read_to: int) -> None:
        """Add *entries*, the next of the log up to *read_to* that the webhook gets.

        Those that waited from before stand in the log, too, where it is read anew.
        """
        for entry in entries:
            if entry.position in self._items:
                continue
            is_behind = any(
                self._items[at].delivery is not None
                for at in self._calls.get(entry.subject.call, ())
            )
            delivery = Delivery(entry.position) if is_behind else None
            self._append(entry, delivery)
            if delivery is not None:
                self._changed[entry.position] = delivery
        self.read_to = read_to

    def _append(self, entry: EventEntry, delivery: Delivery | None) -> None:
        position = entry.position
        self._items[position] = _Item(entry, delivery)
        if delivery is None:
            self._ahead[position] = None
        call = self._calls.setdefault(entry.subject.call, deque())
        call.append(position)
        if len(call) == 1:
            self._make_next(position)

    def _make_next(self, position: int) -> None:
        """Let the event at *position*, the first of its call, go when it is due."""
        delivery = self._items[position].delivery
        if delivery is None:
            self._ready.append(position)
        else:
            heappush(self._due, (delivery.due, position))

    def take(self, now: float) -> EventEntry | None:
        """Take the event to deliver now, for which ``on_taken`` or ``on_refused`` has to
        follow; None: nothing is due.
        """
        may_retry = len(self._retrying) < RETRIES_AT_ONCE
        if may_retry and self._due and self._due[0][0] <= now:
            _, position = heappop(self._due)
            self._retrying.add(position)
        elif self._ready:
            position = self._ready.popleft()
        else:
            return None
        return self._items[position].entry

    def tries_of(self, entry: EventEntry) -> int:
        """How often *entry* was tried before."""
        delivery = self._items[entry.position].delivery
        return 0 if delivery is None else delivery.tries

    def next_due(self) -> float | None:
        """When a delivery is due next; None: none waits."""
        return self._due[0][0] if self._due else None

    def on_taken(self, entry: EventEntry, now: float) -> None:
        """Note that the receiver has taken *entry*.

        If it was away before, all that waits is due at once.
        """
        self._leave(entry)
        if self._items.pop(entry.position).delivery is not None:
            self._changed.pop(entry.position, None)
            self._taken.add(entry.position)
        if was_away(self._failing_since, now):
            self._due = [(now, position) for _, position in self._due]
            heapify(self._due)
        self._failing_since = None

    def on_refused(
        self,
        entry: EventEntry,
        now: float,
        pause_s: float,
        *,
        status: int | None,
        error: str,
    ) -> bool:
        """Note that *entry* was not taken, for *error*; it is tried again after *pause_s*.

        Returns whether it was given up instead.
        """
        if self._failing_since is None:
            self._failing_since = now
        position, item = entry.position, self._items[entry.position]
        before = item.delivery or Delivery(position)
        first = now if before.first_try is None else before.first_try
        due = now + pause_s
        delivery = Delivery(
            position,
            DeliveryState.FAILED if is_given_up(first, due) else DeliveryState.WAITING,
            before.tries + 1,
            first,
            due,
            status,
            error,
        )
        self._changed[position] = item.delivery = delivery
        self._ahead.pop(position, None)
        if delivery.state is DeliveryState.FAILED:
            self._leave(entry)
            del self._items[position]
            return True
        self._retrying.discard(position)
        heappush(self._due, (due, position))
        self._hold_back(entry.subject.call)
        return False

    def _hold_back(self, call: str) -> None:
        """Have a row for each event of *call*: none of them goes before the first."""
        for position in self._calls[call]:
            item = self._items[position]
            if item.delivery is None:
                self._changed[position] = item.delivery = Delivery(position)
                self._ahead.pop(position, None)

    def _leave(self, entry: EventEntry) -> None:
        """Let the next event of the call of *entry* go."""
        self._retrying.discard(entry.position)
        self._ahead.pop(entry.position, None)
        positions = self._calls[entry.subject.call]
        positions.popleft()
        if positions:
            self._make_next(positions[0])
        else:
            del self._calls[entry.subject.call]

    @property
    def position(self) -> int:
        """Every event up to it was taken, or has a delivery of its own."""
        first = next(iter(self._ahead), None)
        return self.read_to if first is None else first - 1

    @property
    def is_stored(self) -> bool:
        """Whether nothing has changed since ``take_progress``."""
        is_new = self._changed or self._taken
        return not is_new and self.position == self._stored_position

    def take_progress(self) -> DeliveryProgress:
        """Return what has to be stored; if that fails, ``put_back`` has to follow."""
        progress = DeliveryProgress(
            self.position, tuple(self._changed.values()), tuple(self._taken)
        )
        self._changed, self._taken = {}, set()
        self._stored_position = progress.position
        return progress

    def put_back(self, progress: DeliveryProgress) -> None:
        """Have *progress* stored another time, since that has failed."""
        older = {
            delivery.position: delivery
            for delivery in progress.changed
            if delivery.position not in self._taken
        }
        self._changed = {**older, **self._changed}
        self._taken |= set(progress.taken)
        self._stored_position = -1
