"""RecordingCatalogue: what clients ask of recordings: to find, hear, delete and upload them."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

from engine.model.recording import (
    RecordingEntry,
    RecordingState,
    delete_recording,
    retry_upload,
)
from engine.model.result import RefusedError, Result
from engine.store import StoreError
from engine.store.database_refusal import database_refusal
from engine.store.recordings import RecordingFilter, RecordingLog

from .keeper import SUFFIX, RecordingKeeper
from .object_store import ObjectStoreError

MAX_PAGE = 1000


class RemoteSound(NamedTuple):
    """What was uploaded of a recording: its *size* in bytes, and what reads a part of it."""

    size: int
    read: Callable[[int, int], AsyncIterator[bytes]]


class RecordingCatalogue:
    """The recordings of the whole platform. Every method that awaits may raise RefusedError.

    *application* is the id of the one whose recordings may be seen; None: all.
    """

    def __init__(self, entries: RecordingLog, keeper: RecordingKeeper) -> None:
        self._entries = entries
        self._keeper = keeper

    async def find_page(
        self, criteria: RecordingFilter, *, limit: int, before: str | None
    ) -> list[RecordingEntry]:
        """See ``RecordingLog.find_page``."""
        try:
            return await self._entries.find_page(criteria, limit=limit, before=before)
        except StoreError as error:
            raise database_refusal(error) from error

    async def find(
        self, identity: str, application: str | None
    ) -> RecordingEntry | None:
        """Return the recording *identity*; None if there is none that may be seen."""
        try:
            entry = await self._entries.find(identity)
        except StoreError as error:
            raise database_refusal(error) from error
        if entry is None or application not in (None, entry.application):
            return None
        return entry

    async def delete(self, entry: RecordingEntry) -> RecordingEntry:
        """Have all that there is of *entry* deleted, by the process that has it."""
        if entry.state is RecordingState.RECORDING:
            raise RefusedError.conflict("It is still being recorded: stop it first.")
        if entry.state is RecordingState.DELETED:
            return entry
        return await self._change(entry, delete_recording(entry, time.time()))

    async def retry(self, entry: RecordingEntry) -> RecordingEntry:
        """Have the upload of *entry*, which was given up, tried again."""
        if entry.state is not RecordingState.FAILED or entry.file is None:
            raise RefusedError.conflict("Its upload was not given up.")
        return await self._change(entry, retry_upload(entry, time.time()))

    async def _change(
        self, entry: RecordingEntry, changed: RecordingEntry
    ) -> RecordingEntry:
        try:
            is_stored = await self._entries.save(changed, entry)
        except StoreError as error:
            raise database_refusal(error) from error
        if not is_stored:
            raise RefusedError.conflict("It has changed meanwhile.")
        self._keeper.wake()
        return changed

    async def local_file(self, entry: RecordingEntry) -> Path | None:
        """Return the file of *entry* if this process has it."""
        if entry.file is None or not self._keeper.folder.is_enabled:
            return None
        path = self._keeper.folder.path_of(entry.file)
        return path if await asyncio.to_thread(path.is_file) else None

    async def remote_sound(self, entry: RecordingEntry) -> RemoteSound:
        """Return what was uploaded of *entry*; refuses what is not to be had here."""
        remote, key = self._keeper.remote, entry.id + SUFFIX
        if entry.state is RecordingState.DELETED:
            text = "The recording is deleted."
            raise RefusedError(Result.INVALID_REQUEST, text, HTTPStatus.GONE)
        if entry.url is None or remote is None:
            raise RefusedError.conflict(_where(entry))
        try:
            size = await remote.size(key)
        except ObjectStoreError as error:
            raise _unreachable(str(error)) from error
        if size is None:
            raise _unreachable(f"There is nothing at {entry.url}.")
        return RemoteSound(size, lambda start, end: remote.read(key, start, end))


def read_filter(
    query: Mapping[str, str], application: str | None, moment: Callable[[str], float]
) -> RecordingFilter:
    """Make a filter of the parameters *query*; raises ValueError with a sentence.

    *application* is the only one whose recordings may be seen, None: all. *moment* reads a
    time.
    """
    times = {name: moment(query[name]) for name in ("since", "until") if name in query}
    state = query.get("state")
    if state is not None and state not in list(RecordingState):
        raise ValueError(f"state is one of {', '.join(RecordingState)}")
    return RecordingFilter(
        call=query.get("call"),
        application_uuid=query.get("applicationUUID"),
        account=query.get("account"),
        application=application or query.get("application"),
        node=query.get("node"),
        state=None if state is None else RecordingState(state),
        **times,
    )


def read_byte_range(wanted: slice, size: int) -> tuple[int, int] | None:
    """Return the first byte and the end of the range *wanted* of *size* bytes.

    None if there is nothing in it (RFC 9110 §14.1.1). A negative start counts from the end.
    """
    start, end, _ = wanted.indices(size)
    return (start, end) if start < end else None


def _where(entry: RecordingEntry) -> str:
    if entry.state is RecordingState.RECORDING:
        return "It is still being recorded."
    if entry.file is None:
        return "Nothing was recorded."
    return f"Its file is at the node {entry.node}, which alone can give it."


def _unreachable(text: str) -> RefusedError:
    return RefusedError(Result.INTERNAL_ERROR, text, HTTPStatus.BAD_GATEWAY)
