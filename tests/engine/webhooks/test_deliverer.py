"""Events reach their webhooks: signed, in order, again if need be, by a single process."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from engine.config.settings import FetchSettings
from engine.model.event_data import CallEndedData
from engine.platform.changes import Change
from engine.platform.objects import KINDS, Webhook
from engine.store import Store, StoreError, open_store
from engine.store.current_platform import CurrentPlatform
from engine.store.delivery_log import DeliveryLog
from engine.telemetry.metrics import Metrics
from engine.telemetry.webhook_totals import NO_WEBHOOKS, WebhookTotals
from engine.webhooks import deliverer as module
from engine.webhooks import webhook_runner
from engine.webhooks.deliverer import Deliverer
from engine.webhooks.page_reader import Page, PageReader

from .entries import entry
from .receiver import SECRET, Receiver, View, receiving

KIND = KINDS["webhook"]
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A database."""
    opened = await open_store(f"sqlite:///{tmp_path}/outring.db")
    yield opened
    await opened.aclose()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was refused is tried again at once, and nothing waits for its turn."""
    monkeypatch.setattr(webhook_runner, "pause_s", lambda *_: 0.01)
    monkeypatch.setattr(module, "TURN_S", 0.05)
    monkeypatch.setattr(module, "POLL_S", 0.01)


def deliverer_of(
    store: Store, holder: str = "node", clock: Callable[[], float] = time.time
) -> Deliverer:
    platform = CurrentPlatform(store)
    settings = FetchSettings()
    return Deliverer(store, platform, settings, holder, Metrics(), clock=clock)


@asynccontextmanager
async def delivering(deliverer: Deliverer) -> AsyncIterator[Deliverer]:
    task = asyncio.create_task(deliverer.run())
    try:
        yield deliverer
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def add(
    store: Store, receiver: Receiver, name: str = "crm", **more: object
) -> None:
    fields = {"id": name, "uri": receiver.uri, "secrets": [SECRET], **more}
    await store.apply([Change(KIND, None, Webhook.model_validate(fields))])


async def write(store: Store, calls: int, seqs: int) -> None:
    """Events 1 to *seqs* of each call ``c0``, ``c1``…, those of all calls mixed."""
    await store.write(
        [],
        entries=[
            entry(0, f"c{call}", seq)
            for seq in range(1, seqs + 1)
            for call in range(calls)
        ],
    )


async def test_events_come_signed_and_in_order(store: Store) -> None:
    async with receiving() as receiver:
        await add(store, receiver)
        await write(store, 20, 5)
        async with delivering(deliverer_of(store)):
            await receiver.until(lambda: len(receiver.taken) >= 100)

    assert all(receiver.seqs(f"c{call}") == [1, 2, 3, 4, 5] for call in range(20))
    assert receiver.taken[0]["type"] == "call.dtmf"
    assert receiver.taken[0]["data"] == {"digit": "1", "how": "rfc4733"}
    assert len(receiver.taken) == 100


async def test_what_is_committed_later_comes_too(store: Store) -> None:
    async with receiving() as receiver:
        await add(store, receiver)
        async with delivering(deliverer_of(store)) as deliverer:
            await write(store, 1, 1)
            await receiver.until(lambda: len(receiver.taken) == 1)
            await store.write([], entries=[entry(0, "c0", 2)])
            deliverer.wake()
            await receiver.until(lambda: receiver.seqs("c0") == [1, 2])


async def test_the_trace_of_a_request_goes_along_at_each_try(store: Store) -> None:
    answers = iter((500, 200, 200))

    async def refuse_once(_: View) -> int:
        return next(answers)

    plain, traced = entry(0, "c0"), entry(0, "c0", 2)
    subject = traced.subject._replace(traceparent=TRACEPARENT)
    async with receiving(refuse_once) as receiver:
        await add(store, receiver)
        await store.write([], entries=[traced._replace(subject=subject)])
        async with delivering(deliverer_of(store)):
            await receiver.until(lambda: len(receiver.taken) == 1)
        await store.write([], entries=[plain])
        async with delivering(deliverer_of(store, "other")):
            await receiver.until(lambda: len(receiver.taken) == 2)

    assert receiver.traces == [TRACEPARENT, TRACEPARENT, None]


async def test_an_end_point_gets_what_it_asks_for(store: Store) -> None:
    async with receiving() as receiver:
        await add(store, receiver, events=["call.ended"], masked=True)
        ended = CallEndedData(result="Call connected", to="+4930123456789")
        entries = [entry(0, "c0"), entry(0, "c0", 2, ended)]
        await store.write([], entries=entries)
        async with delivering(deliverer_of(store)):
            await receiver.until(lambda: bool(receiver.taken))

    (event,) = receiver.taken
    assert (event["seq"], event["data"]["to"]) == (2, "+49****89")


async def test_order_holds_while_a_receiver_fails_at_random(store: Store) -> None:
    chance = random.Random(7)

    async def fail_often(_: View) -> int:
        return chance.choice([200, 200, 500, 503, 404, 301])

    async with receiving(fail_often) as receiver:
        await add(store, receiver)
        await write(store, 30, 4)
        async with delivering(deliverer_of(store)):
            await receiver.until(lambda: len(receiver.taken) >= 120)

    assert all(receiver.seqs(f"c{call}") == [1, 2, 3, 4] for call in range(30))
    assert len(receiver.tried) > 120
    assert await store.deliveries.find("crm") == []


async def test_a_receiver_that_hangs_delays_nobody_else(store: Store) -> None:
    never = asyncio.Event()

    async def hang(_: View) -> int:
        await never.wait()
        return 200

    async with receiving(hang) as slow, receiving() as quick_one:
        await add(store, slow, "slow")
        await add(store, quick_one, "quick")
        await write(store, 100, 3)
        async with delivering(deliverer_of(store)):
            await quick_one.until(lambda: len(quick_one.taken) == 300)
            assert slow.taken == []
            never.set()
            await slow.until(lambda: len(slow.taken) == 300)


async def test_no_more_go_to_a_receiver_at_once_than_may(store: Store) -> None:
    now, most = 0, 0

    async def count(_: View) -> int:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1
        return 200

    async with receiving(count) as receiver:
        await add(store, receiver)
        await write(store, 200, 1)
        async with delivering(deliverer_of(store)):
            await receiver.until(lambda: len(receiver.taken) == 200)

    assert most <= webhook_runner.AT_ONCE


async def test_a_receiver_that_is_gone_is_paused(store: Store) -> None:
    async def be_gone(_: View) -> int:
        return 410

    async with receiving(be_gone) as receiver:
        await add(store, receiver)
        await write(store, 1, 2)
        async with delivering(deliverer_of(store)):
            await until_paused(store)
            receiver.respond = take_all
            (pause,) = await store.read_pauses()
            assert (pause.identity, pause.reason) == ("crm", module.GONE)
            assert receiver.taken == []
            await store.resume(KIND.table, "crm")
            await receiver.until(lambda: receiver.seqs("c0") == [1, 2])


async def take_all(_: View) -> int:
    return 204


async def until_paused(store: Store) -> None:
    async with asyncio.timeout(20.0):
        while not await store.read_pauses():
            await asyncio.sleep(0.005)


@pytest.mark.parametrize(("holder", "is_taken"), [("node/dead", True), ("n/x", False)])
async def test_a_process_that_begins_takes_over_what_one_of_its_name_has_held(
    store: Store, holder: str, *, is_taken: bool
) -> None:
    async with receiving() as receiver:
        await add(store, receiver)
        now = time.time()
        await store.deliveries.acquire("crm", holder, now=now, expires=now + 15)
        async with delivering(deliverer_of(store)) as deliverer:
            await deliverer.update()
            assert bool(deliverer.figures()) is is_taken


async def test_two_of_one_name_do_not_take_it_from_each_other(store: Store) -> None:
    async with receiving() as receiver:
        await add(store, receiver)
        first, second = deliverer_of(store), deliverer_of(store)
        async with delivering(first), delivering(second):
            while len(first.figures()) + len(second.figures()) != 1:
                await asyncio.sleep(0.01)
            for _ in range(10):
                await first.update()
                await second.update()
                assert len(first.figures()) + len(second.figures()) == 1
            await write(store, 5, 2)
            await receiver.until(lambda: len(receiver.taken) == 10)

    assert len(receiver.tried) == 10


async def test_of_two_processes_one_delivers(store: Store) -> None:
    async with receiving() as receiver:
        await add(store, receiver)
        await write(store, 10, 2)
        first, second = deliverer_of(store, "first"), deliverer_of(store, "second")
        async with delivering(first), delivering(second):
            await receiver.until(lambda: len(receiver.taken) >= 20)
            assert len(first.figures()) + len(second.figures()) == 1

    assert len(receiver.taken) == 20


async def test_another_process_goes_on_where_one_has_died(store: Store) -> None:
    async with receiving() as receiver:
        await add(store, receiver)
        await store.deliveries.acquire(
            "crm", "dead", now=time.time(), expires=time.time() + 15
        )
        await write(store, 1, 3)
        early = deliverer_of(store)
        await early.update()
        assert early.figures() == {}
        later = deliverer_of(store, clock=lambda: time.time() + 15)
        async with delivering(later):
            await receiver.until(lambda: receiver.seqs("c0") == [1, 2, 3])


async def test_a_process_that_goes_on_after_a_pause_repeats_nothing(
    store: Store,
) -> None:
    async with receiving() as receiver:
        await add(store, receiver)
        await write(store, 5, 1)
        async with delivering(deliverer_of(store)):
            await receiver.until(lambda: len(receiver.taken) == 5)
        await store.write([], entries=[entry(0, "c0", 2)])
        async with delivering(deliverer_of(store, "other")):
            await receiver.until(lambda: len(receiver.taken) >= 6)

    assert len(receiver.taken) == 6


async def test_a_replay_delivers_again(store: Store) -> None:
    async with receiving() as receiver:
        await add(store, receiver)
        await write(store, 3, 2)
        async with delivering(deliverer_of(store)):
            await receiver.until(lambda: len(receiver.taken) == 6)
            await store.deliveries.replay_since("crm", 0.0)
            await receiver.until(lambda: len(receiver.taken) == 12)

    ids = [each["id"] for each in receiver.taken]
    assert sorted(ids[:6]) == sorted(ids[6:])


async def test_what_waits_is_counted(store: Store) -> None:
    never = asyncio.Event()

    async def hang(_: View) -> int:
        await never.wait()
        return 200

    async with receiving(hang) as receiver:
        await add(store, receiver)
        await write(store, 3, 2)
        async with delivering(deliverer_of(store)) as deliverer:
            await receiver.until(lambda: len(receiver.tried) == 3)
            figures = deliverer.figures()["crm"]
            assert figures.waiting == 6
            assert figures.oldest_s > 1000
            assert deliverer.totals() == WebhookTotals(6, 0)
            never.set()
            await receiver.until(lambda: len(receiver.taken) == 6)


async def test_a_webhook_that_refuses_is_counted_until_it_takes(store: Store) -> None:
    statuses = [500]

    async def answer(_: View) -> int:
        return statuses[-1]

    async with receiving(answer) as receiver:
        await add(store, receiver)
        await write(store, 1, 1)
        async with delivering(deliverer_of(store)) as deliverer:
            await receiver.until(lambda: len(receiver.tried) == 2)
            refusing = deliverer.totals()
            statuses.append(200)
            await receiver.until(lambda: len(receiver.taken) == 1)
            while deliverer.totals() != NO_WEBHOOKS:
                await asyncio.sleep(0)

    assert refusing == WebhookTotals(1, 1)


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether nothing can be stored of deliveries: as long as there is something in it."""
    save, is_away = DeliveryLog.save, [True]

    async def save_if_there(self: DeliveryLog, *given: Any, **more: Any) -> bool:
        if is_away:
            raise StoreError("The database is away.")
        return await save(self, *given, **more)

    monkeypatch.setattr(DeliveryLog, "save", save_if_there)
    return is_away


async def test_what_could_not_be_stored_is_stored_later(
    store: Store, away: list[bool]
) -> None:
    async with receiving() as receiver:
        await add(store, receiver)
        await write(store, 5, 1)
        async with delivering(deliverer_of(store)):
            await receiver.until(lambda: len(receiver.taken) == 5)
            away.clear()

    now = time.time()
    lease = await store.deliveries.acquire("crm", "other", now=now, expires=now)
    assert lease is not None
    assert lease.position == 5


async def test_nothing_is_delivered_without_a_lease(
    store: Store, away: list[bool]
) -> None:
    assert away
    now = [1000.0]
    async with receiving() as receiver:
        await add(store, receiver)
        deliverer = deliverer_of(store, clock=lambda: now[0])
        await deliverer.update()
        now[0] += module.LEASE_S - 1
        await deliverer.update()
        assert deliverer.figures()
        now[0] += 1
        await deliverer.update()

    assert deliverer.figures() == {}


async def test_what_crashes_begins_anew(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = PageReader.read_after
    crashes = iter([True])

    async def read(self: PageReader, position: int) -> Page:
        if next(crashes, False):
            raise RuntimeError("once")
        return await pages(self, position)

    monkeypatch.setattr(PageReader, "read_after", read)
    async with receiving() as receiver:
        await add(store, receiver)
        await write(store, 1, 2)
        async with delivering(deliverer_of(store)):
            await receiver.until(lambda: receiver.seqs("c0") == [1, 2])
