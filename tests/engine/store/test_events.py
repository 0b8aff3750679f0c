"""The event log on both databases."""

from msgspec.structs import replace

from engine.model.call_record import NODE_LOST, CallRecord
from engine.model.event_data import CallDtmfData
from engine.model.event_entry import EventEntry, EventSubject, encode_data
from engine.model.event_type import EventType
from engine.store import Store
from engine.store.events import EventFilter

DTMF = encode_data(CallDtmfData("1", "rfc4733"))


def entry(
    seq: int, call: str = "call", application: str = "shop", at: float = 2.0
) -> EventEntry:
    subject = EventSubject(call, 1.0, "uuid", "acme", application)
    return EventEntry(subject, seq, at, EventType.CALL_DTMF.value, DTMF)


def record(name: str = "call", ended: float | None = None) -> CallRecord:
    return CallRecord(name, 1.0, "node", "uuid", ended=ended)


def ids(entries: list[EventEntry]) -> list[str]:
    return [each.id for each in entries]


async def test_events_are_found_by_call_and_by_request(store: Store) -> None:
    entries = [entry(1), entry(1, "other"), entry(2)]
    await store.write([record(), record("other")], entries=entries)

    of_request = await store.events.read_request("uuid")

    assert of_request == [
        each._replace(position=at) for at, each in enumerate(entries, 1)
    ]
    assert ids(await store.events.read_request("call")) == ["call_1", "call_2"]
    assert ids(await store.events.read_request("uuid", after=1, limit=1)) == ["other_1"]
    assert await store.events.read_request("unknown") == []


async def test_many_are_written_at_once_in_their_order(store: Store) -> None:
    entries = [entry(seq) for seq in range(1, 235)]

    await store.write([], entries=entries)

    found, position = await store.events.read_after(0)
    assert (ids(found), position) == (ids(entries), 234)
    assert await store.events.read_positions() == (1, 234)


async def test_who_follows_goes_on_behind_what_does_not_match(store: Store) -> None:
    await store.write([], entries=[entry(1), entry(1, "other", "other"), entry(2)])
    criteria = EventFilter(application="shop", types=frozenset({"call.dtmf"}))

    first, position = await store.events.read_after(0, criteria, limit=2)
    second, last = await store.events.read_after(position, criteria)

    assert (ids(first), position, ids(second), last) == (["call_1"], 2, ["call_2"], 3)
    assert await store.events.read_after(last, criteria) == ([], 3)
    assert await store.events.read_after(0, EventFilter(account="other")) == ([], 3)


async def test_the_log_of_a_lost_call_ends_with_its_record(store: Store) -> None:
    await store.write([record(), record("other")], entries=[entry(1)])

    assert await store.close_orphans("node", 2.0, 10.0) == 2

    ends = [each for each in await store.events.read_request("uuid") if each.at == 10.0]
    assert sorted(ids(ends)) == ["call_2", "other_1"]
    assert {each.type for each in ends} == {EventType.CALL_ENDED}
    assert f'"terminationReason":"{NODE_LOST}"' in ends[0].data


async def test_the_end_of_a_lost_call_has_what_its_request_has_named(
    store: Store,
) -> None:
    queued = entry(1)
    subject = queued.subject._replace(webhook="crm", traceparent="00-1-2-01")
    orphan = replace(record(), account="acme", application="shop")
    await store.write([orphan], entries=[queued._replace(subject=subject)])

    await store.close_orphans("node", 2.0, 10.0)

    _, end = await store.events.read_request("call")
    assert (end.subject, end.seq) == (subject, 2)


async def test_a_node_that_is_back_adds_nothing_to_a_log_that_has_ended(
    store: Store,
) -> None:
    await store.write([record()], entries=[entry(1)])
    await store.close_orphans("node", 2.0, 10.0)

    late = [entry(seq) for seq in (2, 3)]
    await store.write([record(ended=5.0)], entries=[*late, entry(1, "other")])

    found, _ = await store.events.read_after(0)
    assert ids(found) == ["call_1", "call_2", "other_1"]
    assert found[1].type == EventType.CALL_ENDED


async def test_a_place_in_time_is_found(store: Store) -> None:
    events = store.events
    assert await events.find_position_before(0.0) == 0
    entries = [entry(seq, at=100.0 * seq) for seq in range(1, 101)]
    await store.write([], entries=entries)

    found, _ = await events.read_after(await events.find_position_before(5000.0))

    assert found[0].at == 5000.0
    assert await events.find_position_before(0.0) == 0
    assert await events.find_position_before(1e9) == 99


async def test_old_events_and_those_above_the_number_are_purged(store: Store) -> None:
    old = [
        each._replace(subject=each.subject._replace(received=0.0))
        for each in (entry(seq) for seq in range(1, 6))
    ]
    await store.write([], entries=[*old, *(entry(seq, "new") for seq in range(1, 11))])

    assert await store.events.purge(1.0, 4, batch=3) == 11

    found, _ = await store.events.read_after(0)
    assert ids(found) == ["new_7", "new_8", "new_9", "new_10"]
    assert await store.events.read_positions() == (12, 15)
    assert await store.events.purge(2.0, 4) == 4
    assert await store.events.read_positions() == (16, 15)
