"""Events in a stream of a real NATS server."""

import asyncio
import json
from functools import partial

import pytest

from engine.config.settings import NatsSettings
from engine.export import event_exporter
from engine.export.event_exporter import PublishError
from engine.export.jetstream import connect
from tests.nats_server import NatsServer

from .conftest import Log, running

LIMIT_S = 20.0


async def test_the_stream_is_made_and_has_each_event(
    log: Log, nats_server: NatsServer, nats: NatsSettings
) -> None:
    written = await log.write("a", 1, 3)
    async with running(log.exporter(partial(connect, nats)).run()):
        messages = await nats_server.messages("OUTRING", 3)

    assert [it.headers["Nats-Msg-Id"] for it in messages if it.headers] == written
    assert {it.subject for it in messages} == {"outring.event.acme.shop.call.dtmf"}
    assert [json.loads(it.data)["seq"] for it in messages] == [1, 2, 3]


async def test_what_comes_twice_is_kept_once(
    log: Log, nats_server: NatsServer, nats: NatsSettings
) -> None:
    await log.write("a", 1, 3)
    entries, _ = await log.store.events.read_after(0)
    async with connect(nats) as publisher:
        await publisher.publish(entries[:2])
        await publisher.publish(entries)

    assert len(await nats_server.messages("OUTRING", 3)) == 3


async def test_a_server_that_is_killed_meanwhile_gets_every_event_in_order(
    log: Log,
    nats_server: NatsServer,
    nats: NatsSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(event_exporter, "AT_ONCE", 7)
    written = []
    async with running(log.exporter(partial(connect, nats)).run()):
        for turn in range(3):
            written += await log.write("a", turn * 400 + 1, turn * 400 + 400)
            await nats_server.messages("OUTRING", turn * 400 + 20)
            nats_server.kill()
            written += await log.write(f"b{turn}", 1, 5)
            failed = log.failures
            async with asyncio.timeout(LIMIT_S):
                while log.failures == failed:
                    await asyncio.sleep(0.01)
            nats_server.start()
        messages = await nats_server.messages("OUTRING", len(written))

    stored = [it.headers["Nats-Msg-Id"] for it in messages if it.headers]
    assert stored == written


async def test_a_server_that_is_away_is_told_of(nats_server: NatsServer) -> None:
    settings = NatsSettings(urls=(nats_server.url,), timeout_ms=500)
    nats_server.kill()

    with pytest.raises(PublishError, match="Connect call failed"):
        async with connect(settings):
            pass


async def test_a_stream_that_takes_other_subjects_is_told_of(
    log: Log, nats_server: NatsServer, nats: NatsSettings
) -> None:
    async with connect(nats):
        pass
    elsewhere = nats.model_copy(update={"prefix": "elsewhere"})
    await log.write("a", 1, 1)
    entries, _ = await log.store.events.read_after(0)

    async with connect(elsewhere) as publisher:
        with pytest.raises(PublishError, match="no response from stream"):
            await publisher.publish(entries)


async def test_an_event_that_no_server_takes_holds_up_no_other(
    log: Log, nats_server: NatsServer, nats: NatsSettings
) -> None:
    await log.write("a", 1, 2)
    small, next_one = (await log.store.events.read_after(0))[0]
    large = small._replace(data=json.dumps({"digit": "1" * 2_000_000}))
    async with connect(nats) as publisher:
        await publisher.publish([large, next_one])

    (message,) = await nats_server.messages("OUTRING", 1)
    assert message.headers
    assert message.headers["Nats-Msg-Id"] == "a_2"
