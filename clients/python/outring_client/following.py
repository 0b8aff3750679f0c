"""Following the events of one call or application, as steps."""

import json

import httpx

from .event_stream import COMMENT, EventStreamParser, StreamEvent
from .generated.api.calls import get_call_events
from .generated.models.event_view import EventView
from .generated.types import UNSET
from .retries import Retries
from .steps import Open, Read, Steps, send_until_answered

SILENCE_S = 20.0
"""After so many seconds without a sign of life, which should come at once and then every 15,
a stream counts as cut."""
REOPENED_S = 1.0
"""A stream is asked for anew if it could be silent for longer by that than may be waited."""
GAP = "gap"
_DECISIVE = frozenset(
    {
        COMMENT,  # the events may be late: they are written behind the call
        GAP,
        "call.answered",
        "call.progress",
        "call.ended",
        "request.refused",
        "application.started",
        "application.ended",
    }
)


class Follower:
    """Reads the stream of events of *application_uuid*; goes on where it was cut off."""

    def __init__(self, application_uuid: str, retries: Retries) -> None:
        self._application_uuid = application_uuid
        self._retries = retries
        self._last_id = ""
        self._parser: EventStreamParser | None = None  # None: no stream is open
        self.is_mute = False
        """Whether nothing came of the last stream, as where a proxy collects all of it first."""
        self._silence_s = SILENCE_S

    @property
    def is_open(self) -> bool:
        """Whether there is a stream to read."""
        return self._parser is not None

    def open(self, limit_s: float = SILENCE_S) -> Steps[httpx.Response]:
        """Ask for what has not been read yet, and return the answer, which is read unless it
        is the stream. The stream ends after *limit_s* of silence. Raises UnreachableError.
        """
        self._silence_s = min(SILENCE_S, limit_s)
        request = get_call_events._get_kwargs(
            self._application_uuid, last_event_id=self._last_id or UNSET
        )
        request["headers"]["Accept"] = "text/event-stream"
        response = yield from send_until_answered(
            Open(request, self._silence_s), self._retries
        )
        self._parser = EventStreamParser() if is_event_stream(response) else None
        self.is_mute = self.is_open
        return response

    def read(self) -> Steps[list[StreamEvent]]:
        """Wait for the next part of the stream; nothing, and not open any more, if it has ended."""
        part = yield Read()
        if self._parser is None or not isinstance(part, bytes) or not part:
            self._parser = None
            return []
        self.is_mute = False
        events = self._parser.feed(part)
        self._last_id = next((it.id for it in events[::-1] if it.id), self._last_id)
        return events

    def read_until_decisive(self, limit_s: float) -> Steps[bool]:
        """Read the stream, which is open, until the call may be in another state than
        before; False: it has been cut. Takes *limit_s* of silence at most.
        """
        if limit_s < self._silence_s - REOPENED_S:
            yield from self.open(limit_s)
        while self.is_open:
            events = yield from self.read()
            if any(event.type in _DECISIVE for event in events):
                return True
        return False


def is_event_stream(response: httpx.Response) -> bool:
    """Whether *response* is a stream of events."""
    kind = response.headers.get("Content-Type", "")
    return response.is_success and kind.startswith("text/event-stream")


def read_event(event: StreamEvent) -> EventView | None:
    """Return what *event* tells; None for what is no event of a call, or of a type that only
    a newer outring has.
    """
    if event.type in (COMMENT, GAP):
        return None
    try:
        return EventView.from_dict(json.loads(event.data))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
