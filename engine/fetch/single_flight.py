"""SingleFlight: work that several callers wait for at once is done once."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")


@dataclass(slots=True, eq=False)
class _Flight(Generic[Result]):
    task: asyncio.Task[Result]
    waiting: int = 0


class SingleFlight(Generic[Result]):
    """Runs one task for each key, and gives its result to all callers of that key."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, _Flight[Result]] = {}

    async def run(
        self, key: Hashable, work: Callable[[], Coroutine[Any, Any, Result]]
    ) -> Result:
        """Return the result of the running *work* for *key*, which is started if there is none.

        An error goes to all who wait. The task is cancelled when the last of them is.
        """
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _Flight(asyncio.create_task(work()))
            flight.task.add_done_callback(lambda _: self._forget(key, flight))
        flight.waiting += 1
        try:
            # Shielded: cancelling one caller must not cancel the work of the others.
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.task.done():
                flight.task.cancel()
                # At once: whoever comes next must not join a task that is being cancelled.
                self._forget(key, flight)

    def _forget(self, key: Hashable, flight: _Flight[Result]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
