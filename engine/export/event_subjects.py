"""Event subjects: the subject of NATS that an event is published to. Pure."""

from urllib.parse import quote

from engine.model.event_entry import EventEntry
from engine.model.event_type import EventType

NOBODY = "-"  # in the place of an account or application that an event has not
_CDR = "cdr"
_APPLICATION = "application"
_EVENT = "event"
_TOPICS = {
    EventType.CALL_ENDED.value: _CDR,
    EventType.REQUEST_REFUSED.value: _APPLICATION,
    EventType.APPLICATION_STARTED.value: _APPLICATION,
    EventType.APPLICATION_ENDED.value: _APPLICATION,
}


def find_subject(entry: EventEntry, prefix: str) -> str:
    """Return the subject of *entry*: prefix, topic, account, application and type.

    The topics are those of the reference platform: ``cdr`` has the end of each call,
    ``application`` what becomes of applications and refused requests, ``event`` the rest.
    """
    topic = _TOPICS.get(entry.type, _EVENT)
    subject = entry.subject
    owners = (_to_token(subject.account), _to_token(subject.application))
    kind = ".".join(_to_token(part) for part in entry.type.split("."))
    return ".".join((prefix, topic, *owners, kind))


def _to_token(text: str | None) -> str:
    """Return *text* as one token: what has a meaning in subjects is percent-encoded."""
    return quote(text, safe="").replace(".", "%2E") if text else NOBODY
