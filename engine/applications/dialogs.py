"""Dialogs: those of one application, from what asks for them to their end."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from ccxml import commands as c
from ccxml.events import Event
from engine.dialogs import (
    Dialog,
    DialogError,
    DialogResources,
    DialogResult,
    DialogRunner,
    ExitDialog,
    FailDialog,
    Notify,
    PromptSounds,
    create_dialog,
)
from engine.dialogs.voicexml.documents import EntryDocument
from engine.telemetry.metrics import DialogEnd

from .connection import Connection
from .session_context import Actions, SessionContext

if TYPE_CHECKING:
    from engine.dialogs.voicexml.runner import VoiceXmlRunner

MAX_DIALOGS = 32  # of one session at once
READY_S = 30.0  # until everything that it says is there
HEARS = frozenset({"both", "dialogreceive"})
IS_HEARD = frozenset({"both", "dialogtransmit"})

log = structlog.get_logger()


class DialogState:
    """A dialog that is not over."""

    def __init__(self, order: c.DialogOrder, shelf: PromptSounds) -> None:
        self.id = order.dialog_id
        self.order = order
        self.shelf = shelf
        self.connection_id = order.connection_id
        self.getting_ready: asyncio.Task[None] | None = None
        self.dialog: Dialog | EntryDocument | None = None  # once it is ready
        self.is_wanted = False  # as soon as it is ready
        self.runner: DialogRunner | VoiceXmlRunner | None = None  # once it has started
        self.line: Connection | None = None

    @property
    def shown(self) -> dict[str, Any]:
        """What every event of it has."""
        ids = {
            "dialogid": self.id,
            "connectionid": self.connection_id,
            "conferenceid": self.order.conference_id,
        }
        return {**ids, "dialog": ids}


class Dialogs:
    """Gets dialogs ready, starts them on connections, and tells of their end once."""

    def __init__(
        self,
        host: SessionContext,
        lines: Mapping[str, Connection],
        first: Mapping[str, EntryDocument],
    ) -> None:
        """*lines*: the connections of the application; *first*: documents that it has."""
        self._host = host
        self._lines = lines
        services = host.services
        self._tools = DialogResources(
            services.fetcher, services.recordings, services.voices, first
        )
        self._open: dict[str, DialogState] = {}

    @property
    def actions(self) -> Actions:
        """What does which command."""
        return {
            c.PrepareDialog: self._prepare,
            c.StartDialog: self._start,
            c.StartPreparedDialog: self._start_prepared,
            c.TerminateDialog: self._terminate,
        }

    @property
    def are_coming(self) -> bool:
        """Whether something is being got ready."""
        return any(state.dialog is None for state in self._open.values())

    def end(self) -> None:
        """The session is over."""
        for state in list(self._open.values()):
            self._forget(state, DialogEnd.EXIT)

    # -- getting ready -----------------------------------------------------------

    def _prepare(self, command: c.PrepareDialog) -> None:
        self._begin(
            DialogState(command.order, PromptSounds(self._host.services.sounds))
        )

    def _start(self, command: c.StartDialog) -> None:
        state = DialogState(command.order, PromptSounds(self._host.services.sounds))
        state.is_wanted = True
        self._begin(state)

    def _begin(self, state: DialogState) -> None:
        if state.order.conference_id is not None:
            self._refused(state, "Dialogs with a conference are not supported.")
        elif len(self._open) >= MAX_DIALOGS:
            self._refused(state, f"The session has {MAX_DIALOGS} dialogs already.")
        elif state.is_wanted and (why := self._why_not(state)):
            self._refused(state, why)
        else:
            self._open[state.id] = state
            state.getting_ready = self._host.services.tasks.start(
                self._get_ready(state)
            )

    async def _get_ready(self, state: DialogState) -> None:
        try:
            async with asyncio.timeout(READY_S):
                dialog = await create_dialog(state.order, self._tools)
                if not isinstance(dialog, EntryDocument):
                    await state.shelf.load(dialog.fixed_prompts())
        except DialogError as error:
            self._refused(state, error.reason)
            return
        except TimeoutError:
            self._refused(state, f"The dialog was not ready within {READY_S:.0f} s.")
            return
        except Exception as error:  # noqa: BLE001 - logged there
            self._crash(state, error)
            return
        state.dialog = dialog
        if state.is_wanted:
            self._talk(state)
        else:
            self._tell(state, "dialog.prepared")

    def _refused(self, state: DialogState, reason: str) -> None:
        self._forget(state, DialogEnd.REFUSED)
        what = "notstarted" if state.is_wanted else "notprepared"
        self._fail(state, f"error.dialog.{what}", reason)

    # -- talking -----------------------------------------------------------------

    def _start_prepared(self, command: c.StartPreparedDialog) -> None:
        state = self._open.get(command.dialog_id)
        if state is None:
            return  # its end is on the way
        if state.is_wanted:
            self._fail(state, "error.dialog.wrongstate", "The dialog has started.")
            return
        if command.conference_id is not None:
            state.is_wanted = True
            self._refused(state, "Dialogs with a conference are not supported.")
            return
        state.connection_id, state.is_wanted = command.connection_id, True
        if state.dialog is not None:
            self._talk(state)

    def _why_not(self, state: DialogState) -> str | None:
        """Why it cannot start."""
        if state.connection_id is None:
            return "Whom the dialog talks to is not said."
        line = self._lines.get(state.connection_id)
        if line is None or not line.is_answered:
            return f"{state.connection_id} is not answered, or over."
        return None

    def _talk(self, state: DialogState) -> None:
        try:
            self._begin_to_talk(state)
        except Exception as error:  # noqa: BLE001 - logged there
            self._crash(state, error)

    def _begin_to_talk(self, state: DialogState) -> None:
        if why := self._why_not(state):
            self._refused(state, why)
            return
        assert state.connection_id is not None
        line = self._lines[state.connection_id]
        try:
            state.runner = self._runner(state, line)
        except DialogError as error:
            self._refused(state, error.reason)
            return
        state.line = line
        line.dialogs.append(state.runner)
        if state.order.media_direction in IS_HEARD:
            self._speak(state, line)
        self._tell(state, "dialog.started")
        state.runner.start()

    def _runner(
        self, state: DialogState, line: Connection
    ) -> "DialogRunner | VoiceXmlRunner":
        """What lets it talk; raises DialogError."""
        assert state.dialog is not None
        assert line.call is not None
        services, direction = self._host.services, state.order.media_direction
        ways = {"is_heard": direction in IS_HEARD, "hears": direction in HEARS}
        if isinstance(state.dialog, EntryDocument):
            # Only where there is VoiceXML: it takes megabytes.
            from .voicexml.dialog_owner import VoiceXmlDialogHost, create_runner
            from .voicexml.session_info import session_info_of

            owner = VoiceXmlDialogHost(
                self._host,
                state.id,
                tell=partial(self._tell, state),
                speak=partial(self._speak, state, line),
                over=partial(self._ended, state),
            )
            info = session_info_of(
                state.id,
                line.events,
                self._host.launch.request,
                state.order.parameters,
            )
            return create_runner(
                state.dialog, info, line.call, state.shelf, services, owner, **ways
            )
        return DialogRunner(
            state.dialog,
            line.call,
            state.shelf,
            services.recordings,
            name=state.id,
            tell=partial(self._tell_user, state),
            over=partial(self._ended, state),
            tasks=services.tasks,
            **ways,
        )

    def _speak(self, state: DialogState, line: Connection) -> None:
        """Let its caller hear it, instead of whatever that hears."""
        if state.runner is not None and line.is_answered:
            self._host.services.media.start_speaking(
                state.id, line.id, state.runner.mute
            )

    def _tell_user(self, state: DialogState, told: Notify) -> None:
        self._tell(state, f"dialog.user.{told.name}", values=dict(told.values))

    def deliver(self, sent: c.Delivery) -> None:
        """Give a dialog what was sent to it."""
        state = self._open.get(sent.target)
        runner = state.runner if state is not None else None
        fields = {"sendid": sent.send_id, "tagname": "send"}
        if runner is None:
            reason = "the dialog has not started, or is over"
            self._host.emit("error.send.targetunavailable", reason=reason, **fields)
        elif not (runner.takes_events and sent.name):
            reason = "dialogs of this type take no events"
            self._host.emit("error.send.failed", reason=reason, **fields)
        else:
            self._host.emit("send.successful", sendid=sent.send_id)
            runner.send(sent.name, sent.values)

    # -- the end -----------------------------------------------------------------

    def _terminate(self, command: c.TerminateDialog) -> None:
        state = self._open.get(command.dialog_id)
        if state is None:
            return  # its end is on the way
        if command.immediate:
            self._ended(state, ExitDialog({}))
        elif state.runner is None:
            self._ended(state, ExitDialog({"result": "terminated"}))
        else:
            state.runner.terminate()

    def _ended(self, state: DialogState, last: DialogResult) -> None:
        is_exit = isinstance(last, ExitDialog)
        if isinstance(state.dialog, EntryDocument) and not is_exit:
            self._host.services.voices.failed()
        self._forget(state, DialogEnd.EXIT if is_exit else DialogEnd.DIED)
        if isinstance(last, ExitDialog):
            self._tell(state, "dialog.exit", values=dict(last.values))
        else:
            self._fail(state, "error.dialog", last.reason)

    def _crash(self, state: DialogState, error: Exception) -> None:
        """A defect of ours costs the dialog, and its document is told."""
        log.error("dialog_crashed", dialog=state.id, exc_info=error)
        if state.line is None:
            self._refused(state, "Internal Error.")
        else:
            self._ended(state, FailDialog("Internal Error."))

    def _forget(self, state: DialogState, end: DialogEnd) -> None:
        """Let go of all that it has."""
        self._host.services.metrics.dialogs[end,].inc()
        self._open.pop(state.id, None)
        if state.getting_ready not in (None, asyncio.current_task()):
            state.getting_ready.cancel()
        state.shelf.close()
        if state.runner is not None and state.line is not None:
            try:
                state.runner.close()
            except Exception:
                log.exception("dialog_crashed", dialog=state.id)
            if not isinstance(state.runner, DialogRunner):
                self._host.services.voices.end()
            state.line.dialogs.remove(state.runner)
            self._host.services.media.mute(state.id, state.line.id)
            state.runner = state.line = None

    # -- what is told ------------------------------------------------------------

    def _fail(self, state: DialogState, name: str, reason: str) -> None:
        self._tell(state, name, reason=reason)

    def _tell(self, state: DialogState, name: str, **fields: Any) -> None:
        self._host.receive(Event(name, {**state.shown, **fields}, state.id, "dialog"))
