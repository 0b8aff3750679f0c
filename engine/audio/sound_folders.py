"""The folders of ``[media]``: what stands in them, and what is put there."""

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from . import wav
from .errors import SoundError
from .sound_conversion import ConvertedSound, convert_sound

MAX_SOURCE_BYTES = 2**28


@dataclass(frozen=True, slots=True)
class FoundSound:
    """A file in a folder of sounds: what it is if a call can play it, else its *flaw*."""

    path: Path
    header: wav.Header | None = None
    flaw: str = ""


@dataclass(frozen=True, slots=True)
class AddedSound:
    """A sound that was converted, and where it is now."""

    path: Path
    sound: ConvertedSound


def find_sounds(folders: Iterable[Path], max_bytes: int) -> Iterator[FoundSound]:
    """Look at every file below *folders*, in the order of their names.

    *max_bytes* is ``media.max_bytes``. What cannot be read has a flaw, too.
    """
    for folder in folders:
        if not folder.is_dir():
            yield FoundSound(folder, flaw="it is no folder")
        for place, below, names in os.walk(folder):
            below.sort()
            for name in sorted(names):
                yield _inspect(Path(place, name), max_bytes)


def add_sound(
    source: Path, folder: Path, *, rate: int, max_bytes: int, replaces: bool = False
) -> AddedSound:
    """Convert the sound file *source* to *rate* hertz, and write it into *folder*.

    Its name stays, with the ending ``.wav``. *max_bytes* is ``media.max_bytes``. Raises
    SoundError, also if there is a file of that name, unless it *replaces* that.
    """
    with _open_source(source) as file:
        sound = convert_sound(file, rate)
    if len(sound.wav) > max_bytes:
        size = len(sound.wav)
        raise SoundError(f"It would have {size} bytes; media.max_bytes is {max_bytes}.")
    path = folder.resolve() / f"{source.stem}.wav"
    _write(path, sound.wav, replaces=replaces)
    return AddedSound(path, sound)


def _open_source(path: Path) -> BinaryIO:
    try:
        file = open(path, "rb", opener=_opener)  # noqa: SIM115 - closed by the caller
    except OSError as error:
        raise SoundError(f"It cannot be read: {error.strerror}.") from error
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode):
        file.close()
        raise SoundError("It is no file.")
    if status.st_size > MAX_SOURCE_BYTES:
        file.close()
        raise SoundError(f"It has more than {MAX_SOURCE_BYTES} bytes.")
    return file


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # does not wait for a FIFO


def _write(path: Path, data: bytes, *, replaces: bool) -> None:
    """Write the file whole or not at all, since calls may play it at any time."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(data)
        try:
            if replaces:
                part.replace(path)
            else:
                path.hardlink_to(part)  # fails if there is one, even since a moment ago
        finally:
            part.unlink(missing_ok=True)
    except FileExistsError:
        raise SoundError(f"{path} exists already: say --force to replace it.") from None
    except OSError as error:
        raise SoundError(f"{path} cannot be written: {error.strerror}.") from error


def _inspect(path: Path, max_bytes: int) -> FoundSound:
    try:
        if not path.is_file():
            return FoundSound(path, flaw="it is no file")
        if path.stat().st_size > max_bytes:
            return FoundSound(path, flaw=f"it has more than {max_bytes} bytes")
        with path.open("rb") as file:
            return FoundSound(path, wav.check(file))
    except wav.WavError as error:
        return FoundSound(path, flaw=str(error))
    except OSError as error:
        return FoundSound(path, flaw=f"it cannot be read ({error.strerror})")
