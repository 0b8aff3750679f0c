"""WAV files that the tests make, and sounds with the settings that a test wants."""

import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from engine.audio import SoundError, Sounds
from engine.audio.speech_program import SpeechCommand
from engine.audio.wav import check
from engine.config.settings import FetchSettings, MediaSettings, SpeechSettings
from tests.engine.fetch.conftest import site

__all__ = ["site"]


def wav(
    *,
    encoding: int = 1,
    channels: int = 1,
    rate: int = 8000,
    bits: int | None = None,
    samples: bytes = bytes(1600),
    before: bytes = b"",
    size: int | None = None,
) -> bytes:
    """A WAV file; *before* stands before the samples, which it says are *size* bytes."""
    bits = bits if bits is not None else 16 if encoding == 1 else 8
    block = channels * bits // 8
    layout = struct.pack("<HHIIHH", encoding, channels, rate, rate * block, block, bits)
    chunks = b"WAVEfmt " + struct.pack("<I", len(layout)) + layout + before
    said = len(samples) if size is None else size
    chunks += b"data" + struct.pack("<I", said) + samples
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks


@asynccontextmanager
async def sounding(
    folder: Path,
    *,
    media: dict[str, Any] | None = None,
    speech: dict[str, Any] | None = None,
    fetch: dict[str, Any] | None = None,
    speaker: SpeechCommand | None = None,
) -> AsyncIterator[Sounds]:
    """Sounds whose cache is below *folder*, closed at the end."""
    sounds = Sounds(
        MediaSettings.model_validate({"cache_dir": folder / "cache", **(media or {})}),
        SpeechSettings.model_validate(speech or {}),
        FetchSettings.model_validate(fetch or {}),
        speaker=speaker,
    )
    try:
        yield sounds
    finally:
        await sounds.aclose()


@pytest.fixture
async def sounds(tmp_path: Path) -> AsyncIterator[Sounds]:
    """Sounds with the settings that nobody has changed, but for the cache."""
    async with sounding(tmp_path) as sounds:
        yield sounds


async def said(sounds: Sounds, text: str, *given: str, is_ssml: bool = False) -> bytes:
    """The file that is played for *text*, which can be played."""
    with await sounds.speak(text, *given, is_ssml=is_ssml) as clip:
        data = clip.path.read_bytes()
    check(BytesIO(data))
    return data


async def unsaid(sounds: Sounds, text: str, *given: str, is_ssml: bool = False) -> str:
    """Why *text* is not spoken."""
    with pytest.raises(SoundError) as caught:
        await sounds.speak(text, *given, is_ssml=is_ssml)
    return caught.value.reason


async def unplayed(sounds: Sounds, uri: str, base: str = "") -> str:
    """Why *uri* is not played."""
    with pytest.raises(SoundError) as caught:
        await sounds.load_clip(uri, base)
    return caught.value.reason


def cached(folder: Path) -> set[str]:
    """Names of the files in the cache below *folder*, but for those that are no sounds."""
    return {path.name for path in (folder / "cache").rglob("*.wav")}
