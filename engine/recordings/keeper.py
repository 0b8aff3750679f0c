"""RecordingKeeper: keeps the recordings of a node, from their beginning until nothing is left."""

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

from engine.model.recording import (
    RecordingEntry,
    RecordingRules,
    RecordingState,
    RecordingTask,
    begin_upload,
    end_recording,
    fail_deletion,
    fail_upload,
    finish_upload,
    next_task,
    on_deleted,
    resume_upload,
)
from engine.model.result import RefusedError, Result
from engine.store import StoreError
from engine.store.recordings import RecordingLog
from engine.telemetry.metrics import RecordingMetrics, RecordingOutcome
from sip.media import Stop

from .folder import RecordingFolder, duration_of
from .object_store import ObjectStore, ObjectStoreError

POLL_S = 5.0  # between looks for what other processes have asked for, or has become due
AT_ONCE = 4  # uploads and deletions
LEASE_S = 3600.0  # from which on an upload counts as lost, if nothing else tells
LAST_ROWS_S = 2.0  # for the database to take the last rows when it stops
ROWS = 64
RETRY_S = 1.0  # while the database is away
PURGE_S = 600.0
SUFFIX = ".wav"
"""What the name of a file, and of an object, has behind the id of its recording."""
LOST = "The process has ended during the recording."

log = structlog.get_logger()


class RecordingKeeper:
    """Keeps the recordings of the node *node*; ``run`` has to run beside it.

    A row tells of each recording from its beginning: if the process dies, its successor
    finds the file by it, and goes on with uploads that were under way.
    """

    def __init__(
        self,
        node: str,
        entries: RecordingLog,
        folder: RecordingFolder,
        rules: RecordingRules,
        *,
        remote: ObjectStore | None,
        metrics: RecordingMetrics,
        kept_s: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """*remote*: None if nothing is uploaded. *kept_s*: how long rows of deleted ones stay."""
        self.folder = folder
        self.remote = remote
        self.rules = rules
        self.node = node
        self._entries = entries
        self._metrics = metrics
        self._kept_s = kept_s
        self._clock = clock
        self._unsaved: list[tuple[RecordingEntry, RecordingEntry]] = []
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._began = clock()
        self._purged = clock()

    # -- what calls tell -----------------------------------------------------------

    async def begin(self, entry: RecordingEntry) -> Path:
        """Return the path for the file of *entry*, whose row is in the database then.

        ``end`` has to follow. Raises RefusedError if there is no room, or no database.
        """
        assert entry.file is not None
        path = await self.folder.begin(entry.file)
        try:
            await self._entries.add(entry)
        except StoreError as error:
            await self.folder.end(entry.file)
            raise RefusedError(Result.INTERNAL_ERROR, str(error)) from error
        return path

    async def end(
        self, entry: RecordingEntry, *, reason: str, duration_ms: int, error: str | None
    ) -> None:
        """Take note that the file of *entry* is complete, or has failed with *error*.

        Its row is written as soon as the database takes it.
        """
        assert entry.file is not None
        ended = end_recording(
            entry,
            self.rules,
            reason=reason,
            duration_ms=duration_ms,
            size=await self.folder.end(entry.file),
            error=error,
            now=self._clock(),
        )
        is_failed = ended.state is RecordingState.FAILED or error is not None
        self._count(RecordingOutcome.FAILED if is_failed else RecordingOutcome.RECORDED)
        if is_failed:
            log.error("recording_failed", recording=entry.id, reason=ended.error)
        self._unsaved.append((ended, entry))
        self.wake()

    def count_refused(self) -> None:
        """Count a recording that was wanted and could not begin."""
        self._count(RecordingOutcome.FAILED)

    def wake(self) -> None:
        """Look for what is to be done: something has changed."""
        self._wake.set()

    @property
    def uploading(self) -> int:
        """The number of uploads and deletions that this process is at."""
        return len(self._busy)

    def _count(self, outcome: RecordingOutcome) -> None:
        self._metrics.outcomes[outcome.value,].inc()

    # -- what becomes of them --------------------------------------------------------

    async def run(self) -> None:
        """Write rows, upload and delete, until it is cancelled."""
        is_recovered = False
        try:
            while True:
                self._wake.clear()
                try:
                    if self.folder.is_enabled and not is_recovered:
                        await self._recover()
                        is_recovered = True
                    await self._turn()
                except StoreError as error:
                    log.debug("recordings_unread", reason=str(error))
                await self._pause()
        finally:
            await self._stop()

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_S):
                await self._wake.wait()

    async def _stop(self) -> None:
        """End what is under way: uploads are begun anew by the next process of this node."""
        tasks = list(self._busy.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        try:
            async with asyncio.timeout(LAST_ROWS_S):
                await self._save_ended()
        except (StoreError, TimeoutError):
            # That process finds the files by the rows of their beginning.
            log.warning("recordings_unsaved", count=len(self._unsaved))

    async def _recover(self) -> None:
        """Close what an earlier process of this node has left open, and resume what was being
        uploaded, by this one too if its task has crashed.
        """
        now = self._clock()
        for entry in await self._entries.find_open(self.node, now + 1):
            if entry.state is RecordingState.UPLOADING:
                await self._entries.save(resume_upload(entry, now), entry)
                continue
            if entry.started >= self._began:
                continue
            size = await self.folder.size_of(entry.file or "")
            ended = end_recording(
                entry,
                self.rules,
                reason=Stop.FAILED,
                duration_ms=duration_of(size),
                size=size,
                error=LOST,
                now=now,
            )
            await self._entries.save(ended, entry)
            self._count(RecordingOutcome.FAILED)
            log.warning("recording_cut_short", recording=entry.id, bytes=size)

    async def _turn(self) -> None:
        """Do what is due, as far as there is room for it."""
        await self._save_ended()
        now = self._clock()
        if len(self._busy) < AT_ONCE:
            for entry in await self._entries.find_due(self.node, now, ROWS):
                if entry.id not in self._busy and len(self._busy) < AT_ONCE:
                    self._start(entry, now)
        if now - self._purged >= PURGE_S:
            self._purged = now
            await self._entries.purge(now - self._kept_s)

    async def _save_ended(self) -> None:
        while self._unsaved:
            ended, begun = self._unsaved[0]
            await self._entries.save(ended, begun)
            self._unsaved.pop(0)

    def _start(self, entry: RecordingEntry, now: float) -> None:
        task = next_task(entry, now)
        if task is not None:
            self._busy[entry.id] = asyncio.create_task(self._perform(entry, task))

    async def _perform(self, entry: RecordingEntry, task: RecordingTask) -> None:
        """Do *task*; a failure of the database leaves it to a later turn."""
        try:
            if task is RecordingTask.UPLOAD:
                await self._upload(entry)
            else:
                await self._delete(entry, task)
        except StoreError as error:
            log.debug("recording_unsaved", recording=entry.id, reason=str(error))
            await asyncio.sleep(RETRY_S)
        except Exception:
            # Of this recording: it must not keep the others from what is due.
            log.exception("recording_crashed", recording=entry.id)
            await asyncio.sleep(POLL_S)
        finally:
            del self._busy[entry.id]
            self.wake()

    # -- uploads ---------------------------------------------------------------------

    async def _upload(self, waiting: RecordingEntry) -> None:
        entry = begin_upload(waiting, self._clock(), LEASE_S)
        if not await self._entries.save(entry, waiting):
            return  # it was deleted meanwhile
        try:
            url = await self._put(entry)
        except (ObjectStoreError, OSError, RefusedError) as error:
            await self._on_upload_failed(entry, str(error))
            return
        uploaded = finish_upload(entry, self.rules, url, self._clock())
        if not await self._entries.save(uploaded, entry):
            await self._on_deleted_meanwhile(entry, url)
            return
        self._count(RecordingOutcome.UPLOADED)
        log.info("recording_uploaded", recording=entry.id, bytes=entry.size)

    async def _put(self, entry: RecordingEntry) -> str:
        """Upload the file of *entry*; raises ObjectStoreError and OSError."""
        remote, key = self._remote(), entry.id + SUFFIX
        await remote.put(key, self.folder.path_of(entry.file or ""))
        return remote.url_of(key)

    def _remote(self) -> ObjectStore:
        if self.remote is None:
            raise ObjectStoreError("The settings name no bucket.")
        return self.remote

    async def _on_upload_failed(self, entry: RecordingEntry, reason: str) -> None:
        chance = random.random()
        failed = fail_upload(entry, self.rules, reason, self._clock(), chance)
        await self._entries.save(failed, entry)
        if failed.state is RecordingState.FAILED:
            self._count(RecordingOutcome.GIVEN_UP)
            log.error("recording_not_uploaded", recording=entry.id, reason=reason)
        else:
            self._count(RecordingOutcome.REFUSED)
            log.warning("upload_failed", recording=entry.id, reason=reason)

    async def _on_deleted_meanwhile(self, entry: RecordingEntry, url: str) -> None:
        """Have the object at *url* deleted, too: *entry* was deleted while it was uploaded."""
        current = await self._entries.find(entry.id)
        if current is not None:
            gone = msgspec.structs.replace(current, url=url, due=self._clock())
            await self._entries.save(gone, current)

    # -- deletions -------------------------------------------------------------------

    async def _delete(self, entry: RecordingEntry, task: RecordingTask) -> None:
        try:
            if task is RecordingTask.DELETE_LOCAL:
                await self.folder.delete(entry.file or "")
            else:
                await self._remote().delete(entry.id + SUFFIX)
        except (ObjectStoreError, OSError, RefusedError) as error:
            log.warning("deletion_failed", recording=entry.id, reason=str(error))
            failed = fail_deletion(entry, str(error), self._clock())
            await self._entries.save(failed, entry)
            return
        await self._entries.save(on_deleted(entry, task, self._clock()), entry)
        self._count(RecordingOutcome.DELETED)
