"""Line: one connection of a document and the call behind it."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from ccxml.events import Event
from engine.calls.call_session import CallSession
from sip.events import CallProgress, Digit, Ended, LegId, MediaEvent, Referred
from sip.extra_headers import Headers
from sip.message import Response
from sip.uri import SipUri

from .connection_events import ConnectionEvents

REFER_LIMIT_S = 60.0  # so long may a far end take to call somebody else

Emit = Callable[[Event], object]
Outcome = Callable[[int, str], None]
"""What to do with the status and the reason of a transfer."""


class Media(Protocol):
    """Told of which leg a connection is."""

    def add(self, connection_id: str, leg: LegId) -> None:
        """The connection is answered."""

    def remove(self, connection_id: str) -> list[tuple[str, str]]:
        """The connection is over; what it was joined with."""


class DialogInput(Protocol):
    """A dialog with a connection."""

    @property
    def hears(self) -> bool:
        """Whether digits are for it."""

    def on_media(self, event: MediaEvent) -> None:
        """Take what the call tells of its media."""

    def on_hung_up(self) -> None:
        """The connection is over; the dialog ends before this returns."""


class Connection:
    """A ``Listener`` of its call; tells its document in CCXML's words.

    *tell* is exchanged when the connection moves to another session.
    """

    def __init__(
        self,
        events: ConnectionEvents,
        emit: Emit,
        media: Media,
        on_removed: Callable[["Connection"], None],
    ) -> None:
        """*on_removed* is called when nothing is left of the connection."""
        self.events = events
        self.emit = emit
        self.on_removed = on_removed
        self.call: CallSession | None = None
        self.placing: asyncio.Task[None] | None = None
        self.on_answer: Callable[[], object] | None = (
            None  # bridges what joinid asked for
        )
        self.dialogs: list[DialogInput] = []
        """Dialogs that have started, which are told before the document is."""
        self._media = media
        self._transfer: Outcome | None = None
        self._has_progressed = False
        self._has_answered = False
        self._is_merged = False
        self._defers_end = False
        self._deferred_end: Event | None = None  # not told while it is held

    @property
    def id(self) -> str:
        """Identity of the connection."""
        return self.events.id

    # -- what the document asks for ----------------------------------------------

    def hang_up(self, headers: Headers = ()) -> None:
        """End the connection in whatever state it is."""
        if self.call is not None:
            self.call.hang_up(headers)
        elif self.placing is not None:
            self.placing.cancel()

    def refer(self, to: SipUri | LegId, headers: Headers, outcome: Outcome) -> None:
        """Send the far end to somebody else by REFER (RFC 3515)."""
        assert self.call is not None
        if self.is_busy:
            outcome(491, "Request Pending")
            return
        self._transfer = outcome
        self.call.refer(to, headers, limit_s=REFER_LIMIT_S)

    @property
    def is_busy(self) -> bool:
        """Whether a transfer is under way that it is part of."""
        return self._defers_end or self._transfer is not None

    @property
    def is_answered(self) -> bool:
        """Whether the far end can hear something."""
        return self._has_answered and self.call is not None and not self.call.is_over

    def defer_end(self) -> None:
        """Keep its end back: the far end hangs up once a merge has replaced our call.

        Until ``merged`` or ``release``, RFC 3891 section 3.
        """
        self._defers_end = True

    def emit_deferred_end(self) -> None:
        """It is not merged: its end is told, if it has come."""
        self._defers_end = False
        if self._deferred_end is not None:
            self.emit(self._deferred_end)

    def on_not_placed(self, event: Event) -> None:
        """No INVITE has left, as *event* tells."""
        self.on_removed(self)
        self.emit(event)

    def on_merged(self, other_id: str) -> None:
        """The far ends talk to each other: our leg ends, which tells nothing new."""
        self._is_merged, self._defers_end = True, False
        self._end_dialogs()
        self.emit(self.events.merged(other_id))
        self.hang_up()

    # -- what the call tells -----------------------------------------------------

    def on_progress(self, call: CallSession, response: Response) -> None:  # noqa: ARG002
        """See ``Listener``."""
        if self._has_progressed:
            self.emit(self.events.signal(response))
        else:
            self._has_progressed = True
            self.emit(self.events.progressing(response))

    def on_answered(self, call: CallSession, response: Response) -> None:
        """See ``Listener``."""
        self._has_answered = True
        self._media.add(self.id, call.leg_id)
        if self.on_answer is not None:
            self.on_answer()  # its failure has to be known before the answer
        self.emit(self.events.connected(response))

    def on_refer_outcome(self, event: Referred) -> None:
        """See ``Listener``."""
        self._end_transfer(event.status, event.reason)

    def on_media(self, call: CallSession, event: MediaEvent) -> None:  # noqa: ARG002
        """See ``Listener``."""
        is_taken = any(dialog.hears for dialog in self.dialogs)
        for dialog in list(self.dialogs):
            dialog.on_media(event)
        if isinstance(event, Digit) and not is_taken:
            self.emit(self.events.digit(event))
        if isinstance(event, CallProgress) and event.type is not None:
            for answered_by in self.events.answered_by(event.type):
                self.emit(answered_by)

    def _end_dialogs(self) -> None:
        for dialog in list(self.dialogs):
            dialog.on_hung_up()

    def _end_transfer(self, status: int, reason: str) -> None:
        outcome, self._transfer = self._transfer, None
        if outcome is not None:
            outcome(status, reason)

    def on_ended(self, call: CallSession, end: Ended) -> None:
        """See ``Listener``."""
        self._end_transfer(481, "The call has ended")
        self._end_dialogs()
        self._unjoin()
        if self._has_answered:
            event = self.events.disconnected(end)
        else:
            event = self.events.failed(end, was_dropped=call.was_hung_up)
        if self._defers_end:
            self._deferred_end = event
        elif not self._is_merged:
            self.emit(event)
        self.on_removed(self)

    def _unjoin(self) -> None:
        for id1, id2 in self._media.remove(self.id):
            fields = {"id1": id1, "id2": id2}
            self.emit(Event("conference.unjoined", fields, self.id))
