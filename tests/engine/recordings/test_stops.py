"""A process that is stopped, or killed, during a recording: its file and its row."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from engine.model.recording import RecordingEntry, RecordingState
from engine.recordings.keeper import LOST
from engine.store import open_store
from engine.store.recordings import RecordingFilter
from tests.conftest import SippFactory
from tests.engine.process import (
    KEY,
    PLATFORM,
    SETTINGS,
    Outring,
    configured,
    serving,
    started,
)
from tests.sipp.handset import Handset, handset
from tests.sipp.scenario import ack, answer, bye, invite
from tests.sipp.talking import at
from tests.sipp.test_call_recordings import read_sides

pytestmark = pytest.mark.sipp

RECORDS = PLATFORM.replace(
    'account = "acme"\n\n[[key', 'account = "acme"\nrecord = "always"\n\n[[key'
)
LIMIT_S = 20.0


def configure(folder: Path) -> Path:
    """The settings of a process that records every call into ``calls``."""
    settings = f'{SETTINGS}\n[recording]\nfolder = "{folder}/calls"\n'
    return configured(folder, settings, RECORDS)


@asynccontextmanager
async def recording(
    file: Path, sipp: SippFactory, *last: str
) -> AsyncIterator[tuple[Outring, Handset]]:
    """A process with a call that has been recorded for a second; *last* ends it."""
    async with handset() as far_end:
        steps = (invite(), at(far_end, answer()), ack(), *last)
        async with serving(file) as outring, sipp(*steps) as callee:
            async with aiohttp.ClientSession() as http:
                body = {"action": "makeCall", "to": callee.uri, "apiKey": KEY}
                url = f"{outring.url}/api/v1/bvr/outbound"
                async with http.post(url, json=body) as response:
                    assert response.status == 200
            path = file.parent / "calls"
            await far_end.until(lambda: any(path.glob("*.wav")))
            far_end.say([8000, -8000] * 4000)
            await far_end.hears(60)
            yield outring, far_end


async def read_row(file: Path) -> RecordingEntry:
    """The row of the recording."""
    store = await open_store(f"sqlite:///{file.parent}/outring.db")
    try:
        (entry,) = await store.recordings.find_page(RecordingFilter())
    finally:
        await store.aclose()
    return entry


async def test_one_that_is_stopped_completes_them(
    tmp_path: Path, sipp: SippFactory
) -> None:
    file = configure(tmp_path)
    async with recording(file, sipp, bye()) as (outring, _):
        outring.signal(signal.SIGINT)
        await outring.logged("draining")
        outring.signal(signal.SIGINT)  # which hangs up
        assert await outring.ended() == 0
    entry = await read_row(file)
    assert (entry.state, entry.reason) == (RecordingState.LOCAL, "asked")
    left, right = read_sides(tmp_path / "calls" / f"{entry.id}.wav")
    assert len(left) == len(right) == (entry.duration_ms or 0) * 8
    assert max(left) > 4000


async def test_what_one_that_is_killed_leaves_is_found_by_the_next(
    tmp_path: Path, sipp: SippFactory
) -> None:
    file = configure(tmp_path)
    async with recording(file, sipp) as (outring, _):
        outring.signal(signal.SIGKILL)
        await outring.ended()
    assert (await read_row(file)).state is RecordingState.RECORDING
    async with started(file) as successor, asyncio.timeout(LIMIT_S):
        await successor.logged("recording_cut_short")
        while (entry := await read_row(file)).state is RecordingState.RECORDING:
            pass
    assert (entry.state, entry.error) == (RecordingState.LOCAL, LOST)
    left, _ = read_sides(tmp_path / "calls" / f"{entry.id}.wav")
    assert len(left) == (entry.duration_ms or 0) * 8
    assert max(left) > 4000
