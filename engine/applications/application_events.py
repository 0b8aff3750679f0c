"""ApplicationEvents: what the event log is told of one session: its begin and its end."""

import time

from engine.events.event_sequence import EventSequence
from engine.model.call_record import ApplicationEnd
from engine.model.event_data import ApplicationEndedData, ApplicationStartedData
from engine.model.public_uri import public_uri, with_public_uris


class ApplicationEvents:
    """Tells of the session *session_id*, which runs the document *uri*, in *sequence*.

    That is the sequence of its call, of the request that has started it without one, or
    of its parent. With *ends_record* its end is the last event of the request.
    """

    def __init__(
        self,
        sequence: EventSequence,
        session_id: str,
        uri: str,
        *,
        ends_record: bool = False,
    ) -> None:
        self.sequence = sequence
        self.has_started = False
        self._session_id = session_id
        self._uri = uri
        self._ends_record = ends_record

    def on_started(self) -> None:
        """Tell that the document runs; a second time does nothing."""
        if not self.has_started:
            self.has_started = True
            started = ApplicationStartedData(self._session_id, public_uri(self._uri))
            self.sequence.append(started, time.time())

    def on_ended(self, end: ApplicationEnd) -> None:
        """Tell that the session, which has begun, has ended. Where that ends its record, the
        record has to be enqueued in the same turn of the loop.
        """
        reason = with_public_uris(end.reason)
        ended = ApplicationEndedData(end.how.value, reason, self._session_id)
        self.sequence.append(ended, time.time(), is_last=self._ends_record)
