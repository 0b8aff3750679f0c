"""Dialogs: the dialogs of one session, from ``dialogprepare`` or ``dialogstart`` to their end."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from ccxml import commands as c
from engine.dialogs import (
    DialogError,
    DialogResources,
    DialogResult,
    DialogRunner,
    ExitDialog,
    FailDialog,
    Notify,
    PromptSounds,
    StreamDialog,
    StreamRunner,
    create_dialog,
)
from engine.dialogs.voicexml.documents import EntryDocument
from engine.telemetry.metrics import DialogEnd

from .connection import Connection
from .dialog_events import DialogEvents
from .dialog_state import DialogState
from .session_context import Actions, SessionContext
from .stream_dialogs import make_stream_runner

if TYPE_CHECKING:
    from .dialog_state import AnyRunner

MAX_DIALOGS = 32  # at once in one session
READY_S = 30.0  # to load a dialog and all its prompts
HEARS = frozenset({"both", "dialogreceive"})
IS_HEARD = frozenset({"both", "dialogtransmit"})

log = structlog.get_logger()


class Dialogs:
    """Carries out ``dialogprepare``, ``dialogstart`` and ``dialogterminate`` (CCXML
    1.0, chapter 7).

    A dialog is loaded with all its prompts, then started on an answered connection. Its
    document gets exactly one event of its end: ``dialog.exit``, or an ``error.dialog``.
    """

    def __init__(
        self,
        session: SessionContext,
        first: Mapping[str, EntryDocument],
    ) -> None:
        """*first* are documents that are loaded already, by URI."""
        self._session = session
        services = session.services
        self._resources = DialogResources(
            services.fetcher,
            services.recordings,
            services.vxml_sessions,
            session.web,
            first,
        )
        self._open: dict[str, DialogState] = {}

    @property
    def actions(self) -> Actions:
        """The method for each command that is carried out here."""
        return {
            c.PrepareDialog: self._prepare,
            c.StartDialog: self._start,
            c.StartPreparedDialog: self._start_prepared,
            c.TerminateDialog: self._terminate,
        }

    @property
    def is_preparing(self) -> bool:
        """Whether a dialog is being loaded."""
        return any(state.dialog is None for state in self._open.values())

    def end(self) -> None:
        """Close every dialog without an event, since the session is over."""
        for state in list(self._open.values()):
            self._close(state, DialogEnd.EXIT)
            _report_end(state, None)

    # -- preparing ---------------------------------------------------------------

    def _prepare(self, command: c.PrepareDialog) -> None:
        self._add(self._make_state(command.order))

    def _start(self, command: c.StartDialog) -> None:
        state = self._make_state(command.order)
        state.start_when_ready = True
        self._add(state)

    def _make_state(self, order: c.DialogOrder) -> DialogState:
        session = self._session
        return DialogState(order, PromptSounds(session.services.sounds, session.web))

    def _add(self, state: DialogState) -> None:
        if state.order.conference_id is not None:
            self._refuse(
                state, "Dialogs with a conference are not supported: give a connection."
            )
        elif len(self._open) >= MAX_DIALOGS:
            self._refuse(
                state,
                f"The session has {MAX_DIALOGS} dialogs already: end one of them before.",
            )
        elif state.start_when_ready and (why := self._why_not(state)):
            self._refuse(state, why)
        else:
            self._open[state.id] = state
            state.preparing = self._session.services.tasks.start(
                self._prepare_and_start(state)
            )

    async def _prepare_and_start(self, state: DialogState) -> None:
        try:
            async with asyncio.timeout(READY_S):
                dialog = await create_dialog(state.order, self._resources)
                if not isinstance(dialog, EntryDocument | StreamDialog):
                    await state.sounds.prepare(dialog.prompts_to_load())
        except DialogError as error:
            self._refuse(state, error.reason)
            return
        except TimeoutError:
            self._refuse(state, f"The dialog was not ready within {READY_S:.0f} s.")
            return
        except Exception as error:  # noqa: BLE001 - logged there
            self._crash(state, error)
            return
        state.dialog = dialog
        if state.start_when_ready:
            self._start_talking(state)
        else:
            self._emit(state, "dialog.prepared")

    def _refuse(self, state: DialogState, reason: str) -> None:
        self._close(state, DialogEnd.REFUSED)
        is_start = state.start_when_ready
        name = "error.dialog.notstarted" if is_start else "error.dialog.notprepared"
        self._emit_error(state, name, reason)

    # -- talking -----------------------------------------------------------------

    def _start_prepared(self, command: c.StartPreparedDialog) -> None:
        state = self._open.get(command.dialog_id)
        if state is None:
            return  # its end is on the way
        if state.start_when_ready:
            self._emit_error(
                state,
                "error.dialog.wrongstate",
                "The dialog has started already: prepare another one.",
            )
            return
        if command.conference_id is not None:
            state.start_when_ready = True
            self._refuse(
                state, "Dialogs with a conference are not supported: give a connection."
            )
            return
        state.connection_id, state.start_when_ready = command.connection_id, True
        if state.dialog is not None:
            self._start_talking(state)

    def _why_not(self, state: DialogState) -> str | None:
        """Why the dialog cannot start now, in one sentence; None if it can."""
        if state.connection_id is None:
            return "Whom the dialog talks to is not said: give connectionid."
        connection = self._session.connections.find(state.connection_id)
        if connection is None or not connection.is_answered:
            return f"{state.connection_id} is not answered, or over: wait for connection.connected."
        return None

    def _start_talking(self, state: DialogState) -> None:
        try:
            self._begin_talking(state)
        except Exception as error:  # noqa: BLE001 - logged there
            self._crash(state, error)

    def _begin_talking(self, state: DialogState) -> None:
        if why := self._why_not(state):
            self._refuse(state, why)
            return
        connection = self._session.connections.find(state.connection_id)
        assert connection is not None
        try:
            state.runner = self._make_runner(state, connection)
        except DialogError as error:
            self._refuse(state, error.reason)
            return
        state.connection = connection
        connection.dialogs.append(state.runner)
        if state.order.media_direction in IS_HEARD:
            self._start_speaking(state, connection)
        self._emit(state, "dialog.started")
        if state.events is not None:
            state.events.on_started(state.order)
        state.runner.start()

    def _make_runner(self, state: DialogState, connection: Connection) -> "AnyRunner":
        """What runs the dialog on *connection*; raises DialogError."""
        assert state.dialog is not None
        assert connection.call is not None
        sequence = self._session.services.calls.events.sequence_of(connection.call)
        state.events = DialogEvents(connection.call, sequence)
        direction = state.order.media_direction
        ways = {"is_heard": direction in IS_HEARD, "hears": direction in HEARS}
        if isinstance(state.dialog, EntryDocument):
            # Only where there is VoiceXML: it takes megabytes.
            from .voicexml.dialog_host import VoiceXmlDialogHost
            from .voicexml.session_info import session_info_of

            host = VoiceXmlDialogHost(
                self._session,
                state,
                start_speaking=partial(self._start_speaking, state, connection),
                on_ended=partial(self._finish, state),
            )
            request, parameters = self._session.launch.request, state.order.parameters
            info = session_info_of(state.id, connection.events, request, parameters)
            return host.create_runner(state.dialog, state.events, info, **ways)
        if isinstance(state.dialog, StreamDialog):
            return make_stream_runner(
                state.dialog, connection.call, partial(self._finish, state), **ways
            )
        services = self._session.services
        return DialogRunner(
            state.dialog,
            state.events,
            state.sounds,
            services.recordings,
            name=state.id,
            notify=partial(self._notify_user, state),
            on_ended=partial(self._finish, state),
            tasks=services.tasks,
            **ways,
        )

    def _start_speaking(self, state: DialogState, connection: Connection) -> None:
        """Let the far end hear the dialog instead of whatever it hears now."""
        if state.runner is not None and connection.is_answered:
            self._session.services.media.start_speaking(
                state.id, connection.id, state.runner.mute
            )

    def _notify_user(self, state: DialogState, notification: Notify) -> None:
        self._emit(
            state, f"dialog.user.{notification.name}", values=dict(notification.values)
        )

    def deliver(self, message: c.Delivery) -> None:
        """Give a dialog the event that the document has sent to it.

        The document gets ``send.successful``, or an ``error.send`` where the dialog has
        not started, is over, or takes no events.
        """
        state = self._open.get(message.target)
        runner = state.runner if state is not None else None
        session = self._session
        if runner is None:
            reason = "the dialog has not started, or is over: wait for dialog.started"
            session.emit_unsent(message, "error.send.targetunavailable", reason)
        elif not (runner.takes_events and message.name):
            reason = "dialogs of this type take no events: only VoiceXML does"
            session.emit_unsent(message, "error.send.failed", reason)
        else:
            session.emit_sent(message)
            runner.send(message.name, message.values)

    # -- the end -----------------------------------------------------------------

    def _terminate(self, command: c.TerminateDialog) -> None:
        state = self._open.get(command.dialog_id)
        if state is None:
            return  # its end is on the way
        if command.immediate:
            self._finish(state, ExitDialog({}))
        elif state.runner is None:
            self._finish(state, ExitDialog({"result": "terminated"}))
        else:
            state.runner.terminate()

    def _finish(self, state: DialogState, last: DialogResult) -> None:
        is_exit = isinstance(last, ExitDialog)
        if isinstance(state.dialog, EntryDocument) and not is_exit:
            self._session.services.vxml_sessions.count_error()
        self._close(state, DialogEnd.EXIT if is_exit else DialogEnd.DIED)
        _report_end(state, last)
        if isinstance(last, ExitDialog):
            self._emit(state, "dialog.exit", values=dict(last.values))
        else:
            self._emit_error(state, "error.dialog", last.reason)

    def _crash(self, state: DialogState, error: Exception) -> None:
        """End the dialog after a defect of ours; its document is told, and the session
        goes on.
        """
        log.error("dialog_crashed", dialog=state.id, exc_info=error)
        if state.connection is None:
            self._refuse(state, "Internal Error.")
        else:
            self._finish(state, FailDialog("Internal Error."))

    def _close(self, state: DialogState, end: DialogEnd) -> None:
        """Release all that the dialog holds, and count its *end*."""
        self._session.services.metrics.media.dialogs[end,].inc()
        self._open.pop(state.id, None)
        if state.preparing not in (None, asyncio.current_task()):
            state.preparing.cancel()
        state.sounds.close()
        if state.runner is not None and state.connection is not None:
            try:
                state.runner.close()
            except Exception:
                log.exception("dialog_crashed", dialog=state.id)
            if isinstance(state.dialog, EntryDocument):
                self._session.services.vxml_sessions.end()
            connection = state.connection
            connection.dialogs.remove(state.runner)
            self._session.services.media.mute(state.id, connection.id)
            state.runner = state.connection = None
            self._resume_stream(connection)

    def _resume_stream(self, connection: Connection) -> None:
        """Let the far end hear its stream again, if it hears nothing else now."""
        media = self._session.services.media
        if not connection.is_answered or not media.hears_nothing(connection.id):
            return
        for state in self._open.values():
            is_heard = state.order.media_direction in IS_HEARD
            is_here = state.connection is connection and is_heard
            if is_here and isinstance(state.runner, StreamRunner):
                self._start_speaking(state, connection)
                state.runner.unmute()

    # -- events ------------------------------------------------------------------

    def _emit_error(self, state: DialogState, name: str, reason: str) -> None:
        self._emit(state, name, reason=reason)

    def _emit(self, state: DialogState, name: str, **fields: Any) -> None:
        self._session.receive(state.make_event(name, **fields))


def _report_end(state: DialogState, last: DialogResult | None) -> None:
    if state.events is not None:
        state.events.on_ended(last)
