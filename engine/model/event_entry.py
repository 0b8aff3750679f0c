"""EventEntry: an event as it stands in the event log. Pure."""

from typing import NamedTuple

import msgspec

from .call_record import CallRecord
from .event_data import EventData
from .event_type import EventType

FINAL_TYPES = frozenset((EventType.CALL_ENDED, EventType.REQUEST_REFUSED))
"""Types of which each call or refused request has exactly one event. An application that was
started without a call ends with ``application.ended``."""

_ENCODE = msgspec.json.Encoder().encode


class EventSubject(NamedTuple):
    """What an event is about: a call, or a request or application, which has an id of its
    own, too; and whom that belongs to.

    ``call`` is the id of its record. ``received`` is when it was asked for, in seconds
    since 1970, as its record has it: events are found by that.
    """

    call: str
    received: float
    application_uuid: str | None = None
    account: str | None = None
    application: str | None = None
    webhook: str | None = None
    """The webhook that the request names by its hint ``webhook``."""
    traceparent: str | None = None
    """The trace of the request's client (W3C Trace Context §3.2)."""

    @classmethod
    def of_record(cls, record: CallRecord) -> "EventSubject":
        """Return the subject of the events of the call or request with *record*."""
        return cls(
            *(record.id, record.received, record.application_uuid),
            account=record.account,
            application=record.application,
        )


class EventEntry(NamedTuple):
    """An event of the log. ``seq`` counts the events of its subject from 1, without holes."""

    subject: EventSubject
    seq: int
    at: float
    """When it happened, in seconds since 1970."""
    type: str
    """An ``EventType``; or what a newer program has written to the database."""
    data: str
    """What it tells, an ``EventData`` as JSON."""
    position: int = 0
    """Its place in the log of the platform, in the order in which events are committed;
    0: it is not in the database yet."""
    ends_record: bool = False
    """Whether it tells of the end of its record, with which it is written in one transaction;
    only of what is not in the database yet."""

    @property
    def id(self) -> str:
        """Its name, unique over all nodes; the same however often it is delivered."""
        return f"{self.subject.call}_{self.seq}"


def encode_data(data: EventData) -> str:
    """Return *data* as JSON; half a surrogate pair, which no JSON can hold, becomes ``?``."""
    try:
        return _ENCODE(data).decode()
    except UnicodeEncodeError:
        values = msgspec.to_builtins(data)
        clean = {
            name: value.encode(errors="replace").decode()
            if isinstance(value, str)
            else value
            for name, value in values.items()
        }
        return _ENCODE(clean).decode()
