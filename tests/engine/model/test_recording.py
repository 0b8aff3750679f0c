"""What is done with a recording when: uploads, retries, retention, deletions."""

import pytest
from msgspec.structs import replace

from engine.model.recording import (
    EMPTY,
    LONGEST_PAUSE_S,
    RecordingEntry,
    RecordingRules,
    RecordingState,
    RecordingTask,
    begin_upload,
    delete_recording,
    end_recording,
    fail_upload,
    finish_upload,
    next_task,
    on_deleted,
    resume_upload,
    retry_pause_s,
    retry_upload,
)

BEGUN = RecordingEntry("r", "call", "node", started=0.0, file="r.wav")
S3 = RecordingRules(uploads=True)
LOCAL, REMOTE = RecordingTask.DELETE_LOCAL, RecordingTask.DELETE_REMOTE


def ended(
    rules: RecordingRules, *, size: int = 1000, error: str | None = None
) -> RecordingEntry:
    """A recording that ended at 10 s."""
    return end_recording(
        BEGUN,
        rules,
        reason="asked",
        duration_ms=30,
        size=size,
        error=error,
        now=10.0,
    )


def uploaded(rules: RecordingRules) -> RecordingEntry:
    """The same at 20 s, in the store."""
    entry = begin_upload(ended(rules), 15.0, 60.0)
    return finish_upload(entry, rules, "s3://b/r.wav", 20.0)


def test_without_a_store_it_is_kept_as_long_as_files_are() -> None:
    assert next_task(BEGUN, 1e9) is None
    assert next_task(ended(RecordingRules()), 1e9) is None
    entry = ended(RecordingRules(local_s=100.0))
    assert entry.state is RecordingState.LOCAL
    assert (next_task(entry, 109.0), next_task(entry, 110.0)) == (None, LOCAL)
    gone = on_deleted(entry, LOCAL, 110.0)
    assert (gone.state, gone.file, gone.due) == (RecordingState.DELETED, None, None)


def test_it_is_uploaded_at_once_and_deleted_here() -> None:
    assert next_task(ended(S3), 10.0) is RecordingTask.UPLOAD
    entry = uploaded(S3)
    assert entry.state is RecordingState.UPLOADED
    assert next_task(entry, 20.0) is LOCAL
    left = on_deleted(entry, LOCAL, 21.0)
    assert (left.state, left.file, left.url) == (
        RecordingState.UPLOADED,
        None,
        "s3://b/r.wav",
    )
    assert next_task(left, 1e9) is None


def test_retention_here_and_there() -> None:
    rules = RecordingRules(
        uploads=True, keeps_local=True, local_s=100.0, remote_s=200.0
    )
    entry = uploaded(rules)
    assert next_task(entry, 119.0) is None
    assert next_task(entry, 120.0) is LOCAL
    entry = on_deleted(entry, LOCAL, 120.0)
    assert (next_task(entry, 219.0), next_task(entry, 220.0)) == (None, REMOTE)
    assert on_deleted(entry, REMOTE, 220.0).state is RecordingState.DELETED


def test_nothing_is_deleted_here_before_it_is_uploaded() -> None:
    rules = RecordingRules(uploads=True, local_s=0.0)
    entry = begin_upload(ended(rules), 15.0, 60.0)
    failed = fail_upload(entry, rules, "away", 16.0, 0.0)
    assert next_task(failed, 1e9) is RecordingTask.UPLOAD


def test_an_upload_is_tried_again_until_it_is_given_up_and_the_file_stays() -> None:
    entry, now = ended(S3), 10.0
    for _ in range(2000):
        entry = begin_upload(entry, now, 60.0)
        entry = fail_upload(entry, S3, "away", now, 1.0)
        if entry.state is RecordingState.FAILED:
            break
        assert entry.due is not None
        assert next_task(entry, entry.due - 0.1) is None
        now = entry.due
    assert entry.state is RecordingState.FAILED
    assert S3.give_up_s - LONGEST_PAUSE_S <= now - 10.0 <= S3.give_up_s
    assert (entry.file, entry.error, next_task(entry, 1e9)) == ("r.wav", "away", None)
    again = retry_upload(entry, now)
    assert (next_task(again, now), again.tries) == (RecordingTask.UPLOAD, 0)


@pytest.mark.parametrize(
    ("tries", "chance", "pause"),
    [(1, 0.0, 1.0), (1, 1.0, 2.0), (3, 1.0, 8.0), (50, 0.0, 300.0), (50, 1.0, 600.0)],
)
def test_pauses_between_tries(tries: int, chance: float, pause: float) -> None:
    assert retry_pause_s(tries, chance) == pause


def test_a_process_that_dies_leaves_an_upload_to_the_next() -> None:
    entry = begin_upload(ended(S3), 15.0, 60.0)
    assert next_task(entry, 74.0) is None
    assert next_task(entry, 75.0) is RecordingTask.UPLOAD
    assert next_task(resume_upload(entry, 16.0), 16.0) is RecordingTask.UPLOAD


def test_what_was_cut_short_is_kept_and_what_never_began_has_failed() -> None:
    entry = ended(RecordingRules(), error="disk")
    assert (entry.state, entry.file, entry.error) == (
        RecordingState.LOCAL,
        "r.wav",
        "disk",
    )
    none = ended(S3, size=0, error="disk")
    assert (none.state, none.file, none.due) == (RecordingState.FAILED, None, None)
    assert none.error == "disk"
    assert ended(S3, size=0).error == EMPTY


def test_a_deletion_takes_both_in_turn() -> None:
    rules = RecordingRules(uploads=True, keeps_local=True)
    entry = delete_recording(uploaded(rules), 30.0)
    assert entry.state is RecordingState.DELETED
    assert next_task(entry, 30.0) is LOCAL
    entry = on_deleted(entry, LOCAL, 30.0)
    assert next_task(entry, 30.0) is REMOTE
    assert next_task(on_deleted(entry, REMOTE, 30.0), 1e9) is None
    nothing = replace(entry, url=None)
    assert delete_recording(nothing, 30.0).due is None
