"""Far ends of loads in C++, for what Python would take too much of the machine for."""

import os
import subprocess
from hashlib import sha256
from pathlib import Path

from tests.packaging.debian import CACHE

SOURCES = Path(__file__).parent
COMPILER = ("g++", "-std=c++17", "-O2", "-pthread")


def compiled(name: str, cache: Path = CACHE / "far-ends") -> Path:
    """Return the program of the source *name*, compiled unless *cache* has it.

    Raises ``subprocess.CalledProcessError`` if it cannot be compiled.
    """
    source = SOURCES / f"{name}.cpp"
    program = cache / f"{name}-{sha256(source.read_bytes()).hexdigest()[:16]}"
    if not program.exists():
        cache.mkdir(parents=True, exist_ok=True)
        unfinished = program.with_suffix(f".{os.getpid()}")
        subprocess.run((*COMPILER, source, "-o", unfinished), check=True)
        unfinished.rename(program)
    return program
