"""Events as they are followed, of one request or of the platform."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from pathlib import Path

import pytest

from engine.events import event_feed, event_tail
from engine.events.event_feed import EventFeed
from engine.events.event_tail import EventTail
from engine.model.call_record import CallRecord
from engine.model.event_entry import EventEntry, EventSubject
from engine.model.event_type import EventType
from engine.store import Store, open_store
from engine.store.event_log import ALL
from engine.store.events import EventFilter

LIMIT_S = 10.0


class Log:
    """A log that events are written to, and its feed."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.tail = EventTail(store.events)
        self.feed = EventFeed(store.events, self.tail)

    async def write(self, *ids: str) -> None:
        """Append events with these ids, all of one request."""
        entries = []
        for name in ids:
            call, _, seq = name.partition("_")
            subject = EventSubject(call, 1.0, "uuid", "acme", call)
            kind = EventType.CALL_DTMF.value
            entries.append(EventEntry(subject, int(seq), 2.0, kind, "{}"))
        await self.store.write([], entries=entries)
        self.tail.on_committed()


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[Log]:
    """A log in a database, whose tail is read."""
    store = await open_store(f"sqlite:///{tmp_path}/outring.db")
    await store.write([CallRecord("a", 1.0, "n", "uuid"), CallRecord("b", 1.0, "n")])
    opened = Log(store)
    reading = asyncio.create_task(opened.tail.run())
    yield opened
    reading.cancel()
    with suppress(asyncio.CancelledError):
        await reading
    await store.aclose()


async def read(batches: AsyncIterator[list[EventEntry]], number: int) -> list[str]:
    """The ids of the next *number* events."""
    found: list[str] = []
    async with asyncio.timeout(LIMIT_S):
        while len(found) < number:
            found += [entry.id for entry in await anext(batches)]
    return found


async def test_the_past_comes_first_and_then_what_is_committed(log: Log) -> None:
    await log.write("a_1", "a_2")
    async with aclosing(log.feed.of_request("uuid", 0)) as batches:
        assert await read(batches, 2) == ["a_1", "a_2"]
        await log.write("a_3")
        await log.write("b_1", "a_4")
        assert await read(batches, 3) == ["a_3", "b_1", "a_4"]


async def test_who_goes_on_gets_only_what_is_new_to_him(log: Log) -> None:
    await log.write("a_1", "b_1", "a_2")
    async with aclosing(log.feed.of_request("a", 1)) as batches:
        assert await read(batches, 1) == ["a_2"]
    async with aclosing(log.feed.of_platform(ALL, 1)) as batches:
        assert await read(batches, 2) == ["b_1", "a_2"]


async def test_only_what_is_wanted_comes(log: Log) -> None:
    await log.write("a_1", "b_1")
    wanted = EventFilter(application="b")
    async with aclosing(log.feed.of_platform(wanted, 0)) as batches:
        assert await read(batches, 1) == ["b_1"]
        await log.write("a_2")
        await log.write("a_3", "b_2")
        assert await read(batches, 1) == ["b_2"]


async def test_who_falls_behind_reads_the_database_again(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_tail, "WAITING", 2)
    async with aclosing(log.feed.of_platform(ALL, 0)) as batches:
        await log.write("a_1")
        assert await read(batches, 1) == ["a_1"]
        ids = [f"a_{seq}" for seq in range(2, 8)]
        for name in ids:
            await log.write(name)
        assert await read(batches, 6) == ids


async def test_what_another_process_has_committed_is_found(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_tail, "POLL_S", 0.01)
    monkeypatch.setattr(log.tail, "on_committed", lambda: None)
    async with aclosing(log.feed.of_platform(ALL, 0)) as batches:
        await log.write("a_1")
        assert await read(batches, 1) == ["a_1"]
        await log.write("a_2")
        assert await read(batches, 1) == ["a_2"]


async def test_silence_is_told_and_the_end_of_the_process_ends_it(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_feed, "HEARTBEAT_S", 0.01)
    batches = log.feed.of_platform(ALL, 0)
    assert await anext(batches) == []

    log.tail.close()

    async with asyncio.timeout(LIMIT_S):
        assert [batch async for batch in batches if batch] == []
    assert log.tail.followers == 0


async def test_nobody_is_given_what_came_while_nobody_followed(log: Log) -> None:
    async with aclosing(log.feed.of_platform(ALL, 0)) as batches:
        await log.write("a_1")
        assert await read(batches, 1) == ["a_1"]
    await log.write("a_2")
    async with aclosing(log.feed.of_platform(ALL, 2)) as batches:
        reading = asyncio.create_task(read(batches, 1))
        while not log.tail.followers:
            await asyncio.sleep(0)
        await log.write("a_3")
        assert await reading == ["a_3"]
