"""RecordingView: a recording as the API and the command line show it."""

from typing import Annotated

import msgspec
from msgspec import Meta

from engine.model.iso_time import format_time
from engine.model.recording import RecordingEntry, RecordingKind, RecordingState

Time = Annotated[str, Meta(description="ISO 8601, UTC.")]


class RecordingView(msgspec.Struct, omit_defaults=True):
    """A recording of a call. Members that are not known are absent."""

    id: str
    call: Annotated[str, Meta(description="The id of its call, callIndexFull.")]
    node: Annotated[str, Meta(description="The process that has its local file.")]
    kind: Annotated[RecordingKind, Meta(description="call: both sides of a call.")]
    state: Annotated[
        RecordingState,
        Meta(
            description="recording: its call lives; local: its file is complete; failed: "
            "nothing was recorded, or its upload was given up and the file is still local."
        ),
    ]
    start: Time
    channels: Annotated[int, Meta(description="2: left the far end, right outring.")]
    isLocal: Annotated[bool, Meta(description="Whether its node has the file.")]  # noqa: N815
    applicationUUID: str | None = None  # noqa: N815
    accountId: str | None = None  # noqa: N815
    applicationId: str | None = None  # noqa: N815
    durationMs: int | None = None  # noqa: N815
    size: Annotated[int | None, Meta(description="Bytes.")] = None
    reason: Annotated[str | None, Meta(description="What has ended it.")] = None
    url: Annotated[str | None, Meta(description="Where it was uploaded to.")] = None
    tries: Annotated[int, Meta(description="Tries to upload it.")] = 0
    due: Annotated[
        str | None, Meta(description="When something is done with it; ISO 8601.")
    ] = None
    localUntil: Annotated[  # noqa: N815
        str | None, Meta(description="When its file is deleted; ISO 8601.")
    ] = None
    remoteUntil: Annotated[  # noqa: N815
        str | None, Meta(description="When what was uploaded is deleted; ISO 8601.")
    ] = None
    error: Annotated[str | None, Meta(description="Why the last try has failed.")] = (
        None
    )


def recording_view(entry: RecordingEntry) -> RecordingView:
    """Make *entry* a view."""
    return RecordingView(
        id=entry.id,
        call=entry.call,
        node=entry.node,
        kind=entry.kind,
        state=entry.state,
        start=format_time(entry.started),
        channels=entry.channels,
        isLocal=entry.file is not None,
        applicationUUID=entry.application_uuid,
        accountId=entry.account,
        applicationId=entry.application,
        durationMs=entry.duration_ms,
        size=entry.size,
        reason=entry.reason,
        url=entry.url,
        tries=entry.tries,
        due=_iso(entry.due),
        localUntil=_iso(entry.local_until),
        remoteUntil=_iso(entry.remote_until),
        error=entry.error,
    )


def _iso(time: float | None) -> str | None:
    return None if time is None else format_time(time, "milliseconds")
