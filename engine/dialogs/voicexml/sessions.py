"""VoiceXmlSessions: the VoiceXML sessions of this node: how many there are, and their
documents.
"""

from engine.config.settings import VxmlSettings
from engine.dialogs.errors import DialogError
from engine.fetch import DocumentError, Fetcher, Request, WebSession
from engine.telemetry.metrics import Metrics

from .documents import EntryDocument, VoiceXmlDocuments


class VoiceXmlSessions:
    """Loads the documents of sessions, and counts the sessions against their limit."""

    def __init__(
        self, fetcher: Fetcher, settings: VxmlSettings, metrics: Metrics
    ) -> None:
        self.documents = VoiceXmlDocuments(fetcher)
        self.max_sessions = settings.max_sessions
        """How many sessions there may be at once; another one does not begin."""
        self._metrics = metrics
        self._count = 0

    def __len__(self) -> int:
        return self._count

    async def load(
        self, request: Request, web: WebSession | None = None
    ) -> EntryDocument:
        """See ``VoiceXmlDocuments.load``; documents with mistakes are counted."""
        try:
            return await self.documents.load(request, web)
        except DocumentError:
            self._metrics.vxml.errors.inc()
            raise

    def begin(self) -> None:
        """Count a session that starts; raises DialogError if there are too many.

        ``end`` has to follow.
        """
        if self._count >= self.max_sessions:
            raise DialogError(
                f"All {self.max_sessions} VoiceXML sessions of this node are in use."
            )
        self._count += 1
        self._metrics.vxml.sessions.inc()

    def end(self) -> None:
        """Count a session as over."""
        self._count -= 1

    def count_error(self) -> None:
        """Count a session that has ended in an error."""
        self._metrics.vxml.errors.inc()
