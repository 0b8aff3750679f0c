"""ApplicationSession: one running session of CCXML, or of VoiceXML on its call.

Its core decides; this carries out the core's commands in their order, and what comes of
them goes back as events. Each application session has one task and one inbox. Nothing
here waits but that task and what its parts start.
"""

import asyncio
from collections.abc import Mapping
from functools import partial

import structlog

from ccxml import commands as c
from ccxml.events import KILL, KILL_UNCONDITIONAL, Event
from ccxml.session import Session, SessionInfo, Step
from engine.calls.call_session import CallSession
from engine.dialogs.voicexml.documents import EntryDocument
from engine.fetch import Loaded
from engine.model.call_record import ApplicationEnd, HowEnded
from engine.model.disposition import EndRequester
from engine.model.result import RefusedError, Result

from .connection import Connection
from .send_and_fetch import CreateChild
from .session_address import SessionAddress
from .session_context import (
    DEFECT,
    ApplicationServices,
    Launch,
    SessionContext,
)
from .session_core import SessionCore
from .session_inbox import Work
from .session_parts import SessionParts
from .step_timer import StepTimer
from .trace_steps import TraceEnd, steps_of

_KILLERS = frozenset({EndRequester.CLIENT, EndRequester.OPERATOR, EndRequester.STOP})
UNSUPPORTED = frozenset({"accept", "reject"})  # there are no inbound calls

log = structlog.get_logger()


class ApplicationSession:
    """Runs one session from its start to its end, with its connections, conferences,
    dialogs and messages.

    It lives on the loop; a step of the core may run in the thread of the ``SlowLane``.
    Call ``prepare``, then exactly one of ``run`` and ``discard``.
    """

    def __init__(
        self,
        launch: Launch,
        loaded: Loaded | EntryDocument,
        services: ApplicationServices,
        create_child: CreateChild,
        *,
        io_processors: Mapping[str, str],
        lease: str | None = None,
    ) -> None:
        """Make a session of the document *loaded*, which has not begun.

        *io_processors* are the URIs at which the session takes events from outside, by
        name (CCXML 1.0, ``session.ioprocessors``). *lease* holds slots that were
        acquired for its first call; they are given back at its end if it places none.
        """
        self.exited: c.Exited | None = None
        self.call: CallSession | None = None
        """The call that it runs on, which a request has asked for."""
        self.idle_since: float | None = None
        self.killed_at: float | None = None
        self.has_begun = False
        self.is_start_cancelled = False
        self._loop = asyncio.get_running_loop()
        self.started: asyncio.Future[None] = self._loop.create_future()
        """Done once ``ccxml.loaded`` has been taken, however that went."""
        self._steps: list[Step] = []
        address = SessionAddress.create(services.directory.node, launch.session_id)
        core = _make_core(loaded, launch, address, io_processors, self._steps)
        uri = loaded.document.uri
        context = SessionContext(launch, address, core, services, uri)
        self.context = context
        self._timer = StepTimer(partial(context.post, core.handle_timer))
        self._parts = SessionParts(
            context,
            create_child,
            {uri: loaded} if isinstance(loaded, EntryDocument) else {},
            source=io_processors.get("basichttp", ""),
            lease=lease,
        )

    # -- life cycle --------------------------------------------------------------

    async def prepare(self) -> None:
        """Run what stands before the event processor: the document's own variables and scripts.

        If that fails, ``exited`` is set afterwards and holds the reason.
        """
        await self._step(self.context.core.prepare)

    def adopt_call(self, call: CallSession) -> Connection:
        """Make *call*, which a request has asked for, a connection of this session.

        Raises RefusedError if the document has ended before its call was placed.
        """
        if self.exited is not None:
            text = f"{self.context.trace.uri} has ended before its call was placed."
            raise RefusedError(Result.CCXML_ERROR, text)
        self.call = call
        return self._parts.adopt_call(call)

    async def run(self) -> c.Exited:
        """Take ``ccxml.loaded``, then every event until the document exits."""
        self.has_begun = True
        try:
            await self._step(self.context.core.start)
        except Exception as error:  # noqa: BLE001 - logged there
            self._end_crashed(error)
        self._mark_started()
        while self.exited is None:
            work = await self.context.inbox.take()
            if isinstance(work, Event):
                work = partial(self.context.core.receive, work)
            try:
                await self._step(work)
            except Exception as error:  # noqa: BLE001 - logged there
                if self.context.has_crashed:  # its document may cause it, over and over
                    self._end_crashed(error)
                else:
                    self.context.crash(error)
        return self.exited

    def _end_crashed(self, error: Exception) -> None:
        self.context.log_crash(error)
        self._finish(c.Exited(None, {}, DEFECT))

    def _mark_started(self) -> None:
        if not self.started.done():
            self.started.set_result(None)

    async def _step(self, work: Work) -> None:
        context, now = self.context, self._loop.time()
        commands = await context.services.slow_lane.run(
            work, now, context.launch.application.id
        )
        if self.exited is not None:
            return  # discarded while its step ran in the slow lane
        trace = context.trace
        trace.add(steps_of(now - trace.began, self._steps, commands))
        self._steps.clear()
        for command in commands:  # none may cost the others: the session has gone on
            if isinstance(command, c.Exited):
                self._finish(command)
            else:
                self._parts.perform(command)
        if self.exited is None and self.has_begun:
            self._timer.set(context.core.next_timer())

    def discard(self) -> None:
        """End a session that has not begun, since its call was not answered."""
        self._finish(c.Exited(None, {}))

    def kill(self, reason: str, requester: EndRequester) -> None:
        """Send the document ``ccxml.kill``; a second time send
        ``ccxml.kill.unconditional``, which ends it.

        *reason* becomes the field of that name; *requester* is who wants that.
        """
        name = KILL if self.killed_at is None else KILL_UNCONDITIONAL
        self.killed_at = self._loop.time()
        context = self.context
        context.killed_by = context.killed_by or requester
        fields = {"sessionid": context.id, "reason": reason}
        context.inbox.put(Event(name, fields, context.full_id))

    def cancel_start(self, reason: str, requester: EndRequester) -> None:
        """Kill a session that its requester no longer waits for.

        The request is refused with a record of its own, so that this session's end
        writes none.
        """
        self.is_start_cancelled = True
        self.kill(reason, requester)

    def _finish(self, exited: c.Exited) -> None:
        if self.exited is not None:
            return
        context = self.context
        self.exited, context.has_ended = exited, True
        if exited.reason == DEFECT:
            context.killed_by = context.killed_by or EndRequester.DEFECT
        lasted_s = self._loop.time() - context.trace.began
        context.trace.ending = TraceEnd.after_exit(
            lasted_s, exited.reason, exited.expr, exited.namelist
        )
        self._timer.set(None)
        self._parts.end()
        try:
            context.core.close()
        except Exception as error:  # noqa: BLE001 - logged there
            context.crash(error)
        context.inbox.clear()
        self._mark_started()

    @property
    def end(self) -> ApplicationEnd | None:
        """How it has ended; None while it lives."""
        if self.exited is None:
            return None
        reason = self.exited.reason
        if reason is None:
            return ApplicationEnd(HowEnded.EXIT)
        is_killed = self.context.killed_by in _KILLERS
        return ApplicationEnd(HowEnded.KILLED if is_killed else HowEnded.ERROR, reason)

    @property
    def is_idle(self) -> bool:
        """Whether nothing can happen any more without an event from outside: no
        connection, child session, timer, fetch or dialog that is being prepared.
        """
        return self.exited is not None or not (
            self.context.connections
            or self._parts.are_waiting
            or self.context.children
            or self.context.core.next_timer() is not None
        )


def _make_core(
    loaded: Loaded | EntryDocument,
    launch: Launch,
    address: SessionAddress,
    io_processors: Mapping[str, str],
    steps: list[Step],
) -> SessionCore:
    """What decides in a session of *loaded*; it appends each event to *steps*."""
    info = SessionInfo(
        id=address.session_id,
        full_id=str(address),
        parent_id=launch.parent.id if launch.parent else None,
        startup_mode=launch.startup_mode,
        values=launch.values,
        io_processors=io_processors,
    )
    if isinstance(loaded, EntryDocument):
        # Only where there is VoiceXML: it takes megabytes.
        from .voicexml.application import VoiceXmlApplication

        return VoiceXmlApplication(loaded.document.uri, info, steps)
    return Session(
        loaded.document,
        info,
        texts=loaded.texts,
        steps=steps,
        unsupported=UNSUPPORTED,
    )
