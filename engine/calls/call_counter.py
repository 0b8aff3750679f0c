"""CallCounter: counts calls for the statistics of the platform and for the metrics."""

from engine.model.disposition import Disposition
from engine.model.fault import fault_of_end
from engine.model.result import Result, SipOutcome
from engine.telemetry.metrics import Act, Metrics
from engine.telemetry.statistics import Statistics
from sip.events import Answered, Ended, Origin, SipEvent

from .call_conclusion import describe_unanswered
from .call_session import CallSession


class CallCounter:
    """Counts each call when it begins, is answered and ends, and the end of each leg."""

    def __init__(self, statistics: Statistics, metrics: Metrics) -> None:
        self._statistics = statistics
        self._metrics = metrics

    def on_began(self, call: CallSession) -> None:
        """Count *call* as active, since it holds its slots."""
        application = call.order.application
        self._statistics.count_begin(application.account, application.id)

    def on_removed(self, call: CallSession) -> None:
        """Count *call* as active no more, since its slots are given back."""
        application = call.order.application
        self._statistics.count_end(application.account, application.id)

    def on_answered(self, call: CallSession) -> None:
        """Count that *call* was answered."""
        application = call.order.application
        self._statistics.count_connected(application.account, application.id)
        result = call.outcome.result().result
        if result is Result.CALL_CONNECTED:  # else we had hung up before
            self._statistics.count_outcome(result.text, Disposition.ANSWERED.value)
            self._metrics.count_disposition(call.outcome.result().conclusion)

    def on_leg_event(self, call: CallSession, event: SipEvent) -> None:
        """Count *event*, which *call* has taken, if it is the final response of a leg or
        its end without one, or an act of the watchdog.
        """
        if isinstance(event, Answered) and event.leg == call.leg_id:
            self._count_final(call, event, event.response.status, Origin.REMOTE)
        elif isinstance(event, Ended):
            if event.forced:
                is_lost = event.origin is Origin.REMOTE
                act = Act.LOST_END if is_lost else Act.FORCED_END
                self._metrics.watchdog_acts[act,].inc()
            if event.leg == call.leg_id and not _was_answered(call):
                self._count_final(call, event, event.status, event.origin)

    def _count_final(
        self, call: CallSession, event: Answered | Ended, status: int, origin: Origin
    ) -> None:
        self._metrics.count_response(status, origin)
        invite = event.times.invite
        if len(call.legs.attempts) == 1 and invite is not None:
            latency_s = max(invite - call.order.received.monotonic, 0.0)
            self._metrics.request_to_invite.observe(latency_s)

    def on_leg_left(self) -> None:
        """Count that a leg was left for the next proxy, since its responses were late."""
        self._metrics.count_response(408, Origin.LOCAL_TIMER)

    def on_hang_up_unconfirmed(self) -> None:
        """Count that a client has its answer before the far end has confirmed the hang-up."""
        self._metrics.watchdog_acts[Act.HANG_UP_REPORT,].inc()

    def on_ended(self, call: CallSession) -> None:
        """Count the end of *call*, and whose fault it is if it was not answered."""
        outcome, end = call.outcome.result(), call.end
        result = outcome.result
        assert end is not None
        if result is Result.CALL_CONNECTED:
            return
        conclusion = outcome.conclusion
        disposition = conclusion.disposition.value if conclusion is not None else None
        self._statistics.count_outcome(result.text, disposition, end.status)
        self._metrics.count_disposition(conclusion)
        if result is not Result.CALL_FAILED or not call.leg_id:
            return  # without a leg it was hung up before its INVITE
        sip = SipOutcome(end.status, end.reason, end.origin)
        unanswered = describe_unanswered(sip, call.legs, call.hang_up_request)
        self._metrics.count_failure(fault_of_end(unanswered))


def _was_answered(call: CallSession) -> bool:
    outcome = call.outcome
    return outcome.done() and outcome.result().result is Result.CALL_CONNECTED
