"""Dialer: admits requests, starts their calls, and waits for the outcome.

A call does not live in its request's task: when the wait runs out or the
client goes away, the waiting ends, not the call.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from uuid import uuid4

import structlog

from sip.agent import UserAgent
from sip.errors import SipError, TooManyCallsError
from sip.events import Ended, LegId, Origin, SipEvent, Times

from .idempotency import Entry, Idempotency, Place, place_of
from .ledger import RENEW_S, Capacity, Full, Granted, Ledger, TooFast
from .leg import LegState
from .outbound import Action, Fields, OutboundRequest, action_of, request_of
from .platform import Application, ApplicationType, OnWaitTimeout, Platform
from .results import Answer, RefusedError, Result
from .session import CallSession, Limits
from .settings import CallSettings

log = structlog.get_logger()


class Dialer:
    """The only place of admission, and the owner of every live call of this process."""

    def __init__(
        self,
        platform: Platform,
        settings: CallSettings,
        ledger: Ledger,
        *,
        node_calls: int,
        default_domain: str | None,
    ) -> None:
        """*node_calls*: how many calls this node carries at once."""
        self._platform = platform
        self._ledger = ledger
        self._node = Capacity("node", node_calls, Result.BVR_CALL_LIMIT)
        self._releases: set[asyncio.Task[None]] = set()
        self._settings = settings
        self._default_domain = default_domain
        self._agent: UserAgent | None = None
        self._by_leg: dict[LegId, CallSession] = {}
        self._live: dict[str, CallSession] = {}
        self._ended: OrderedDict[str, CallSession] = OrderedDict()
        self._idempotency = Idempotency()
        self._idle = asyncio.Event()
        self._idle.set()
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
    ) -> tuple[Answer, bool]:
        """Do what *fields* ask for; return the answer, and whether it is a replay.

        *api_key* is the one of the request's head; *as_text* as in ``request_of``.
        Refusals are answers too.
        """
        application_uuid = None
        try:
            action_of(fields)
            key = self._platform.key(_key_of(fields, api_key))
            application_uuid = str(uuid4())
            request = request_of(
                fields, as_text=as_text, default_domain=self._default_domain
            )
            application = self._platform.application(key)
            self._check_action(request, application)
            self._platform.check_number(request.to)
            place = place_of(key.digest, idempotency_key)
            if place is None:
                return await self._call(application_uuid, request, application), False
            if entry := self._idempotency.find(place, fields):
                return await _replay(entry, request, application_uuid), True
            return await self._first(
                place, fields, application_uuid, request, application
            ), False
        except RefusedError as refused:
            return Answer.of_refusal(refused, application_uuid), False

    async def _first(
        self,
        place: Place,
        fields: Fields,
        application_uuid: str,
        request: OutboundRequest,
        application: Application,
    ) -> Answer:
        entry = self._idempotency.begin(place, fields)
        answer = Answer(Result.INTERNAL_ERROR, application_uuid)
        try:
            answer = await self._call(application_uuid, request, application, place[1])
        except RefusedError as refused:
            self._idempotency.forget(place)
            answer = Answer.of_refusal(refused, application_uuid)
        finally:
            entry.answer.set_result(answer)
        return answer

    def _check_action(self, request: OutboundRequest, application: Application) -> None:
        if request.action is Action.MAKE_CALL:
            return
        if application.type is ApplicationType.VXML:
            raise RefusedError(
                Result.INVALID_APPLICATION_TYPE,
                "startApplication needs an application of type CCXML.",
            )
        raise RefusedError(
            Result.CCXML_SERVER_NOT_RUNNING, "This node has no CCXML part."
        )

    async def _call(
        self,
        application_uuid: str,
        request: OutboundRequest,
        application: Application,
        idempotency_key: str | None = None,
    ) -> Answer:
        deadline = asyncio.get_running_loop().time() + request.wait_s
        received = time.monotonic(), datetime.now(UTC)
        await self._take_slots(application_uuid, request, application)
        try:
            session = self._admit(application_uuid, request, application, received)
            session.idempotency_key = idempotency_key
            await self._start(session)
        except BaseException:
            self._release(application_uuid)
            raise
        try:
            async with asyncio.timeout_at(deadline):
                return await asyncio.shield(session.outcome)
        except TimeoutError:
            pass
        cancelled = application.on_wait_timeout is OnWaitTimeout.CANCEL
        if cancelled:
            session.hang_up()
        return Answer(
            Result.REQUEST_TIMEOUT,
            application_uuid,
            timings_ms=session.timings_ms,
            detail=_WAIT_DETAIL[cancelled],
        )

    async def _start(self, session: CallSession) -> None:
        try:
            await session.start()
        except BaseException as error:
            self._forget(session)
            if isinstance(error, TooManyCallsError):
                raise RefusedError(Result.BVR_CALL_LIMIT, str(error)) from error
            if isinstance(error, SipError):
                raise RefusedError(Result.SERVER_SHUTDOWN, str(error)) from error
            raise

    async def _take_slots(
        self, lease: str, request: OutboundRequest, application: Application
    ) -> None:
        """Take every slot and turn of the call, or raise RefusedError and hold nothing."""
        self._check_node()
        capacities, rates = self._platform.limits(application)
        capacities.append(self._node)
        patience_s = min(request.wait_s, self._settings.max_queue_wait_ms / 1000)
        while True:
            match await self._ledger.acquire(lease, capacities, rates):
                case Granted():
                    return
                case Full(capacity):
                    detail = f"All {capacity.limit} calls of {_shown(capacity.name)} are in use."
                    raise RefusedError(capacity.refusal, detail)
                case TooFast(rate, wait_s):
                    if wait_s > patience_s:
                        shown = _shown(rate.name)
                        detail = (
                            f"{shown} may start {rate.per_second:g} calls per second."
                        )
                        detail = detail[0].upper() + detail[1:]
                        raise RefusedError(rate.refusal, detail, retry_after_s=wait_s)
                    patience_s -= wait_s
                    await asyncio.sleep(wait_s)
                    self._check_node()

    def _check_node(self) -> None:
        if self.is_draining or self._agent is None:
            state = "stopping" if self.is_draining else "starting"
            raise RefusedError(Result.SERVER_SHUTDOWN, f"This node is {state}.")

    def _release(self, application_uuid: str) -> None:
        task = asyncio.ensure_future(self._ledger.release(application_uuid))
        self._releases.add(task)
        task.add_done_callback(self._releases.discard)

    async def renew_leases(self) -> None:
        """Keep the slots of every live call, for ever."""
        while True:
            await asyncio.sleep(RENEW_S)
            await self._ledger.renew(list(self._live))

    def _admit(
        self,
        application_uuid: str,
        request: OutboundRequest,
        application: Application,
        received: tuple[float, datetime],
    ) -> CallSession:
        self._check_node()
        assert self._agent is not None
        session = CallSession(
            application_uuid,
            LegId(str(uuid4())),
            request,
            application,
            self._limits(request, application),
            received=received,
            agent=self._agent,
            on_ended=self._on_ended,
        )
        self._by_leg[session.leg_id] = self._live[application_uuid] = session
        self._idle.clear()
        return session

    def _limits(self, request: OutboundRequest, application: Application) -> Limits:
        settings = self._settings
        ring_ms = application.ring_timeout_ms or settings.ring_timeout_ms
        duration_ms = application.max_duration_ms or settings.max_duration_ms
        return Limits(
            request.ring_timeout_s or ring_ms / 1000,
            request.max_duration_s or duration_ms / 1000,
        )

    # -- events ------------------------------------------------------------------

    def receive(self, events: Sequence[SipEvent]) -> None:
        """Take what the user agent reports; a defect costs the call it concerns, no other."""
        for event in events:
            session = self._by_leg.get(event.leg)
            if session is None:
                continue
            try:
                session.receive(event)
            except Exception:
                log.exception("call_crashed", application_uuid=session.application_uuid)
                self._crash(session, event)

    def _crash(self, session: CallSession, event: SipEvent) -> None:
        if not session.outcome.done():
            session.outcome.set_result(
                Answer(Result.INTERNAL_ERROR, session.application_uuid)
            )
        if isinstance(event, Ended):
            session.end = event
            self._on_ended(session)
        elif self._agent is not None:
            session.state = LegState.ENDING
            self._agent.hang_up(session.leg_id)

    def _on_ended(self, session: CallSession) -> None:
        self._forget(session)
        self._release(session.application_uuid)
        self._log_end(session)
        self._ended[session.application_uuid] = session
        while len(self._ended) > self._settings.ended_calls_kept:
            self._ended.popitem(last=False)

    def _log_end(self, session: CallSession) -> None:
        end = session.end
        assert end is not None
        log.info(
            "call_ended",
            application_uuid=session.application_uuid,
            application=session.application.id,
            result=session.outcome.result().result.text,
            sip_status=end.status,
            origin=end.origin,
            forced=end.forced,
        )

    def _forget(self, session: CallSession) -> None:
        self._by_leg.pop(session.leg_id, None)
        self._live.pop(session.application_uuid, None)
        if not self._live:
            self._idle.set()

    # -- calls -------------------------------------------------------------------

    def application_of(self, api_key: str | None) -> Application:
        """The application that *api_key* selects; raises RefusedError."""
        return self._platform.application(self._platform.key(api_key or ""))

    def calls(self, application: Application) -> Iterator[CallSession]:
        """Live calls of *application*, oldest first."""
        return (
            call
            for call in self._live.values()
            if call.application.id == application.id
        )

    def call(
        self, application: Application, application_uuid: str
    ) -> CallSession | None:
        """A call of *application*, live or ended not long ago."""
        call = self._live.get(application_uuid) or self._ended.get(application_uuid)
        return call if call and call.application.id == application.id else None

    @property
    def live_calls(self) -> int:
        """Calls that have not ended."""
        return len(self._live)

    @property
    def is_ready(self) -> bool:
        """Whether requests are taken."""
        return self._agent is not None and not self.is_draining

    @property
    def forced_ends(self) -> int:
        """Legs whose end PJSIP never reported, so that the watchdog ended them."""
        return self._agent.forced_ends if self._agent is not None else 0

    # -- the end -----------------------------------------------------------------

    async def drain(self) -> None:
        """Take no new requests, and wait until every call has ended."""
        self.is_draining = True
        await self._idle.wait()

    def hang_up_all(self) -> None:
        """Ask for the end of every call."""
        for session in list(self._live.values()):
            session.hang_up()

    def give_up(self) -> None:
        """The user agent is gone: what it did not report as ended will not be."""
        for session in list(self._live.values()):
            origin = Origin.LOCAL_CANCEL
            session.receive(
                Ended(session.leg_id, 487, "Request Terminated", origin, None, Times())
            )


_WAIT_DETAIL = {
    False: "The wait ran out before the call was answered; the call goes on.",
    True: "The wait ran out before the call was answered; the call is being cancelled.",
}


def _shown(name: str) -> str:
    kind, _, owner = name.partition(":")
    return f"{kind} {owner}" if owner else f"the {kind}"


def _key_of(fields: Fields, api_key: str | None) -> str:
    key = fields.get("apiKey", api_key)
    if key is None:
        raise RefusedError(Result.INVALID_REQUEST, "The request has no apiKey.")
    if not isinstance(key, str):
        raise RefusedError(Result.INVALID_REQUEST, "The apiKey is not a string.")
    return key


async def _replay(
    entry: Entry, request: OutboundRequest, application_uuid: str
) -> Answer:
    try:
        async with asyncio.timeout(request.wait_s):
            return await asyncio.shield(entry.answer)
    except TimeoutError:
        return Answer(
            Result.REQUEST_TIMEOUT,
            application_uuid,
            detail="The first request with this Idempotency-Key is still running.",
        )
