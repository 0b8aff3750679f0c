"""Host: what the parts of a running application see of it, and what they work with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from ccxml import Document, commands
from ccxml.events import Event
from ccxml.session import Moved
from engine.audio import Sounds
from engine.calls.call_placer import Placer
from engine.calls.live_calls import Calls
from engine.dialogs import Recordings
from engine.dialogs.voicexml.sessions import Voices
from engine.fetch import Documents, Fetcher
from engine.model.call_record import Record
from engine.model.ids import new_id
from engine.model.outbound_request import OutboundRequest
from engine.platform.objects import Application
from engine.store.current_platform import CurrentPlatform
from engine.tasks.background_tasks import Tasks
from engine.telemetry.metrics import Metrics
from engine.telemetry.statistics import Statistics

from .connection import Line
from .media_bridge import Media
from .trace_steps import Moment

Work = Callable[[float], list[commands.Command]]
"""What a session takes at a time of the loop's clock."""

Asked = TypeVar("Asked")
"""What a session asks for."""

Actions = Mapping[type, Callable[[Any], None]]
"""What carries out each kind of command."""


@dataclass(frozen=True, slots=True)
class Services:
    """What applications work with."""

    placer: Placer
    calls: Calls
    platform: CurrentPlatform
    statistics: Statistics
    metrics: Metrics
    fetcher: Fetcher
    documents: Documents
    media: Media
    sounds: Sounds
    recordings: Recordings
    voices: Voices
    tasks: Tasks


@dataclass(frozen=True, slots=True)
class Launch:
    """What an application is started with."""

    application: Application
    application_uuid: str
    startup_mode: str  # newcall, external, createccxml
    values: Mapping[str, Any] = field(default_factory=dict)
    request: OutboundRequest | None = None  # defaults for its calls
    session_id: str = field(default_factory=lambda: new_id().replace("-", ""))
    parent: "Host | None" = None
    record: Record | None = None  # of the request, to be closed when it ends


class Host(Protocol):
    """A running application."""

    launch: Launch
    services: Services
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

    def tell(self, name: str, **fields: Any) -> None:
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

    def note(self, moment: Callable[[float], Moment]) -> None:
        """Keep a *moment*, at so many seconds from the start, for who looks at the session."""

    def adopt(self, line: Line, moved: Moved) -> None:
        """Own a connection that was another session's."""


class Directory(Protocol):
    """Who knows all sessions of this node, and lets them run."""

    async def run(
        self, work: Callable[[float], Asked], at: float, application: str
    ) -> Asked:
        """Do *work* with a session of *application*."""

    def ended(self, host: Host, exited: commands.Exited) -> None:
        """The session is over. Exactly once."""

    def neighbour(self, host: Host, session_id: str) -> Host | None:
        """A live session of the same account, by its id or full id."""

    def is_elsewhere(self, session_id: str) -> bool:
        """Whether it is the full id of a session of another node."""

    async def deliver(self, host: Host, full_id: str, event: Event) -> None:
        """Give an event to a session of another node and the same account.

        Raises RefusedError.
        """

    async def create(self, parent: Host, order: commands.CreateSession) -> None:
        """Start the session that a document asks for; tells *parent*."""
