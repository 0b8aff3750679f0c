"""SessionContext: how the parts of a session see the session, and the services they work with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from ccxml import Document, commands
from ccxml.events import Event
from ccxml.session import MovedEndpoint
from engine.audio import Sounds
from engine.calls.call_placer import CallPlacer
from engine.calls.live_calls import LiveCalls
from engine.dialogs import Recordings
from engine.dialogs.voicexml.sessions import VoiceXmlSessions
from engine.fetch import CcxmlDocuments, Fetcher
from engine.model.call_record import CallRecord
from engine.model.ids import new_id
from engine.model.outbound_request import OutboundRequest
from engine.platform.objects import Application
from engine.store.current_platform import CurrentPlatform
from engine.tasks.background_tasks import BackgroundTasks
from engine.telemetry.metrics import Metrics
from engine.telemetry.statistics import Statistics

from .connection import Connection
from .media_bridge import MediaBridge
from .trace_steps import TraceStep

Work = Callable[[float], list[commands.Command]]
"""A step of a session: takes the time of the loop's clock, returns the commands."""

Commands = TypeVar("Commands")
"""What a step returns."""

Actions = Mapping[type, Callable[[Any], None]]
"""The method that carries out each type of command."""


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
    voices: VoiceXmlSessions
    tasks: BackgroundTasks


@dataclass(frozen=True, slots=True)
class Launch:
    """What a session is started with, and on whose behalf.

    *values* become ``session.values``. *request* gives defaults for the session's
    calls. *record* is that of a ``startApplication``, which is completed when the
    session ends.
    """

    application: Application
    application_uuid: str
    startup_mode: str  # newcall, external, createccxml
    values: Mapping[str, Any] = field(default_factory=dict)
    request: OutboundRequest | None = None  # gives defaults for its calls
    session_id: str = field(default_factory=lambda: new_id().replace("-", ""))
    parent: "SessionContext | None" = None
    record: CallRecord | None = None  # of startApplication, completed at the end


class SessionContext(Protocol):
    """A running session, as its connections, conferences, dialogs and messages see it."""

    launch: Launch
    services: ApplicationServices
    directory: "Directory"
    id: str
    full_id: str

    @property
    def is_over(self) -> bool:
        """Whether the session has ended."""

    @property
    def children(self) -> set[str]:
        """The ids of the sessions that it has created and that have not ended; may be changed."""

    def receive(self, event: Event) -> bool:
        """Queue *event* for the document. Returns False if the session has ended.

        Also False for an event from outside (``is_sent``, or a signal of a connection)
        while too many wait.
        """

    def emit(self, name: str, **fields: Any) -> None:
        """Queue an event of the platform, called *name* and with *fields*."""

    def crash(self, error: Exception) -> None:
        """Report a defect of ours that has cost something the document asked for.

        It is logged. The first one reaches the document as ``error.outring.internal``;
        a further one ends the session.
        """

    def post(self, work: Work) -> None:
        """Queue *work*, which is called with the session's time and returns its commands."""

    def post_fetched(
        self,
        fetch_id: str,
        content: Document | str,
        texts: Mapping[str, str],
        fields: Mapping[str, Any],
    ) -> None:
        """Queue the success of a fetch; see ``ccxml.session.Session.on_fetched``."""

    def add_trace_step(self, make_step: Callable[[float], TraceStep]) -> None:
        """Add to the trace what *make_step* returns for the seconds since the session's start."""

    def adopt_connection(self, connection: Connection, moved: MovedEndpoint) -> None:
        """Take over *connection*, which another session has moved here, with its events *moved*.

        A session that has ended hangs it up.
        """


class Directory(Protocol):
    """All sessions of this node, as one of them sees them: the ``SessionRegistry``."""

    async def run(
        self, work: Callable[[float], Commands], at: float, application: str
    ) -> Commands:
        """Return what *work* returns for *at*, seconds of the loop's clock.

        *application* is the id of the session's application: where its steps were slow,
        *work* runs beside the loop.
        """

    def session_ended(self, session: SessionContext, exited: commands.Exited) -> None:
        """Remove *session*, which has *exited*. Has to be called exactly once."""

    def session_of_same_account(
        self, session: SessionContext, session_id: str
    ) -> SessionContext | None:
        """The live session with the id or full id *session_id*, if it has the account
        of *session*.
        """

    def is_elsewhere(self, session_id: str) -> bool:
        """Whether *session_id* is a full id that names another node."""

    async def deliver(
        self, session: SessionContext, full_id: str, event: Event
    ) -> None:
        """Give *event* to a session of another node, which has to have the account of *session*.

        Raises RefusedError.
        """

    async def create(
        self, parent: SessionContext, order: commands.CreateSession
    ) -> None:
        """Load and begin the session of a ``createccxml``.

        *parent* gets ``ccxml.created`` or ``error.createccxml``.
        """
