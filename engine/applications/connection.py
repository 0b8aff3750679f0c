"""Connection: one connection of a document and the call behind it."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from ccxml.events import Event
from engine.calls.call_session import CallObserver, CallSession
from sip.events import (
    CallProgress,
    Digit,
    Ended,
    LegId,
    MediaEvent,
    Referred,
    ToneFound,
)
from sip.extra_headers import Headers
from sip.message import Response
from sip.uri import SipUri

from .connection_events import ConnectionEvents
from .connection_state import (
    ConnectionCause,
    ConnectionReport,
    ConnectionState,
    transition,
)
from .media_bridge import MediaBridge

_BUSY = frozenset({ConnectionState.MERGING, ConnectionState.ENDED_IN_MERGE})
_ANSWERED = frozenset(
    {ConnectionState.CONNECTED, ConnectionState.MERGING, ConnectionState.MERGED}
)
_UNANSWERED = frozenset({ConnectionState.CALLING, ConnectionState.PROGRESSING})
# From the ring limit until the document is told without the far end, which may not even
# be there: then no CANCEL can be sent (RFC 3261 §9.1), and the call ends after half a minute.
RING_GRACE_S = 0.5
REFER_LIMIT_S = 60.0  # from REFER to the final NOTIFY; then the transfer has failed

Emit = Callable[[Event], object]
HangUp = Callable[[CallSession, Headers], None]
Outcome = Callable[[int, str], None]
"""Takes the final SIP status of a transfer (RFC 3515) and its reason phrase."""


class DialogInput(Protocol):
    """A dialog that has started on a connection, as the connection sees it."""

    @property
    def hears(self) -> bool:
        """Whether digits go to the dialog, and so not to the document."""

    def on_media(self, event: MediaEvent) -> None:
        """Take a digit, or the end of something that was played or recorded."""

    def on_hung_up(self) -> None:
        """Learn that the call has ended.

        A dialog of outring has ended when this returns; a VoiceXML session may still
        run to send its last values.
        """


class Connection(CallObserver):
    """A ``CallObserver``: turns what its call reports into events of CCXML (1.0,
    chapter 10) for the document.

    Between ``createcall`` and the answer of the ``CallPlacer`` it has no call but a
    *placing* task. *emit*, *on_removed* and *on_hang_up* are replaced when the connection
    moves to another session.
    """

    def __init__(
        self,
        events: ConnectionEvents,
        emit: Emit,
        media: MediaBridge,
        on_hang_up: HangUp,
        on_removed: Callable[["Connection"], None],
    ) -> None:
        """*emit* takes the events, *on_hang_up* ends the call; *on_removed* is called once,
        when the connection is over.
        """
        self.events = events
        self.emit = emit
        self.on_removed = on_removed
        self.on_hang_up = on_hang_up
        self.call: CallSession | None = None
        self.placing: asyncio.Task[None] | None = None
        # Joins what the ``joinid`` of the createcall names.
        self.on_answer: Callable[[], object] | None = None
        self.dialogs: list[DialogInput] = []
        """Dialogs that have started; they take events of the call before the document."""
        self._media = media
        self._transfer: Outcome | None = None
        self._state = ConnectionState.CALLING
        self._held_end: Event | None = None  # its end, in ENDED_IN_MERGE
        self._ring_timer: asyncio.TimerHandle | None = None

    @property
    def id(self) -> str:
        """The id of the connection, as the document sees it."""
        return self.events.id

    def attach(self, call: CallSession) -> None:
        """Observe *call*, whose INVITE is about to be sent, and hold it to its ring limit."""
        call.observer, self.call = self, call
        self._ring_timer = asyncio.get_running_loop().call_later(
            call.ring_limit_s + RING_GRACE_S, self._on_ring_limit, call
        )

    # -- commands of the document ------------------------------------------------

    def hang_up(self, headers: Headers = ()) -> None:
        """End the connection in whatever state it is; *headers* go into the CANCEL or BYE."""
        if self.call is not None:
            self.on_hang_up(self.call, headers)
        elif self.placing is not None:
            self.placing.cancel()

    def refer(self, to: SipUri | LegId, headers: Headers, outcome: Outcome) -> bool:
        """Transfer the far end to *to* by REFER (RFC 3515); *outcome* gets the final SIP status.

        The connection must be answered. While another transfer runs, *outcome* gets 491
        at once. Returns whether the far end was asked.
        """
        assert self.call is not None
        if self.is_busy:
            outcome(491, "Request Pending")
            return False
        self._transfer = outcome
        self.call.refer(to, headers, limit_s=REFER_LIMIT_S)
        return True

    @property
    def is_busy(self) -> bool:
        """Whether a transfer is under way, of this connection or with it as the target
        of a merge.
        """
        return self._state in _BUSY or self._transfer is not None

    @property
    def is_answered(self) -> bool:
        """Whether the call was answered and has not ended, so that it has media."""
        is_live = self.call is not None and not self.call.is_over
        return is_live and self._state in _ANSWERED

    def _note(self, cause: ConnectionCause) -> ConnectionReport:
        """Take the next state; returns what has to be reported of it."""
        self._state, report = transition(self._state, cause)
        return report

    def defer_end(self) -> None:
        """Hold back the event of this connection's end while a merge with it is under way.

        When the merge succeeds, the far end replaces our call and hangs up on us (RFC
        3891, section 3), perhaps before the outcome of the REFER is known.
        ``on_merged`` or ``emit_deferred_end`` has to follow.
        """
        self._note(ConnectionCause.MERGE_BEGUN)

    def emit_deferred_end(self) -> None:
        """Emit the end that was held back, if it has come: the merge has failed."""
        report = self._note(ConnectionCause.MERGE_FAILED)
        if report is ConnectionReport.HELD_END and self._held_end is not None:
            self.emit(self._held_end)

    def on_not_placed(self, event: Event) -> None:
        """Remove the connection and emit *event*: no INVITE was sent."""
        self.on_removed(self)
        self.emit(event)

    def on_merged(self, other_id: str) -> None:
        """End our leg, since its far end talks to that of *other_id* directly from now on.

        The document gets ``connection.merged`` and no other end.
        """
        if self._note(ConnectionCause.MERGED) is ConnectionReport.MERGED:
            self._end_dialogs()
            self.emit(self.events.make_merged(other_id))
            self.hang_up()

    # -- events of the call ------------------------------------------------------

    def on_progress(self, call: CallSession, response: Response) -> None:  # noqa: ARG002
        report = self._note(ConnectionCause.PROVISIONAL)
        if report is ConnectionReport.PROGRESSING:
            self.emit(self.events.make_progressing(response))
        elif report is ConnectionReport.SIGNAL:
            self.emit(self.events.make_signal(response))

    def on_answered(self, call: CallSession, response: Response) -> None:
        if self._note(ConnectionCause.ANSWERED) is not ConnectionReport.CONNECTED:
            return
        self._media.add(self.id, call.leg_id)
        if self.on_answer is not None:
            self.on_answer()  # before the answer: an error of the join comes first
        self.emit(self.events.make_connected(response))

    def _on_ring_limit(self, call: CallSession) -> None:
        if self._state in _UNANSWERED:
            self._give_up(call)

    def on_hang_up_unconfirmed(self, call: CallSession) -> None:
        self._give_up(call)

    def _give_up(self, call: CallSession) -> None:
        """End the connection, though the far end has not confirmed the end of *call*."""
        call.observer = _HangUpOnAnswer(self.on_hang_up)
        self.on_ended(call, call.make_cancelled_end())

    def on_refer_outcome(self, event: Referred) -> None:
        self._end_transfer(event.status, event.reason)

    def on_media(self, call: CallSession, event: MediaEvent) -> None:  # noqa: ARG002
        is_taken = any(dialog.hears for dialog in self.dialogs)
        for dialog in list(self.dialogs):
            dialog.on_media(event)
        if isinstance(event, Digit) and not is_taken:
            self.emit(self.events.make_digit(event))
        if isinstance(event, CallProgress) and event.type is not None:
            for answered_by in self.events.make_answered_by(event.type):
                self.emit(answered_by)
        if isinstance(event, ToneFound):
            self.emit(self.events.make_tone(event.type))

    def _end_dialogs(self) -> None:
        for dialog in list(self.dialogs):
            dialog.on_hung_up()

    def _end_transfer(self, status: int, reason: str) -> None:
        outcome, self._transfer = self._transfer, None
        if outcome is not None:
            outcome(status, reason)

    def on_ended(self, call: CallSession, end: Ended) -> None:
        if self._ring_timer is not None:
            self._ring_timer.cancel()
        self._end_transfer(481, "The call has ended")
        self._end_dialogs()
        self._unjoin()
        report = self._note(ConnectionCause.CALL_ENDED)
        if report is ConnectionReport.FAILED:
            self.emit(
                self.events.make_failed(
                    end,
                    was_dropped=call.was_hung_up,
                    verdict=call.findings.tones.verdict,
                )
            )
        elif report is ConnectionReport.DISCONNECTED:
            self.emit(self.events.make_disconnected(end))
        elif report is ConnectionReport.HOLD_END:
            self._held_end = self.events.make_disconnected(end)
        self.on_removed(self)

    def _unjoin(self) -> None:
        for id1, id2 in self._media.remove(self.id):
            fields = {"id1": id1, "id2": id2}
            self.emit(Event("conference.unjoined", fields, self.id))


class _HangUpOnAnswer(CallObserver):
    """Observes a call whose document was told of its end: nobody is there to answer to."""

    def __init__(self, hang_up: HangUp) -> None:
        self._hang_up = hang_up

    def on_progress(self, call: CallSession, response: Response) -> None:
        """Nothing."""

    def on_answered(self, call: CallSession, response: Response) -> None:  # noqa: ARG002
        self._hang_up(call, ())

    def on_refer_outcome(self, event: Referred) -> None:
        """Nothing."""

    def on_media(self, call: CallSession, event: MediaEvent) -> None:
        """Nothing."""

    def on_hang_up_unconfirmed(self, call: CallSession) -> None:
        """Nothing."""

    def on_ended(self, call: CallSession, end: Ended) -> None:
        """Nothing."""
