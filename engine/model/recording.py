"""Recordings of calls: what is known of each, and what has to be done with it when. Pure.

A recording is a local file of the node that carried its call; it may be uploaded to a store
of objects. What is to be done next is decided by ``next_task``, from the entry alone.
"""

from enum import StrEnum
from typing import NamedTuple

import msgspec

MAX_ERROR = 500
"""Characters of an error that are kept."""
EMPTY = "It was stopped before anything was recorded."


class RecordingState(StrEnum):
    """Where a recording stands."""

    RECORDING = "recording"  # its call lives, and it has not ended
    LOCAL = "local"  # its file is complete
    UPLOADING = "uploading"
    UPLOADED = "uploaded"
    # Nothing could be recorded, or its upload was given up: then its local file stays.
    FAILED = "failed"
    DELETED = "deleted"  # by retention or by request; its files go as soon as they can


class RecordingKind(StrEnum):
    """What is recorded."""

    CALL = "call"  # both sides of a whole call, each on a channel


class RecordingTask(StrEnum):
    """What is to be done with a recording."""

    UPLOAD = "upload"
    DELETE_LOCAL = "delete_local"
    DELETE_REMOTE = "delete_remote"


class RecordingOrder(StrEnum):
    """What is wanted of the recording of a live call, and how it stands."""

    RECORDING = "recording"
    PAUSED = "paused"  # silence is recorded meanwhile
    STOPPED = "stopped"


class CallRecordingStatus(msgspec.Struct, frozen=True):
    """How the recording of a live call stands."""

    call: str
    recording: str
    """Its id."""
    state: RecordingOrder
    started: str
    """ISO 8601, UTC."""


class RecordingEntry(msgspec.Struct, frozen=True):
    """What is known of a recording. Times are seconds since 1970."""

    id: str
    call: str  # the id of its call
    node: str  # which has its local file
    started: float
    application_uuid: str | None = None
    account: str | None = None
    application: str | None = None
    kind: RecordingKind = RecordingKind.CALL
    channels: int = 2
    state: RecordingState = RecordingState.RECORDING
    duration_ms: int | None = None
    size: int | None = None  # bytes
    reason: str | None = None  # what has ended it, a Stop
    file: str | None = None  # its name in the folder of its node; None: there is none
    url: str | None = None  # where it was uploaded to; None: it is not there
    tries: int = 0  # to upload it
    first_try: float | None = None
    due: float | None = None  # when ``next_task`` may have something; None: never
    local_until: float | None = None  # its local file is deleted then; None: never
    remote_until: float | None = None
    error: str | None = None


class RecordingRules(NamedTuple):
    """What becomes of recordings once they are complete. Times are in seconds."""

    max_ms: int = 4 * 3_600_000
    """How long one may be, in milliseconds."""
    uploads: bool = False
    local_s: float | None = None
    """How long local files are kept, from the end of the recording; None: for ever."""
    remote_s: float | None = None
    """How long uploaded ones are kept, from the upload; None: for ever."""
    keeps_local: bool = False
    """Whether the local file outlives its upload."""
    give_up_s: float = 3 * 86_400.0
    """From the first try to upload a recording until none follows."""


FIRST_PAUSE_S = 2.0
LONGEST_PAUSE_S = 600.0


def retry_pause_s(tries: int, chance: float) -> float:
    """Return the seconds from the try number *tries*, which has failed, to the next.

    The bound doubles with each try. *chance*, from 0 to 1, is where in the upper half of it
    the pause lies, so that many uploads do not come back at once.
    """
    bound = min(FIRST_PAUSE_S * 2.0 ** min(tries - 1, 16), LONGEST_PAUSE_S)
    return bound * (0.5 + chance / 2)


def next_task(entry: RecordingEntry, now: float) -> RecordingTask | None:
    """Return what is to be done with *entry* at *now*; None: nothing yet."""
    if entry.due is None or entry.due > now:
        return None
    match entry.state:
        case RecordingState.RECORDING:
            return None
        case RecordingState.DELETED:
            return _deletion(entry.file is not None, entry.url is not None)
        case RecordingState.LOCAL | RecordingState.UPLOADING if (
            entry.local_until is None
        ):
            return RecordingTask.UPLOAD
    return _deletion(
        entry.file is not None and _is_past(entry.local_until, now),
        entry.url is not None and _is_past(entry.remote_until, now),
    )


def _deletion(is_local: bool, is_remote: bool) -> RecordingTask | None:
    if is_local:
        return RecordingTask.DELETE_LOCAL
    return RecordingTask.DELETE_REMOTE if is_remote else None


def _is_past(until: float | None, now: float) -> bool:
    return until is not None and until <= now


def _after(seconds: float | None, now: float) -> float | None:
    return None if seconds is None else now + seconds


def _earliest(*times: float | None) -> float | None:
    return min((time for time in times if time is not None), default=None)


def end_recording(
    entry: RecordingEntry,
    rules: RecordingRules,
    *,
    reason: str,
    duration_ms: int,
    size: int,
    error: str | None,
    now: float,
) -> RecordingEntry:
    """Return *entry* once its file of *size* bytes is complete, or has failed with *error*.

    A recording with a file is kept also if it has failed: it has all up to the failure.
    """
    ended = msgspec.structs.replace(
        entry, duration_ms=duration_ms, size=size, reason=reason, error=_short(error)
    )
    if size == 0:
        return msgspec.structs.replace(
            ended,
            state=RecordingState.FAILED,
            file=None,
            due=None,
            error=ended.error or EMPTY,
        )
    until = _after(rules.local_s, now)
    if rules.uploads:
        return msgspec.structs.replace(ended, state=RecordingState.LOCAL, due=now)
    return msgspec.structs.replace(
        ended, state=RecordingState.LOCAL, local_until=until, due=until
    )


def begin_upload(entry: RecordingEntry, now: float, lease_s: float) -> RecordingEntry:
    """Return *entry* while it is uploaded; a process that dies begins anew after *lease_s*."""
    return msgspec.structs.replace(
        entry,
        state=RecordingState.UPLOADING,
        tries=entry.tries + 1,
        first_try=entry.first_try or now,
        due=now + lease_s,
    )


def resume_upload(entry: RecordingEntry, now: float) -> RecordingEntry:
    """Return *entry*, whose upload its process has not survived, to be tried at once."""
    return msgspec.structs.replace(entry, state=RecordingState.LOCAL, due=now)


def finish_upload(
    entry: RecordingEntry, rules: RecordingRules, url: str, now: float
) -> RecordingEntry:
    """Return *entry* once it is at *url*."""
    until = _after(rules.local_s, now) if rules.keeps_local else now
    remote_until = _after(rules.remote_s, now)
    return msgspec.structs.replace(
        entry,
        state=RecordingState.UPLOADED,
        url=url,
        error=None,
        local_until=until,
        remote_until=remote_until,
        due=_earliest(until, remote_until),
    )


def fail_upload(
    entry: RecordingEntry, rules: RecordingRules, error: str, now: float, chance: float
) -> RecordingEntry:
    """Return *entry* after a try that has failed: tried again, or given up with its file kept."""
    due = now + retry_pause_s(entry.tries, chance)
    if entry.first_try is not None and due - entry.first_try > rules.give_up_s:
        until = _after(rules.local_s, now)
        return msgspec.structs.replace(
            entry,
            state=RecordingState.FAILED,
            error=_short(error),
            local_until=until,
            due=until,
        )
    return msgspec.structs.replace(
        entry, state=RecordingState.LOCAL, error=_short(error), due=due
    )


def retry_upload(entry: RecordingEntry, now: float) -> RecordingEntry:
    """Return *entry*, whose upload was given up, to be tried from the beginning."""
    return msgspec.structs.replace(
        entry,
        state=RecordingState.LOCAL,
        tries=0,
        first_try=None,
        due=now,
        local_until=None,
    )


def delete_recording(entry: RecordingEntry, now: float) -> RecordingEntry:
    """Return *entry* as deleted; its node deletes what there is of it, as soon as it can."""
    is_there = entry.file is not None or entry.url is not None
    return msgspec.structs.replace(
        entry, state=RecordingState.DELETED, due=now if is_there else None
    )


def on_deleted(
    entry: RecordingEntry, task: RecordingTask, now: float
) -> RecordingEntry:
    """Return *entry* once *task*, a deletion, is done; without any file it is deleted."""
    file = None if task is RecordingTask.DELETE_LOCAL else entry.file
    url = None if task is RecordingTask.DELETE_REMOTE else entry.url
    if file is None and url is None:
        state, due = RecordingState.DELETED, None
    elif entry.state is RecordingState.DELETED:
        state, due = entry.state, now
    else:
        state = entry.state
        due = _earliest(
            entry.local_until if file else None, entry.remote_until if url else None
        )
    return msgspec.structs.replace(entry, state=state, file=file, url=url, due=due)


def fail_deletion(entry: RecordingEntry, error: str, now: float) -> RecordingEntry:
    """Return *entry* after a deletion that has failed: it is tried again for ever."""
    return msgspec.structs.replace(
        entry, error=_short(error), due=now + LONGEST_PAUSE_S
    )


def _short(error: str | None) -> str | None:
    return None if error is None else error[:MAX_ERROR]
