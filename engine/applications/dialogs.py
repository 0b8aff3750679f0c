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
        return any(one.dialog is None for one in self._open.values())

    def end(self) -> None:
        """The session is over."""
        for one in list(self._open.values()):
            self._forget(one, DialogEnd.EXIT)

    # -- getting ready -----------------------------------------------------------

    def _prepare(self, command: c.PrepareDialog) -> None:
        self._begin(
            DialogState(command.order, PromptSounds(self._host.services.sounds))
        )

    def _start(self, command: c.StartDialog) -> None:
        one = DialogState(command.order, PromptSounds(self._host.services.sounds))
        one.is_wanted = True
        self._begin(one)

    def _begin(self, one: DialogState) -> None:
        if one.order.conference_id is not None:
            self._refused(one, "Dialogs with a conference are not supported.")
        elif len(self._open) >= MAX_DIALOGS:
            self._refused(one, f"The session has {MAX_DIALOGS} dialogs already.")
        elif one.is_wanted and (why := self._why_not(one)):
            self._refused(one, why)
        else:
            self._open[one.id] = one
            one.getting_ready = self._host.services.tasks.start(self._get_ready(one))

    async def _get_ready(self, one: DialogState) -> None:
        try:
            async with asyncio.timeout(READY_S):
                dialog = await create_dialog(one.order, self._tools)
                if not isinstance(dialog, EntryDocument):
                    await one.shelf.load(dialog.fixed_prompts())
        except DialogError as error:
            self._refused(one, error.reason)
            return
        except TimeoutError:
            self._refused(one, f"The dialog was not ready within {READY_S:.0f} s.")
            return
        except Exception as error:  # noqa: BLE001 - logged there
            self._crash(one, error)
            return
        one.dialog = dialog
        if one.is_wanted:
            self._talk(one)
        else:
            self._tell(one, "dialog.prepared")

    def _refused(self, one: DialogState, reason: str) -> None:
        self._forget(one, DialogEnd.REFUSED)
        what = "notstarted" if one.is_wanted else "notprepared"
        self._fail(one, f"error.dialog.{what}", reason)

    # -- talking -----------------------------------------------------------------

    def _start_prepared(self, command: c.StartPreparedDialog) -> None:
        one = self._open.get(command.dialog_id)
        if one is None:
            return  # its end is on the way
        if one.is_wanted:
            self._fail(one, "error.dialog.wrongstate", "The dialog has started.")
            return
        if command.conference_id is not None:
            one.is_wanted = True
            self._refused(one, "Dialogs with a conference are not supported.")
            return
        one.connection_id, one.is_wanted = command.connection_id, True
        if one.dialog is not None:
            self._talk(one)

    def _why_not(self, one: DialogState) -> str | None:
        """Why it cannot start."""
        if one.connection_id is None:
            return "Whom the dialog talks to is not said."
        line = self._lines.get(one.connection_id)
        if line is None or not line.is_answered:
            return f"{one.connection_id} is not answered, or over."
        return None

    def _talk(self, one: DialogState) -> None:
        try:
            self._begin_to_talk(one)
        except Exception as error:  # noqa: BLE001 - logged there
            self._crash(one, error)

    def _begin_to_talk(self, one: DialogState) -> None:
        if why := self._why_not(one):
            self._refused(one, why)
            return
        assert one.connection_id is not None
        line = self._lines[one.connection_id]
        try:
            one.runner = self._runner(one, line)
        except DialogError as error:
            self._refused(one, error.reason)
            return
        one.line = line
        line.dialogs.append(one.runner)
        if one.order.media_direction in IS_HEARD:
            self._speak(one, line)
        self._tell(one, "dialog.started")
        one.runner.start()

    def _runner(
        self, one: DialogState, line: Connection
    ) -> "DialogRunner | VoiceXmlRunner":
        """What lets it talk; raises DialogError."""
        assert one.dialog is not None
        assert line.call is not None
        services, direction = self._host.services, one.order.media_direction
        ways = {"is_heard": direction in IS_HEARD, "hears": direction in HEARS}
        if isinstance(one.dialog, EntryDocument):
            # Only where there is VoiceXML: it takes megabytes.
            from .voicexml.dialog_owner import VoiceOwner, voice_of
            from .voicexml.session_info import session_info_of

            owner = VoiceOwner(
                self._host,
                one.id,
                tell=partial(self._tell, one),
                speak=partial(self._speak, one, line),
                over=partial(self._ended, one),
            )
            info = session_info_of(
                one.id,
                line.connection,
                self._host.launch.request,
                one.order.parameters,
            )
            return voice_of(
                one.dialog, info, line.call, one.shelf, services, owner, **ways
            )
        return DialogRunner(
            one.dialog,
            line.call,
            one.shelf,
            services.recordings,
            name=one.id,
            tell=partial(self._tell_user, one),
            over=partial(self._ended, one),
            tasks=services.tasks,
            **ways,
        )

    def _speak(self, one: DialogState, line: Connection) -> None:
        """Let its caller hear it, instead of whatever that hears."""
        if one.runner is not None and line.is_answered:
            self._host.services.media.start_speaking(one.id, line.id, one.runner.mute)

    def _tell_user(self, one: DialogState, told: Notify) -> None:
        self._tell(one, f"dialog.user.{told.name}", values=dict(told.values))

    def deliver(self, sent: c.Delivery) -> None:
        """Give a dialog what was sent to it."""
        one = self._open.get(sent.target)
        runner = one.runner if one is not None else None
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
        one = self._open.get(command.dialog_id)
        if one is None:
            return  # its end is on the way
        if command.immediate:
            self._ended(one, ExitDialog({}))
        elif one.runner is None:
            self._ended(one, ExitDialog({"result": "terminated"}))
        else:
            one.runner.terminate()

    def _ended(self, one: DialogState, last: DialogResult) -> None:
        is_exit = isinstance(last, ExitDialog)
        if isinstance(one.dialog, EntryDocument) and not is_exit:
            self._host.services.voices.failed()
        self._forget(one, DialogEnd.EXIT if is_exit else DialogEnd.DIED)
        if isinstance(last, ExitDialog):
            self._tell(one, "dialog.exit", values=dict(last.values))
        else:
            self._fail(one, "error.dialog", last.reason)

    def _crash(self, one: DialogState, error: Exception) -> None:
        """A defect of ours costs the dialog, and its document is told."""
        log.error("dialog_crashed", dialog=one.id, exc_info=error)
        if one.line is None:
            self._refused(one, "Internal Error.")
        else:
            self._ended(one, FailDialog("Internal Error."))

    def _forget(self, one: DialogState, end: DialogEnd) -> None:
        """Let go of all that it has."""
        self._host.services.metrics.dialogs[end,].inc()
        self._open.pop(one.id, None)
        if one.getting_ready not in (None, asyncio.current_task()):
            one.getting_ready.cancel()
        one.shelf.close()
        if one.runner is not None and one.line is not None:
            try:
                one.runner.close()
            except Exception:
                log.exception("dialog_crashed", dialog=one.id)
            if not isinstance(one.runner, DialogRunner):
                self._host.services.voices.end()
            one.line.dialogs.remove(one.runner)
            self._host.services.media.mute(one.id, one.line.id)
            one.runner = one.line = None

    # -- what is told ------------------------------------------------------------

    def _fail(self, one: DialogState, name: str, reason: str) -> None:
        self._tell(one, name, reason=reason)

    def _tell(self, one: DialogState, name: str, **fields: Any) -> None:
        self._host.receive(Event(name, {**one.shown, **fields}, one.id, "dialog"))
