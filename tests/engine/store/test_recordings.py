"""Recordings in their table, on both databases."""

from msgspec.structs import replace

from engine.model.recording import RecordingEntry, RecordingState
from engine.store import Store
from engine.store.recordings import RecordingFilter


def entry(number: int, **fields: object) -> RecordingEntry:
    """A recording that began at second *number*."""
    values = {"call": "c", "node": "bvr", "started": float(number), **fields}
    return RecordingEntry(f"r{number}", **values)  # type: ignore[arg-type]


async def test_a_recording_is_found_as_it_was_stored(store: Store) -> None:
    log, whole = store.recordings, entry(1, account="a", file="r1.wav", size=2**40)
    await log.add(whole)
    assert await log.find("r1") == whole
    ended = replace(whole, state=RecordingState.LOCAL, error="a\0b", due=1.5)
    assert await log.save(ended, whole)
    assert await log.find("r1") == replace(ended, error="a\ufffdb")
    assert await log.find("none") is None


async def test_what_has_changed_meanwhile_is_left(store: Store) -> None:
    log, begun = store.recordings, entry(1)
    await log.add(begun)
    deleted = replace(begun, state=RecordingState.DELETED)
    assert await log.save(deleted)
    assert not await log.save(replace(begun, state=RecordingState.LOCAL), begun)
    assert await log.find("r1") == deleted


async def test_pages_and_filters(store: Store) -> None:
    log = store.recordings
    for number in range(5):
        await log.add(entry(number, application="odd" if number % 2 else "even"))
    found = await log.find_page(RecordingFilter(), limit=2)
    assert [it.id for it in found] == ["r4", "r3"]
    found = await log.find_page(RecordingFilter(), limit=2, before="r3")
    assert [it.id for it in found] == ["r2", "r1"]
    assert await log.find_page(RecordingFilter(), before="gone") == []
    for criteria, names in (
        (RecordingFilter(application="odd"), ["r3", "r1"]),
        (RecordingFilter(since=2.0, until=4.0), ["r3", "r2"]),
        (RecordingFilter(call="other"), []),
        (RecordingFilter(state=RecordingState.RECORDING, node="bvr"), 5 * [""]),
    ):
        found = await log.find_page(criteria)
        assert len(found) == len(names)
        assert names[:1] == [""] or [it.id for it in found] == names


async def test_what_is_due_and_what_is_open(store: Store) -> None:
    log, states = store.recordings, RecordingState
    await log.add(entry(1, due=5.0, state=states.LOCAL))
    await log.add(entry(2, due=4.0, state=states.UPLOADING))
    await log.add(entry(3, due=4.0, node="other"))
    await log.add(entry(4))
    assert [it.id for it in await log.find_due("bvr", 4.5, 10)] == ["r2"]
    assert [it.id for it in await log.find_due("bvr", 5.0, 10)] == ["r2", "r1"]
    assert {it.id for it in await log.find_open("bvr", 100.0)} == {"r2", "r4"}
    assert {it.id for it in await log.find_open("bvr", 4.0)} == {"r2"}


async def test_rows_go_once_nothing_is_left(store: Store) -> None:
    log, gone = store.recordings, RecordingState.DELETED
    await log.add(entry(1, state=gone))
    await log.add(entry(2, state=gone, url="s3://b/r2.wav"))
    await log.add(entry(3))
    await log.add(entry(9, state=gone))
    assert await log.purge(5.0) == 1
    assert [it.id for it in await log.find_page(RecordingFilter())] == [
        "r9",
        "r3",
        "r2",
    ]
