"""CallSession: one request's call from its INVITE to its end."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from sip.agent import Invite, UserAgent
from sip.events import Answered, Ended, LegId, Origin, Progress, SipEvent, Times
from sip.message import Response

from .leg import LegEvent, LegState, Timer, Wish, transition
from .outbound import OutboundRequest
from .platform import Application
from .results import Answer, Result, SipOutcome

HANG_UP_GUARD_S = 5.0  # we hung up: so long may the far end take before we report it

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a leg may ring and a call may last, in seconds."""

    ring_s: float
    max_duration_s: float


class CallSession:
    """The one owner of a call. Lives on the loop; never blocks, awaits nothing.

    ``outcome`` is done as soon as the call is answered or has failed, ``ended``
    once nothing of it is left. *on_ended* is called exactly once.
    """

    def __init__(
        self,
        application_uuid: str,
        leg_id: LegId,
        request: OutboundRequest,
        application: Application,
        limits: Limits,
        *,
        received: tuple[float, datetime],
        agent: UserAgent,
        on_ended: Callable[["CallSession"], None],
    ) -> None:
        loop = asyncio.get_running_loop()
        self.application_uuid = application_uuid
        self.leg_id = leg_id
        self.request = request
        self.application = application
        self.limits = limits
        self.received, self.received_at = received  # the same moment, monotonic and UTC
        self.state = LegState.DIALING
        self.times = Times()
        self.outcome: asyncio.Future[Answer] = loop.create_future()
        self.end: Ended | None = None
        self.response: Response | None = None  # the last one worth showing
        self.idempotency_key: str | None = None
        self._agent = agent
        self._on_ended = on_ended
        self._timer: asyncio.TimerHandle | None = None
        self._loop = loop

    async def start(self) -> None:
        """Place the call; raises SipError, and then nothing was sent."""
        request = self.request
        assert request.target is not None
        await self._agent.invite(
            Invite(
                self.leg_id,
                request.target,
                from_=request.from_,
                caller_id=request.caller_id,
                headers=request.headers,
                ring_limit_s=self.limits.ring_s,
            )
        )

    def hang_up(self) -> None:
        """End the call in whatever state it is; twice is the same as once."""
        self._step(Wish.HANG_UP)

    def receive(self, event: SipEvent) -> None:
        """Take what the user agent reports of this call's leg."""
        self.times = event.times
        if event.response is not None:
            self.response = event.response
        self._step(event)
        match event:
            case Answered():
                self._settle(self._connected(event))
                self._set_timer(self.limits.max_duration_s, Timer.MAX_DURATION)
            case Ended():
                self._finish(event)
            case Progress():
                pass

    def _step(self, event: LegEvent) -> None:
        before = self.state
        self.state, command = transition(before, event)
        if command is not None:
            self._set_timer(HANG_UP_GUARD_S, None)
            self._agent.hang_up(self.leg_id)

    def _set_timer(self, delay_s: float, event: Timer | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        action = self._report_hung_up if event is None else self._run_out
        self._timer = self._loop.call_later(delay_s, action)

    def _run_out(self) -> None:
        self._step(Timer.MAX_DURATION)

    def _report_hung_up(self) -> None:
        """The far end does not confirm our CANCEL: tell the client, keep the call."""
        outcome = SipOutcome(487, "Request Terminated", Origin.LOCAL_CANCEL)
        self._settle(self._answer(Result.CALL_FAILED, outcome, None))

    def _connected(self, event: Answered) -> Answer:
        response = event.response
        outcome = SipOutcome(response.status, response.reason, Origin.REMOTE)
        return self._answer(Result.CALL_CONNECTED, outcome, response)

    def _finish(self, event: Ended) -> None:
        if self.end is not None:
            return
        self.end = event
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        outcome = SipOutcome(event.status, event.reason, event.origin)
        self._settle(self._answer(Result.CALL_FAILED, outcome, event.response))
        self._on_ended(self)

    def _settle(self, answer: Answer) -> None:
        if not self.outcome.done():
            self.outcome.set_result(answer)

    def _answer(
        self, result: Result, outcome: SipOutcome, response: Response | None
    ) -> Answer:
        return Answer(
            result,
            self.application_uuid,
            headers=response.headers if response is not None else None,
            sip=outcome,
            timings_ms=self.timings_ms,
        )

    @property
    def timings_ms(self) -> Mapping[str, float]:
        """Milliseconds: request to INVITE, INVITE to first 18x, INVITE to 2xx."""
        times = self.times
        if times.invite is None:
            return {}
        timings = {"queued": _ms(times.invite - self.received)}
        if times.ringing is not None:
            timings["setup"] = _ms(times.ringing - times.invite)
        if times.answered is not None:
            timings["answer"] = _ms(times.answered - times.invite)
        return timings

    @property
    def is_over(self) -> bool:
        """Whether the leg has ended."""
        return self.end is not None


def _ms(seconds: float) -> float:
    return round(max(seconds, 0.0) * 1000, 1)
