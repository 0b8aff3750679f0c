"""A recording has a row from its beginning, and each failure a stated end."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from engine.model.recording import (
    RecordingEntry,
    RecordingRules,
    RecordingState,
    delete_recording,
)
from engine.model.result import RefusedError
from engine.recordings import keeper as module
from engine.recordings.object_store import ObjectStore, ObjectStoreError
from engine.store.recordings import RecordingFilter

from .conftest import SOUND, World


class Shelf(ObjectStore):
    """A store of objects in memory, which is away while *is_away*."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.is_away = False
        self.tries = 0

    def url_of(self, key: str) -> str:
        return f"s3://shelf/{key}"

    def _reach(self) -> None:
        self.tries += 1
        if self.is_away:
            raise ObjectStoreError("It is away.")

    async def put(self, key: str, path: Path) -> None:
        self._reach()
        self.objects[key] = path.read_bytes()

    async def delete(self, key: str) -> None:
        self._reach()
        self.objects.pop(key, None)

    async def size(self, key: str) -> int | None:
        return len(self.objects[key]) if key in self.objects else None

    async def read(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        yield self.objects[key][start:end]


async def test_a_recording_is_local_once_it_has_ended(world: World) -> None:
    async with world.running(world.keeper()) as keeper:
        await world.record(keeper, "r")
        entry = await world.until("r", lambda it: it.state is RecordingState.LOCAL)
    assert (entry.size, entry.duration_ms, entry.due) == (len(SOUND), 1000, None)
    assert (world.folder / "r.wav").read_bytes() == SOUND


async def test_it_is_uploaded_and_deleted_here(world: World) -> None:
    shelf = Shelf()
    async with world.running(world.keeper(remote=shelf)) as keeper:
        await world.record(keeper, "r")
        entry = await world.until("r", lambda it: it.file is None)
    assert entry.state is RecordingState.UPLOADED
    assert entry.url == "s3://shelf/r.wav"
    assert shelf.objects == {"r.wav": SOUND}
    assert not (world.folder / "r.wav").exists()


async def test_a_store_that_is_away_gets_it_later(world: World) -> None:
    shelf = Shelf()
    shelf.is_away = True
    async with world.running(world.keeper(remote=shelf)) as keeper:
        await world.record(keeper, "r")
        entry = await world.until("r", lambda it: it.error)
        assert (entry.state, entry.error) == (RecordingState.LOCAL, "It is away.")
        shelf.is_away = False
        world.now += 3.0
        keeper.wake()
        await world.until("r", lambda it: it.state is RecordingState.UPLOADED)
    assert shelf.tries == 2


async def test_an_upload_that_is_given_up_leaves_the_file(world: World) -> None:
    shelf = Shelf()
    shelf.is_away = True
    rules = RecordingRules(uploads=True, give_up_s=0.5)
    async with world.running(world.keeper(rules, shelf)) as keeper:
        await world.record(keeper, "r")
        await world.until("r", lambda it: it.state is RecordingState.FAILED)
    assert (world.folder / "r.wav").exists()
    counted = world.metrics.media.recordings.outcomes["given_up",]
    assert counted._value.get() == 1


async def test_a_process_that_dies_loses_nothing(world: World) -> None:
    """Neither what it was recording nor what it was uploading."""
    shelf = Shelf()
    dead = world.keeper(remote=shelf)
    cut = RecordingEntry("cut", "call", "node", started=world.now, file="cut.wav")
    (await dead.begin(cut)).write_bytes(SOUND)
    none = RecordingEntry("none", "call", "node", started=world.now, file="none.wav")
    await dead.begin(none)
    (world.folder / "up.wav").write_bytes(SOUND)
    uploading = replace(
        cut, id="up", file="up.wav", state=RecordingState.UPLOADING, due=1e9
    )
    await world.store.recordings.add(uploading)

    world.now += 1.0
    async with world.running(world.keeper(remote=shelf)):
        await world.until("up", lambda it: it.state is RecordingState.UPLOADED)
        entry = await world.until("cut", lambda it: it.state is RecordingState.UPLOADED)
        lost = await world.until("none", lambda it: it.state is RecordingState.FAILED)
    assert (entry.duration_ms, entry.reason) == (1000, "failed")
    assert lost.error == module.LOST
    assert shelf.objects.keys() == {"up.wav", "cut.wav"}


async def test_what_is_deleted_while_it_is_uploaded_is_not_left_there(
    world: World,
) -> None:
    class Slow(Shelf):
        async def put(self, key: str, path: Path) -> None:
            await super().put(key, path)
            entry = await world.store.recordings.find("r")
            assert entry is not None
            await world.store.recordings.save(delete_recording(entry, world.now))

    shelf = Slow()
    async with world.running(world.keeper(remote=shelf)) as keeper:
        await world.record(keeper, "r")
        await world.until("r", lambda it: it.due is None and not it.file)
    assert not shelf.objects
    assert not (world.folder / "r.wav").exists()
    counted = world.metrics.media.recordings.outcomes["uploaded",]
    assert counted._value.get() == 0


async def test_a_deletion_waits_for_a_store_that_is_away(world: World) -> None:
    shelf = Shelf()
    async with world.running(world.keeper(remote=shelf)) as keeper:
        await world.record(keeper, "r")
        entry = await world.until("r", lambda it: it.url and not it.file)
        shelf.is_away = True
        await world.store.recordings.save(delete_recording(entry, world.now))
        keeper.wake()
        await world.until("r", lambda it: it.error == "It is away.")
        shelf.is_away = False
        world.now += module.POLL_S + 600
        keeper.wake()
        await world.until("r", lambda it: it.url is None)
    assert not shelf.objects


async def test_no_room_and_no_folder_are_told(world: World) -> None:
    keeper = world.keeper(max_bytes=len(SOUND))
    await world.record(keeper, "r")
    with pytest.raises(RefusedError, match="no room"):
        await world.record(keeper, "other")
    world.folder = Path("/proc/nowhere")
    with pytest.raises(RefusedError, match="cannot be used"):
        await world.record(world.keeper(), "r")
    assert len(await world.store.recordings.find_page(RecordingFilter())) == 1


async def test_settings_without_a_folder_or_a_store_any_more_lose_nothing(
    world: World,
) -> None:
    under_way = RecordingEntry("r1", "call", "node", started=1.0, file="r1.wav")
    await world.store.recordings.add(under_way)
    for name, fields in (
        ("r2", {"state": RecordingState.LOCAL, "file": "r2.wav"}),
        ("r3", {"state": RecordingState.DELETED, "file": "r3.wav"}),
        ("r4", {"state": RecordingState.DELETED, "url": "s3://shelf/r4.wav"}),
    ):
        entry = replace(under_way, id=name, file=None, due=1.0)
        await world.store.recordings.add(replace(entry, **fields))
    async with world.running(world.keeper(has_folder=False)):
        uploads = await world.until("r2", lambda it: it.error)
        local = await world.until("r3", lambda it: it.error)
        remote = await world.until("r4", lambda it: it.error)
    assert uploads.error == remote.error == "The settings name no bucket."
    assert local.error == "This node keeps no recordings."
    assert await world.store.recordings.find("r1") == under_way


async def test_a_defect_costs_one_recording(world: World) -> None:
    class Broken(Shelf):
        async def put(self, key: str, path: Path) -> None:
            if key == "bad.wav":
                raise ZeroDivisionError
            await super().put(key, path)

    shelf = Broken()
    async with world.running(world.keeper(remote=shelf)) as keeper:
        await world.record(keeper, "bad")
        await world.record(keeper, "good")
        await world.until("good", lambda it: it.state is RecordingState.UPLOADED)
    assert shelf.objects.keys() == {"good.wav"}
