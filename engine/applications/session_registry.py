"""SessionRegistry: all sessions of this node, from loading their documents to their limits."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

import msgspec
import structlog

from ccxml import commands as c
from ccxml.events import Event
from engine.admission.ledger import node_capacity
from engine.calls.call_session import CallObserver, CallSession
from engine.config.settings import CcxmlSettings
from engine.dialogs.voicexml.documents import EntryDocument
from engine.dialogs.voicexml.sessions import VoiceXmlSessions
from engine.events.event_sequence import EventSequence
from engine.fetch import (
    DocumentError,
    Failure,
    FetchError,
    Loaded,
    Request,
    WebSession,
    request_of_command,
)
from engine.model.call_record import ApplicationEnd, CallRecord
from engine.model.disposition import EndRequester
from engine.model.outbound_request import OutboundRequest
from engine.model.result import RefusedError, Result
from engine.model.voicemail import VoicemailRequest
from engine.platform.objects import Application, ApplicationType
from engine.records.record_writer import RecordWriter
from engine.telemetry.metrics import Act
from sip.events import Ended, MediaEvent, Referred
from sip.message import Response

from .application_events import ApplicationEvents
from .application_session import ApplicationSession
from .builtin import builtin_of, load_builtin
from .connection import Connection
from .session_context import (
    ApplicationServices,
    Launch,
    SessionContext,
)
from .session_trace import Trace
from .session_values import session_values
from .stream_calls import STREAM_CAPABILITY, StreamCalls
from .voicemail_screen import VoicemailScreen

BASICHTTP = "/api/v1/bvr/ccxml/basichttp"
WATCH_S = 0.5
FETCH_SHARE = 0.8  # of the start limit; the rest is for a cached copy and for parsing
TRACES_KEPT = 100  # sessions that have ended

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class LoadedApplication:
    """The document of an application, and the cookies that it came with, which its session
    gets.
    """

    document: Loaded | EntryDocument
    web: WebSession


class SessionRegistry:
    """Starts sessions, gives them events from outside, and ends those that exceed a limit.

    ``watch`` has to run as long as there are sessions, ``aclose`` has to be called at
    the end.
    """

    def __init__(
        self,
        services: ApplicationServices,
        recorder: RecordWriter,
        settings: CcxmlSettings,
        *,
        capabilities: frozenset[str],
    ) -> None:
        """*capabilities* are the types of applications that this node runs (see
        ``capability_of``).
        """
        self.url = ""
        """Base URL of the HTTP API, as other hosts reach it."""
        self.services = services
        self._recorder = recorder
        self.settings = settings
        self._capabilities = capabilities
        self.streams = StreamCalls(services, capabilities)
        """The calls that are joined to a WebSocket, and have no session."""
        self._sessions: dict[str, ApplicationSession] = {}
        self._counts: Counter[str] = Counter()  # live sessions by application
        self._traces: deque[Trace] = deque(maxlen=TRACES_KEPT)
        self._is_closing = False
        self._idle = asyncio.Event()
        self._idle.set()

    def __len__(self) -> int:
        return len(self._sessions)

    def __iter__(self) -> Iterator[ApplicationSession]:
        """The live sessions, the oldest first."""
        return iter(list(self._sessions.values()))

    @property
    def vxml_sessions(self) -> VoiceXmlSessions:
        """The VoiceXML sessions of this node."""
        return self.services.vxml_sessions

    # -- for requests ------------------------------------------------------------

    async def load(
        self, application: Application, request: OutboundRequest
    ) -> LoadedApplication:
        """Load the document that *request* runs, which is that of *application* or a
        built-in one, within the application's start limit.

        A document that is cached is used if it cannot be revalidated in time. Raises
        RefusedError, also where the application may not be started at all, as when a
        limit of sessions is reached.
        """
        self._check(application, capability_of(application, request))
        if (builtin := builtin_of(request)) is not None:
            loaded = load_builtin(builtin)
            return LoadedApplication(loaded, WebSession(request.traceparent))
        if application.uri is None:
            text = f"The application {application.id} has no URI."
            raise RefusedError(Result.INVALID_URI, text)
        limit_s = application.start_limit_ms / 1000
        web = WebSession(request.traceparent)
        try:
            async with asyncio.timeout(limit_s):
                fetch = Request(application.uri, timeout_s=limit_s * FETCH_SHARE)
                if application.type is ApplicationType.VXML:
                    entry = await self.vxml_sessions.load(fetch, web)
                    return LoadedApplication(entry, web)
                return LoadedApplication(await self._load_document(fetch, web), web)
        except TimeoutError:  # in spite of FETCH_SHARE: scripts, too, or a busy machine
            text = f"{application.uri} was not loaded within {limit_s * 1000:.0f} ms."
            raise RefusedError(Result.APPLICATION_TIMEOUT, text) from None
        except DocumentError as error:
            raise RefusedError(Result.CCXML_ERROR, str(error)) from error
        except FetchError as error:
            raise RefusedError(_RESULTS[error.failure], error.reason) from error

    async def _load_document(self, request: Request, web: WebSession) -> Loaded:
        try:
            return await self.services.documents.load(request, web)
        except DocumentError:
            self.services.metrics.ccxml.errors.inc()
            raise

    async def prepare(
        self, loaded: LoadedApplication, call: CallSession
    ) -> ApplicationSession:
        """Make a session of *loaded* that begins when *call* is answered; raises RefusedError.

        If *call* is never placed, the caller discards the session.
        """
        launch = Launch(
            call.order.application,
            call.application_uuid,
            "newcall",
            session_values(call.order.request),
            call.order.request,
            web=loaded.web,
        )
        session = self._add_session(launch, loaded.document)
        await self._prepare(session)
        call.observer = StartOnAnswer(self, session, session.adopt_call(call))
        return session

    def screen(self, call: CallSession, request: VoicemailRequest) -> None:
        """Have *call*, which is not placed yet, kept from its application if a machine answers.

        If it has an application with a document, that was prepared before.
        """
        services = self.services
        call.findings.analysis.is_screened = True
        call.observer = VoicemailScreen(
            request,
            call.observer,
            services.sounds,
            services.calls.hang_up,
            services.tasks,
        )

    async def start(
        self, loaded: LoadedApplication, launch: Launch, lease: str
    ) -> ApplicationSession:
        """Begin a session of *loaded* and wait until it has taken ``ccxml.loaded``.

        *lease* holds the slots of its first call and is the session's from now on.
        Raises RefusedError if the document fails, or exceeds its application's start
        limit; then, as when the caller is cancelled, the session is killed.
        """
        launch = replace(launch, web=loaded.web)
        session = self._add_session(launch, loaded.document, lease)
        await self._prepare(session)
        self._begin(session, launch.events, ends_record=True)
        limit_s = launch.application.start_limit_ms / 1000
        try:
            async with asyncio.timeout(limit_s):
                await asyncio.shield(session.started)
        except TimeoutError:
            session.cancel_start("it was too slow to start", EndRequester.LIMIT)
            raise _start_timeout(launch.application) from None
        except asyncio.CancelledError:
            session.cancel_start("nobody waits for it any more", EndRequester.CLIENT)
            raise
        _check_started(session)
        self._report_begin(session)
        if (end := session.end) is not None:  # it has begun and ended in one step
            self._close_request(session, end)
        return session

    def begin_on_call(self, session: ApplicationSession, call: CallSession) -> None:
        """Start the task of a session that is prepared, on *call*, which was answered."""
        self._begin(session, self.services.calls.events.sequence_of(call))
        self._report_begin(session)

    def _report_begin(self, session: ApplicationSession) -> None:
        if (events := session.context.events) is not None:
            events.on_started()

    def _begin(
        self,
        session: ApplicationSession,
        sequence: EventSequence | None,
        *,
        ends_record: bool = False,
    ) -> None:
        """Start the task of a session, of which the event log is told in *sequence*."""
        context = session.context
        if sequence is not None:
            context.events = ApplicationEvents(
                sequence, context.id, context.trace.uri, ends_record=ends_record
            )
        self.services.metrics.ccxml.sessions.inc()
        self.services.tasks.start(self._run(session))

    async def _run(self, session: ApplicationSession) -> None:
        exited = await session.run()
        if (parent := session.context.launch.parent) is not None:
            parent.children.discard(session.context.id)
            parent.receive(_exit_of(session.context.id, exited))
        self._remove(session, exited)
        self._report_end(session, exited)

    def discard(self, session: ApplicationSession) -> None:
        """End a session that has not begun, since its call was not answered."""
        if session.exited is None:
            session.discard()
            self._remove(session, None)

    def _check(self, application: Application, capability: str) -> None:
        """Raise RefusedError if no session of *application* can be started here, which
        takes *capability*.
        """
        if capability not in self._capabilities:
            text = f"No node that runs has the capability {capability}."
            raise RefusedError(Result.NO_BVR, text)
        self._check_open()
        if not self.settings.enabled:
            text = "The CCXML part of this node does not run."
            raise RefusedError(Result.CCXML_SERVER_NOT_RUNNING, text)
        if len(self._sessions) >= self.settings.max_sessions:
            text = f"All {self.settings.max_sessions} sessions of this node are in use."
            node = node_capacity(self.services.directory.node)
            raise RefusedError(Result.BVR_CALL_LIMIT, text, refused_by=node)
        limit = self.settings.max_sessions_per_application
        if self._counts[application.id] >= limit:
            text = f"All {limit} sessions of application {application.id} are in use."
            owner = f"application:{application.id}"
            raise RefusedError(Result.APPLICATION_CALL_LIMIT, text, refused_by=owner)

    def _check_open(self) -> None:
        if self._is_closing:
            raise RefusedError(Result.SERVER_SHUTDOWN, "This node is stopping.")

    async def _prepare(self, session: ApplicationSession) -> None:
        try:
            await session.prepare()
        except BaseException:
            self.discard(session)
            raise
        if session.exited is not None:
            self._remove(session, session.exited)
        _check_started(session)

    def _add_session(
        self, launch: Launch, loaded: Loaded | EntryDocument, lease: str | None = None
    ) -> ApplicationSession:
        session = ApplicationSession(
            launch,
            loaded,
            self.services,
            self._create_child,
            io_processors={"basichttp": self.url + BASICHTTP},
            lease=lease,
        )
        self._sessions[launch.session_id] = session
        self.services.directory.add(session.context)
        self._counts[launch.application.id] += 1
        self._idle.clear()
        return session

    # -- for sessions ------------------------------------------------------------

    def inject(self, full_id: str, event: Event, account: str | None = None) -> None:
        """Give the live session *full_id* an *event* from outside; raises RefusedError.

        *account*: refuse sessions of other accounts; None: any. Allowed during drain,
        so that who steers a session can still bring it to its end.
        """
        self._check_open()
        session = self.services.directory.find_by_full_id(full_id)
        owner = session and session.launch.application.account
        if session is None or account not in (None, owner):
            text = "There is no session that has this id."
            raise RefusedError(Result.NO_APPLICATION_FOUND, text)
        if not session.receive(event):
            text = "The session takes no more events, since too many of them wait."
            raise RefusedError(Result.CCXML_ERROR, text)

    async def _create_child(
        self, parent: SessionContext, order: c.CreateSession
    ) -> None:
        """See ``CreateChild``."""
        application, session_id = parent.launch.application, order.session_id
        launch = Launch(
            application,
            parent.launch.application_uuid,
            "createccxml",
            order.parameters,
            request=parent.launch.request,
            session_id=session_id,
            parent=parent,
            web=WebSession(parent.launch.web.traceparent),
        )
        try:
            self._check(application, application.type.value.lower())
            loaded = await self._load_document(request_of_command(order), launch.web)
            session = self._add_session(launch, loaded)
            await self._prepare(session)
        except (RefusedError, FetchError, DocumentError) as error:
            fields = {"sessionid": session_id, "reason": str(error)}
            parent.emit("error.createccxml", **fields)
            return
        if parent.has_ended:
            self.discard(session)
            return
        parent.children.add(session_id)
        of_parent = parent.events
        self._begin(session, None if of_parent is None else of_parent.sequence)
        self._report_begin(session)
        parent.emit("ccxml.created", sessionid=session_id)

    def _remove(self, session: ApplicationSession, exited: c.Exited | None) -> None:
        """Forget *session*, which has *exited*; None: it was discarded."""
        context = session.context
        del self._sessions[context.id]
        self.services.directory.remove(context)
        application = context.launch.application.id
        self._counts[application] -= 1
        if not self._counts[application]:
            del self._counts[application]
        if not self._sessions:
            self._idle.set()
        was_killed = session.killed_at is not None
        if exited is not None and exited.reason is not None and not was_killed:
            self.services.metrics.ccxml.errors.inc()

    def _report_end(self, session: ApplicationSession, exited: c.Exited) -> None:
        """Log and record the end of a session that had begun, and keep its trace."""
        launch = session.context.launch
        self._traces.append(session.context.trace)
        log.info(
            "application_ended",
            applicationUUID=launch.application_uuid,
            application=launch.application.id,
            reason=exited.reason or "exit",
        )
        end = session.end
        assert end is not None
        if (call := session.call) is not None:
            call.application_end = end
            if call.is_over:
                self._recorder.enter_application_end(call.id, end)
        events = session.context.events
        is_begun = events is None or events.has_started
        # One that was not begun is refused, with a record of its own; or closed by ``start``.
        if is_begun and not session.is_start_cancelled:
            self._close_request(session, end)

    def _close_request(self, session: ApplicationSession, end: ApplicationEnd) -> None:
        """Tell the event log of the *end* of a session, and close the record of its request,
        if it was started without a call.
        """
        if (events := session.context.events) is not None:
            events.on_ended(end)
        if (record := session.context.launch.record) is not None:
            self._recorder.enqueue(_close_record(record, end))

    # -- for operators -----------------------------------------------------------

    def sessions_of_request(self, application_uuid: str) -> list[ApplicationSession]:
        """The live sessions of one request, in the order in which they were made."""
        return [
            session
            for session in self._sessions.values()
            if session.context.launch.application_uuid == application_uuid
        ]

    def traces(self, application_uuid: str) -> list[Trace]:
        """The traces of a request's sessions, oldest first.

        Those of the last ``TRACES_KEPT`` sessions of the node that have ended are kept.
        """
        ended = [
            trace
            for trace in self._traces
            if trace.application_uuid == application_uuid
        ]
        live = [
            session.context.trace
            for session in self.sessions_of_request(application_uuid)
        ]
        return sorted([*ended, *live], key=lambda trace: trace.began)

    # -- limits ------------------------------------------------------------------

    async def watch(self) -> None:
        """End sessions that are too old or idle for too long; returns never."""
        while True:
            await asyncio.sleep(WATCH_S)
            self._check_all(asyncio.get_running_loop().time())

    def _check_all(self, now: float) -> None:
        for session in list(self._sessions.values()):
            try:
                if session.has_begun:
                    self._enforce_limits(session, now)
            except Exception as error:  # noqa: BLE001 - that session's alone
                session.context.crash(error)

    def _enforce_limits(self, session: ApplicationSession, now: float) -> None:
        settings = self.settings
        if session.killed_at is not None:
            if now - session.killed_at > settings.kill_grace_ms / 1000:
                self._kill(session, "it did not end when it was asked to")
            return
        if now - session.context.trace.began > settings.max_age_ms / 1000:
            self._kill(session, "it is too old")
        elif not session.is_idle:
            session.idle_since = None
        elif session.idle_since is None:
            session.idle_since = now
        elif now - session.idle_since > settings.max_idle_ms / 1000:
            self._kill(session, "it has no connection and waits for nothing")

    def _kill(self, session: ApplicationSession, reason: str) -> None:
        self.services.metrics.watchdog_acts[Act.SESSION_END,].inc()
        session.kill(reason, EndRequester.LIMIT)

    async def wait_until_idle(self) -> None:
        """Wait until there is no session."""
        await self._idle.wait()

    async def aclose(self, limit_s: float) -> None:
        """Kill every session; those that have not ended after *limit_s* seconds are
        killed unconditionally.

        Then waits, as long again at most, for messages that are still going out.
        """
        self._is_closing = True
        for _ in range(2):  # the second kill is unconditional
            for session in list(self._sessions.values()):
                session.kill("the node is stopping", EndRequester.STOP)
            try:
                async with asyncio.timeout(limit_s):
                    await self.wait_until_idle()
            except TimeoutError:
                continue
            break
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                await self.services.tasks.wait_until_done()  # the last messages go out
        self.services.slow_lane.close()


class StartOnAnswer(CallObserver):
    """A ``CallObserver`` that begins the session when the call is answered, and then
    gives the call to the session's connection.
    """

    def __init__(
        self,
        registry: SessionRegistry,
        session: ApplicationSession,
        connection: Connection,
    ) -> None:
        self._registry = registry
        self._session = session
        self._connection = connection

    def on_progress(self, call: CallSession, response: Response) -> None:
        """Nothing: the session has not begun."""

    def on_answered(self, call: CallSession, response: Response) -> None:
        """Begin the session, whose connection observes the call from now on."""
        call.observer = self._connection
        self._registry.begin_on_call(self._session, call)
        self._connection.on_answered(call, response)

    def on_refer_outcome(self, event: Referred) -> None:
        """Nothing: a call is transferred only by its session."""

    def on_media(self, call: CallSession, event: MediaEvent) -> None:
        """Nothing: the session has not begun."""

    def on_hang_up_unconfirmed(self, call: CallSession) -> None:
        """Nothing: the session has not begun."""

    def on_ended(self, call: CallSession, end: Ended) -> None:  # noqa: ARG002
        """Discard the session: the call was not answered."""
        self._registry.discard(self._session)


_RESULTS = {
    Failure.INVALID_URI: Result.INVALID_URI,
    Failure.TIMEOUT: Result.APPLICATION_TIMEOUT,
    Failure.FAILED: Result.CCXML_ERROR,
}


def needs_document(application: Application, request: OutboundRequest) -> bool:
    """Whether a call of *application* that *request* asks for runs a document."""
    is_stream = application.type is ApplicationType.STREAM
    has_own = application.uri is not None and not is_stream
    return has_own or builtin_of(request) is not None


def capability_of(application: Application, request: OutboundRequest) -> str:
    """The capability that a node needs to run what *request* asks for: the type of its
    document in lower case. Built-in applications are CCXML.
    """
    has_builtin = builtin_of(request) is not None
    kind = ApplicationType.CCXML if has_builtin else application.type
    return kind.value.lower()


def capabilities_of(
    application: Application, request: OutboundRequest
) -> frozenset[str]:
    """The capabilities that a node needs to carry out what *request* asks for."""
    if request.stream is not None:
        return frozenset({"outbound", STREAM_CAPABILITY})
    if not needs_document(application, request):
        return frozenset({"outbound"})
    return frozenset({"outbound", capability_of(application, request)})


def _start_timeout(application: Application) -> RefusedError:
    text = f"The application did not start within {application.start_limit_ms} ms."
    return RefusedError(Result.APPLICATION_TIMEOUT, text)


def _check_started(session: ApplicationSession) -> None:
    exited = session.exited
    if exited is not None and exited.reason is not None:
        raise RefusedError(
            Result.CCXML_ERROR, f"{session.context.trace.uri}: {exited.reason}."
        )


def _close_record(record: CallRecord, end: ApplicationEnd) -> CallRecord:
    """The record of a request whose application has ended."""
    closed = msgspec.structs.replace(
        record,
        ended=time.time(),
        termination_reason="exit" if end.reason is None else "application_error",
        detail=end.reason,
    )
    closed.enter_application_end(end)
    return closed


def _exit_of(session_id: str, exited: c.Exited) -> Event:
    """The event by which a session learns that its child *session_id* has exited."""
    fields = {
        "sessionid": session_id,
        "expr": exited.expr,
        "namelist": " ".join(exited.namelist),
        "values": dict(exited.namelist),
        "reason": exited.reason or "exit",
    }
    return Event("ccxml.exit", fields, session_id)
