"""VoiceXmlDialogHost: how a VoiceXML session sees the application that has started it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.applications.dialog_state import DialogState
from engine.applications.session_context import SessionContext
from engine.applications.stream_dialogs import make_stream_runner
from engine.applications.trace_steps import voicexml_step
from engine.dialogs.dialog import Values
from engine.dialogs.dialog_factory import prepare_stream
from engine.dialogs.dialog_runner import DialogResult
from engine.dialogs.errors import DialogError
from engine.dialogs.playback import PlaybackCall
from engine.dialogs.streams.runner import StreamRunner
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


class VoiceXmlDialogHost:
    """A ``VoiceXmlHost`` for the dialog *state* of the application *session*."""

    def __init__(
        self,
        session: SessionContext,
        state: DialogState,
        *,
        start_speaking: Callable[[], None],
        on_ended: Callable[[DialogResult], None],
    ) -> None:
        self._session = session
        self._state = state
        self.start_speaking = start_speaking
        self.on_ended = on_ended

    async def evaluate(self, work: Work, at: float) -> Commands:
        """See ``VoiceXmlHost.evaluate``."""
        slow_lane = self._session.services.slow_lane
        return await slow_lane.run(work, at, self._session.launch.application.id)

    async def make_stream(
        self,
        url: str,
        parameters: Values,
        on_ended: Callable[[DialogResult], None],
    ) -> StreamRunner:
        """See ``VoiceXmlHost.make_stream``."""
        fetcher = self._session.services.fetcher
        dialog = await prepare_stream(url, parameters, {}, fetcher)
        connection = self._state.connection
        if connection is None or connection.call is None:
            raise DialogError("The call has ended.")
        return make_stream_runner(
            dialog, connection.call, on_ended, is_heard=True, hears=True
        )

    def emit(self, name: str, **fields: Any) -> None:
        """See ``VoiceXmlHost.emit``."""
        self._session.receive(self._state.make_event(name, **fields))

    def add_trace_step(self, event: str, commands: Commands) -> None:
        """See ``VoiceXmlHost.add_trace_step``."""
        dialog_id = self._state.id
        self._session.add_trace_step(
            lambda at: voicexml_step(at, dialog_id, event, commands)
        )

    def create_runner(
        self,
        entry: EntryDocument,
        call: PlaybackCall,
        info: SessionInfo,
        *,
        is_heard: bool,
        hears: bool,
    ) -> VoiceXmlRunner:
        """Make the runner of *entry* on *call*, which the caller starts.

        *info* are the session variables. *is_heard* and *hears* say whether the call gets
        the sound of the dialog, and the dialog the keys of the call, from the beginning. The
        runner counts as a VoiceXML session of this node from now on, until the caller calls
        ``VoiceXmlSessions.end``. Raises DialogError if there are too many.
        """
        services = self._session.services
        sessions = services.vxml_sessions
        sessions.begin()
        files: dict[str, Path] = {}
        resources = VoiceXmlResources(
            call=call,
            sounds=VoiceXmlSounds(self._state.sounds, files),
            fetcher=VoiceXmlFetcher(
                services.fetcher,
                sessions.documents,
                entry.roots or {},
                files,
                self._session.web,
            ),
            recordings=services.recordings,
            files=files,
            tasks=services.tasks,
        )
        session = Session(entry.document, info, dialog=entry.dialog)
        return VoiceXmlRunner(
            session, resources, self, name=info.id, is_heard=is_heard, hears=hears
        )
