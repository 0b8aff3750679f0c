"""CallSession: one call, from its first INVITE to its end, over as many proxies as it takes."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Protocol

import msgspec
import structlog

from engine.admission.admission import Admission, Candidate
from engine.model.call_progress import CallProgressResult, ProgressOutcome
from engine.model.call_record import Attempt, CallRecord
from engine.model.ids import new_id
from engine.model.leg_state import (
    UNANSWERED,
    LegEvent,
    LegRequest,
    LegState,
    Timer,
    transition,
)
from engine.model.result import OutboundOutcome, RefusedError, Result, SipOutcome
from engine.platform.number_rules import user_part
from engine.platform.trunks import Trunk
from sip.agent import Invite, UserAgent
from sip.errors import SipError
from sip.events import (
    Answered,
    CallProgress,
    Ended,
    Ending,
    LegId,
    MediaEvent,
    Origin,
    Progress,
    Referred,
    SipEvent,
    Times,
)
from sip.extra_headers import Headers
from sip.media import Recording, Sound
from sip.message import Response, text, texts
from sip.name_addr import NameAddr
from sip.reason_header import q850_cause
from sip.uri import SipUri

from .invite_builder import invite_of

HANG_UP_GUARD_S = (
    5.0  # from our hang-up until the client is answered without the far end
)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class CallLimits:
    """How long a leg may ring before CANCEL and an answered call may last before BYE,
    in seconds.
    """

    ring_s: float
    max_duration_s: float


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What this node's name and configuration put into its calls and records."""

    name: str
    caller_id: str = "bvr"
    default_domain: str | None = None


class CallObserver(Protocol):
    """Whoever is told what becomes of a call: the application that runs on it.

    Methods are called on the loop, in the order of the events. None may block; an
    exception ends the call.
    """

    def on_progress(self, call: "CallSession", response: Response) -> None:
        """A provisional response above 100 has arrived."""

    def on_answered(self, call: "CallSession", response: Response) -> None:
        """A 2xx has arrived and was acknowledged."""

    def on_refer_outcome(self, event: Referred) -> None:
        """The transfer by ``CallSession.refer`` has succeeded or failed."""

    def on_media(self, call: "CallSession", event: MediaEvent) -> None:
        """A digit or a sound was detected, or something that was played or recorded has ended.

        Of call progress analysis only the events that its request wants.
        """

    def on_ended(self, call: "CallSession", end: Ended) -> None:
        """The call has ended. Called exactly once; nothing follows."""


class CallOwner(Protocol):
    """Whoever holds the live calls, writes their records and releases their slots:
    ``LiveCalls``.
    """

    def on_leg_began(self, session: "CallSession") -> None:
        """Route the events of ``session.leg_id`` to *session* from now on."""

    def on_leg_ended(self, leg: LegId) -> None:
        """Stop routing the events of *leg*: none will come."""

    def on_outcome(self, session: "CallSession") -> None:
        """The call was answered, or is being ended by the user agent: its record has changed."""

    def on_call_progress_known(self, session: "CallSession") -> None:
        """Call progress analysis has its verdict, or has ended: the record has changed."""

    def on_hang_up_unconfirmed(self, session: "CallSession") -> None:
        """The far end has not confirmed our hang-up in time; the client has its answer
        all the same.
        """

    def on_ended(self, session: "CallSession") -> None:
        """The call has ended, and its record is complete. Called exactly once."""


class CallSession:
    """The state of one call and the decisions on it: events of the user agent in,
    hang-ups, records and an outcome out.

    It lives on the loop, never blocks, and nobody else changes it. Three futures mark
    its life: ``outcome`` is done when the call is answered or has failed,
    ``call_progress_known`` when it is known what has answered or the analysis has
    ended, ``slots_released`` when its record is committed and its slots are given back.
    """

    def __init__(
        self,
        candidate: Candidate,
        limits: CallLimits,
        *,
        node: NodeFacts,
        agent: UserAgent,
        admission: Admission,
        owner: CallOwner,
    ) -> None:
        """The slots of *candidate* are held."""
        self._loop = asyncio.get_running_loop()
        self.id = candidate.id
        self.lease = candidate.lease
        self.order = candidate.order
        self.limits = limits
        self.admitted = time.monotonic()
        self.state = LegState.DIALING
        self.leg_id = LegId("")
        self.times = Times()  # of the latest leg
        self.attempts: list[Attempt] = []
        self.outcome: asyncio.Future[OutboundOutcome] = self._loop.create_future()
        self.call_progress_known: asyncio.Future[None] = self._loop.create_future()
        self.slots_released: asyncio.Future[None] = self._loop.create_future()
        self.end: Ended | None = None
        # Only of an answered call, and only if it was asked for.
        self.call_progress: CallProgressResult | None = None
        self.response: Response | None = None  # the latest one of the latest leg
        self.detail: str | None = None  # why the user agent has ended it by itself
        self.observer: CallObserver | None = None
        self.was_hung_up = False
        """Whether somebody has asked for its end, on our side and before its limits."""
        self._hang_up_headers: Headers = ()
        self._candidate = candidate
        self._trunk: Trunk | None = None
        self._from: NameAddr | None = None
        self._caller_id = node.caller_id
        self._node = node
        self._agent = agent
        self._admission = admission
        self._owner = owner
        self._timer: asyncio.TimerHandle | None = None
        self._failing_over: asyncio.Task[None] | None = None  # between two legs
        self._ladders = ""  # messages of the legs that have ended
        self._numbers = count(1)  # for playbacks and recordings

    def prepare(self, trunk: Trunk | None) -> Invite:
        """Make the INVITE through *trunk* (None: without a proxy) and enter it in the record.

        Call ``send`` with it once the record is committed. Raises SipError.
        """
        self._trunk = trunk
        invite = invite_of(
            self.order.request,
            trunk,
            LegId(new_id()),
            ring_limit_s=self.limits.ring_s,
            default_domain=self._node.default_domain,
            credentials=self.order.platform.credentials,
        )
        self._from = invite.from_
        self._caller_id = invite.caller_id or self._node.caller_id
        proxy = trunk.proxy.id if trunk else None
        self.attempts.append(Attempt(invite.leg, str(invite.target), proxy))
        return invite

    async def send(self, invite: Invite) -> None:
        """Send *invite*; raises SipError, and then nothing was sent.

        If the call was hung up since ``prepare``, it ends instead, without an INVITE.
        """
        if self.state not in UNANSWERED:
            self.attempts.pop()
            self._finish(self._make_cancelled_end())
            return
        # Before the INVITE: its first events may come before ``invite`` returns.
        self.leg_id = invite.leg
        self.times, self.response = Times(), None
        self._owner.on_leg_began(self)
        try:
            await self._agent.invite(invite)
        except BaseException:
            self._owner.on_leg_ended(invite.leg)
            raise
        if self.state in UNANSWERED:
            # The user agent sends CANCEL at the ring limit, but not while there is no
            # provisional response (RFC 3261 §9.1): then only this timer answers the client.
            self._set_timer(
                self.limits.ring_s + HANG_UP_GUARD_S, self._report_unconfirmed
            )

    def refer(self, to: SipUri | LegId, headers: Headers, *, limit_s: float) -> None:
        """Transfer the far end of an answered call to *to*; see ``UserAgent.refer``.

        The outcome goes to the observer, after *limit_s* seconds at most.
        """
        self._agent.refer(self.leg_id, to, headers, limit_s=limit_s)

    def play(self, sounds: tuple[Sound, ...], *, stops_on: str = "") -> int:
        """Play *sounds* to the far end; see ``UserAgent.play``.

        Returns the number of its ``Played``.
        """
        number = next(self._numbers)
        self._agent.play(self.leg_id, number, sounds, stops_on=stops_on)
        return number

    def record_audio(self, recording: Recording) -> int:
        """Record the far end; see ``UserAgent.record``.

        Returns the number of its ``Recorded``.
        """
        number = next(self._numbers)
        self._agent.record(self.leg_id, number, recording)
        return number

    def stop(self, number: int) -> None:
        """End the playback or recording *number*; see ``UserAgent.stop``."""
        self._agent.stop(self.leg_id, number)

    def send_digits(self, digits: str) -> None:
        """Send DTMF *digits* to the far end; see ``UserAgent.send_digits``."""
        self._agent.send_digits(self.leg_id, digits)

    def hang_up(self, headers: Headers = ()) -> None:
        """End the call in whatever state it is; a second time does nothing.

        *headers* go into the CANCEL or BYE.
        """
        if not self.was_hung_up:
            self.was_hung_up = True
            self._hang_up_headers = headers
        self._step(LegRequest.HANG_UP)
        if self._failing_over is not None and not self._failing_over.done():
            self._finish(self._make_cancelled_end())

    def receive(self, event: SipEvent) -> None:
        """Take an event of the user agent about this call's current leg."""
        if isinstance(event, Referred):
            if self.observer is not None:
                self.observer.on_refer_outcome(event)
            return
        if isinstance(event, CallProgress) and not self._keep_call_progress(event):
            return
        if isinstance(event, MediaEvent):
            if self.observer is not None:
                self.observer.on_media(self, event)
            return
        self.times = event.times
        if event.response is not None:
            self.response = event.response
        if self._trunk is not None:
            self._admission.report_leg_event(self._trunk, event)
        match event:
            case Progress(response=response):
                self._step(event)
                if self.observer is not None:
                    self.observer.on_progress(self, response)
            case Answered(response=response):
                self._step(event)
                self._start_call_progress()
                self._set_outcome(self._make_connected_outcome(event))
                if self.observer is not None:
                    self.observer.on_answered(self, response)
                self._set_timer(
                    self.limits.max_duration_s, lambda: self._step(Timer.MAX_DURATION)
                )
                self._owner.on_outcome(self)
            case Ending():
                self._on_ending(event)
            case Ended():
                self._close_attempt(event)
                self._owner.on_leg_ended(event.leg)
                if self._fails_over(event):
                    self._failing_over = self._loop.create_task(self._fail_over(event))
                else:
                    self._finish(event)

    def _start_call_progress(self) -> None:
        """Start call progress analysis if the request wants it."""
        if (requested := self.order.request.call_progress) is not None:
            self.call_progress = CallProgressResult()
            self._agent.watch(self.leg_id, requested.detection)

    def _keep_call_progress(self, event: CallProgress) -> bool:
        """Keep a finding of call progress analysis; returns whether the application
        wants to know it.
        """
        requested, result = self.order.request.call_progress, self.call_progress
        if requested is None or result is None:
            return False
        result.add(event, self.order.received.to_epoch(event.at))
        if result.verdict is not None or event.is_last:
            self._end_call_progress()
        return event.type in requested.events

    def _end_call_progress(self) -> None:
        if not self.call_progress_known.done():
            self.call_progress_known.set_result(None)
            self._owner.on_call_progress_known(self)

    def _on_ending(self, event: Ending) -> None:
        """Give the client its answer: the user agent is hanging up by itself, and the
        far end may take long to confirm it.
        """
        self.detail = event.detail
        self._step(event)
        response = event.response
        status, reason = (
            (487, "Request Terminated")
            if response is None
            else (response.status, response.reason)
        )
        outcome = SipOutcome(status, reason, event.origin)
        self._set_outcome(self._make_outcome(Result.CALL_FAILED, outcome, response))
        self._set_timer(HANG_UP_GUARD_S, self._report_unconfirmed)
        self._owner.on_outcome(self)

    def end_without_agent(self, end: Ended | None = None) -> None:
        """End the call although the user agent may not have ended its leg.

        *end* is the end that it has reported. Without it the user agent is gone and
        will report none.
        """
        if end is None and self._has_leg:
            end = self._make_unconfirmed_end()
            self._close_attempt(end)
        self._finish(end or self._make_cancelled_end())

    @property
    def _has_leg(self) -> bool:
        """Whether a leg has begun and no end of it was reported."""
        return bool(self.attempts) and self.attempts[-1].status is None

    def _make_unconfirmed_end(self) -> Ended:
        """The end of a leg that the far end has never confirmed.

        A leg that was answered keeps the status of its answer, as at every other end.
        """
        self.times = replace(self.times, ended=time.monotonic())
        end = replace(self._make_cancelled_end(), forced=self.times.invite is not None)
        answer = self.response
        if answer is None or not 200 <= answer.status < 300:
            return end
        return replace(end, status=answer.status, reason=answer.reason, response=answer)

    # -- one leg after another ---------------------------------------------------

    def _fails_over(self, end: Ended) -> bool:
        """Whether the next proxy of the group may be tried: never after a ringing
        response, since a person may have heard it.
        """
        group = self._candidate.group
        if group is None or self.state not in UNANSWERED or end.forced:
            return False
        if self.times.ringing is not None:
            return False
        word = str(end.status) if end.origin is Origin.REMOTE else end.origin.value
        return word in group.failover

    async def _fail_over(self, end: Ended) -> None:
        try:
            trunk = await self._admission.acquire_for_call(self._candidate)
            if self.state in UNANSWERED:  # else it was hung up while we waited
                await self.send(self.prepare(trunk))
                return
        except RefusedError as refused:
            log.debug("no_next_proxy", reason=refused.detail)
        except SipError as error:
            log.warning("next_proxy_failed", reason=str(error))
        except Exception:
            log.exception("fail_over_crashed", applicationUUID=self.application_uuid)
        self._finish(end if self.state in UNANSWERED else self._make_cancelled_end())

    def _make_cancelled_end(self) -> Ended:
        """The end of a call that we have hung up while it had no leg."""
        reason = "Request Terminated"
        return Ended(self.leg_id, 487, reason, Origin.LOCAL_CANCEL, None, self.times)

    def _close_attempt(self, end: Ended) -> None:
        attempt = self.attempts[-1]
        attempt.status, attempt.reason = end.status, text(end.reason)
        attempt.origin = end.origin.value
        self._ladders += end.ladder
        attempt.invite = self._to_epoch(end.times.invite)
        attempt.ended = self._to_epoch(end.times.ended)

    # -- state and timers --------------------------------------------------------

    def _step(self, event: LegEvent) -> None:
        self.state, command = transition(self.state, event)
        if command is not None:
            self._set_timer(HANG_UP_GUARD_S, self._report_unconfirmed)
            self._agent.hang_up(self.leg_id, self._hang_up_headers)

    def _set_timer(self, delay_s: float, action: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(delay_s, action)

    def _report_unconfirmed(self) -> None:
        """Give the client its answer, and keep the call: the far end has not confirmed
        the hang-up.
        """
        outcome = SipOutcome(487, "Request Terminated", Origin.LOCAL_CANCEL)
        self._set_outcome(self._make_outcome(Result.CALL_FAILED, outcome, None))
        self._owner.on_hang_up_unconfirmed(self)

    def _finish(self, event: Ended) -> None:
        if self.end is not None:
            return
        self.end = event
        self._step(event)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if (
            self._failing_over is not None
            and self._failing_over is not asyncio.current_task()
        ):
            self._failing_over.cancel()
        self._failing_over = None
        outcome = SipOutcome(event.status, event.reason, event.origin)
        self._set_outcome(
            self._make_outcome(Result.CALL_FAILED, outcome, event.response)
        )
        if not self.call_progress_known.done():
            self.call_progress_known.set_result(None)
        observer, self.observer = self.observer, None  # a cycle otherwise
        try:
            if observer is not None:
                observer.on_ended(self, event)
        finally:  # a defect there must cost neither the record nor the slots
            self._owner.on_ended(self)

    # -- outcome and record ------------------------------------------------------

    def _make_connected_outcome(self, event: Answered) -> OutboundOutcome:
        response = event.response
        outcome = SipOutcome(response.status, response.reason, Origin.REMOTE)
        return self._make_outcome(Result.CALL_CONNECTED, outcome, response)

    def _set_outcome(self, answer: OutboundOutcome) -> None:
        if not self.outcome.done():
            self.outcome.set_result(answer)

    def _make_outcome(
        self, result: Result, outcome: SipOutcome, response: Response | None
    ) -> OutboundOutcome:
        return OutboundOutcome(
            result,
            self.application_uuid,
            headers=response.headers if response is not None else None,
            sip=outcome,
            timings_ms=self.timings_ms,
            detail=self.detail,
        )

    @property
    def timings_ms(self) -> Mapping[str, float]:
        """Milliseconds of the latest leg: ``queued`` from request to INVITE, ``setup``
        from INVITE to the first 18x, ``answer`` from INVITE to 2xx. Those that are
        not known are absent.
        """
        times = self.times
        if times.invite is None:
            return {}
        timings = {"queued": _ms(times.invite - self.order.received.monotonic)}
        if times.ringing is not None:
            timings["setup"] = _ms(times.ringing - times.invite)
        if times.answered is not None:
            timings["answer"] = _ms(times.answered - times.invite)
        return timings

    @property
    def waits_for_call_progress(self) -> bool:
        """Whether the client is answered only once it is known what has answered."""
        waits = self.order.application.answer_after_call_progress
        return waits and self.order.request.call_progress is not None

    @property
    def progress_outcome(self) -> ProgressOutcome | None:
        """What call progress analysis has found so far; None if it was not asked for,
        or the call was not answered.
        """
        answered = self._to_epoch(self.times.answered)
        if self.call_progress is None or answered is None:
            return None
        return ProgressOutcome.of(self.call_progress, answered)

    @property
    def ladder(self) -> str:
        """All SIP messages of the call so far, in the format of ``sip.ladder.read_ladder``."""
        return self._ladders + self._agent.ladder(self.leg_id)

    @property
    def application_uuid(self) -> str:
        """The application UUID of the request that the call belongs to."""
        return self.order.application_uuid

    @property
    def is_over(self) -> bool:
        """Whether the call has ended."""
        return self.end is not None

    def record(self) -> CallRecord:
        """The record of the call as of now; a new one each time."""
        times, end, epoch = self.times, self.end, self._to_epoch
        record = CallRecord(
            id=self.id,
            received=self.order.received.epoch,
            node=self._node.name,
            application_uuid=self.application_uuid,
            account=self.order.application.account,
            application=self.order.application.id,
            action=self._candidate.action,
            to=self.order.request.to,
            from_uri=str(self._from.uri) if self._from else None,
            ani=self._from.uri.user if self._from else self._caller_id,
            dnis=user_part(self.order.request.to),
            wait_ran_out=self.order.wait_ran_out,
            call_id=self.attempts[-1].call_id if self.attempts else None,
            proxy=self.attempts[-1].proxy if self.attempts else None,
            attempts=[msgspec.structs.replace(attempt) for attempt in self.attempts],
            admitted=epoch(self.admitted),
            invite=epoch(times.invite),
            trying=epoch(times.trying),
            ringing=epoch(times.ringing),
            answered=epoch(times.answered),
            ack=epoch(times.ack),
            cancel=epoch(times.cancel),
            bye=epoch(times.bye),
        )
        if (progress := self.call_progress) is not None:
            record.call_progress = CallProgressResult(
                [*progress.events], progress.verdict
            )
        if self.outcome.done():
            answer = self.outcome.result()
            record.result, record.detail = answer.result.text, answer.detail
        record.detail = record.detail or self.detail
        if self.response is not None:
            record.headers = texts(self.response.headers)
            record.sip_status = self.response.status
            record.sip_reason = text(self.response.reason)
            record.sip_origin = Origin.REMOTE.value
            record.q850_cause = q850_cause(self.response.value("Reason"))
        if end is not None:
            record.sip_status, record.sip_reason = end.status, text(end.reason)
            record.sip_origin = end.origin.value
            record.answered_after_cancel, record.forced = (
                end.answered_after_cancel,
                end.forced,
            )
            if end.bye_reason:
                record.q850_cause = q850_cause(end.bye_reason)
            record.ended = epoch(times.ended or time.monotonic())
            record.termination_reason = _termination_reason(end, times)
            record.ladder = self._ladders or None
        return record

    def _to_epoch(self, at: float | None) -> float | None:
        return None if at is None else self.order.received.to_epoch(at)


def _termination_reason(end: Ended, times: Times) -> str:
    if times.ack is not None and not end.answered_after_cancel:
        return _TERMINATIONS.get(end.origin, "connection_lost")
    is_cancelled = end.origin is Origin.LOCAL_CANCEL and not end.detail
    return "cancelled" if is_cancelled else "failed"


_TERMINATIONS = {
    Origin.REMOTE: "far_end_disconnect",
    Origin.LOCAL_CANCEL: "near_end_disconnect",
}


def _ms(seconds: float) -> float:
    return round(max(seconds, 0.0) * 1000, 1)
