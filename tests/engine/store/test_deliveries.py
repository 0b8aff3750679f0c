"""What webhooks have got of the event log, on both databases."""

import pytest

from engine.model.delivery import Delivery, DeliveryProgress, DeliveryState
from engine.model.event_entry import EventEntry
from engine.platform.changes import Change
from engine.platform.objects import KINDS, Webhook
from engine.platform.webhook_fields import encode_secret
from engine.store import Store
from engine.store.deliveries import DeliveryLease
from tests.engine.webhooks.entries import entry

WEBHOOK = Webhook(
    id="crm", uri="https://h.example", secrets=(encode_secret(b"k" * 24),)
)
NOW = 1000.0


@pytest.fixture(autouse=True)
async def webhook(store: Store) -> None:
    """A webhook that was added before anything happened."""
    await store.apply([Change(KINDS["webhook"], None, WEBHOOK)])


async def acquire(
    store: Store, holder: str = "node", now: float = NOW
) -> DeliveryLease | None:
    return await store.deliveries.acquire("crm", holder, now=now, expires=now + 15)


async def leased(store: Store, holder: str = "node", now: float = NOW) -> DeliveryLease:
    lease = await acquire(store, holder, now)
    assert lease is not None
    return lease


async def save(
    store: Store,
    lease: DeliveryLease,
    progress: DeliveryProgress | None = None,
    holder: str = "node",
) -> bool:
    return await store.deliveries.save(
        "crm", holder, lease.revision, expires=NOW + 15, progress=progress
    )


async def write(store: Store, *entries: EventEntry) -> None:
    await store.write([], entries=entries)


async def test_one_process_at_a_time_delivers(store: Store, other: Store) -> None:
    assert await acquire(store) == DeliveryLease(0, 1, [])

    assert await acquire(other, "other", NOW + 14) is None
    lease = await leased(other, "other", NOW + 15)

    assert not await save(store, DeliveryLease(0, 1, []), DeliveryProgress(5))
    assert await save(other, lease, holder="other")


async def test_a_lease_that_was_given_up_is_free_at_once(
    store: Store, other: Store
) -> None:
    await leased(store)

    await store.deliveries.release("node")

    assert await acquire(other, "other") is not None
    assert await acquire(store, "node") is None


async def test_there_is_nothing_to_deliver_to_a_webhook_that_is_not_there(
    store: Store,
) -> None:
    log = store.deliveries

    assert await log.acquire("none", "node", now=NOW, expires=NOW + 1) is None
    assert not await log.replay_since("none", 0.0)


async def test_progress_is_there_for_the_next_process(store: Store) -> None:
    await write(store, *(entry(at, f"c{at}") for at in range(1, 6)))
    lease = await leased(store)
    waiting = Delivery(2, DeliveryState.WAITING, 1, NOW, NOW + 5, 500, "Why.")
    failed = Delivery(3, DeliveryState.FAILED, 9, NOW, NOW + 5, None, "Why.")
    await save(store, lease, DeliveryProgress(3, [Delivery(1), waiting, failed]))
    again = waiting._replace(tries=2)

    assert await save(store, lease, DeliveryProgress(4, [again], [1]))

    lease = await leased(store)
    assert lease == DeliveryLease(4, 2, [(again, entry(2, "c2"))])
    assert await store.deliveries.find("crm", DeliveryState.FAILED) == [
        (failed, entry(3, "c3"))
    ]
    assert len(await store.deliveries.find("crm")) == 2
    assert len(await store.deliveries.find("crm", before=3)) == 1


async def test_a_replay_begins_at_its_time_whatever_was_taken(store: Store) -> None:
    await write(store, *(entry(100 * at, f"c{at}") for at in range(1, 6)))
    lease = await leased(store)
    await save(store, lease, DeliveryProgress(5, [Delivery(2), Delivery(4)]))

    assert await store.deliveries.replay_since("crm", 400.0)

    assert not await save(store, lease, DeliveryProgress(5))
    holder = (await store.deliveries.read_holders())["crm"]
    assert holder == ("node", NOW + 15, lease.revision + 1)
    lease = await leased(store)
    assert (lease.position, [each.position for each, _ in lease.waiting]) == (3, [2])


async def test_a_replay_skips_nothing_that_was_not_delivered_yet(store: Store) -> None:
    await write(store, *(entry(100 * at, f"c{at}") for at in range(1, 6)))
    await save(store, await leased(store), DeliveryProgress(1))

    await store.deliveries.replay_since("crm", 400.0)

    assert (await leased(store)).position == 1


async def test_what_was_given_up_is_tried_again(store: Store) -> None:
    await write(store, entry(1))
    failed = Delivery(1, DeliveryState.FAILED, 9, NOW, NOW, 500, "Why.")
    await save(store, await leased(store), DeliveryProgress(1, [failed]))

    assert await store.deliveries.retry_failed("crm") == 1

    ((delivery, _),) = (await leased(store)).waiting
    assert (delivery.tries, delivery.first_try, delivery.due) == (0, None, 0.0)
    assert await store.deliveries.retry_failed("crm") == 0


async def test_a_webhook_gets_what_happens_after_it_was_added(store: Store) -> None:
    await write(store, entry(1), entry(2))
    later = WEBHOOK.model_copy(update={"id": "later"})

    await store.apply([Change(KINDS["webhook"], None, later)])

    lease = await store.deliveries.acquire("later", "node", now=NOW, expires=NOW)
    assert lease is not None
    assert lease.position == 2


async def test_nothing_is_left_of_a_webhook_that_was_removed(store: Store) -> None:
    await write(store, entry(1))
    await save(store, await leased(store), DeliveryProgress(1, [Delivery(1)]))

    await store.apply([Change(KINDS["webhook"], WEBHOOK, None)])

    assert await acquire(store) is None
    assert await store.deliveries.find("crm") == []


async def test_deliveries_go_with_their_events(store: Store) -> None:
    await write(store, *(entry(at, f"c{at}") for at in range(1, 5)))
    changed = [Delivery(1), Delivery(4)]
    await save(store, await leased(store), DeliveryProgress(0, changed))

    await store.events.purge(0.0, 2)

    lease = await leased(store)
    assert (lease.position, lease.missed) == (2, 2)
    assert [each.position for each, _ in lease.waiting] == [4]
