"""The folder of sounds: its bounds, what is in use, restarts, and what others put there."""

import asyncio
import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from engine.audio import SoundError
from engine.audio.file_cache import BLOCK, FileCache
from tests.engine.audio.conftest import cached, wav

SOUND = wav(samples=bytes(BLOCK // 2))  # takes one block
ROOM = 4  # blocks


def key(number: int) -> str:
    return sha256(str(number).encode()).hexdigest()


def name(number: int) -> str:
    return f"{key(number)}.wav"


@asynccontextmanager
async def opened(folder: Path, blocks: int = ROOM) -> AsyncIterator[FileCache]:
    directory = FileCache(folder / "cache", blocks * BLOCK)
    try:
        yield directory
    finally:
        await directory.aclose()


async def numbers(directory: FileCache, up_to: int) -> set[int]:
    """Which of the first files are there; they count as used, the lowest longest ago."""
    there = set()
    for number in range(up_to):
        if (held := await directory.hold(key(number))) is not None:
            held.release()
            there.add(number)
    return there


async def test_nothing_is_made_before_it_is_needed(tmp_path: Path) -> None:
    async with opened(tmp_path):
        assert not (tmp_path / "cache").exists()


async def test_a_file(tmp_path: Path) -> None:
    async with opened(tmp_path) as directory:
        assert await directory.hold(key(1)) is None
        await directory.put(key(1), SOUND)
        held = await directory.hold(key(1))

        assert held is not None
        assert held.clip.path.read_bytes() == SOUND
        assert held.clip.path.parent.stat().st_mode & 0o077 == 0


async def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    async with opened(tmp_path) as directory:
        for number in range(4):
            await directory.put(key(number), SOUND)
        assert await numbers(directory, 1) == {0}
        await directory.put(key(4), SOUND)

        assert cached(tmp_path) == {name(number) for number in (0, 2, 3, 4)}
        assert await numbers(directory, 5) == {0, 2, 3, 4}
        assert directory.bytes == ROOM * BLOCK


async def test_what_is_held_stays(tmp_path: Path) -> None:
    async with opened(tmp_path) as directory:
        for number in range(4):
            await directory.put(key(number), SOUND)
        first = [await directory.hold(key(0)) for _ in range(2)]
        for number in range(4, 20):
            await directory.put(key(number), SOUND)
        assert await numbers(directory, 20) == {0, 17, 18, 19}

        for held in first:
            assert held is not None
            held.release()
            held.release()  # the same as once
        for number in range(4, 8):
            await directory.put(key(number), SOUND)
        assert 0 not in await numbers(directory, 20)


async def test_all_is_held(tmp_path: Path) -> None:
    async with opened(tmp_path) as directory:
        for number in range(4):
            await directory.put(key(number), SOUND)
            await directory.hold(key(number))
        with pytest.raises(SoundError, match="no room"):
            await directory.put(key(4), SOUND)

        assert await numbers(directory, 5) == {0, 1, 2, 3}


async def test_what_is_too_big(tmp_path: Path) -> None:
    async with opened(tmp_path) as directory:
        await directory.put(key(0), SOUND)
        with pytest.raises(SoundError, match="no room"):
            await directory.put(key(1), bytes(ROOM * BLOCK + 1))

        assert await numbers(directory, 2) == {0}


async def test_what_is_not_kept_goes_with_the_last_who_holds_it(tmp_path: Path) -> None:
    async with opened(tmp_path) as directory:
        await directory.put(key(0), SOUND, is_kept=False)
        first, second = [await directory.hold(key(0)) for _ in range(2)]
        assert first is not None
        assert second is not None
        first.release()
        assert second.clip.path.exists()
        second.release()

        assert cached(tmp_path) == set()
        assert directory.bytes == len(directory) == 0


async def test_bounds_under_load(tmp_path: Path) -> None:
    """Many want files of many sizes at once, and hold them for a while."""
    chance = random.Random(1)
    held_files = 0

    async def use(directory: FileCache, number: int) -> None:
        nonlocal held_files
        size = number % 5 * BLOCK + 1000
        try:
            while (held := await directory.hold(key(number))) is None:
                await directory.put(key(number), wav(samples=bytes(size)))
        except SoundError:
            return
        with held as clip:
            held_files += 1
            await asyncio.sleep(chance.random() / 100)
            assert clip.path.stat().st_size > size
            assert directory.bytes <= 40 * BLOCK

    async with opened(tmp_path, 40) as directory:
        await asyncio.gather(
            *(use(directory, chance.randrange(60)) for _ in range(1000))
        )

        files = [*(tmp_path / "cache").rglob("*.wav")]
        assert sum(-(-file.stat().st_size // BLOCK) * BLOCK for file in files) == (
            directory.bytes
        )
        assert len(files) == len(directory)
        assert held_files > 100


# -- restarts, and others --------------------------------------------------------------


async def test_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path) as directory:
        for number in range(4):
            await directory.put(key(number), SOUND)
            os.utime(tmp_path / "cache/0" / name(number), (number, number))
    async with opened(tmp_path) as directory:
        await directory.put(key(4), SOUND)

        assert await numbers(directory, 5) == {1, 2, 3, 4}


async def test_a_restart_with_less_room(tmp_path: Path) -> None:
    async with opened(tmp_path) as directory:
        for number in range(4):
            await directory.put(key(number), SOUND)
            os.utime(tmp_path / "cache/0" / name(number), (number, number))
    async with opened(tmp_path, 2) as directory:
        assert await numbers(directory, 4) == {2, 3}
        assert cached(tmp_path) == {name(2), name(3)}


async def test_two_processes(tmp_path: Path) -> None:
    """Neither removes what the other one plays; the next one finds what is there."""
    async with opened(tmp_path) as first, opened(tmp_path) as second:
        await first.put(key(0), SOUND)
        assert await second.hold(key(0)) is None
        for number in range(10):
            await second.put(key(number), SOUND)
        assert await numbers(first, 1) == {0}
    async with opened(tmp_path) as third:
        assert await numbers(third, 1) == {0}


async def test_hostile_contents(tmp_path: Path) -> None:
    """Links, folders, damaged files and half-written ones; what is not ours stays."""
    folder, secret = tmp_path / "cache/0", tmp_path / "secret"
    folder.mkdir(parents=True)
    secret.write_bytes(SOUND)
    (folder / name(0)).symlink_to(secret)
    (folder / name(1)).mkdir()
    (folder / name(2)).write_bytes(SOUND[:-10])
    (folder / name(3)).write_bytes(b"")
    (folder / f"{key(4)}.part").symlink_to(secret)
    (folder / "notes.txt").write_text("mine")
    async with opened(tmp_path) as directory:
        assert await numbers(directory, 5) == set()
        assert not (folder / f"{key(4)}.part").is_symlink()
        for number in (0, 2, 3, 4):
            await directory.put(key(number), SOUND)
        assert await numbers(directory, 5) == {0, 2, 3, 4}
        with pytest.raises(SoundError, match="cannot be used: Is a directory"):
            await directory.put(key(1), SOUND)

    assert not (folder / name(0)).is_symlink()
    assert secret.read_bytes() == SOUND
    assert (folder / "notes.txt").read_text() == "mine"


async def test_a_link_in_the_place_of_what_is_written(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("mine")
    async with opened(tmp_path) as directory:
        await directory.put(key(0), SOUND)
        (tmp_path / "cache/0" / f"{key(1)}.part").symlink_to(secret)
        await directory.put(key(1), SOUND)

    assert secret.read_text() == "mine"


async def test_somebody_cleans_up(tmp_path: Path) -> None:
    async with opened(tmp_path) as directory:
        await directory.put(key(0), SOUND)
        (tmp_path / "cache/0" / name(0)).unlink()

        assert await directory.hold(key(0)) is None
        assert directory.bytes == 0
        await directory.put(key(0), SOUND)
        assert await numbers(directory, 1) == {0}


async def test_cancelled_while_it_is_written(tmp_path: Path) -> None:
    """What was begun is finished and counted."""
    async with opened(tmp_path) as directory:
        await directory.hold(key(0))
        putting = asyncio.create_task(directory.put(key(0), SOUND))
        await asyncio.sleep(0)
        putting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await putting
    assert len(directory) == len(cached(tmp_path)) == 1


async def test_a_cache_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("")
    async with opened(tmp_path) as directory:
        with pytest.raises(SoundError, match=r"media.cache_dir cannot be used: "):
            await directory.put(key(0), SOUND)
