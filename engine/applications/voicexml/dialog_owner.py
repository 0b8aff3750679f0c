"""VoiceXmlDialogHost: how a VoiceXML session sees the application that has started it."""

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
    """Emits an event of the dialog to the document that has started it."""

    def __call__(self, name: str, **fields: Any) -> None:
        """Emit the event *name* with *fields* beside those that every event of the dialog has."""


class VoiceXmlDialogHost:
    """A ``VoiceXmlHost`` for one dialog of the application *session*."""

    def __init__(
        self,
        session: SessionContext,
        dialog_id: str,
        *,
        emit: Emit,
        start_speaking: Callable[[], None],
        on_ended: Callable[[DialogResult], None],
    ) -> None:
        self._session = session
        self._dialog_id = dialog_id
        self.emit = emit
        self.start_speaking = start_speaking
        self.on_ended = on_ended

    async def evaluate(self, work: Work, at: float) -> Commands:
        """See ``VoiceXmlHost.evaluate``."""
        slow_lane = self._session.services.slow_lane
        return await slow_lane.run(work, at, self._session.launch.application.id)

    def add_trace_step(self, event: str, commands: Commands) -> None:
        """See ``VoiceXmlHost.add_trace_step``."""
        about = Event(f"vxml {event}".strip(), {}, self._dialog_id, "dialog")
        self._session.add_trace_step(
            lambda at: TraceStep(at, about, None, tuple(commands))
        )


def create_runner(
    entry: EntryDocument,
    info: SessionInfo,
    call: CallSession,
    sounds: PromptSounds,
    services: ApplicationServices,
    host: VoiceXmlDialogHost,
    *,
    is_heard: bool,
    hears: bool,
) -> VoiceXmlRunner:
    """The runner of *entry* on *call*, which has not started.

    It counts as a VoiceXML session of this node from now on: its end has to be told to
    ``VoiceXmlSessions.end``. Raises DialogError if there are too many.
    """
    sessions = services.vxml_sessions
    sessions.begin()
    files: dict[str, Path] = {}
    fetch = VoiceXmlFetcher(
        services.fetcher, sessions.documents, entry.roots or {}, files
    )
    resources = VoiceXmlResources(
        call,
        VoiceXmlSounds(sounds, files),
        fetch,
        services.recordings,
        files,
        services.tasks,
    )
    session = Session(entry.document, info, dialog=entry.dialog)
    return VoiceXmlRunner(
        session, resources, host, name=info.id, is_heard=is_heard, hears=hears
    )
