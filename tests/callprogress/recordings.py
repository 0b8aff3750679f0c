"""Recordings of what answers telephone calls, from a folder outside the repository.

What should be found of a recording is the name of the nearest folder that is one of
``KINDS``: ``machine``, ``beep`` (a machine that lets its tone be heard), ``human``.
"""

import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from random import Random

from tests.callprogress.samples import (
    Sample,
    before_a_beep,
    coded,
    on_a_line,
    pcm_of_pcmu,
)

KINDS = ("human", "machine", "beep")
SUFFIXES = frozenset({".wav", ".mp3", ".ogg", ".flac", ".gsm", ".au", ".ul", ".sln"})
BAND = ("rate", "8000", "sinc", "300-3400", "norm", "-3")
"""What a telephone line leaves of a recording, all of them equally loud."""


def recordings(
    folder: Path, *, lines: int, with_beeps: bool, seed: int
) -> Iterator[Sample]:
    """The recordings below *folder*, by name: each as it is, and over *lines* lines.

    With *with_beeps* each recording of a machine is heard once more per line with a
    tone behind it. Raises ``subprocess.CalledProcessError`` if SoX cannot read a file:
    Debian's libsox-fmt-mp3 reads MP3.
    """
    for path in sorted(folder.rglob("*")):
        kind = _kind_of(path, folder)
        if kind is None or not path.is_file():
            continue
        about = str(path.relative_to(folder))
        draw = Random(f"{seed} {about}")
        sound = pcm_of_pcmu(_decode(path))
        yield Sample(kind, kind, about, coded(sound))
        for number in range(1, lines + 1):
            yield Sample(kind, kind, f"{about} #{number}", on_a_line(draw, sound))
            if with_beeps and kind == "machine":
                yield before_a_beep(draw, sound, f"{about} #{number}")


def _kind_of(path: Path, folder: Path) -> str | None:
    parents = reversed(path.relative_to(folder).parts[:-1])
    return next((name for name in parents if name in KINDS), None)


def _decode(path: Path) -> bytes:
    """The recording as PCMU of 8 kHz, from the cache if it was decoded before."""
    kept = _cache() / f"{hashlib.sha256(path.read_bytes()).hexdigest()}.ul"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        known = () if path.suffix.lower() in SUFFIXES else ("-t", "mp3")
        output = ("-t", "raw", "-c", "1", "-e", "mu-law", "-b", "8", str(kept))
        command = ("sox", *known, str(path), *output, "remix", "-", *BAND)
        subprocess.run(command, check=True, capture_output=True, timeout=60)
    return kept.read_bytes()


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "outring" / "recordings"
