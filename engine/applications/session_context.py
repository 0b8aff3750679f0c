"""Host: what the parts of a running application see of it, and what they work with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from ccxml import Document, commands
from ccxml.events import Event
from ccxml.session import Moved
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
"""What a session takes at a time of the loop's clock."""

Commands = TypeVar("Commands")
"""What a session asks for."""

Actions = Mapping[type, Callable[[Any], None]]
"""What carries out each kind of command."""


@dataclass(frozen=True, slots=True)
class ApplicationServices:
    """What applications work with."""

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
    """What an application is started with."""

    application: Application
    application_uuid: str
    startup_mode: str  # newcall, external, createccxml
    values: Mapping[str, Any] = field(default_factory=dict)
    request: OutboundRequest | None = None  # defaults for its calls
    session_id: str = field(default_factory=lambda: new_id().replace("-", ""))
    parent: "SessionContext | None" = None
    record: CallRecord | None = None  # of the request, to be closed when it ends


class SessionContext(Protocol):
    """A running application."""

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
        """Sessions that it has started and that have not ended."""

    def receive(self, event: Event) -> bool:
        """Let the document know; False if it is over, or too much waits already."""

    def emit(self, name: str, **fields: Any) -> None:
        """Let the document know of what the platform has done or could not do."""

    def crash(self, error: Exception) -> None:
        """A defect of ours has cost something that the document has asked for.

        It is told once, by ``error.outring.internal``; another crash ends the session.
        """

    def post(self, work: Work) -> None:
        """Do *work* with the session when it is its turn."""

    def post_fetched(
        self,
        fetch_id: str,
        content: Document | str,
        texts: Mapping[str, str],
        fields: Mapping[str, Any],
    ) -> None:
        """A fetch has succeeded; see ``ccxml.session.Session.fetched``."""

    def add_trace_step(self, make_step: Callable[[float], TraceStep]) -> None:
        """Keep a *make_step*, at so many seconds from the start, for who looks at the session."""

    def adopt_connection(self, connection: Connection, moved: Moved) -> None:
        """Own a connection that was another session's."""


class Directory(Protocol):
    """Who knows all sessions of this node, and lets them run."""

    async def run(
        self, work: Callable[[float], Commands], at: float, application: str
    ) -> Commands:
        """Do *work* with a session of *application*."""

    def session_ended(self, session: SessionContext, exited: commands.Exited) -> None:
        """The session is over. Exactly once."""

    def session_of_same_account(
        self, session: SessionContext, session_id: str
    ) -> SessionContext | None:
        """A live session of the same account, by its id or full id."""

    def is_elsewhere(self, session_id: str) -> bool:
        """Whether it is the full id of a session of another node."""

    async def deliver(
        self, session: SessionContext, full_id: str, event: Event
    ) -> None:
        """Give an event to a session of another node and the same account.

        Raises RefusedError.
        """

    async def create(
        self, parent: SessionContext, order: commands.CreateSession
    ) -> None:
        """Start the session that a document asks for; tells *parent*."""
