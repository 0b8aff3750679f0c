"""SessionContext: how the parts of a session see the session, and the services they work with."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from ccxml import Document
from ccxml.commands import Delivery, Exited
from ccxml.events import Event
from ccxml.session import MovedEndpoint
from engine.audio import Sounds
from engine.calls.call_placer import CallPlacer
from engine.calls.call_session import CallSession
from engine.calls.live_calls import LiveCalls
from engine.dialogs import Recordings
from engine.dialogs.voicexml.sessions import VoiceXmlSessions
from engine.events.event_sequence import EventSequence
from engine.fetch import CcxmlDocuments, Fetcher, WebSession
from engine.model.call_record import CallRecord
from engine.model.disposition import EndRequester
from engine.model.ids import new_id
from engine.model.outbound_request import OutboundRequest
from engine.platform.objects import Application
from engine.store.campaigns.agent_log import AgentLog
from engine.store.current_platform import CurrentPlatform
from engine.tasks.background_tasks import BackgroundTasks
from engine.telemetry.metrics import Metrics
from engine.telemetry.statistics import Statistics
from sip.extra_headers import Headers

from .application_events import ApplicationEvents
from .connection import Connection
from .live_connections import LiveConnections
from .media_bridge import MediaBridge
from .session_address import SessionAddress
from .session_core import SessionCore
from .session_inbox import SessionInbox, Work
from .session_trace import Trace
from .slow_lane import SlowLane
from .trace_steps import TraceStep

INTERNAL = "error.outring.internal"
"""The event for a defect of ours, for which CCXML has none."""
DEFECT = "Internal Error"

Actions = Mapping[type, Callable[[Any], None]]
"""What carries out each type of command."""

Inject = Callable[[str, Event, str | None], Awaitable[None]]
"""Takes the full id of a session, an event for it, and its account (None: any)."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ApplicationServices:
    """The parts of this node that sessions work with, the same for all of them."""

    placer: CallPlacer
    calls: LiveCalls
    platform: CurrentPlatform
    statistics: Statistics
    metrics: Metrics
    fetcher: Fetcher
    documents: CcxmlDocuments
    media: MediaBridge
    sounds: Sounds
    recordings: Recordings
    vxml_sessions: VoiceXmlSessions
    tasks: BackgroundTasks
    directory: "SessionDirectory"
    slow_lane: SlowLane
    agents: AgentLog


@dataclass(frozen=True, slots=True)
class Launch:
    """What a session is started with, and on whose behalf.

    *values* become ``session.values``. *request* gives defaults for the session's
    calls. *web* has the cookies that its document came with. *record* is that of a
    ``startApplication``, which is completed when the session ends, and *events* are told in
    its name.
    """

    application: Application
    application_uuid: str
    startup_mode: str  # newcall, external, createccxml
    values: Mapping[str, Any] = field(default_factory=dict)
    request: OutboundRequest | None = None  # gives defaults for its calls
    session_id: str = field(default_factory=lambda: new_id().replace("-", ""))
    parent: "SessionContext | None" = None
    record: CallRecord | None = None  # of startApplication, completed at the end
    web: WebSession = field(default_factory=WebSession)
    events: EventSequence | None = None  # of startApplication


class SessionContext:
    """A running session, as its connections, conferences, dialogs and messages see it.

    It says who the session is and whom it may ask, and takes whatever its document has
    to be told. The ``ApplicationSession`` runs it.
    """

    def __init__(
        self,
        launch: Launch,
        address: SessionAddress,
        core: SessionCore,
        services: ApplicationServices,
        uri: str,
    ) -> None:
        """*uri* is that of the session's first document."""
        self.launch = launch
        self.address = address
        self.core = core
        self.services = services
        self.connections = LiveConnections()
        self.children: set[str] = set()
        """The ids of the sessions that it has created and that have not ended."""
        self.inbox = SessionInbox()
        self.has_ended = False
        self.killed_by: EndRequester | None = None
        """Who has ended it from outside; None: it ends by itself, if it ends."""
        self.has_crashed = False
        self.events: ApplicationEvents | None = None
        """What the event log is told of it; None: it has not begun."""
        self._loop = asyncio.get_running_loop()
        began = self._loop.time()
        self.trace = Trace(launch.application_uuid, str(address), uri, began)

    @property
    def id(self) -> str:
        """The session's id, which ids of its connections and messages begin with."""
        return self.address.session_id

    @property
    def web(self) -> WebSession:
        """The session's cookies, which all its fetches and messages take along."""
        return self.launch.web

    @property
    def full_id(self) -> str:
        """The session's address as text, under which it takes events from outside."""
        return str(self.address)

    # -- what the document is told -----------------------------------------------

    def receive(self, event: Event) -> bool:
        """Queue *event* for the document. Returns False if the session has ended.

        Also False for an event from outside (``is_sent``, or a signal of a connection)
        while too many wait.
        """
        return not self.has_ended and self.inbox.offer(event)

    def emit(self, name: str, **fields: Any) -> None:
        """Queue an event of the platform, called *name* and with *fields*."""
        self.receive(Event(name, fields, self.id))

    def emit_sent(self, message: Delivery, **fields: Any) -> None:
        """Queue ``send.successful`` for *message*."""
        self.emit("send.successful", sendid=message.send_id, **fields)

    def emit_unsent(
        self, message: Delivery, error: str, reason: str, **fields: Any
    ) -> None:
        """Queue *error*, an ``error.send``, for *message*; *reason* is one sentence."""
        known = {"sendid": message.send_id, "tagname": "send", "reason": reason}
        self.emit(error, **known, **fields)

    def post(self, work: Work) -> None:
        """Queue *work* behind the events that wait.

        It is called with the time of its turn, in seconds of the loop's clock, and returns
        commands, which are carried out like those of an event.
        """
        if not self.has_ended:
            self.inbox.put(work)

    def post_fetched(
        self,
        fetch_id: str,
        content: Document | str,
        texts: Mapping[str, str],
        fields: Mapping[str, Any],
    ) -> None:
        """Queue the success of a fetch; see ``SessionCore.on_fetched``."""
        core = self.core
        self.post(lambda now: core.on_fetched(fetch_id, content, now, texts, fields))

    def crash(self, error: Exception) -> None:
        """Report a defect of ours that has cost something the document asked for.

        It is logged. The first one reaches the document as ``error.outring.internal``;
        a further one ends the session.
        """
        self.log_crash(error)
        if not self.has_crashed:
            self.has_crashed = True
            self.emit(INTERNAL, reason=DEFECT)
        elif not self.has_ended:
            self.inbox.put_first(lambda _: [Exited(None, {}, DEFECT)])

    def log_crash(self, error: Exception) -> None:
        """Log a defect of ours."""
        uuid = self.launch.application_uuid
        log.error("application_crashed", applicationUUID=uuid, exc_info=error)

    def add_trace_step(self, make_step: Callable[[float], TraceStep]) -> None:
        """Add to the trace what *make_step* returns for the seconds since the session's start."""
        self.trace.add([make_step(self._loop.time() - self.trace.began)])

    def hang_up(self, call: CallSession, headers: Headers) -> None:
        """End *call* of this session, on behalf of its document or of whoever has killed it."""
        requester = self.killed_by or EndRequester.APPLICATION
        self.services.calls.hang_up(call, requester, headers)

    # -- connections that move ---------------------------------------------------

    def release_connection(self, connection: Connection) -> MovedEndpoint | None:
        """Take *connection* out of the session, together with every event about it that
        waits here or in the core; None if it cannot be given away.
        """
        moved = self.core.release_endpoint(connection.id)
        if moved is None:
            return None
        self.connections.release(connection)
        about = self.inbox.take_events_about(connection.id)
        return replace(moved, events=(*moved.events, *about))

    def adopt_connection(self, connection: Connection, moved: MovedEndpoint) -> None:
        """Take over *connection*, which another session has moved here, with its events *moved*.

        A session that has ended hangs it up.
        """
        if self.has_ended:  # nobody here would talk to it
            connection.hang_up()
            return
        connection.emit, connection.on_removed = self.receive, self.connections.remove
        connection.on_hang_up = self.hang_up
        self.connections.add(connection)
        core = self.core
        self.post(lambda now: core.adopt_endpoint(moved, now))


class SessionDirectory:
    """The live sessions of this node by id, and the way to those of other nodes."""

    def __init__(self, node: str) -> None:
        """*node* is the name of this node."""
        self.node = node
        self.inject_elsewhere: Inject | None = None
        """Gives an event to a session of another node; None where there are no others."""
        self._by_id: dict[str, SessionContext] = {}

    def add(self, session: SessionContext) -> None:
        """Add a session, so that it can be found."""
        self._by_id[session.id] = session

    def remove(self, session: SessionContext) -> None:
        """Remove a session, which has ended."""
        del self._by_id[session.id]

    def find(self, session_id: str) -> SessionContext | None:
        """The live session with the id or full id *session_id*, or None."""
        return self._by_id.get(session_id) or self.find_by_full_id(session_id)

    def find_by_full_id(self, full_id: str) -> SessionContext | None:
        """The live session with this full id, or None."""
        address = SessionAddress.parse(full_id)
        session = None if address is None else self._by_id.get(address.session_id)
        return session if session is not None and session.address == address else None

    def find_of_same_account(
        self, session: SessionContext, session_id: str
    ) -> SessionContext | None:
        """The live session with the id or full id *session_id*, if it has the account
        of *session*.
        """
        other = self.find(session_id)
        account = session.launch.application.account
        return other if other and other.launch.application.account == account else None

    def is_elsewhere(self, session_id: str) -> bool:
        """Whether *session_id* is a full id that names another node."""
        address = SessionAddress.parse(session_id)
        is_other = address is not None and address.node != self.node
        return is_other and self.inject_elsewhere is not None

    async def send_elsewhere(
        self, session: SessionContext, full_id: str, event: Event
    ) -> None:
        """Give *event* to a session of another node, which has to have the account of *session*.

        Raises RefusedError.
        """
        assert self.inject_elsewhere is not None
        await self.inject_elsewhere(full_id, event, session.launch.application.account)
