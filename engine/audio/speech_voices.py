"""The voices of the speech command. Only those of espeak-ng can be listed."""

import asyncio
import re
from dataclasses import dataclass
from pathlib import PurePath

from engine.config.settings import SpeechSettings

from .errors import SoundError
from .speech_program import run_program

MAX_BYTES = 2**20
PROGRAM = "espeak-ng"
# Priority, language, age/gender, name.
_ROW = re.compile(r"\s*\d+\s+(\S+)\s+\S+\s+(\S+)")


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice; documents ask for it by its *language*."""

    language: str
    name: str


async def list_voices(speech: SpeechSettings) -> list[Voice]:
    """Return the voices of the configured command, ordered by language.

    Raises SoundError if the command cannot list them.
    """
    program = speech.command[0]
    if PurePath(program).name != PROGRAM:
        raise SoundError(f"Only {PROGRAM} tells its voices, and {program} is set.")
    try:
        async with asyncio.timeout(speech.timeout_ms / 1000):
            listed = await run_program([program, "--voices"], b"", MAX_BYTES)
    except TimeoutError:
        raise SoundError(f"{program} has not told its voices in time.") from None
    rows = map(_ROW.match, listed.decode(errors="replace").splitlines())
    return sorted(
        (Voice(row[1], row[2].replace("_", " ")) for row in rows if row),
        key=lambda voice: voice.language,
    )
