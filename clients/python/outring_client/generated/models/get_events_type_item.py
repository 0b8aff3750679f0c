from typing import Literal

GetEventsTypeItem = Literal[
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

GET_EVENTS_TYPE_ITEM_VALUES: set[GetEventsTypeItem] = {
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


def check_get_events_type_item(value: str) -> GetEventsTypeItem:
    if value in GET_EVENTS_TYPE_ITEM_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {GET_EVENTS_TYPE_ITEM_VALUES!r}"
    )
