"""Places of exports in the event log, and their leases, on both databases."""

from engine.store import Store
from engine.store.export_cursors import ExportLease
from tests.engine.store.test_events import entry

LEASE = {"now": 100.0, "expires": 110.0}


async def test_an_export_begins_with_all_that_is_kept(store: Store) -> None:
    await store.write([], entries=[entry(1), entry(2), entry(3)])
    await store.events.purge(0.0, 2)

    assert await store.exports.acquire("nats", "a", **LEASE) == ExportLease(1, 0)


async def test_whoever_goes_on_begins_where_the_last_one_has_stored(
    store: Store, other: Store
) -> None:
    await store.write([], entries=[entry(1), entry(2)])
    await store.exports.acquire("nats", "a", **LEASE)
    assert await store.exports.save("nats", "a", 1, expires=110.0)
    assert await other.exports.acquire("nats", "b", **LEASE) is None

    assert await other.exports.acquire("otel", "b", **LEASE) == ExportLease(0, 0)
    assert await other.exports.acquire(
        "nats", "b", now=110.0, expires=120.0
    ) == ExportLease(1, 0)
    assert not await store.exports.save("nats", "a", 2, expires=130.0)
    assert await other.exports.acquire(
        "nats", "b", now=110.0, expires=120.0
    ) == ExportLease(1, 0)


async def test_a_lease_that_is_given_up_is_free_at_once(
    store: Store, other: Store
) -> None:
    await store.exports.acquire("nats", "a", **LEASE)
    await other.exports.release("nats", "b")
    assert await other.exports.acquire("nats", "b", **LEASE) is None

    await store.exports.release("nats", "a")

    assert await other.exports.acquire("nats", "b", **LEASE) == ExportLease(0, 0)


async def test_events_that_were_purged_before_are_counted(store: Store) -> None:
    await store.exports.acquire("nats", "a", **LEASE)
    await store.write([], entries=[entry(seq) for seq in range(1, 6)])
    await store.events.purge(0.0, 2)

    assert await store.exports.acquire("nats", "a", **LEASE) == ExportLease(3, 3)
