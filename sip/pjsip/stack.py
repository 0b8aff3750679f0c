"""Stack: pjsua2 itself, with endpoint, transports, accounts and calls.

Everything here runs on one thread, which creates, polls and destroys it all. No Python
code runs inside PJSIP: what happens there is read from a queue after each poll
(``native/event_queue.hpp``).
"""

import logging
import random
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import assert_never

import pjsua2 as pj
from msgspec.structs import replace

from sip.agent import UNSENT, AgentConfig, Invite, PingResult, RefusedRequests
from sip.errors import AgentConfigurationError, NoListenerError
from sip.events import (
    AgentEvent,
    Digit,
    Ended,
    LateMessages,
    LegId,
    Played,
    Recorded,
    SipEvent,
    StreamLost,
    StreamOpened,
)
from sip.leg_tracker import NEVER, Cause, DeadlineAction, LegTracker
from sip.malformed import Outcome, log_malformed
from sip.name_addr import NameAddr
from sip.network_tones import ToneType
from sip.server_location import Target
from sip.uri import SipUri

from .accounts import Accounts
from .call_media import CallMedia
from .call_streams import CallStreams
from .endpoint import make_endpoint_config, prefer_codecs, prepare_endpoint
from .errors import make_error
from .hep import HepExport
from .leg import MAX_SDP_PROBLEMS, Leg
from .native_events import (
    ByeReceived,
    Disconnected,
    LateAnswer,
    LegEvent,
    MediaChanged,
    MediaSilent,
    MessageMalformed,
    NativeEvent,
    PingAnswered,
    ReferDone,
    RefreshRefused,
    ReinviteUnacknowledged,
    RequestSent,
    ResolveRequest,
    ResponseReceived,
    SdpRefused,
    ServerRefused,
    SoundHeard,
    StreamClosed,
    ToneHeard,
    read_event,
)
from .tone_listeners import ToneListeners
from .transports import Transports

log = logging.getLogger("outring.sip")

TURN_MS = 10  # longest turn of PJSIP, and of jobs, before the other has its own
SWEEP_S = 0.1  # between checks of the deadlines
# Pairs of RTP and RTCP ports that PJSIP tries for one call before it fails.
PORT_PAIRS = 100


@dataclass(slots=True)
class PollResult:
    """What has happened during one poll, each kind in order."""

    events: list[AgentEvent] = field(default_factory=list)
    queries: list[ResolveRequest] = field(default_factory=list)
    # Each with the number of its ping.
    ping_results: list[tuple[int, PingResult]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.events or self.queries or self.ping_results)

    def take(self) -> "PollResult":
        """Return all of it, and keep nothing."""
        taken = PollResult(
            self.events.copy(), self.queries.copy(), self.ping_results.copy()
        )
        for kind in (self.events, self.queries, self.ping_results):
            kind.clear()
        return taken


@dataclass(frozen=True, slots=True)
class _PendingInvite:
    """An INVITE that is sent with the next poll."""

    call: pj.OutringCall
    account: pj.Account
    uri: str
    parameters: pj.CallOpParam
    addresses: pj.StringVector


class Stack:
    """PJSIP in this process; there can be only one at a time.

    All methods belong to the thread that created it, except where they say otherwise.
    """

    def __init__(self, config: AgentConfig) -> None:
        """Start PJSIP; raises AgentConfigurationError with one sentence."""
        self.config = config
        self.legs: dict[LegId, Leg] = {}
        self.forced_ends = 0
        self.accounts = Accounts(config)
        self._result = PollResult()
        self.media = CallMedia(self.legs, self._result.events, config.media_timeout_s)
        self.streams = CallStreams(self.media.with_call, self._result.events)
        self.tones = ToneListeners(self.legs, self._result.events)
        self._pending_invites: dict[LegId, _PendingInvite] = {}
        self._next_sweep = 0.0
        self._dropped = pj.outring_dropped()
        self._hep: HepExport | None = None
        self._endpoint = prepare_endpoint()
        try:
            self.transports = self._start()
        except pj.Error as error:
            self._endpoint.libDestroy(pj.PJSUA_DESTROY_NO_NETWORK)
            raise AgentConfigurationError(
                f"PJSIP does not start: {error.reason}."
            ) from error
        except AgentConfigurationError:
            self._endpoint.libDestroy(pj.PJSUA_DESTROY_NO_NETWORK)
            raise
        self.wake_fd = pj.outring_wake_fd()

    def _start(self) -> Transports:
        config, endpoint = self.config, self._endpoint
        endpoint.libCreate()
        endpoint.libInit(make_endpoint_config(config))
        transports = Transports(endpoint, config)
        prefer_codecs(endpoint, config.codecs)
        endpoint.libStart()
        endpoint.audDevManager().setNullDev()
        if config.hep is not None:
            self._hep = HepExport(config.hep)
        pj.outring_start()
        if config.tls_verify and config.tls_wildcards:
            pj.outring_verify_with_wildcards()
        return transports

    # -- calls -------------------------------------------------------------------

    def add(self, invite: Invite) -> None:
        """Track a leg whose INVITE cannot be sent yet."""
        tracker = LegTracker(invite.leg, time.monotonic(), invite.ring_limit_s)
        self.legs[invite.leg] = Leg(invite, tracker)

    def invite(self, invite: Invite, targets: Sequence[Target]) -> None:
        """Send the INVITE with the next poll, to the first of *targets* that can be reached.

        All targets have the same protocol; the address family of the first one counts.
        Without targets the leg ends at once.
        """
        leg = self.legs.get(invite.leg)
        if leg is None:  # hung up while its name was being resolved
            return
        try:
            self._pending_invites[invite.leg] = self._prepare(invite, targets)
        except NoListenerError as error:
            now = time.monotonic()
            self._report(leg.tracker.fail(now, error.reason, str(error)))
        except pj.Error as error:
            self._report(leg.tracker.fail(time.monotonic(), error.reason))

    def _prepare(self, invite: Invite, targets: Sequence[Target]) -> _PendingInvite:
        """Return what PJSIP needs for the INVITE.

        Raises NoListenerError or pj.Error if it cannot be sent.
        """
        if not targets:
            raise make_error("Name not resolved")
        bound, host = self.transports.path_to(targets[0])
        pending = (other.account for other in self._pending_invites.values())
        account = self.accounts.account_for(bound, host, invite, pending)
        parameters = _make_call_parameters(invite, self.config.public_address or host)
        call = pj.OutringCall(account, invite.leg)
        for name, value in invite.cancel_headers:
            call.addHeader("CANCEL", name, value)
        for name, value in invite.bye_headers:
            call.addHeader("BYE", name, value)
        first = invite.route[0] if invite.route else invite.target
        is_numeric = first.host == targets[0].address
        addresses = _NO_ADDRESSES if is_numeric else _to_strings(targets)
        uri = f"<{invite.target}>"
        return _PendingInvite(call, account, uri, parameters, addresses)

    def _send_and_poll(self, wait_ms: int) -> None:
        """Send the pending INVITEs, and let PJSIP work.

        Waits up to *wait_ms* for something to happen.
        """
        pending, self._pending_invites = self._pending_invites, {}
        invites = pj.OutringInvites()
        for leg_id, invite in pending.items():
            self.legs[leg_id].call = invite.call
            invites.add(
                invite.call,
                invite.uri,
                invite.parameters,
                invite.addresses,
                count_port_tries(self.config),
            )
        pj.outring_send_and_poll(invites, wait_ms, TURN_MS)
        if invites.failed():
            for number, leg_id in enumerate(pending):
                if reason := invites.failure(number):
                    tracker = self.legs[leg_id].tracker
                    self._report(tracker.fail(time.monotonic(), reason))
        for leg_id in pending if self.media.has_deferred_work else ():
            with self._contain_crash(leg_id):
                self.media.begin(leg_id)

    def hang_up(self, leg_id: LegId, headers: Sequence[tuple[str, str]] = ()) -> None:
        """Send CANCEL or BYE, whichever the leg needs, with *headers*.

        Nothing is sent a second time.
        """
        leg = self.legs.get(leg_id)
        if leg is not None and leg.tracker.hang_up(time.monotonic()):
            self._send_hang_up(leg, headers)

    def _give_up(self, leg: Leg, detail: str) -> None:
        """Hang up of our own accord; *detail* says why, in one sentence."""
        event = leg.tracker.give_up(time.monotonic(), detail)
        if event is not None:
            self._report(event)
            self._send_hang_up(leg)

    def _send_hang_up(self, leg: Leg, headers: Sequence[tuple[str, str]] = ()) -> None:
        if leg.call is None:  # nothing was sent
            now = time.monotonic()
            self._report(leg.tracker.on_disconnected(now, Cause.OTHER, 487, ""))
            return
        _add_hang_up_headers(leg.call, leg.invite, headers)
        with suppress(pj.Error):  # the watchdog ends what PJSIP cannot
            leg.call.hangup(pj.CallOpParam())

    def answer_resolve(self, number: int, targets: Sequence[Target]) -> None:
        """Answer the ResolveRequest *number*; no targets means that the name has none."""
        pj.outring_resolved(number, _to_strings(targets))

    def is_silent(self, leg_id: LegId) -> bool:
        """Whether a leg that has not ended has heard nothing; any thread may call it."""
        leg = self.legs.get(leg_id)
        return leg is not None and not leg.tracker.has_heard

    def ladder(self, leg: LegId) -> str:
        """Return the messages of a leg that has not ended; any thread may call it."""
        return pj.outring_ladder(leg)

    @staticmethod
    def refused_requests() -> list[RefusedRequests]:
        """Return what the request policy has refused; any thread may call it."""
        return [RefusedRequests(*entry) for entry in pj.outring_refused_requests()]

    @property
    def malformed(self) -> dict[Outcome, int]:
        """How many malformed messages there were since the start; any thread may ask."""
        return {
            outcome: pj.outring_malformed(number)
            for number, outcome in enumerate(Outcome)
        }

    # -- transfers ---------------------------------------------------------------

    def refer(
        self,
        leg_id: LegId,
        to: SipUri | LegId,
        headers: Iterable[tuple[str, str]],
        limit_s: float,
    ) -> None:
        """Ask the far end of *leg_id* to call *to*, or to replace that leg (RFC 3515, RFC 3891)."""
        leg = self.legs.get(leg_id)
        if leg is None:  # its Ended has been reported
            return
        refusal = leg.tracker.refer(time.monotonic(), limit_s)
        if refusal is not None:
            self._report(refusal)
            return
        option = pj.SipTxOption()
        _add_headers(option, headers)
        try:
            target = self._refer_target(to)
            if target is None or leg.call is None:
                self._report(leg.tracker.on_refer_outcome(481))
            else:
                leg.call.refer(target, option)
        except pj.Error as error:
            self._report(leg.tracker.on_refer_outcome(503, error.reason))

    def _refer_target(self, to: SipUri | LegId) -> str | None:
        """Return the Refer-To for *to*; None if that is a leg that is not connected."""
        if isinstance(to, SipUri):
            return f"<{to}>"
        other = self.legs.get(to)
        if other is None or other.call is None or not other.is_connected:
            return None
        return other.call.replacement()

    # -- pings -------------------------------------------------------------------

    def ping(
        self,
        number: int,
        uri: SipUri,
        headers: Iterable[tuple[str, str]],
        targets: Sequence[Target],
    ) -> None:
        """Send an OPTIONS for *uri* to the first of *targets* that can be reached.

        Its result is reported under *number* with a later poll: ``UNSENT`` if none of our
        transports leads to the targets. *headers* are further ones of the request.
        """
        try:
            bound, host = self.transports.path_to(targets[0])
        except (NoListenerError, pj.Error):
            self._result.ping_results.append((number, UNSENT))
            return
        ours = SipUri.build(self.config.caller_id, self.config.public_address or host)
        option = pj.SipTxOption()
        _add_headers(option, (("Accept", "application/sdp"), *headers))
        pj.outring_ping(
            number,
            bound.transport_id,
            str(uri),
            f"<{ours}>",
            option,
            _to_strings(targets),
        )

    def cancel_ping(self, number: int) -> None:
        """End a ping whose result is no longer awaited."""
        pj.outring_cancel_ping(number)

    # -- crashes -----------------------------------------------------------------

    def fail_leg(self, leg_id: LegId) -> None:
        """End *leg_id* after an exception in work for it; no other leg is affected."""
        log.error("leg_crashed", extra={"callId": leg_id}, exc_info=True)  # noqa: LOG014
        self.media.discard(leg_id)
        leg = self.legs.get(leg_id)
        if leg is not None:
            self._report(leg.tracker.fail(time.monotonic(), "Internal error"))

    @contextmanager
    def _contain_crash(self, leg_id: LegId) -> Iterator[None]:
        """Let an exception in the block end this leg alone."""
        try:
            yield
        except Exception:  # noqa: BLE001 - logged there
            self.fail_leg(leg_id)

    # -- the loop ----------------------------------------------------------------

    def poll(self, wait_ms: int) -> PollResult | None:
        """Let PJSIP work, waiting up to *wait_ms* for the first event; return what happened.

        None if nothing did.
        """
        self._send_and_poll(wait_ms)
        for record in pj.outring_drain():
            # In place of _contain_crash, which would cost more than most events do.
            try:
                self._handle(read_event(record))
            except Exception:  # noqa: BLE001 - logged there
                self.fail_leg(LegId(record[2]))
        now = time.monotonic()
        if now >= self._next_sweep:
            self._next_sweep = now + SWEEP_S
            self._sweep(now)
        for leg_id in self.media.legs_with_digits():
            with self._contain_crash(leg_id):
                self.media.send_due_digit(leg_id, now)
        return self._result.take() if self._result else None

    def _handle(self, event: NativeEvent) -> None:
        match event:
            case ResolveRequest():
                self._result.queries.append(event)
            case PingAnswered(number, result):
                self._result.ping_results.append((number, result))
            case Recorded():
                self.media.on_recorded(event)
            case MessageMalformed():
                log_malformed(*event)
            case LateMessages():
                self._result.events.append(event)
            case LateAnswer(leg_id):
                log.warning("late_answer_hung_up", extra={"callId": leg_id})
            case ServerRefused(host, peer, reason):
                fields = {"host": host, "peer": peer, "reason": reason}
                log.warning("tls_server_refused", extra=fields)
            case _ if leg := self.legs.get(event.leg):
                self._handle_event_of(leg, event)

    def _handle_event_of(self, leg: Leg, event: LegEvent) -> None:
        tracker = leg.tracker
        match event:
            case ResponseReceived(_, at, method, status, raw):
                self._report(tracker.on_response(at, method, status, raw))
            case RequestSent(_, at, method, reason):
                self._report(tracker.on_sent(at, method, reason))
            case ByeReceived(_, at, reason):
                self._report(tracker.on_bye(at, reason))
            case Disconnected(_, at, cause, status, reason):
                self._report(tracker.on_disconnected(at, cause, status, reason))
            case ReferDone(_, status, reason):
                self._report(tracker.on_refer_outcome(status, reason))
            case RefreshRefused(_, at, after_s):
                leg.refresh_due = at + refresh_delay_s(after_s)
            case MediaChanged():
                self.media.on_media(tracker.id)
                self.tones.on_media(leg)
            case SoundHeard(_, interval):
                self.media.on_sound(tracker.id, interval)
            case ToneHeard(_, interval):
                self._give_up_for(leg, self.tones.on_tone(tracker.id, interval))
            case Digit() | Played() | StreamOpened() | StreamLost():
                self._report(event)
            case StreamClosed():
                self.streams.on_closed(event)
            case SdpRefused():
                self._on_sdp_refused(leg, event)
            case ReinviteUnacknowledged():
                detail = "The far end has not acknowledged the answer to its re-INVITE."
                self._give_up(leg, detail)
            case MediaSilent(_, silent_s):
                detail = f"Neither RTP nor RTCP has come for {silent_s:g} s."
                self._give_up(leg, detail)
            case _:
                assert_never(event)

    def _give_up_for(self, leg: Leg, tone: ToneType | None) -> None:
        """Hang up because nobody will answer, as *tone* says."""
        if tone is not None:
            self._give_up(leg, f"The network has played a tone: {tone}.")

    def _on_sdp_refused(self, leg: Leg, event: SdpRefused) -> None:
        reason = event.reason
        problems = leg.sdp_problems
        if reason not in problems and len(problems) < MAX_SDP_PROBLEMS:
            problems.add(reason)
            fields = {"callId": event.leg, "sipMessage": event.message}
            log.warning("sdp_unusable", extra={**fields, "reason": reason})
        if event.is_last:
            self._give_up(leg, f"The SDP of the answer cannot be used: {reason}.")

    def _sweep(self, now: float) -> None:
        """Do what is due by *now*."""
        if (dropped := pj.outring_dropped()) > self._dropped:
            log.error("records_dropped", extra={"count": dropped - self._dropped})
            self._dropped = dropped
        self._sweep_legs(now)
        self.media.release_recordings(now)
        for leg_id in self.media.legs_to_advance(now):
            with self._contain_crash(leg_id):
                self.media.advance_watch(leg_id, now)
        if self._hep is not None:
            self._hep.log_dropped(now)
        self.media.find_silent(now)
        for leg_id in self.tones.legs_to_advance(now):
            with self._contain_crash(leg_id):
                self._give_up_for(self.legs[leg_id], self.tones.advance(leg_id, now))

    def _sweep_legs(self, now: float) -> None:
        """Handle passed deadlines, which also end legs that PJSIP has lost track of."""
        for leg in [leg for leg in self.legs.values() if leg.tracker.deadline <= now]:
            with self._contain_crash(leg.tracker.id):
                due, event = leg.tracker.on_deadline(now)
                self._report(event)
                if due is DeadlineAction.HANG_UP:
                    self.hang_up(leg.tracker.id)
                elif due is DeadlineAction.GIVE_UP:
                    self._send_hang_up(leg)
        for leg in [
            leg for leg in self.legs.values() if leg.tracker.refer_deadline <= now
        ]:
            with self._contain_crash(leg.tracker.id):
                if leg.call is not None:
                    leg.call.forgetRefer()
                self._report(leg.tracker.on_refer_outcome(408))
        for leg in [leg for leg in self.legs.values() if leg.refresh_due <= now]:
            with self._contain_crash(leg.tracker.id):
                leg.refresh_due = NEVER
                if leg.call is not None:
                    leg.call.refresh()

    def _report(self, event: SipEvent | None) -> None:
        if isinstance(event, Ended):
            self._end(replace(event, ladder=self.ladder(event.leg)))
        elif event is not None:
            self._result.events.append(event)

    def _end(self, event: Ended) -> None:
        self.forced_ends += event.forced
        self.streams.end(event.leg)
        leg = self.legs.pop(event.leg, None)
        if leg is not None:
            leg.call = None  # now it is destroyed, which hangs up what is left
        self._pending_invites.pop(event.leg, None)
        self.tones.discard(event.leg)
        self.media.end(event)

    # -- the end -----------------------------------------------------------------

    def end_all(self) -> PollResult:
        """Report the end of every leg that is left, without waiting for far ends."""
        now = time.monotonic()
        for leg in list(self.legs.values()):
            self._report(leg.tracker.close(now))
        self.media.release_recordings()
        return self._result.take()

    def fail_all(self, reason: str) -> PollResult:
        """Report that every leg fails for *reason*, with all events that were still pending.

        A leg that raises even then is left out.
        """
        now = time.monotonic()
        for leg in list(self.legs.values()):
            try:
                self._report(leg.tracker.fail(now, reason))
            except Exception:
                log.exception("leg_crashed", extra={"callId": leg.tracker.id})
        self.media.release_recordings()
        return self._result.take()

    def close(self) -> None:
        """Destroy everything; legs that are left are hung up without waiting for far ends."""
        self.media.close()
        self.tones.close()
        self._pending_invites.clear()
        self.legs.clear()
        self.accounts.clear()
        pj.outring_stop()
        with suppress(pj.Error):
            self._endpoint.libDestroy(pj.PJSUA_DESTROY_NO_NETWORK)
        if self._hep is not None:
            self._hep.close()


def count_port_tries(config: AgentConfig) -> int:
    """Return how often an INVITE is tried until all ports for RTP were looked at.

    Each try continues where the last one stopped.
    """
    return 1 + (config.rtp_port_max - config.rtp_port_min) // (2 * PORT_PAIRS)


def _make_call_parameters(invite: Invite, contact_host: str) -> pj.CallOpParam:
    parameters = pj.CallOpParam(True)
    setting = parameters.opt
    setting.audioCount, setting.videoCount, setting.textCount = 1, 0, 0
    setting.customCallId = invite.leg
    option = parameters.txOption
    if invite.from_ is not None:
        option.localUri = str(invite.from_)
    elif invite.caller_id is not None:
        ours = SipUri.build(invite.caller_id, contact_host)
        option.localUri = str(NameAddr(ours, invite.caller_name))
    _add_headers(option, invite.headers)
    return parameters


def _add_headers(option: pj.SipTxOption, headers: Iterable[tuple[str, str]]) -> None:
    for name, value in headers:
        header = pj.SipHeader()
        header.hName, header.hValue = name, value
        option.headers.append(header)


def _add_hang_up_headers(
    call: pj.OutringCall, invite: Invite, headers: Iterable[tuple[str, str]]
) -> None:
    """Add *headers* to CANCEL and BYE, except those that *invite* sets itself."""
    for method, own in (("CANCEL", invite.cancel_headers), ("BYE", invite.bye_headers)):
        taken = {name.lower() for name, _ in own}
        for name, value in headers:
            if name.lower() not in taken:
                call.addHeader(method, name, value)


def refresh_delay_s(retry_after_s: int) -> float:
    """Return the seconds until a refused session refresh (RFC 4028) is sent again.

    *retry_after_s* is what the far end asks for, 0 for nothing: then it is as RFC 3261
    §14.1 says for the owner of the Call-ID. Limited so that the session does not end
    before.
    """
    return min(retry_after_s, 30) or random.uniform(2.1, 4.0)


def _to_strings(targets: Iterable[Target]) -> pj.StringVector:
    return pj.StringVector([target.hostport for target in targets])


_NO_ADDRESSES = _to_strings(())
