"""CallCounter: counts calls for the statistics of the platform and for the metrics."""

import time

from engine.model.disposition import Disposition
from engine.model.fault import Fault, fault_of_end
from engine.model.result import Result, SipOutcome
from engine.telemetry.metrics import Act, Metrics
from engine.telemetry.proxy_statistics import ProxyError
from engine.telemetry.statistics import Statistics
from sip.events import Answered, Ended, Origin, SipEvent, StreamOver
from sip.message import printable

from .call_events import LegLeft
from .call_session import CallSession

MAX_REASON = 60  # characters that are kept of the reason of an error


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
            self._metrics.count_disposition(
                call.outcome.result().conclusion, application.id
            )

    def on_leg_event(self, call: CallSession, event: SipEvent) -> None:
        """Count *event*, which *call* has taken, if it is the final response of a leg or
        its end without one, an act of the watchdog, or the end of an audio stream.
        """
        if isinstance(event, StreamOver):
            self._metrics.count_stream(event.end, event.facts)
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
        if (trunk := call.legs.trunk) is not None:
            reason = event.reason if isinstance(event, Ended) else ""
            sip = SipOutcome(status, reason, origin)
            self._count_proxy(call, trunk.proxy.id, event, sip)
        invite = event.times.invite
        if len(call.legs.attempts) == 1 and invite is not None:
            latency_s = max(invite - call.order.received.monotonic, 0.0)
            self._metrics.latencies.request_to_invite.observe(latency_s)

    def _count_proxy(
        self, call: CallSession, proxy: str, event: Answered | Ended, sip: SipOutcome
    ) -> None:
        """Count an attempt through *proxy*, and keep it as an error if it is the trunk's."""
        times, statistics = event.times, self._metrics.proxies
        if times.invite is None and sip.origin is Origin.LOCAL_CANCEL:
            return  # hung up before there was an INVITE
        delay_s = None
        if times.invite is not None and times.ringing is not None:
            delay_s = times.ringing - times.invite
        is_answered = isinstance(event, Answered)
        statistics.count(proxy, is_answered=is_answered, delay_s=delay_s)
        if is_answered:
            return
        unanswered = call.describe_unanswered(sip)
        if fault_of_end(unanswered) is not Fault.TRUNK:
            return
        if unanswered.is_silent and sip.origin is Origin.LOCAL_CANCEL:
            self._note_proxy_error(proxy, 408, "No response")  # to our INVITE
        else:
            self._note_proxy_error(proxy, sip.status, sip.reason)

    def on_leg_left(self, left: LegLeft) -> None:
        """Count that a leg was left for the next proxy, since its responses were late."""
        self._metrics.count_response(408, Origin.LOCAL_TIMER)
        self._metrics.proxies.count(left.proxy, is_answered=False)
        self._note_proxy_error(left.proxy, 408, left.detail)

    def _note_proxy_error(self, proxy: str, status: int, reason: str) -> None:
        text = printable(reason)
        if len(text) > MAX_REASON:
            text = f"{text[: MAX_REASON - 1]}…"
        self._metrics.proxies.note_error(proxy, ProxyError(time.time(), status, text))

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
        self._metrics.count_disposition(conclusion, call.order.application.id)
        if result is not Result.CALL_FAILED or not call.leg_id:
            return  # without a leg it was hung up before its INVITE
        sip = SipOutcome(end.status, end.reason, end.origin)
        unanswered = call.describe_unanswered(sip)
        self._metrics.count_failure(fault_of_end(unanswered))


def _was_answered(call: CallSession) -> bool:
    outcome = call.outcome
    return outcome.done() and outcome.result().result is Result.CALL_CONNECTED
