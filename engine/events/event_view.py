"""Event views: events of the log as the API, streams and webhooks show them in JSON."""

from typing import Annotated

import msgspec
from msgspec import Meta

from engine.model.event_entry import EventEntry
from engine.model.event_type import EventType
from engine.model.iso_time import format_time

_ENCODE = msgspec.json.Encoder().encode


class EventView(
    msgspec.Struct,
    frozen=True,
    omit_defaults=True,
    rename={"application_uuid": "applicationUUID"},
):
    """One event of a call, of an application, or of a request that was refused."""

    id: Annotated[
        str,
        Meta(
            description="Unique, and the same however often the event is delivered: "
            "whoever gets it twice tells by this."
        ),
    ]
    type: Annotated[
        str, Meta(extra_json_schema={"enum": [kind.value for kind in EventType]})
    ]
    call: Annotated[str, Meta(description="The callIndexFull of its record.")]
    seq: Annotated[
        int, Meta(description="Counts the events of this call from 1, without holes.")
    ]
    at: Annotated[
        str,
        Meta(
            description="When it happened; ISO 8601, UTC.",
            extra_json_schema={"format": "date-time"},
        ),
    ]
    data: Annotated[
        msgspec.Raw,
        Meta(
            description="What it tells, by its type.",
            extra_json_schema={"type": "object"},
        ),
    ]
    application_uuid: str | None = None
    account: str | None = None
    application: str | None = None


def event_view(entry: EventEntry) -> EventView:
    """Return *entry* as it is shown."""
    subject = entry.subject
    return EventView(
        *(entry.id, entry.type, subject.call, entry.seq),
        at=format_time(entry.at),
        data=msgspec.Raw(entry.data.encode()),
        application_uuid=subject.application_uuid,
        account=subject.account,
        application=subject.application,
    )


def encode_event(entry: EventEntry) -> bytes:
    """Return *entry* as it is shown, in one line of JSON."""
    return _ENCODE(event_view(entry))
