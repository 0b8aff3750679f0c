"""Dialer: admits requests, starts their calls, and waits for the outcome.

A call does not live in its request's task: when the wait runs out or the
client goes away, the waiting ends, and the call as its application wants.
"""

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from functools import partial
from uuid import uuid4

from sip.agent import UserAgent
from sip.errors import SipError, TooManyCallsError

from .admission import Admission, Candidate
from .calls import Calls
from .idempotency import Idempotency, place_of
from .ledger import Capacity, Ledger
from .objects import Application, ApplicationType, WhenNobodyWaits
from .outbound import Action, Fields, OutboundRequest, action_of, request_of
from .platform import CurrentPlatform, Platform
from .proxies import ProxyHealth
from .record import Record
from .recorder import Recorder
from .replies import Reply
from .results import Answer, RefusedError, Result
from .session import CallSession, Limits, NodeFacts
from .settings import CallSettings
from .statistics import Statistics
from .store import Store, StoreError
from .tasks import Tasks

CLOSE_WAIT_S = 1.0  # a client is told of a failure once its slots are free, or so late


@dataclass(slots=True)
class _Asked:
    """What is known of a request that is being worked on."""

    received: tuple[float, float]  # monotonic, and since 1970
    fields: Fields
    application_uuid: str | None = None
    application: Application | None = None
    session: CallSession | None = None
    client_is_gone: bool = False


class Dialer:
    """Takes requests for calls, and answers them."""

    def __init__(
        self,
        store: Store,
        ledger: Ledger,
        recorder: Recorder,
        settings: CallSettings,
        facts: NodeFacts,
        *,
        node_calls: int,
        places_calls: bool = True,
    ) -> None:
        """*node_calls*: how many calls this node carries; *places_calls*: whether it does so at all."""
        self._store = store
        self._recorder = recorder
        self._settings = settings
        self._facts = facts
        self._node_calls = node_calls
        self._places_calls = places_calls
        self._agent: UserAgent | None = None
        self._tasks = Tasks()
        self._idempotency = Idempotency(store)
        self.platform = CurrentPlatform(store)
        self.statistics = Statistics(time.monotonic)
        self.calls = Calls(ledger, recorder, self.statistics)
        self.health = ProxyHealth()
        self._admission = Admission(
            ledger,
            self.health,
            node=self._node,
            max_queue_wait_s=settings.max_queue_wait_ms / 1000,
            default_domain=facts.default_domain,
        )
        self.is_draining = False

    def attach(self, agent: UserAgent) -> None:
        """Use *agent* for calls; until then requests are refused."""
        self._agent = agent

    # -- requests ----------------------------------------------------------------

    async def originate(
        self,
        fields: Fields,
        *,
        api_key: str | None,
        idempotency_key: str | None = None,
        as_text: bool = False,
    ) -> Reply:
        """Do what *fields* ask for, and return what to answer. Refusals are answers too.

        *api_key* is the one of the request's head; *as_text* as in ``request_of``.
        When the caller is cancelled, since its client has gone, the call goes
        on or is cancelled as its application wants.
        """
        asked = _Asked((time.monotonic(), time.time()), fields)
        work = self._tasks.start(
            self._answer(asked, api_key, idempotency_key, as_text=as_text)
        )
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            self._client_gone(asked)
            raise

    def refuse(self, refused: RefusedError) -> Reply:
        """Answer a request that could not even be read; it leaves a record, too."""
        asked = _Asked((time.monotonic(), time.time()), {})
        return self._refused(asked, refused)

    def _client_gone(self, asked: _Asked) -> None:
        """The work goes on to a proper end: a refusal, or a call that is hung up."""
        asked.client_is_gone = True
        if _is_unwanted(asked) and asked.session is not None:
            asked.session.hang_up()

    async def _answer(
        self,
        asked: _Asked,
        api_key: str | None,
        idempotency_key: str | None,
        *,
        as_text: bool,
    ) -> Reply:
        fields = asked.fields
        try:
            action_of(fields)
            platform = await self.platform.now()
            key = platform.key(_key_of(fields, api_key))
            self._recorder.used(key.sha256)
            uuid = asked.application_uuid = str(uuid4())
            request = request_of(fields, as_text=as_text)
            application = asked.application = platform.application(key)
            self.statistics.attempt(application.account, application.id)
            candidate = self._candidate(uuid, request, platform, application)
            _check_wanted(asked)
            place = place_of(key.sha256, idempotency_key)
            if place is None:
                return Reply.of(await self._call(asked, candidate))
            work = partial(self._call, asked, candidate, place[1])
            return await self._idempotency.once(
                place, fields, uuid, request.wait_s, work
            )
        except RefusedError as refused:
            return self._refused(asked, refused)

    def _candidate(
        self,
        uuid: str,
        request: OutboundRequest,
        platform: Platform,
        application: Application,
    ) -> Candidate:
        """Check what can be checked without waiting; raises RefusedError."""
        if request.action is Action.START_APPLICATION:
            raise _cannot_start(application)
        platform.check_number(request.to)
        group = platform.group(request, application)
        candidate = Candidate(uuid, request, application, platform, group)
        self._admission.check_route(candidate)
        return candidate

    def _refused(self, asked: _Asked, refused: RefusedError) -> Reply:
        answer = Answer.of_refusal(refused, asked.application_uuid)
        self._recorder.put(_record_of_refusal(asked, refused, self._facts.name))
        return Reply.of(answer)

    async def _call(
        self, asked: _Asked, candidate: Candidate, idempotency_key: str | None = None
    ) -> Answer:
        if not self._recorder.is_healthy:
            text = "The database cannot be written, so that no call is placed."
            raise RefusedError(Result.INTERNAL_ERROR, text)
        deadline = asyncio.get_running_loop().time() + candidate.request.wait_s
        session = None
        try:
            trunk = await self._admission.take(candidate)
            _check_wanted(asked)
            session = asked.session = self._session(asked, candidate)
            session.idempotency_key = idempotency_key
            self.calls.add(session)
            await self._start(session.start(trunk))
        except BaseException:
            if session is not None:
                asked.session = None
                self.calls.remove(session)
            self.calls.release(candidate.lease)
            raise
        self._recorder.put(session.record())
        return await self._outcome(session, deadline)

    async def _outcome(self, session: CallSession, deadline: float) -> Answer:
        try:
            async with asyncio.timeout_at(deadline):
                answer = await asyncio.shield(session.outcome)
        except TimeoutError:
            return self._wait_ran_out(session)
        if session.is_over:  # then the client may call again at once
            await asyncio.wait([session.closed], timeout=CLOSE_WAIT_S)
        return answer

    def _wait_ran_out(self, session: CallSession) -> Answer:
        session.wait_ran_out = True
        cancels = session.application.on_wait_timeout is WhenNobodyWaits.CANCEL
        if cancels:
            session.hang_up()
        self._recorder.put(session.record())
        return Answer(
            Result.REQUEST_TIMEOUT,
            session.application_uuid,
            timings_ms=session.timings_ms,
            detail=_WAIT_DETAIL[cancels],
        )

    async def _start(self, starting: Awaitable[None]) -> None:
        try:
            await starting
        except TooManyCallsError as error:
            raise RefusedError(Result.BVR_CALL_LIMIT, str(error)) from error
        except SipError as error:
            raise RefusedError(Result.SERVER_SHUTDOWN, str(error)) from error

    def _session(self, asked: _Asked, candidate: Candidate) -> CallSession:
        assert self._agent is not None
        return CallSession(
            candidate,
            self._limits(candidate.request, candidate.application),
            received=asked.received,
            node=self._facts,
            agent=self._agent,
            admission=self._admission,
            owner=self.calls,
        )

    def _limits(self, request: OutboundRequest, application: Application) -> Limits:
        settings = self._settings
        ring_ms = application.ring_timeout_ms or settings.ring_timeout_ms
        duration_ms = application.max_duration_ms or settings.max_duration_ms
        return Limits(
            request.ring_timeout_s or ring_ms / 1000,
            request.max_duration_s or duration_ms / 1000,
        )

    def _node(self) -> Capacity:
        """What this node carries now; nothing while it starts, drains, or has another role."""
        if not self._places_calls:
            text = "No node that runs has the capability outbound."
            return Capacity("node", 0, Result.NO_BVR, text)
        if self.is_draining or self._agent is None:
            state = "stopping" if self.is_draining else "starting"
            text = f"This node is {state}."
            return Capacity("node", 0, Result.SERVER_SHUTDOWN, text)
        return Capacity("node", self._node_calls, Result.BVR_CALL_LIMIT)

    # -- calls -------------------------------------------------------------------

    async def application_of(self, api_key: str | None) -> Application:
        """The application that *api_key* selects; raises RefusedError."""
        platform = await self.platform.now()
        return platform.application(platform.key(api_key or ""))

    async def call(self, application_uuid: str) -> CallSession | Record | None:
        """A call that lives, or what is kept of one that has ended; raises RefusedError."""
        if session := self.calls.find(application_uuid):
            return session
        if record := self._recorder.find(application_uuid):
            return record
        try:
            records = await self._store.record(application_uuid)
        except StoreError as error:
            raise RefusedError(Result.INTERNAL_ERROR, str(error)) from error
        return records[-1] if records else None

    @property
    def is_ready(self) -> bool:
        """Whether requests are taken."""
        return self._node().limit > 0 and self._recorder.is_healthy

    @property
    def forced_ends(self) -> int:
        """Legs whose end PJSIP never reported, so that the watchdog ended them."""
        return self._agent.forced_ends if self._agent is not None else 0

    async def drain(self) -> None:
        """Take no new requests, and wait until every call has ended."""
        self.is_draining = True
        await self.calls.all_ended()


_WAIT_DETAIL = {
    False: "The wait ran out before the call was answered; the call goes on.",
    True: "The wait ran out before the call was answered; the call is being cancelled.",
}


def _is_unwanted(asked: _Asked) -> bool:
    """Whether nobody waits for the call, and its application wants none then."""
    return (
        asked.client_is_gone
        and asked.application is not None
        and asked.application.on_client_disconnect is WhenNobodyWaits.CANCEL
    )


def _check_wanted(asked: _Asked) -> None:
    if _is_unwanted(asked):
        raise RefusedError(Result.CALL_FAILED, "The client has gone away.")


def _cannot_start(application: Application) -> RefusedError:
    if application.type is ApplicationType.VXML:
        text = "startApplication needs an application of type CCXML."
        return RefusedError(Result.INVALID_APPLICATION_TYPE, text)
    return RefusedError(Result.CCXML_SERVER_NOT_RUNNING, "This node has no CCXML part.")


def _key_of(fields: Fields, api_key: str | None) -> str:
    key = fields.get("apiKey")
    if key is None:
        key = api_key
    if key is None:
        raise RefusedError(Result.INVALID_REQUEST, "The request has no apiKey.")
    if not isinstance(key, str):
        raise RefusedError(Result.INVALID_REQUEST, "The apiKey is not a string.")
    return key


def _record_of_refusal(asked: _Asked, refused: RefusedError, node: str) -> Record:
    received, received_at = asked.received
    application = asked.application
    return Record(
        id=asked.application_uuid or str(uuid4()),
        received=received_at,
        node=node,
        application_uuid=asked.application_uuid,
        account=application.account if application else None,
        application=application.id if application else None,
        action=_short(asked.fields.get("action")),
        to=_short(asked.fields.get("to")),
        result=refused.result.text,
        detail=refused.detail,
        termination_reason="refused",
        ended=received_at + (time.monotonic() - received),
    )


def _short(value: object) -> str | None:
    """What a hostile client sent, as far as it is worth keeping."""
    return value[:255] if isinstance(value, str) else None
