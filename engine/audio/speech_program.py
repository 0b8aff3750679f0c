"""SpeechCommand: runs a program that makes WAV files of texts, usually espeak-ng."""

import asyncio
import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from engine.config.settings import SpeechSettings

from .errors import SoundError
from .speech_text import Speech

FILE, VOICE = "{file}", "{voice}"
READ_BYTES = 65_536
LAST_WORDS_S = 1.0
MAX_COMPLAINT = 4096  # of standard error
MAX_SHOWN = 200


class SpeechCommand:
    """The command of the settings, run once for each speech, without a shell.

    It reads the text from its standard input. It writes the WAV file to its standard
    output, or to the file that an argument with ``{file}`` names. ``{voice}`` stands
    for the voice.
    """

    def __init__(self, settings: SpeechSettings, max_bytes: int) -> None:
        self._words = settings.command
        self._ssml_options = settings.ssml_options
        self._max_bytes = max_bytes

    @property
    def name(self) -> str:
        """The command line: speech is cached under it."""
        return "\0".join((*self._words, "", *self._ssml_options))

    async def speak(self, speech: Speech) -> bytes:
        """Return *speech* as a WAV file: PCM of 16 bits, mono, any rate. Raises SoundError.

        Cancelling it ends the program at once.
        """
        words = list(self._words)
        if speech.is_ssml:
            if not self._ssml_options:
                raise SoundError("The speech command takes no SSML.")
            words += self._ssml_options
        words = [word.replace(VOICE, speech.voice) for word in words]
        text = speech.text.encode()
        if not any(FILE in word for word in words):
            return await run_program(words, text, self._max_bytes)
        with TemporaryDirectory(prefix="outring-") as folder:
            file = Path(folder) / "speech.wav"
            words = [word.replace(FILE, str(file)) for word in words]
            await run_program(words, text, self._max_bytes)
            return await asyncio.to_thread(self._read_file, file)

    def _read_file(self, file: Path) -> bytes:
        try:
            with file.open("rb") as made:
                data = made.read(self._max_bytes + 1)
        except OSError as error:
            reason = f"The speech command has made no file: {error.strerror}."
            raise SoundError(reason) from error
        if len(data) > self._max_bytes:
            raise _too_much(self._max_bytes)
        return data


async def run_program(words: Sequence[str], text: bytes, max_bytes: int) -> bytes:
    """Run *words* with *text* as input and return at most *max_bytes* of output.

    Raises SoundError if it fails or writes more. When cancelled, it kills the program
    with all processes that it started.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=_environment(),
            start_new_session=True,
        )
    except OSError as error:
        name = Path(
            words[0]
        ).name  # documents see the error, and must not learn our folders
        reason = f"The speech command {name} cannot be run: {error.strerror}."
        raise SoundError(reason) from error
    try:
        made, complaint = await _converse(process, text, max_bytes)
        status = await process.wait()
    except BaseException:
        await kill_group(process)
        raise
    if status:
        raise SoundError(_failure_of(status, complaint))
    return made


async def _converse(
    process: asyncio.subprocess.Process, text: bytes, max_bytes: int
) -> tuple[bytes, bytes]:
    """Feed the program; return what it writes to standard output and to standard error."""
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_write_text(process.stdin, text))
            made = group.create_task(_read_output(process.stdout, max_bytes))
            complaint = group.create_task(_read_complaint(process.stderr))
    except ExceptionGroup as all_of:
        raise all_of.exceptions[0] from None
    return made.result(), complaint.result()


def _environment() -> dict[str, str]:
    """Return our environment without our settings, which may hold passwords."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("OUTRING_")
    }


async def _write_text(stdin: asyncio.StreamWriter, text: bytes) -> None:
    # The program need not read all of it.
    with suppress(BrokenPipeError, ConnectionResetError):
        stdin.write(text)
        await stdin.drain()
        stdin.close()
        await stdin.wait_closed()


async def _read_output(stdout: asyncio.StreamReader, max_bytes: int) -> bytes:
    made = bytearray()
    while chunk := await stdout.read(READ_BYTES):
        made += chunk
        if len(made) > max_bytes:
            raise _too_much(max_bytes)
    return bytes(made)


async def _read_complaint(stderr: asyncio.StreamReader) -> bytes:
    """Return the beginning of standard error.

    The rest is read too, because the program would block on a full pipe.
    """
    complaint = b""
    while chunk := await stderr.read(READ_BYTES):
        complaint = (complaint + chunk)[:MAX_COMPLAINT]
    return complaint


async def kill_group(process: asyncio.subprocess.Process) -> None:
    """Kill the program with its process group, and wait a bounded time for its pipes to close."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    # A process that left the group may keep the pipes open: do not wait for it.
    with suppress(TimeoutError):
        async with asyncio.timeout(LAST_WORDS_S):
            for stream in (process.stdout, process.stderr):
                while stream is not None and await stream.read(READ_BYTES):
                    pass  # a pipe is closed once it has been read to its end
            await process.wait()


def _too_much(max_bytes: int) -> SoundError:
    return SoundError(f"The speech command has written more than {max_bytes} bytes.")


def _failure_of(status: int, complaint: bytes) -> str:
    """Return a sentence with the program's own words: they name a missing voice or library."""
    text = " ".join(complaint.decode(errors="replace").split())
    printable = "".join(char for char in text if char.isprintable())[:MAX_SHOWN]
    how = f"status {status}" if status > 0 else f"signal {-status}"
    return f"The speech command has failed with {how}: {printable.rstrip('.') or 'it does not say why'}."
