"""CallDirectory: finds a request or call by its id, live or ended, to show or end it."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from ccxml.events import Event
from engine.applications import (
    ApplicationSession,
    SessionRegistry,
    TracesView,
    traces_view,
)
from engine.calls.call_session import CallSession
from engine.calls.live_calls import LiveCalls
from engine.model.call_order import CallOrder, OrderTaken
from engine.model.call_record import CallRecord
from engine.model.disposition import EndRequester
from engine.model.outbound_request import Action
from engine.model.recording import CallRecordingStatus, RecordingOrder
from engine.model.result import RefusedError
from engine.records.record_view import ladder_view, record_view
from engine.records.record_writer import RecordWriter
from engine.store import Store, StoreError
from engine.store.database_refusal import database_refusal

View = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FoundCall:
    """A request or a call: its record, itself while it is live, and the calls of its
    application.
    """

    record: CallRecord
    live: CallSession | ApplicationSession | None = None
    calls: list["FoundCall"] = field(default_factory=list)

    @property
    def is_live(self) -> bool:
        """Whether it, or one of its calls, is live in this process."""
        return any(call.live is not None for call in (self, *self.calls))

    def view(self) -> View:
        """Its JSON view, see ``RecordView``."""
        view = record_view(self.record)
        if isinstance(self.live, CallSession):
            view["state"] = self.live.state.value
        if self.record.action == Action.START_APPLICATION:
            view["calls"] = [call.view() for call in self.calls]
        return view

    def full_view(self) -> View:
        """Its JSON view with the SIP ladder of each call."""
        view = self.view()
        if "calls" in view:
            view["calls"] = [call.full_view() for call in self.calls]
        if ladder := self._ladder:
            view |= ladder_view(ladder)
        return view

    @property
    def _ladder(self) -> str | None:
        if isinstance(self.live, CallSession):
            return self.live.ladder
        return self.record.ladder


class CallDirectory(Protocol):
    """What can be asked of calls and applications, and done to them, on the whole platform.

    *application* is the id of the one whose calls may be seen; None: all. Every method
    raises RefusedError when the database cannot be read, or a node that may know the
    answer does not reply.
    """

    async def list_live(
        self, application: str | None, idempotency_key: str | None = None
    ) -> list[View]:
        """The views of the live calls, oldest first; with *idempotency_key* only those
        of its request.
        """

    async def show(self, identity: str, application: str | None) -> View | None:
        """The full view of the call or request *identity*, see ``RecordView``; None if
        there is none.
        """

    async def end(
        self, identity: str, application: str | None
    ) -> tuple[View, bool] | None:
        """End the call or application *identity*.

        Returns its view and whether it was live; None if there is none.
        """

    async def trace(self, identity: str, application: str | None) -> TracesView | None:
        """The traces of the sessions of the request *identity*; None if there is no such request.

        The list is empty if its sessions have ended too long ago.
        """

    async def order_recording(
        self, identity: str, application: str | None, order: RecordingOrder
    ) -> CallRecordingStatus | None:
        """Have the recording of the live call *identity* be as *order* says.

        Returns how it stands then; None if there is no such call. Also raises RefusedError
        for a call that has ended, or may not be recorded.
        """

    async def order(
        self, identity: str, application: str | None, order: CallOrder
    ) -> OrderTaken | None:
        """Carry out *order* on the live call *identity*, whose stream runs.

        None: there is no such call. Also raises RefusedError for a call that has ended, has
        no stream, or cannot take the order now.
        """

    async def inject(
        self, full_id: str, event: Event, account: str | None = None
    ) -> None:
        """Give the live session *full_id* an event from outside; raises RefusedError.

        *account*: refuse sessions of other accounts (None: any).
        """


class Lookup(CallDirectory):
    """A ``CallDirectory`` of what is live in this process and what is recorded."""

    def __init__(
        self,
        store: Store,
        recorder: RecordWriter,
        calls: LiveCalls,
        applications: SessionRegistry,
    ) -> None:
        self._store = store
        self._recorder = recorder
        self._calls = calls
        self._applications = applications

    async def list_live(
        self, application: str | None, idempotency_key: str | None = None
    ) -> list[View]:
        return [
            FoundCall(call.record(), call).view()
            for call in self._calls
            if application is None or call.order.application.id == application
            if idempotency_key is None or call.order.idempotency_key == idempotency_key
        ]

    async def show(self, identity: str, application: str | None) -> View | None:
        entry = await self.find_visible(identity, application)
        return None if entry is None else entry.full_view()

    async def end(
        self, identity: str, application: str | None
    ) -> tuple[View, bool] | None:
        entry = await self.find_visible(identity, application)
        if entry is None:
            return None
        is_live = self._end(entry)
        return entry.view(), is_live

    def _end(self, entry: FoundCall) -> bool:
        """Hang up the call or kill the session; returns False if it has ended already."""
        match entry.live:
            case CallSession():
                is_live = not entry.live.is_over
                self._calls.hang_up(entry.live, EndRequester.CLIENT)
                return is_live
            case ApplicationSession():
                entry.live.kill("its end was asked for", EndRequester.CLIENT)
                return True
        return False

    async def trace(self, identity: str, application: str | None) -> TracesView | None:
        entry = await self.find_visible(identity, application)
        if entry is None:
            return None
        uuid = entry.record.application_uuid or ""
        return traces_view(self._applications.traces(uuid))

    async def order_recording(
        self, identity: str, application: str | None, order: RecordingOrder
    ) -> CallRecordingStatus | None:
        call = await self._find_to_order(identity, application)
        return None if call is None else await self._calls.recordings.order(call, order)

    async def order(
        self, identity: str, application: str | None, order: CallOrder
    ) -> OrderTaken | None:
        call = await self._find_to_order(identity, application)
        if call is None:
            return None
        await self._applications.streams.order(call, order)
        return OrderTaken(call.id)

    async def _find_to_order(
        self, identity: str, application: str | None
    ) -> CallSession | None:
        """Like ``find_visible``; raises RefusedError for what is no call that lives."""
        entry = await self.find_visible(identity, application)
        if entry is None:
            return None
        if not isinstance(entry.live, CallSession):
            text = "It is no call that lives."
            raise RefusedError.conflict(text)
        return entry.live

    async def inject(
        self, full_id: str, event: Event, account: str | None = None
    ) -> None:
        self._applications.inject(full_id, event, account)

    async def find_visible(
        self, identity: str, application: str | None
    ) -> FoundCall | None:
        """Like ``find``; None also if the call is not one of *application* (None: any)."""
        entry = await self.find(identity)
        if entry is None or application not in (None, entry.record.application):
            return None
        return entry

    async def find(self, identity: str) -> FoundCall | None:
        """A request by its application UUID, or a call that lives or is not written yet
        by its own id.

        Raises RefusedError when the database cannot be read.
        """
        if call := self._calls.find(identity):
            return FoundCall(call.record(), call)
        waiting = self._recorder.find(identity)
        if waiting is not None and waiting.action != Action.START_APPLICATION:
            return FoundCall(waiting)
        live, unwritten = (
            self._calls.calls_of_request(identity),
            self._recorder.records_of_request(identity),
        )
        try:
            records = await self._store.find_records_of(identity)
        except StoreError as error:
            raise database_refusal(error) from error
        # The newest copy of a record wins. One that was not written yet when the database was
        # asked may be written by now, and gone from those that wait: hence both looks.
        by_id = {record.id: record for record in [*unwritten, *records]}
        by_id |= {
            record.id: record for record in self._recorder.records_of_request(identity)
        }
        if (record := by_id.pop(identity, None)) is None:
            return None
        sessions = self._applications.sessions_of_request(identity)
        calls = {identity: FoundCall(record) for identity, record in by_id.items()}
        for call in [*live, *self._calls.calls_of_request(identity)]:
            calls[call.id] = FoundCall(call.record(), call)
        oldest_first = sorted(calls.values(), key=lambda entry: entry.record.received)
        return FoundCall(record, sessions[0] if sessions else None, oldest_first)
