"""FileCache: sound files that can be made again, with a limit on their total size.

Nearly all access to the disk is made in threads; the event loop itself asks at most
whether a file still exists.
"""

import asyncio
import fcntl
import os
import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType

from engine.tasks.background_tasks import BackgroundTasks
from sip.media import Clip

from . import wav
from .errors import SoundError

MAX_FILES = 20_000
MAX_PROCESSES = 1000
BLOCK = 4096  # bytes that the smallest file takes on a disk
_NAME = re.compile(r"([0-9a-f]{64})\.wav")
_PART = ".part"


class Held:
    """A sound file that stays in the cache until ``release``; also a context manager.

    Whoever gets one must release it once it has been played.
    """

    def __init__(self, clip: Clip, released: Callable[[], None] | None = None) -> None:
        self.clip = clip
        self._released = released

    def release(self) -> None:
        """Allow the cache to remove the file. Calls after the first have no effect."""
        released, self._released = self._released, None
        if released is not None:
            released()

    def __enter__(self) -> Clip:
        return self.clip

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


@dataclass(slots=True)
class _File:
    """A cached file: its size on disk, and by how many callers it is held.

    *is_kept*: it may be used again after the last of them has released it.
    """

    bytes: int
    held: int = 0
    is_kept: bool = True
    is_checked: bool = True


class FileCache:
    """WAV files by key (a SHA-256 in hex) that take at most *max_bytes* of the disk.

    The least recently used file is removed first, and no file that is held. Each
    process has a folder of its own within *root*, where it finds the files of an
    earlier process. The folder is opened with the first use.
    """

    def __init__(self, root: Path, max_bytes: int) -> None:
        self._root = root
        self._max_bytes = max_bytes
        self._folder: Path | None = None
        self._descriptor: int | None = None  # of the file that locks the folder
        self._files: OrderedDict[str, _File] = OrderedDict()
        self._lock = asyncio.Lock()
        self._tasks = BackgroundTasks()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._files)

    @property
    def holds(self) -> int:
        """How often files are held now: what has been held and not yet released."""
        return sum(file.held for file in self._files.values())

    async def aclose(self) -> None:
        """Release the folder, so that another process can use it."""
        await self._tasks.wait_until_done()
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor = self._folder = None

    async def hold(self, key: str) -> Held | None:
        """Return the file of *key*, held, or None if there is none. Raises SoundError.

        The caller must release it.
        """
        folder = await self._open()
        file = self._files.get(key)
        if file is None:
            return None
        # Held before the first await: ``put`` may make room meanwhile.
        file.held += 1
        held = Held(Clip(folder / _name(key)), partial(self._release, key, file))
        try:
            is_good = await self._is_good(held.clip.path, file)
        except BaseException:
            held.release()
            raise
        if not is_good:
            held.release()
            # It may have been removed, and even written anew, during the await.
            if self._files.get(key) is file:
                self._drop(key)
            return None
        if self._files.get(key) is file:
            self._files.move_to_end(key)
        return held

    async def put(self, key: str, data: bytes, *, is_kept: bool = True) -> None:
        """Store *data* under *key* unless it is there already. Raises SoundError.

        With *is_kept* false the file is removed with the last release. Cancelling the
        caller does not interrupt the writing.
        """
        await asyncio.shield(self._tasks.start(self._put(key, data, is_kept)))

    async def _put(self, key: str, data: bytes, is_kept: bool) -> None:
        folder = await self._open()
        async with self._lock:
            if key in self._files:
                self._files.move_to_end(key)
                return
            new = _File(_on_disk(len(data)), is_kept=is_kept)
            leaving = [folder / _name(name) for name in self._make_room(new.bytes)]
            try:
                await asyncio.to_thread(_replace, leaving, folder / _name(key), data)
            except OSError as error:
                raise _make_folder_error(error) from error
            self._files[key] = new
            self.bytes += new.bytes

    def _make_room(self, needed: int) -> list[str]:
        """Choose and forget files until *needed* bytes are free; return their keys.

        Raises SoundError if too many files are held.
        """
        free, count, leaving = self._max_bytes - self.bytes, len(self._files), []
        for key, file in self._files.items():
            if free >= needed and count < MAX_FILES:
                break
            if not file.held:
                leaving.append(key)
                free, count = free + file.bytes, count - 1
        if free < needed or count >= MAX_FILES:
            raise SoundError("The sounds in use leave no room for another one.")
        for key in leaving:
            self._drop(key)
        return leaving

    async def _is_good(self, path: Path, file: _File) -> bool:
        """Whether the file exists; one of an earlier process is also read, once."""
        if file.is_checked:
            return path.exists()  # noqa: ASYNC240 - microseconds
        file.is_checked = await asyncio.to_thread(_is_playable, path)
        return file.is_checked

    def _release(self, key: str, file: _File) -> None:
        file.held -= 1
        if file.held or file.is_kept or self._files.get(key) is not file:
            return
        self._drop(key)
        if self._folder is not None:
            (self._folder / _name(key)).unlink(missing_ok=True)

    def _drop(self, key: str) -> None:
        self.bytes -= self._files.pop(key).bytes

    async def _open(self) -> Path:
        if self._folder is not None:
            return self._folder
        async with self._lock:
            if self._folder is None:
                try:
                    opened = await asyncio.to_thread(
                        _open_folder, self._root, self._max_bytes
                    )
                except OSError as error:
                    raise _make_folder_error(error) from error
                self._folder, self._descriptor, sizes = opened
                for key, size in sizes.items():
                    self._files[key] = _File(size, is_checked=False)
                self.bytes = sum(sizes.values())
            return self._folder


def _make_folder_error(error: OSError) -> SoundError:
    return SoundError(f"The folder media.cache_dir cannot be used: {error.strerror}.")


def _name(key: str) -> str:
    return f"{key}.wav"


def _on_disk(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


# -- what waits for the disk ------------------------------------------------------------


def _replace(leaving: Sequence[Path], path: Path, data: bytes) -> None:
    """Remove the files *leaving*, and write *path* atomically."""
    for old in leaving:
        old.unlink(missing_ok=True)
    part = path.with_suffix(_PART)
    try:
        part.unlink(missing_ok=True)  # never written through a link
        with part.open("xb") as file:
            file.write(data)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def _open_folder(root: Path, max_bytes: int) -> tuple[Path, int, dict[str, int]]:
    """Return a folder for this process alone, its lock, and its files.

    The files are bytes on disk by key, the oldest first. What exceeds the limits is
    removed.
    """
    folder, lock = _claim_folder(root)
    try:
        files = []
        for entry in os.scandir(folder):
            if entry.name.endswith(_PART) and not entry.is_dir(follow_symlinks=False):
                Path(entry.path).unlink()  # its writer was killed
            elif entry.is_file(follow_symlinks=False) and _NAME.fullmatch(entry.name):
                status = entry.stat(follow_symlinks=False)
                files.append((status.st_mtime_ns, entry.name, status.st_size))
        sizes: dict[str, int] = {}
        total = 0
        for _, name, size in sorted(files, reverse=True):
            total += _on_disk(size)
            if total > max_bytes or len(sizes) == MAX_FILES:
                (folder / name).unlink(missing_ok=True)
            else:
                sizes[name.removesuffix(".wav")] = _on_disk(size)
    except OSError:
        os.close(lock)
        raise
    return folder, lock, dict(reversed(sizes.items()))


def _claim_folder(root: Path) -> tuple[Path, int]:
    """Return the first folder that no other process has locked, and the descriptor of the lock.

    The folder is ours until the descriptor is closed.
    """
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    for number in range(MAX_PROCESSES):
        folder = root / str(number)
        folder.mkdir(mode=0o700, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        lock = os.open(folder / "lock", flags, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
        except OSError:
            os.close(lock)
            raise
        else:
            return folder, lock
    raise BlockingIOError(None, "too many processes share it")


def _is_playable(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            wav.check(file)
    except (OSError, wav.WavError):
        return False
    return True
