"""VoiceOwner: what a VoiceXML session of an application sees of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from ccxml.events import Event
from engine.applications.session_context import ApplicationServices, SessionContext
from engine.applications.trace_steps import TraceStep
from engine.calls.call_session import CallSession
from engine.dialogs import PromptSounds
from engine.dialogs.dialog_runner import DialogResult
from engine.dialogs.voicexml.documents import EntryDocument
from engine.dialogs.voicexml.fetch import VoiceXmlFetcher
from engine.dialogs.voicexml.prompts import VoiceXmlSounds
from engine.dialogs.voicexml.runner import (
    Commands,
    VoiceXmlResources,
    VoiceXmlRunner,
    Work,
)
from vxml.interpreter.session import Session, SessionInfo


class Emit(Protocol):
    """Tells the document of an event of the dialog."""

    def __call__(self, name: str, **fields: Any) -> None:
        """Tell it."""


class VoiceXmlDialogHost:
    """An ``engine.dialogs.voicexml.runner.VoiceXmlHost``: a part of the application *host*."""

    def __init__(
        self,
        host: SessionContext,
        dialog_id: str,
        *,
        tell: Emit,
        speak: Callable[[], None],
        over: Callable[[DialogResult], None],
    ) -> None:
        self._host = host
        self._dialog_id = dialog_id
        self.tell = tell
        self.speak = speak
        self.over = over

    async def evaluate(self, work: Work, at: float) -> Commands:
        """See ``Owner``."""
        return await self._host.directory.run(
            work, at, self._host.launch.application.id
        )

    def shown(self, event: str, commands: Commands) -> None:
        """See ``Owner``."""
        about = Event(f"vxml {event}".strip(), {}, self._dialog_id, "dialog")
        self._host.note(lambda at: TraceStep(at, about, None, tuple(commands)))


def create_runner(
    page: EntryDocument,
    info: SessionInfo,
    call: CallSession,
    shelf: PromptSounds,
    services: ApplicationServices,
    owner: VoiceXmlDialogHost,
    *,
    is_heard: bool,
    hears: bool,
) -> VoiceXmlRunner:
    """A session of *page* on *call*, which has not begun; raises DialogError."""
    voices = services.voices
    voices.begin()
    files: dict[str, Path] = {}
    fetch = VoiceXmlFetcher(services.fetcher, voices.pages, page.roots or {}, files)
    means = VoiceXmlResources(
        call,
        VoiceXmlSounds(shelf, files),
        fetch,
        services.recordings,
        files,
        services.tasks,
    )
    session = Session(page.document, info, dialog=page.dialog)
    return VoiceXmlRunner(
        session, means, owner, name=info.id, is_heard=is_heard, hears=hears
    )
