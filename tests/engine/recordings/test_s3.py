"""Uploads to a real S3 server, which is killed and started again meanwhile."""

from pathlib import Path

import pytest

from engine.config.settings import S3Settings
from engine.model.recording import RecordingState, delete_recording
from engine.recordings.object_store import PART_BYTES, ObjectStoreError, S3Store

from .conftest import SOUND, World
from .s3_server import S3Server, s3_server

pytestmark = pytest.mark.timeout(180)
BUCKET = "calls"


def store_at(server: S3Server) -> S3Store:
    """The store that *server* is."""
    return S3Store(
        S3Settings(
            bucket=BUCKET,
            endpoint=server.url,
            access_key_id="outring",
            secret_access_key="not-to-be-told",
            timeout_ms=10_000,
        )
    )


async def read_all(store: S3Store, key: str, start: int, end: int) -> bytes:
    """A part of an object."""
    return b"".join([chunk async for chunk in store.read(key, start, end)])


async def test_objects_and_parts_of_them(tmp_path: Path) -> None:
    async with s3_server() as server:
        await server.start(BUCKET)
        store, path = store_at(server), tmp_path / "long.wav"
        path.write_bytes(bytes(range(256)) * (PART_BYTES // 256) * 2 + SOUND)
        await store.put("long.wav", path)
        assert store.url_of("long.wav") == "s3://calls/recordings/long.wav"
        whole = path.read_bytes()
        assert await store.size("long.wav") == len(whole)
        assert await read_all(store, "long.wav", 0, len(whole)) == whole
        assert await read_all(store, "long.wav", 100, 300) == whole[100:300]
        await store.delete("long.wav")
        await store.delete("long.wav")
        assert await store.size("long.wav") is None


async def test_a_server_that_dies_gets_every_recording_once_it_is_back(
    world: World,
) -> None:
    async with s3_server() as server:
        store = store_at(server)
        async with world.running(world.keeper(remote=store)) as keeper:
            await server.start(BUCKET)
            await world.record(keeper, "before")
            await world.until("before", lambda it: it.file is None)
            await server.kill()
            await world.record(keeper, "meanwhile")
            failed = await world.until("meanwhile", lambda it: it.error)
            assert failed.state is RecordingState.LOCAL
            assert "not-to-be-told" not in str(failed)

        await server.start(BUCKET)
        world.now += 10.0
        async with world.running(world.keeper(remote=store)):  # another process
            entry = await world.until("meanwhile", lambda it: it.file is None)
            assert await read_all(store, "meanwhile.wav", 0, len(SOUND)) == SOUND
            await world.store.recordings.save(delete_recording(entry, world.now))
            await world.until("meanwhile", lambda it: it.url is None)
        assert await store.size("meanwhile.wav") is None


async def test_why_it_is_refused_is_told_in_a_line(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(SOUND)
    async with s3_server() as server:
        await server.start("another")
        with pytest.raises(ObjectStoreError) as refused:
            await store_at(server).put("a.wav", path)
        assert "\n" not in str(refused.value)
        assert "NoSuchBucket" in str(refused.value)
