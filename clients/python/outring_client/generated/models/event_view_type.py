from typing import Literal

EventViewType = Literal[
    "application.ended",
    "application.started",
    "call.answered",
    "call.dialog.ended",
    "call.dialog.started",
    "call.dtmf",
    "call.ended",
    "call.progress",
    "call.queued",
    "call.recording.ended",
    "call.recording.paused",
    "call.recording.resumed",
    "call.recording.started",
    "call.ringing",
    "call.sent",
    "call.stream.ended",
    "call.stream.lost",
    "call.stream.resumed",
    "call.stream.started",
    "call.transfer.ended",
    "call.transfer.started",
    "campaign.changed",
    "request.refused",
]

EVENT_VIEW_TYPE_VALUES: set[EventViewType] = {
    "application.ended",
    "application.started",
    "call.answered",
    "call.dialog.ended",
    "call.dialog.started",
    "call.dtmf",
    "call.ended",
    "call.progress",
    "call.queued",
    "call.recording.ended",
    "call.recording.paused",
    "call.recording.resumed",
    "call.recording.started",
    "call.ringing",
    "call.sent",
    "call.stream.ended",
    "call.stream.lost",
    "call.stream.resumed",
    "call.stream.started",
    "call.transfer.ended",
    "call.transfer.started",
    "campaign.changed",
    "request.refused",
}


def check_event_view_type(value: str) -> EventViewType:
    if value in EVENT_VIEW_TYPE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {EVENT_VIEW_TYPE_VALUES!r}"
    )
