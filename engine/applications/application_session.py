"""ApplicationSession: one running session of CCXML, or of VoiceXML on its call.

The session of ``ccxml`` or of ``voicexml/`` decides; this carries out its commands in
their order and gives the outcomes back as events. Each application session has one task
and one inbox. Nothing here waits but that task and what its parts start.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import structlog

from ccxml import Document
from ccxml import commands as c
from ccxml.events import KILL, KILL_UNCONDITIONAL, Event
from ccxml.session import MovedEndpoint, Session, SessionInfo, Step
from engine.calls.call_session import CallSession
from engine.dialogs.voicexml.documents import EntryDocument
from engine.fetch import Loaded
from engine.model.result import RefusedError, Result

from .conferences import Conferences
from .connection import Connection
from .connections import Connections
from .dialogs import Dialogs
from .send_and_fetch import SendAndFetch
from .session_context import Actions, ApplicationServices, Directory, Launch, Work
from .session_trace import Trace
from .trace_steps import TraceEnd, TraceStep, steps_of

if TYPE_CHECKING:
    from .voicexml.application import VoiceXmlApplication

INBOX = 200  # events that wait; above that, those from outside are refused
LOG_CHARS = 2000  # what is logged of one ``log`` element; the rest is cut off
SIGNAL = "connection.signal"  # counts as from outside: digits may come without end
INTERNAL = "error.outring.internal"
"""The event for a defect of ours, for which CCXML has none."""
DEFECT = "Internal Error"
UNSUPPORTED = frozenset({"accept", "reject"})  # there are no inbound calls

log = structlog.get_logger()


class ApplicationSession:
    """A ``SessionContext``: runs one session from its start to its end, with its
    connections, conferences, dialogs and messages.

    It lives on the loop; a step of the session itself may run in the thread of the
    ``SlowLane``. Call ``prepare``, then exactly one of ``begin`` and ``discard``.
    """

    def __init__(
        self,
        launch: Launch,
        loaded: Loaded | EntryDocument,
        services: ApplicationServices,
        directory: Directory,
        *,
        full_id: str,
        io_processors: Mapping[str, str],
        lease: str | None = None,
    ) -> None:
        """Make a session of the document *loaded*, which has not begun.

        *io_processors* are the URIs at which the session takes events from outside, by
        name (CCXML 1.0, ``session.ioprocessors``). *lease* holds slots that were
        acquired for its first call; they are given back at its end if it places none.
        """
        self.launch = launch
        self.services = services
        self.directory = directory
        self.id = launch.session_id
        self.full_id = full_id
        self.exited: c.Exited | None = None
        self.children: set[str] = set()
        self.idle_since: float | None = None
        self.killed_at: float | None = None
        self.has_begun = False
        self._has_crashed = False
        self.is_start_cancelled = False
        self.uri = loaded.document.uri
        self._loop = asyncio.get_running_loop()
        self.began = self._loop.time()
        self.trace = Trace(launch.application_uuid, full_id, self.uri, self.began)
        self.started: asyncio.Future[None] = self._loop.create_future()
        """Done once ``ccxml.loaded`` has been taken, however that went."""
        self._steps: list[Step] = []
        self._session = self._make_session(loaded, io_processors)
        self._inbox: deque[Work | Event] = deque()
        self._has_work = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due: float | None = None
        self.live_connections: dict[str, Connection] = {}
        self._conferences = Conferences(self, self.live_connections)
        self._connections = Connections(
            self,
            self.live_connections,
            lease,
            release_endpoint=self._release_endpoint,
            join=self._conferences.join,
        )
        first = {self.uri: loaded} if isinstance(loaded, EntryDocument) else {}
        self._dialogs = Dialogs(self, self.live_connections, first)
        self._send_and_fetch = SendAndFetch(
            self,
            io_processors,
            {
                "connection": self._connections.deliver,
                "dialog": self._dialogs.deliver,
            },
        )
        self._actions: Actions = {
            **self._connections.actions,
            **self._conferences.actions,
            **self._send_and_fetch.actions,
            **self._dialogs.actions,
            c.WriteLog: self._log,
            c.Exited: self._finish,
        }

    def _make_session(
        self, loaded: Loaded | EntryDocument, io_processors: Mapping[str, str]
    ) -> "Session | VoiceXmlApplication":
        launch = self.launch
        info = SessionInfo(
            id=self.id,
            full_id=self.full_id,
            parent_id=launch.parent.id if launch.parent else None,
            startup_mode=launch.startup_mode,
            values=launch.values,
            io_processors=io_processors,
        )
        if isinstance(loaded, EntryDocument):
            from .voicexml.application import VoiceXmlApplication

            return VoiceXmlApplication(self.uri, info, self._steps)
        return Session(
            loaded.document,
            info,
            texts=loaded.texts,
            steps=self._steps,
            unsupported=UNSUPPORTED,
        )

    # -- life cycle --------------------------------------------------------------

    async def prepare(self) -> None:
        """Run what stands before the event processor: the document's own variables and scripts.

        If that fails, ``exited`` is set afterwards and holds the reason.
        """
        await self._step(self._session.prepare)

    def adopt_call(self, call: CallSession) -> Connection:
        """Make *call*, which a request has asked for, a connection of this session.

        Raises RefusedError if the document has ended before its call was placed.
        """
        if self.exited is not None:
            text = f"{self.uri} has ended before its call was placed."
            raise RefusedError(Result.CCXML_ERROR, text)
        return self._connections.adopt_call(call)

    def begin(self) -> None:
        """Start the session's task: it takes ``ccxml.loaded``, then every event until
        the document exits.
        """
        self.has_begun = True
        self.services.metrics.ccxml_sessions.inc()
        self.services.tasks.start(self._run())

    async def _run(self) -> None:
        try:
            await self._step(self._session.start)
        except Exception as error:  # noqa: BLE001 - logged there
            self._end_crashed(error)
        self._mark_started()
        while self.exited is None:
            work = await self._wait_for_work()
            try:
                await self._step(work)
            except Exception as error:  # noqa: BLE001 - logged there
                if self._has_crashed:  # its document may cause it, over and over
                    self._end_crashed(error)
                else:
                    self.crash(error)
        self._break_cycles()

    def crash(self, error: Exception) -> None:
        """See ``SessionContext``."""
        self._log_crash(error)
        if not self._has_crashed:
            self._has_crashed = True
            self.emit(INTERNAL, reason=DEFECT)
        elif self.exited is None:
            self._inbox.appendleft(lambda _: [c.Exited(None, {}, DEFECT)])
            self._has_work.set()

    def _end_crashed(self, error: Exception) -> None:
        self._log_crash(error)
        self._finish(c.Exited(None, {}, DEFECT))

    def _log_crash(self, error: Exception) -> None:
        uuid = self.launch.application_uuid
        log.error("application_crashed", applicationUUID=uuid, exc_info=error)

    def _break_cycles(self) -> None:
        """Drop the parts, each of which refers to this session, so that no cycle waits
        for the garbage collector.

        Whoever comes later finds ``exited`` set and does not ask for the parts.
        """
        self._actions = {}
        del self._connections, self._conferences, self._send_and_fetch, self._dialogs

    async def _wait_for_work(self) -> Work:
        while not self._inbox:
            self._has_work.clear()
            await self._has_work.wait()
        first = self._inbox.popleft()
        if isinstance(first, Event):
            return lambda at: self._session.receive(first, at)
        return first

    def _release_endpoint(self, identity: str) -> MovedEndpoint | None:
        """Take the connection *identity* out of the session, together with every event
        about it that waits here or in the session.
        """
        moved = self._session.release_endpoint(identity)
        if moved is None:
            return None
        about = [
            event
            for event in self._inbox
            if isinstance(event, Event) and event.fields.get("connectionid") == identity
        ]
        for event in about:
            self._inbox.remove(event)
        return replace(moved, events=(*moved.events, *about))

    def _mark_started(self) -> None:
        if not self.started.done():
            self.started.set_result(None)

    async def _step(self, work: Work) -> None:
        at = self._loop.time()
        commands = await self.directory.run(work, at, self.launch.application.id)
        if self.exited is not None:
            return  # discarded while its step ran in the slow lane
        self.trace.add(steps_of(at - self.began, self._steps, commands))
        self._steps.clear()
        for command in commands:  # none may cost the others: the session has gone on
            self._perform(self._actions[type(command)], command)
        if self.exited is None and self.has_begun:
            self._set_timer(self._session.next_timer())

    def _perform(self, act: Callable[..., None], *arguments: object) -> None:
        try:
            act(*arguments)
        except Exception as error:  # noqa: BLE001 - logged there
            self.crash(error)

    def _set_timer(self, due: float | None) -> None:
        if due == self._timer_due:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._timer_due = None, due
        if due is not None:  # also if it is due now: others have their turn first
            self._timer = self._loop.call_at(due, self._on_timer)

    def _on_timer(self) -> None:
        self._timer, self._timer_due = None, None
        self.post(self._session.handle_timer)

    def discard(self) -> None:
        """End a session that has not begun, since its call was not answered."""
        self._finish(c.Exited(None, {}))
        self._break_cycles()

    def kill(self, reason: str) -> None:
        """Send the document ``ccxml.kill``; a second time send
        ``ccxml.kill.unconditional``, which ends it.

        *reason* becomes the field of that name.
        """
        name = KILL if self.killed_at is None else KILL_UNCONDITIONAL
        self.killed_at = self._loop.time()
        event = Event(name, {"sessionid": self.id, "reason": reason}, self.full_id)
        self._enqueue(event)

    def cancel_start(self, reason: str) -> None:
        """Kill a session that its requester no longer waits for.

        The request is refused with a record of its own, so that this session's end
        writes none.
        """
        self.is_start_cancelled = True
        self.kill(reason)

    def _finish(self, exited: c.Exited) -> None:
        if self.exited is not None:
            return
        self.exited = exited
        self.trace.ending = TraceEnd.of(self._loop.time() - self.began, exited)
        self._set_timer(None)
        parts = (
            self._dialogs,
            self._connections,
            self._conferences,
            self._send_and_fetch,
        )
        for end in (*(part.end for part in parts), self._session.close):
            self._perform(end)
        self._mark_started()
        if (parent := self.launch.parent) is not None and self.has_begun:
            parent.children.discard(self.id)
            parent.receive(_exit_of(self.id, exited))
        self.directory.session_ended(self, exited)

    # -- events ------------------------------------------------------------------

    @property
    def is_over(self) -> bool:
        """See ``SessionContext``."""
        return self.exited is not None

    def receive(self, event: Event) -> bool:
        """See ``SessionContext``."""
        if self.exited is not None:
            return False
        is_from_outside = event.is_sent or event.name == SIGNAL
        if is_from_outside and len(self._inbox) >= INBOX:
            return False
        self._enqueue(event)
        return True

    def emit(self, name: str, **fields: Any) -> None:
        """See ``SessionContext``."""
        self.receive(Event(name, fields, self.id))

    def post(self, work: Work) -> None:
        """See ``SessionContext``."""
        self._enqueue(work)

    def _enqueue(self, work: Work | Event) -> None:
        self._inbox.append(work)
        self._has_work.set()

    def post_fetched(
        self,
        fetch_id: str,
        content: Document | str,
        texts: Mapping[str, str],
        fields: Mapping[str, Any],
    ) -> None:
        """See ``SessionContext``."""
        self.post(
            lambda at: self._session.on_fetched(fetch_id, content, at, texts, fields)
        )

    def add_trace_step(self, make_step: Callable[[float], TraceStep]) -> None:
        """See ``SessionContext``."""
        self.trace.add([make_step(self._loop.time() - self.began)])

    def adopt_connection(self, connection: Connection, moved: MovedEndpoint) -> None:
        """See ``SessionContext``."""
        if self.exited is not None:  # nobody here would talk to it
            connection.hang_up()
            return
        self._connections.adopt(connection)
        self.post(lambda at: self._session.adopt_endpoint(moved, at))

    @property
    def is_idle(self) -> bool:
        """Whether nothing can happen any more without an event from outside: no
        connection, child session, timer, fetch or dialog that is being prepared.
        """
        return self.exited is not None or not (
            self.live_connections
            or self._send_and_fetch.is_waiting
            or self._dialogs.is_preparing
            or self.children
            or self._session.next_timer() is not None
        )

    # -- log ---------------------------------------------------------------------

    def _log(self, command: c.WriteLog) -> None:
        log.info(
            "application_log",
            applicationUUID=self.launch.application_uuid,
            label=command.label,
            text=command.text[:LOG_CHARS],
            line=command.line,
        )


def _exit_of(session_id: str, exited: c.Exited) -> Event:
    fields = {
        "sessionid": session_id,
        "expr": exited.expr,
        "namelist": " ".join(exited.namelist),
        "values": dict(exited.namelist),
        "reason": exited.reason or "exit",
    }
    return Event("ccxml.exit", fields, session_id)
