"""The types of events of the event log. Pure, and without what events tell."""

from enum import StrEnum


class EventType(StrEnum):
    """What an event tells."""

    CALL_QUEUED = "call.queued"  # it has its slots, and is about to be placed
    CALL_SENT = "call.sent"  # an INVITE of it was sent
    CALL_RINGING = "call.ringing"  # its first provisional response above 100
    CALL_ANSWERED = "call.answered"
    CALL_PROGRESS = "call.progress"  # what has answered, or a tone of the network
    CALL_DTMF = "call.dtmf"
    CALL_DIALOG_STARTED = "call.dialog.started"
    CALL_DIALOG_ENDED = "call.dialog.ended"
    CALL_RECORDING_STARTED = "call.recording.started"
    CALL_RECORDING_PAUSED = "call.recording.paused"  # of the whole call
    CALL_RECORDING_RESUMED = "call.recording.resumed"
    CALL_RECORDING_ENDED = "call.recording.ended"
    CALL_STREAM_STARTED = "call.stream.started"  # its WebSocket is open
    CALL_STREAM_LOST = "call.stream.lost"
    CALL_STREAM_RESUMED = "call.stream.resumed"
    CALL_STREAM_ENDED = "call.stream.ended"
    CALL_TRANSFER_STARTED = "call.transfer.started"
    CALL_TRANSFER_ENDED = "call.transfer.ended"
    CALL_ENDED = (
        "call.ended"  # exactly once for each call, in one transaction with its record
    )
    REQUEST_REFUSED = "request.refused"  # the only event of a request without a call
    APPLICATION_STARTED = "application.started"
    APPLICATION_ENDED = "application.ended"
    CAMPAIGN_CHANGED = "campaign.changed"  # it was started, paused, finished, cancelled
