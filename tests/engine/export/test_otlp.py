"""Spans as a collector of OpenTelemetry reads them."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import pytest

from engine.config.settings import OtelSettings
from engine.export import event_exporter
from engine.export.event_exporter import EventPublisher, PublishError
from engine.export.otlp import connect
from engine.model.call_record import CallRecord

from .collector import Collector, attributes_of
from .conftest import Log, running
from .test_call_spans import answered

LIMIT_S = 10.0


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    """A collector that takes everything."""
    async with Collector() as started:
        yield started


@pytest.fixture
async def publisher(log: Log, collector: Collector) -> AsyncIterator[EventPublisher]:
    """What sends the spans of a call that is in the log."""
    await store_call(log)
    settings = OtelSettings(url=collector.url, headers=("X-Token=a=b",), service="s")
    async with connect(settings, log.store.events) as opened:
        yield opened


async def store_call(log: Log) -> None:
    record = CallRecord("node-1", 1.0, "n", "uuid", ended=9.0)
    await log.store.write([record], entries=answered())
    log.tail.on_committed()


async def test_a_collector_gets_the_spans_of_a_call(
    log: Log, collector: Collector, publisher: EventPublisher
) -> None:
    entries, _ = await log.store.events.read_after(0)

    await publisher.publish(entries)

    whole, *steps = collector.spans
    assert [it.name for it in (whole, *steps)] == [
        "call",
        "queue",
        "dial",
        "ring",
        "talk",
    ]
    assert (whole.start_time_unix_nano, whole.end_time_unix_nano) == (10**9, 9 * 10**9)
    assert attributes_of(whole)["outring.sip.status"] == 200
    assert {it.parent_span_id for it in steps} == {whole.span_id}
    assert (collector.services, whole.kind, whole.status.code) == ({"s"}, 3, 0)
    assert collector.headers[0]["X-Token"] == "a=b"


async def test_a_call_that_lasts_has_no_spans_yet(
    log: Log, collector: Collector, publisher: EventPublisher
) -> None:
    entries, _ = await log.store.events.read_after(0)

    await publisher.publish(entries[:-1])

    assert collector.headers == []


@pytest.mark.parametrize("status", [429, 503])
async def test_what_a_busy_collector_refuses_fails(
    log: Log, collector: Collector, publisher: EventPublisher, status: int
) -> None:
    entries, _ = await log.store.events.read_after(0)
    collector.statuses = [status]

    with pytest.raises(PublishError, match=f"answers {status}"):
        await publisher.publish(entries)


async def test_what_a_collector_refuses_for_good_is_left_out(
    log: Log, collector: Collector, publisher: EventPublisher
) -> None:
    entries, _ = await log.store.events.read_after(0)
    collector.statuses = [400]

    await publisher.publish(entries)

    assert collector.spans == []


async def test_a_collector_that_was_busy_gets_them_later(
    log: Log, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_exporter, "pause_s", lambda *_: 0.01)
    collector.statuses = [503, 503]
    settings = OtelSettings(url=collector.url)
    exporter = log.exporter(partial(connect, settings, log.store.events))
    async with running(exporter.run()), asyncio.timeout(LIMIT_S):
        await store_call(log)
        while not collector.spans:
            await asyncio.sleep(0.01)

    assert log.failures == 2
    assert len(collector.spans) == 5


async def test_a_collector_that_is_away_fails(log: Log) -> None:
    await store_call(log)
    entries, _ = await log.store.events.read_after(0)
    settings = OtelSettings(url="http://127.0.0.1:1/v1/traces")
    async with connect(settings, log.store.events) as publisher:
        with pytest.raises(PublishError, match="Cannot connect"):
            await publisher.publish(entries)
