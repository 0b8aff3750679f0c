"""CallSession: one call, from its first INVITE to its end, over as many proxies as it takes."""

import asyncio
import time
from dataclasses import dataclass
from typing import Protocol

import msgspec

from engine.admission.admission import Admission, Candidate
from engine.admission.outbound_order import OutboundOrder
from engine.model.call_progress import ProgressOutcome
from engine.model.call_record import ApplicationEnd, CallRecord
from engine.model.campaign import AttemptOutcome
from engine.model.disposition import (
    Conclusion,
    Disposition,
    EndRequester,
    HangUpBy,
    UnansweredEnd,
)
from engine.model.ids import new_id
from engine.model.leg_state import (
    UNANSWERED,
    LegEvent,
    LegRequest,
    LegState,
    Timer,
    transition,
)
from engine.model.result import OutboundOutcome, Result, SipOutcome
from engine.platform.trunks import Trunk
from sip.agent import Invite, UserAgent
from sip.events import (
    Answered,
    CallProgress,
    Digit,
    Ended,
    Ending,
    LegId,
    MediaEvent,
    Origin,
    Played,
    Progress,
    Recorded,
    Referred,
    SipEvent,
    StreamEvent,
    StreamLost,
    StreamOpened,
    StreamOver,
    ToneFound,
)
from sip.extra_headers import Headers
from sip.media import CallRecording, Recording, Sound
from sip.message import Response
from sip.uri import SipUri

from .call_conclusion import HangUpRequest, conclude_unanswered, describe_unanswered
from .call_events import (
    CallEnded,
    CallEvents,
    FailOverNeeded,
    HangUpUnconfirmed,
    LadderGrown,
    LegEnded,
    LegLeft,
    RecordChanged,
    TimerStarted,
)
from .call_findings import CallFindings
from .call_legs import CallLegs
from .call_proxies import CallProxies
from .call_stream import NUMBERS, CallStream
from .challenge import describe_challenge
from .invite_builder import build_invite
from .response_waits import ResponseWaits, detail_of
from .session_record import build_record

# From our hang-up until the client is answered without the far end.
HANG_UP_GUARD_S = 5.0


class CallLimits(msgspec.Struct, frozen=True):
    """How long a call may ring before CANCEL, over all of its attempts, and an answered
    call may last before BYE, in seconds.
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

    def on_hang_up_unconfirmed(self, call: "CallSession") -> None:
        """We have hung up, and the far end has not confirmed it in time; ``on_ended`` follows."""

    def on_ended(self, call: "CallSession", end: Ended) -> None:
        """The call has ended. Called exactly once; nothing follows."""


class CallSession:
    """The state of one call and the decisions on it.

    It lives on the loop and never blocks. ``LiveCalls`` alone gives it events and
    hang-ups, and acts on what each of them returns: what has become of the call. It
    commands the user agent itself. Two futures mark its life: ``outcome`` is done when the call
    is answered or has failed, ``slots_released`` when its record is committed and its
    slots are given back.
    """

    def __init__(
        self,
        candidate: Candidate,
        limits: CallLimits,
        *,
        node: NodeFacts,
        agent: UserAgent,
        admission: Admission,
    ) -> None:
        """The slots of *candidate* are held."""
        loop = asyncio.get_running_loop()
        order = candidate.order
        self.state = LegState.DIALING
        self.legs = CallLegs(node.caller_id, order.received)
        self.proxies = CallProxies(
            candidate,
            self.legs,
            ResponseWaits(limits.ring_s, HANG_UP_GUARD_S),
            agent=agent,
            admission=admission,
        )
        self.findings = CallFindings(order.request)
        self.stream = CallStream(agent, self.legs)
        """The WebSocket that the call is joined to, if it is."""
        self.outcome: asyncio.Future[OutboundOutcome] = loop.create_future()
        self.slots_released: asyncio.Future[None] = loop.create_future()
        self.end: Ended | None = None
        self.observer: CallObserver | None = None
        self.application_end: ApplicationEnd | None = None
        """How the application that ran on it has ended; None: it runs, or never ran."""
        self.hang_up_request: HangUpRequest | None = None
        """The first request for its end on our side, its limits included."""
        self._candidate = candidate
        self._limits = limits
        self._node = node
        self._agent = agent

    @property
    def id(self) -> str:
        """The id of the call and of its record."""
        return self._candidate.id

    @property
    def order(self) -> OutboundOrder:
        """What was asked for, and by whom."""
        return self._candidate.order

    @property
    def application_uuid(self) -> str:
        """The application UUID of the request that the call belongs to."""
        return self.order.application_uuid

    @property
    def action(self) -> str:
        """What has asked for it: ``makeCall``, or the ``createcall`` of a document."""
        return self._candidate.action

    @property
    def lease(self) -> str:
        """The lease that holds its slots."""
        return self._candidate.lease

    @property
    def leg_id(self) -> LegId:
        """Its current leg; empty before the first INVITE is sent."""
        return self.legs.current

    @property
    def was_hung_up(self) -> bool:
        """Whether its end was asked for on our side."""
        return self.hang_up_request is not None

    @property
    def ring_limit_s(self) -> float:
        """How long it may ring before it is given up, in seconds."""
        return self._limits.ring_s

    @property
    def is_over(self) -> bool:
        """Whether the call has ended."""
        return self.end is not None

    # -- one leg after another ---------------------------------------------------

    def prepare(self, trunk: Trunk | None) -> Invite:
        """Make the INVITE through *trunk* (None: without a proxy) and enter it in the record.

        It is to be sent once the record is committed. Raises SipError.
        """
        invite = build_invite(
            self.order.request,
            trunk,
            LegId(new_id()),
            ring_limit_s=self.proxies.waits.ring_left_s(time.monotonic()),
            default_domain=self._node.default_domain,
            credentials=self.order.platform.credentials,
        )
        self.legs.prepare(invite, trunk)
        return invite

    async def send(self, invite: Invite) -> CallEvents:
        """Send *invite*; raises SipError, and then nothing was sent.

        Events of its leg may come before this returns.
        """
        now = time.monotonic()
        self.proxies.begin(invite.leg, now)
        await self._agent.invite(invite)
        early_media = self.order.request.early_media
        if early_media is not None:
            self._agent.listen_for_tones(invite.leg, early_media.listening)
        return self._wait_on(now) if self.state in UNANSWERED else ()

    def _wait_on(self, now: float) -> CallEvents:
        """Start the next timer of the current leg."""
        return (TimerStarted(*self.proxies.waits.next_timer(now)),)

    def withdraw(self) -> CallEvents:
        """End the call, which was hung up after ``prepare``, without sending its INVITE."""
        self.legs.withdraw()
        return self.end_cancelled()

    @property
    def wants_next_proxy(self) -> bool:
        """Whether the next proxy may take the call now: its leg has ended, or is late
        still. Then ``leave_leg`` and ``prepare`` follow.
        """
        return self.state is LegState.DIALING and self.proxies.is_next_due

    def leave_leg(self) -> CallEvents:
        """Leave the current leg, if it has not ended, since the next proxy takes the call.

        It is hung up: CANCEL once a provisional response has come (RFC 3261 §9.1), or
        ACK and BYE behind a 2xx that crosses that.
        """
        if not self.legs.is_current_open:
            return ()
        leg, trunk, late = self.leg_id, self.legs.trunk, self.proxies.waits.late
        assert trunk is not None
        assert late is not None
        detail = detail_of(late, trunk.proxy)
        self.legs.leave(detail, time.monotonic())
        self._agent.hang_up(leg)
        return (LegLeft(trunk.proxy.id, detail),)

    def on_no_next_proxy(self) -> CallEvents:
        """Go on with the current leg, or end the call with its end: there is no next proxy."""
        if self.legs.is_current_open:
            return ()
        end = self.legs.end_of_current
        if end is None or self.state not in UNANSWERED:
            return self.end_cancelled()
        return self._end(end)

    # -- commands ----------------------------------------------------------------

    def refer(self, to: SipUri | LegId, headers: Headers, *, limit_s: float) -> None:
        """Transfer the far end of an answered call to *to*; see ``UserAgent.refer``.

        The outcome goes to the observer, after *limit_s* seconds at most.
        """
        self._agent.refer(self.leg_id, to, headers, limit_s=limit_s)

    def play(self, sounds: tuple[Sound, ...], *, stops_on: str = "") -> int:
        """Play *sounds* to the far end; see ``UserAgent.play``.

        Returns the number of its ``Played``.
        """
        number = next(NUMBERS)
        self._agent.play(self.leg_id, number, sounds, stops_on=stops_on)
        return number

    def record_audio(self, recording: Recording) -> int:
        """Record the far end; see ``UserAgent.record``.

        Returns the number of its ``Recorded``.
        """
        number = next(NUMBERS)
        self._agent.record(self.leg_id, number, recording)
        return number

    def record_call(self, recording: CallRecording) -> int:
        """Record both sides; see ``UserAgent.record_call``.

        Returns the number of its ``Recorded``.
        """
        number = next(NUMBERS)
        self._agent.record_call(self.leg_id, number, recording)
        return number

    def pause_recording(self, number: int, *, is_to_pause: bool) -> None:
        """Pause or resume a ``record_call``; see ``UserAgent.pause_recording``."""
        self._agent.pause_recording(self.leg_id, number, is_to_pause=is_to_pause)

    def stop(self, number: int) -> None:
        """End the playback, recording or stream *number*; see ``UserAgent.stop``."""
        self._agent.stop(self.leg_id, number)

    def hear_inband_digits(self) -> None:
        """Report DTMF in the sound, too, unless telephone-events were negotiated."""
        self._agent.hear_inband_digits(self.leg_id)

    def send_digits(self, digits: str) -> None:
        """Send DTMF *digits* to the far end; see ``UserAgent.send_digits``."""
        self._agent.send_digits(self.leg_id, digits)

    def hang_up(self, request: HangUpRequest) -> CallEvents:
        """End the call in whatever state it is; ``LiveCalls.hang_up`` alone calls this.

        A second *request* changes nothing, and nor does one behind the end, as that of an
        application which ends because nobody has answered.
        """
        if self.hang_up_request is None and not self.is_over:
            self.hang_up_request = request
        return self._step(LegRequest.HANG_UP)

    # -- what happens ------------------------------------------------------------

    def receive(self, event: SipEvent) -> CallEvents:
        """Take an event of the user agent about the current leg, or one that was left."""
        if event.leg in self.legs.left:
            return self._on_left_leg(event)
        match event:
            case CallProgress() | ToneFound():
                return self._on_finding(event)
            case StreamOpened() | StreamLost() | StreamOver():
                return self._on_stream_event(event)
            case Digit():
                return self._on_digit(event)
            case Referred() | Played() | Recorded():
                return (event,)
        self.legs.note(event)
        self.proxies.report(event)
        match event:
            case Progress():
                return self._on_progress(event)
            case Answered():
                return self._on_answered(event)
            case Ending():
                return self._on_ending(event)
            case Ended():
                return self._on_leg_ended(event)

    def on_timer(self, timer: Timer) -> CallEvents:
        """Take the end of the *timer* that was started last."""
        match timer:
            case Timer.MAX_DURATION:
                if self.hang_up_request is None:
                    self.hang_up_request = HangUpRequest(EndRequester.LIMIT)
                return self._step(timer)
            case Timer.FIRST_RESPONSE | Timer.PROGRESS:
                return (*self._wait_on(time.monotonic()), *self._on_late(timer))
        if self.proxies.waits.is_response_due(time.monotonic()):
            self.proxies.report_first_response()
        self.proxies.note_unconfirmed()
        # Give the client its answer, and keep the call: the far end has not confirmed.
        outcome = SipOutcome(487, "Request Terminated", Origin.LOCAL_CANCEL)
        self._set_outcome(Result.CALL_FAILED, outcome, None)
        return (HangUpUnconfirmed(),)

    def _on_late(self, timer: Timer) -> CallEvents:
        """See whether the next proxy is to be tried: *timer* has passed for the current leg."""
        if timer is Timer.FIRST_RESPONSE and not self.proxies.report_first_response():
            return ()
        is_dialing = self.state is LegState.DIALING
        if is_dialing and self.proxies.seek_next(timer, time.monotonic()):
            return (FailOverNeeded(),)
        return ()

    def _on_left_leg(self, event: SipEvent) -> CallEvents:
        """Take what comes of a leg that was left: nobody hears of it, but it is recorded."""
        if not isinstance(event, Ended):
            return ()
        self.proxies.close_left(event)
        grown = (LadderGrown(event.ladder),) if self.is_over and event.ladder else ()
        return (LegEnded(event.leg), *grown)

    def _step(self, event: LegEvent) -> CallEvents:
        self.state, command = transition(self.state, event)
        if command is None:
            return ()
        request = self.hang_up_request
        self._agent.hang_up(self.leg_id, request.headers if request else ())
        return (TimerStarted(Timer.HANG_UP_GUARD, HANG_UP_GUARD_S),)

    def _on_progress(self, event: Progress) -> CallEvents:
        is_first = self.state is LegState.DIALING
        events = self._step(event)
        return (*events, RecordChanged(), event) if is_first else (*events, event)

    def _on_answered(self, event: Answered) -> CallEvents:
        events = self._step(event)
        if (detection := self.findings.analysis.start()) is not None:
            self._agent.watch(self.leg_id, detection)
        if self.order.request.hears_inband_digits:
            self._agent.hear_inband_digits(self.leg_id, always=True)
        response = event.response
        outcome = SipOutcome(response.status, response.reason, Origin.REMOTE)
        self._set_outcome(Result.CALL_CONNECTED, outcome, response)
        timer = TimerStarted(Timer.MAX_DURATION, self._limits.max_duration_s)
        return (*events, timer, event)

    def _on_ending(self, event: Ending) -> CallEvents:
        """Give the client its answer: the user agent is hanging up by itself, and the
        far end may take long to confirm it.
        """
        self._step(event)
        response = event.response
        status, reason = (
            (487, "Request Terminated")
            if response is None
            else (response.status, response.reason)
        )
        outcome = SipOutcome(status, reason, event.origin)
        self._set_outcome(Result.CALL_FAILED, outcome, response)
        return (TimerStarted(Timer.HANG_UP_GUARD, HANG_UP_GUARD_S), event)

    def _on_finding(self, event: CallProgress | ToneFound) -> CallEvents:
        events: CallEvents = ()
        if self.findings.add(event, self.order.received.to_epoch(event.at)):
            events = (RecordChanged(),)
        return (*events, event) if self.findings.is_event(event) else events

    def _on_digit(self, event: Digit) -> CallEvents:
        campaign = self.order.request.campaign
        if campaign is not None and event.digit == campaign.opt_out_digit:
            self.findings.campaign_outcome = AttemptOutcome.OPT_OUT
        return (event,)

    def _on_stream_event(self, event: StreamEvent) -> CallEvents:
        self.stream.add(event)
        return (RecordChanged(), event)

    def _on_leg_ended(self, end: Ended) -> CallEvents:
        self.legs.close(end)
        word = str(end.status) if end.origin is Origin.REMOTE else end.origin.value
        may_fail_over = not end.forced and self.state in UNANSWERED
        if may_fail_over and self.proxies.may_try_next(word, time.monotonic()):
            return (LegEnded(end.leg), FailOverNeeded())
        return (LegEnded(end.leg), *self._end(end))

    # -- the end -----------------------------------------------------------------

    def end_cancelled(self) -> CallEvents:
        """End the call, which we have hung up while it had no leg."""
        return self._end(self.make_cancelled_end())

    def end_without_agent(self, end: Ended | None = None) -> CallEvents:
        """End the call although the user agent may not have ended its leg.

        *end* is the end that it has reported. Without it the user agent is gone and
        will report none.
        """
        if self.is_over:
            return ()
        if end is None:
            if self.hang_up_request is None:
                self.hang_up_request = HangUpRequest(EndRequester.DEFECT)
            end = self.make_cancelled_end()
            if self.legs.has_open:
                end = self.legs.close_unreported(end, time.monotonic())
        return self._end(end)

    def make_cancelled_end(self) -> Ended:
        """Return the end of a call that we have hung up, as nobody has confirmed it."""
        return Ended(
            self.leg_id,
            487,
            "Request Terminated",
            Origin.LOCAL_CANCEL,
            response=None,
            times=self.legs.times,
        )

    def _end(self, end: Ended) -> CallEvents:
        if self.end is not None:
            return ()
        self.end = end
        self._step(end)
        self.legs.end(time.monotonic())
        outcome = SipOutcome(end.status, end.reason, end.origin)
        detail = end.detail or describe_challenge(end.response)
        self._set_outcome(Result.CALL_FAILED, outcome, end.response, detail=detail)
        self.findings.analysis.end()
        self.stream.end()
        return (CallEnded(end),)

    # -- outcome and record ------------------------------------------------------

    def _set_outcome(
        self,
        result: Result,
        sip: SipOutcome,
        response: Response | None,
        *,
        detail: str = "",
    ) -> None:
        """Settle the outcome, once; *detail* is what the user agent says of the end."""
        if self.outcome.done():
            return
        request = self.hang_up_request
        conclusion = (
            _ANSWERED
            if result is Result.CALL_CONNECTED
            else conclude_unanswered(
                sip, self.legs, request, self.findings.tones.verdict
            )
        )
        answer = OutboundOutcome(
            result,
            self.application_uuid,
            headers=response.printable_headers if response is not None else None,
            sip=sip,
            timings_ms=self.legs.timings_ms,
            attempts=tuple(self.legs.copy_attempts()),
            conclusion=conclusion,
            call_progress=self.progress_outcome if self.findings.tones.events else None,
            detail=self.legs.detail or detail or (request.detail if request else None),
        )
        self.outcome.set_result(answer)

    def describe_unanswered(self, sip: SipOutcome) -> UnansweredEnd:
        """Return what is known of the call, which was not answered: its INVITE ended as *sip*."""
        return describe_unanswered(
            sip, self.legs, self.hang_up_request, self.findings.tones.verdict
        )

    def fail(self) -> None:
        """Give whoever waits an Internal Error, since the call has crashed."""
        if not self.outcome.done():
            self.outcome.set_result(
                OutboundOutcome(
                    Result.INTERNAL_ERROR, self.application_uuid, conclusion=_CRASHED
                )
            )

    @property
    def progress_outcome(self) -> ProgressOutcome | None:
        """What call progress analysis and the tones of the network have told so far.

        None if there are no tones, and the analysis was not asked for or the call was not
        answered.
        """
        to_epoch, times = self.legs.to_epoch, self.legs.times
        return self.findings.outcome(to_epoch(times.invite), to_epoch(times.answered))

    @property
    def ladder(self) -> str:
        """All SIP messages of the call so far, in the format of ``sip.ladder.read_ladder``.

        Once the call has ended, without those of legs that were left and have not ended:
        they follow as a whole.
        """
        legs = self.legs
        if not legs.current or (self.end is not None and self.end.ladder):
            return legs.ladder  # no leg has messages that it lacks
        left = () if self.is_over else legs.left
        return legs.ladder + "".join(map(self._agent.ladder, (*left, legs.current)))

    def record(self) -> CallRecord:
        """The record of the call as of now; a new one each time."""
        return build_record(
            self._candidate,
            self.legs,
            self._node.name,
            call_progress=self.findings.copy_result(),
            outcome=self.outcome.result() if self.outcome.done() else None,
            end=self.end,
            hang_up=self.hang_up_request,
            application_end=self.application_end,
            stream=self.stream.record(),
            campaign_outcome=self.findings.campaign_outcome,
            ladder=self.ladder,
        )


_ANSWERED = Conclusion(Disposition.ANSWERED)
_CRASHED = Conclusion(
    Disposition.FAILED, HangUpBy.PLATFORM, end_requester=EndRequester.DEFECT
)
