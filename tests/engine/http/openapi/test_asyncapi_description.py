"""The AsyncAPI description: events of every type are as it says."""

import json
from typing import Any

import jsonschema_rs
import pytest

from engine.events.event_view import encode_event
from engine.http.openapi.asyncapi_description import describe_events
from engine.model import event_data as told
from engine.model.event_data import EventData
from engine.model.event_entry import EventEntry, EventSubject, encode_data
from engine.model.event_type import EventType
from tests.clients.typescript import CLIENT

DESCRIBED = describe_events()
MESSAGES = DESCRIBED["components"]["messages"]
EVENTS: tuple[EventData, ...] = (
    told.CallQueuedData("sip:a@b", "makeCall"),
    told.CallSentData(1, "sip:a@b", "call-id", "east"),
    told.CallRingingData(180, "Ringing"),
    told.CallAnsweredData(200, "OK", "call-id"),
    told.CallProgressData("human"),
    told.CallDtmfData("1", "rfc4733"),
    told.CallDialogStartedData("d", "audio/wav", "http://host/a.wav"),
    told.CallDialogEndedData("d", "It was too long."),
    told.CallRecordingStartedData(1),
    told.CallRecordingPausedData(1, "r"),
    told.CallRecordingResumedData(1, "r"),
    told.CallRecordingEndedData(1, "silence", 900.0),
    told.CallStreamStartedData("bots.example"),
    told.CallStreamLostData("The connection broke."),
    told.CallStreamResumedData("bots.example"),
    told.CallStreamEndedData("closed", frames_to_server=50),
    told.CallTransferStartedData(call="other"),
    told.CallTransferEndedData(200, "OK"),
    told.CallEndedData(
        result="Call failed", sip=told.SipEnd(486, "Busy"), attempts=1, total_ms=1.5
    ),
    told.RequestRefusedData("License limit", "refused", "licence", "All are in use."),
    told.ApplicationStartedData("s", "http://host/a.ccxml"),
    told.ApplicationEndedData("exit", session="s"),
    told.CampaignChangedData("spring", "paused", "busy route"),
)


META_SCHEMA = CLIENT / "node_modules/@asyncapi/specs/schemas/3.0.0-without-$id.json"
"""As the AsyncAPI Initiative publishes it."""


def test_it_is_a_document_of_asyncapi() -> None:
    document = json.loads(json.dumps(DESCRIBED))
    validator = jsonschema_rs.validator_for(json.loads(META_SCHEMA.read_text()))

    validator.validate(document)
    assert not validator.is_valid({**document, "channels": {"events": {"path": "/"}}})


def check(event: dict[str, Any]) -> None:
    """Raise ValidationError unless *event* is as its message is described."""
    payload = {**MESSAGES[event["type"]]["payload"], "components": components()}
    jsonschema_rs.validator_for(payload).validate(event)


def components() -> dict[str, Any]:
    return {"schemas": DESCRIBED["components"]["schemas"]}


def event_of(data: EventData) -> dict[str, Any]:
    entry = EventEntry(EventSubject("c", 1.0), 1, 2.0, data.type, encode_data(data))
    event: dict[str, Any] = json.loads(encode_event(entry))
    return event


@pytest.mark.parametrize("data", EVENTS, ids=lambda data: str(data.type.value))
def test_an_event_is_as_described(data: EventData) -> None:
    event = event_of(data)
    check(event)
    members = components()["schemas"][type(data).__name__]["properties"]

    assert set(event["data"]) <= set(members)


def test_an_event_of_another_form_is_not() -> None:
    with pytest.raises(jsonschema_rs.ValidationError):
        check(event_of(told.CallSentData(1, "sip:a@b", "i")) | {"data": {"attempt": 1}})


def test_every_type_is_described_and_was_tried() -> None:
    assert set(MESSAGES) == set(EventType) == {data.type for data in EVENTS}
    for channel in DESCRIBED["channels"].values():
        assert set(channel["messages"]) == set(MESSAGES)
