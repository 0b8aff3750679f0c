"""The log is read once for all webhooks that have come equally far."""

import asyncio
from typing import cast

from engine.model.event_entry import EventEntry
from engine.store.event_log import EventLog
from engine.webhooks.page_reader import PageReader


class Log:
    """Counts who reads it, and has nothing."""

    def __init__(self) -> None:
        self.read: list[int] = []

    async def read_after(
        self, position: int, *, limit: int
    ) -> tuple[list[EventEntry], int]:
        """Nothing, after a while."""
        self.read.append(position)
        await asyncio.sleep(0)
        return [], position + limit


async def test_who_asks_for_the_same_at_the_same_time_shares_it() -> None:
    log = Log()
    reader = PageReader(cast(EventLog, log))

    pages = await asyncio.gather(*(reader.read_after(at) for at in (1, 1, 2)))

    assert log.read == [1, 2]
    assert pages[0] == pages[1]


async def test_nobody_shares_what_was_begun_before_a_commit() -> None:
    log = Log()
    reader = PageReader(cast(EventLog, log))

    first = asyncio.create_task(reader.read_after(1))
    await asyncio.sleep(0)
    reader.on_committed()
    await asyncio.gather(first, reader.read_after(1))

    assert log.read == [1, 1]
