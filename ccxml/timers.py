"""Delayed sends, earliest first. Owns no clock: time is an argument."""

import heapq
from itertools import count

from .commands import Delivery


class Timers:
    """Delayed sends, ordered by time; those of the same time in the order of sending."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Delivery]] = []
        self._order = count()  # ties fire in the order they were sent
        self._pending: set[str] = set()

    def add(self, due: float, delivery: Delivery) -> None:
        """Schedule *delivery* for the time *due*."""
        self._pending.add(delivery.send_id)
        heapq.heappush(self._heap, (due, next(self._order), delivery))

    def cancel(self, send_id: str) -> bool:
        """Cancel a delayed send; False if there is none with this id (any more)."""
        if send_id not in self._pending:
            return False
        self._pending.discard(send_id)
        self._heap = [entry for entry in self._heap if entry[2].send_id != send_id]
        heapq.heapify(self._heap)
        return True

    def next_due(self) -> float | None:
        """Return when the earliest send is due, or None."""
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now: float) -> list[Delivery]:
        """Remove and return the sends that are due at *now*, in order."""
        due = []
        while self._heap and self._heap[0][0] <= now:
            delivery = heapq.heappop(self._heap)[2]
            self._pending.discard(delivery.send_id)
            due.append(delivery)
        return due

    def clear(self) -> None:
        """Cancel all."""
        self._heap.clear()
        self._pending.clear()

    def __len__(self) -> int:
        return len(self._heap)
