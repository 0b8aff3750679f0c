"""Stack: pjsua2 itself, with endpoint, transports, accounts and calls.

This is the only importer of pjsua2. Everything here runs on one thread, which creates,
polls and destroys it all. No Python code runs inside PJSIP: what happens there is read
from a queue after each poll (``native/outring.hpp``).
"""

import logging
import random
import resource
import socket
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path

import pjsua2 as pj

from sip.agent import (
    UNSENT,
    AgentConfig,
    HepServer,
    Invite,
    ListeningPoint,
    PingResult,
    RefusedRequests,
    Srtp,
)
from sip.call_progress import Detection, SoundInterval
from sip.call_progress_watch import CallProgressWatch
from sip.dtmf_queue import DtmfQueue, QueuedDigit
from sip.errors import AgentConfigurationError
from sip.events import CallProgress, Digit, Ended, LegId, Played, Recorded, SipEvent
from sip.leg_tracker import NEVER, Cause, DeadlineAction, LegTracker, SipLegState
from sip.malformed import Outcome, log_malformed
from sip.media import Clip, Dtmf, Recording, Side, Silence, Sound, Stop, Tone
from sip.media_links import Link, MediaLinks
from sip.recording_ends import RecordingEnds
from sip.retry_after import retry_after_s
from sip.server_location import Target
from sip.uri import SipUri

log = logging.getLogger("outring.sip")

TURN_MS = 10  # longest turn of PJSIP, and of jobs, before the other has its own
SWEEP_S = 0.1  # between checks of the deadlines
SILENCE_SWEEP_S = 1.0  # between checks whether far ends send media
HEP_WARNING_S = 60.0  # at least, between warnings that the HEP server misses packets
# Pairs of RTP and RTCP ports that PJSIP tries for one call before it fails.
PORT_PAIRS = 100
MAX_ACCOUNTS = 500  # below PJSUA_MAX_ACC of the build

BEEP = Tone((1000,), on_ms=250)

STATE, MESSAGE, QUERY, PONG, MEDIA, REFERRED, DIGIT, PLAYED, RECORDED, HEARD = range(10)
SDP, UNTRUSTED, SILENT, MALFORMED, UNACKNOWLEDGED, REFRESH_REFUSED = range(10, 16)
LATE_ANSWER = 16
MEDIA_KINDS = frozenset((DIGIT, PLAYED, SILENT, MEDIA, HEARD))
CAUSES = (Cause.OTHER, Cause.RECEIVED, Cause.TIMER, Cause.TRANSPORT)

NativeRecord = tuple[int, float, str, int, int, str, bytes]
"""What ``outring_drain`` gives: kind, monotonic seconds, Call-ID, and what belongs to the
kind (``native/records.hpp``)."""

_TRANSPORTS = {
    ("udp", False): pj.PJSIP_TRANSPORT_UDP,
    ("udp", True): pj.PJSIP_TRANSPORT_UDP6,
    ("tcp", False): pj.PJSIP_TRANSPORT_TCP,
    ("tcp", True): pj.PJSIP_TRANSPORT_TCP6,
    ("tls", False): pj.PJSIP_TRANSPORT_TLS,
    ("tls", True): pj.PJSIP_TRANSPORT_TLS6,
}
_SRTP = {
    Srtp.OPTIONAL: pj.PJMEDIA_SRTP_OPTIONAL,
    Srtp.MANDATORY: pj.PJMEDIA_SRTP_MANDATORY,
}


@dataclass(frozen=True, slots=True)
class ResolveRequest:
    """PJSIP needs the addresses of *host*; ``Stack.answer_resolve`` takes them."""

    number: int
    host: str
    port: int | None
    protocol: str


@dataclass(slots=True)
class PollResult:
    """What has happened during one poll, each kind in order."""

    events: list[SipEvent] = field(default_factory=list)
    queries: list[ResolveRequest] = field(default_factory=list)
    # Each with the number of its ping.
    ping_results: list[tuple[int, PingResult]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.events or self.queries or self.ping_results)


@dataclass(frozen=True, slots=True)
class _Bound:
    """A transport that is listening."""

    transport_id: int
    listener: ListeningPoint
    port: int
    is_wildcard: bool

    def host_for(self, peer: str) -> str:
        """Return our address as *peer* sees it.

        That is the bound address; for a wildcard the one that the system would send
        from.
        """
        bound = self.listener.address
        if not self.is_wildcard:
            return bound
        family = socket.AF_INET6 if ":" in peer else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((peer, 9))  # UDP: nothing is sent
            return str(probe.getsockname()[0])

    def contact(self, ours: SipUri, *, as_sips: bool) -> SipUri:
        """Return the URI for Contact over this transport; *as_sips* requires that it is TLS."""
        uri = replace(ours, port=self.port)
        protocol = self.listener.protocol
        if as_sips:
            return replace(uri, scheme="sips")  # transport=tls says nothing more there
        return uri if protocol == "udp" else uri.with_parameter("transport", protocol)


@dataclass(frozen=True, slots=True)
class _Unsent:
    """An INVITE that is sent with the next poll."""

    call: pj.OutringCall
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
        self.legs: dict[LegId, LegTracker] = {}
        self.forced_ends = 0
        self._invites: dict[LegId, Invite] = {}
        self._pending_invites: dict[LegId, _Unsent] = {}
        self._calls: dict[LegId, pj.OutringCall] = {}
        self._bridge = MediaLinks()
        self._deferred_work: dict[LegId, list[Callable[[pj.OutringCall], None]]] = {}
        self._recordings = RecordingEnds()
        self._dtmf_queues: dict[LegId, DtmfQueue] = {}
        self._watches: dict[
            LegId, tuple[CallProgressWatch, pj.OutringCallProgress]
        ] = {}
        self._refreshes: dict[
            LegId, float
        ] = {}  # when refused session refreshes are due again
        self._sdp_problems: dict[LegId, str] = {}  # the last problem that was logged
        self._accounts: OrderedDict[tuple[object, ...], pj.Account] = OrderedDict()
        self._news = PollResult()
        ports = config.rtp_port_max - config.rtp_port_min
        # Each try continues where the last one stopped.
        self._port_tries = 1 + ports // (2 * PORT_PAIRS)
        self._next_sweep = self._next_silence_sweep = 0.0
        self._dropped = pj.outring_dropped()
        self._not_exported = pj.outring_not_exported()
        self._next_hep_warning = 0.0
        self._hep_socket: socket.socket | None = None
        _raise_file_limit()
        pj.outring_prepare()
        self._endpoint = pj.Endpoint()
        try:
            self._endpoint.libCreate()
            self._endpoint.libInit(_make_endpoint_config(config))
            self.bound = {
                (listener.protocol, ":" in listener.address): self._listen(listener)
                for listener in config.listeners
            }
            self._prefer_codecs(config.codecs)
            self._endpoint.libStart()
            self._endpoint.audDevManager().setNullDev()
            if config.hep is not None:
                self._export_to(config.hep)
            pj.outring_start()
            if config.tls_verify and config.tls_wildcards:
                pj.outring_verify_with_wildcards()
        except pj.Error as error:
            self._endpoint.libDestroy(pj.PJSUA_DESTROY_NO_NETWORK)
            raise AgentConfigurationError(
                f"PJSIP does not start: {error.reason}."
            ) from error
        except AgentConfigurationError:
            self._endpoint.libDestroy(pj.PJSUA_DESTROY_NO_NETWORK)
            raise
        self.wake_fd = pj.outring_wake_fd()

    # -- calls -------------------------------------------------------------------

    def invite(self, invite: Invite, targets: Sequence[Target]) -> None:
        """Send the INVITE with the next poll, to the first of *targets* that can be reached.

        All targets have the same protocol; the address family of the first one counts.
        Without targets the leg ends at once.
        """
        leg = self.legs.get(invite.leg)
        if leg is None:  # hung up while its name was being resolved
            return
        if not targets:
            self._report(leg.fail(time.monotonic(), "Name not resolved"))
            return
        try:
            bound, host = self._path_to(targets[0])
            account = self._account_for(bound, invite, host)
            parameters = _make_call_parameters(
                invite, self.config.public_address or host
            )
            call = pj.OutringCall(account, invite.leg)
        except pj.Error as error:
            self._report(leg.fail(time.monotonic(), error.reason))
            return
        for name, value in invite.cancel_headers:
            call.addHeader("CANCEL", name, value)
        for name, value in invite.bye_headers:
            call.addHeader("BYE", name, value)
        first = invite.route[0] if invite.route else invite.target
        addresses = _to_strings(targets if first.host != targets[0].address else ())
        uri = f"<{invite.target}>"
        self._pending_invites[invite.leg] = _Unsent(call, uri, parameters, addresses)

    def _send_and_poll(self, wait_ms: int) -> None:
        """Send the pending INVITEs, and let PJSIP work.

        Waits up to *wait_ms* for something to happen.
        """
        unsent, self._pending_invites = self._pending_invites, {}
        invites = pj.OutringInvites()
        for leg_id, invite in unsent.items():
            self._calls[leg_id] = invite.call
            invites.add(
                invite.call,
                invite.uri,
                invite.parameters,
                invite.addresses,
                self._port_tries,
            )
        pj.outring_send_and_poll(invites, wait_ms, TURN_MS)
        if invites.failed():
            for number, leg_id in enumerate(unsent):
                if reason := invites.failure(number):
                    self._report(self.legs[leg_id].fail(time.monotonic(), reason))
        for leg_id in unsent if self._deferred_work else ():
            with self._contain_crash(leg_id):
                for work in self._deferred_work.pop(leg_id, ()):
                    work(self._calls[leg_id])

    def _path_to(self, target: Target) -> tuple[_Bound, str]:
        """Return our transport for *target*, and our address as the target sees it."""
        bound = self.bound.get((target.protocol, target.is_ipv6))
        if bound is None:
            family = "IPv6" if target.is_ipv6 else "IPv4"
            raise _make_error(f"No {target.protocol.upper()} transport for {family}")
        try:
            return bound, bound.host_for(target.address)
        except OSError as error:
            raise _make_error(error.strerror or "No route") from error

    def add(self, invite: Invite) -> None:
        """Track a leg whose INVITE cannot be sent yet."""
        leg = LegTracker(invite.leg, time.monotonic(), invite.ring_limit_s)
        self.legs[invite.leg] = leg
        self._invites[invite.leg] = invite

    def hang_up(self, leg_id: LegId, headers: Sequence[tuple[str, str]] = ()) -> None:
        """Send CANCEL or BYE, whichever the leg needs, with *headers*.

        Nothing is sent a second time.
        """
        leg = self.legs.get(leg_id)
        if leg is not None and leg.hang_up(time.monotonic()):
            self._send_hang_up(leg, headers)

    def give_up(self, leg_id: LegId, detail: str) -> None:
        """Hang up of our own accord; *detail* says why, in one sentence."""
        leg = self.legs.get(leg_id)
        event = None if leg is None else leg.give_up(time.monotonic(), detail)
        if leg is not None and event is not None:
            self._report(event)
            self._send_hang_up(leg)

    def _send_hang_up(
        self, leg: LegTracker, headers: Sequence[tuple[str, str]] = ()
    ) -> None:
        leg_id = leg.id
        call = self._calls.get(leg_id)
        if call is None:  # nothing was sent
            self._report(leg.on_disconnected(time.monotonic(), Cause.OTHER, 487, ""))
            return
        _add_hang_up_headers(call, self._invites[leg_id], headers)
        with suppress(pj.Error):  # the watchdog ends what PJSIP cannot
            call.hangup(pj.CallOpParam())

    def answer_resolve(self, number: int, targets: Sequence[Target]) -> None:
        """Answer the ResolveRequest *number*; no targets means that the name has none."""
        pj.outring_resolved(number, _to_strings(targets))

    def ladder(self, leg: LegId) -> str:
        """Return the messages of a leg that has not ended; any thread may call it."""
        return pj.outring_ladder(leg)

    @staticmethod
    def refused_requests() -> list[RefusedRequests]:
        """Return what the request policy has refused; any thread may call it."""
        return [RefusedRequests(*entry) for entry in pj.outring_refused_requests()]

    # -- the bridge --------------------------------------------------------------

    def connect(self, link: Link) -> None:
        """Let a listener hear a source whenever both have media, as long as both live."""
        if all(leg in self.legs for leg in link) and self._bridge.add(link):
            self._apply(link)

    def disconnect(self, link: Link) -> None:
        """Undo ``connect``."""
        if self._bridge.remove(link) and all(leg in self._calls for leg in link):
            source, listener = link
            self._calls[source].disconnectFrom(self._calls[listener])

    def _apply(self, link: Link) -> None:
        if all(leg in self._calls for leg in link):
            source, listener = link
            self._calls[source].connectTo(self._calls[listener])

    # -- media -------------------------------------------------------------------

    def play(
        self, leg_id: LegId, number: int, sounds: Sequence[Sound], stops_on: str
    ) -> None:
        """Play *sounds* after what the leg plays already."""

        def work(call: pj.OutringCall) -> None:
            try:
                call.play(number, _to_sounds(sounds), stops_on)
            except pj.Error as error:
                self._report(Played(leg_id, number, Stop.FAILED, 0, error.reason))

        self._with_call(leg_id, work)

    def record(self, leg_id: LegId, number: int, recording: Recording) -> None:
        """Begin to record as soon as there is media."""

        def work(call: pj.OutringCall) -> None:
            try:
                call.record(
                    number,
                    _name_of(recording.path),
                    recording.side is Side.BOTH,
                    recording.max_ms,
                    recording.start_ms or 0,
                    recording.silence_ms or 0,
                    recording.stops_on,
                    _to_sounds([BEEP] if recording.beep else []),
                )
            except pj.Error as error:
                self._on_recorded(
                    Recorded(leg_id, number, Stop.FAILED, 0, error.reason)
                )
                return
            for link in self._bridge.of(leg_id):
                self._apply(link)

        if leg_id in self.legs:
            refusal = self._recordings.begin(leg_id, number)
            if refusal is not None:
                self._report(refusal)
            else:
                self._with_call(leg_id, work)

    def _on_recorded(self, event: Recorded) -> None:
        if event.leg in self._calls:
            self._calls[event.leg].stopHearing()
        self._news.events.extend(self._recordings.on_recorded(event))

    def stop(self, leg_id: LegId, number: int) -> None:
        """End the play or recording *number*."""
        self._with_call(leg_id, lambda call: call.stop(number))

    def _with_call(self, leg_id: LegId, work: Callable[[pj.OutringCall], None]) -> None:
        """Do *work* now, or as soon as the leg's INVITE has been sent."""
        if leg_id in self._calls:
            work(self._calls[leg_id])
        elif leg_id in self.legs:
            self._deferred_work.setdefault(leg_id, []).append(work)

    def send_digits(
        self, leg_id: LegId, digits: str, how: Dtmf, on_ms: int, off_ms: int
    ) -> None:
        """Send DTMF after what the leg sends already."""
        if leg_id not in self.legs:
            return
        queue = self._dtmf_queues.setdefault(leg_id, DtmfQueue())
        if left_out := queue.enqueue(digits, how, on_ms, off_ms):
            log.warning("digits_dropped", extra={"callId": leg_id, "count": left_out})

    def _send_due_digits(self, now: float) -> None:
        for leg_id, queue in list(self._dtmf_queues.items()):
            with self._contain_crash(leg_id):
                digit = queue.due(now)
                if digit is not None and self._send_digit(leg_id, digit):
                    queue.mark_sent(now)
                elif queue.is_done(now):
                    del self._dtmf_queues[leg_id]

    def _send_digit(self, leg_id: LegId, key: QueuedDigit) -> bool:
        """Send a digit; False if it has to wait. One that cannot be sent counts as sent."""
        call = self._calls.get(leg_id)
        if call is None:
            return False
        try:
            if key.how is Dtmf.RFC4733:
                if not call.canSpeak():
                    return False
                if call.sendEvent(key.digit, key.on_ms):
                    return True
            if not self._is_connected(leg_id):
                return False
            call.sendInfo(key.digit, key.on_ms)
        except pj.Error as error:
            log.warning(
                "digit_not_sent", extra={"callId": leg_id, "reason": error.reason}
            )
        return True

    # -- call progress -----------------------------------------------------------

    def watch(self, leg_id: LegId, detection: Detection) -> None:
        """Begin to analyse the sound of a leg, and report what is found."""

        def work(call: pj.OutringCall) -> None:
            if leg_id in self._watches:
                return
            now = time.monotonic()
            try:
                ear = pj.OutringCallProgress(leg_id, *_settings_of(detection))
            except pj.Error as error:
                fields = {"callId": leg_id, "reason": error.reason}
                log.warning("call_progress_failed", extra=fields)
                self._report(CallProgress(leg_id, None, now, is_last=True))
                return
            self._watches[leg_id] = CallProgressWatch(leg_id, detection, now), ear
            call.connectCallProgress(ear)

        self._with_call(leg_id, work)

    def _report_findings(self, leg_id: LegId, found: Sequence[SipEvent]) -> None:
        for event in found:
            self._report(event)
        if self._watches[leg_id][0].is_over:
            del self._watches[leg_id]

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
        refusal = leg.refer(time.monotonic(), limit_s)
        if refusal is not None:
            self._report(refusal)
            return
        option = pj.SipTxOption()
        _add_headers(option, headers)
        try:
            if isinstance(to, SipUri):
                target = f"<{to}>"
            elif self._is_connected(to):
                target = self._calls[to].replacement()
            else:
                self._report(leg.on_referred(481))
                return
            self._calls[leg_id].refer(target, option)
        except pj.Error as error:
            self._report(leg.on_referred(503, error.reason))

    def _is_connected(self, leg_id: LegId) -> bool:
        leg = self.legs.get(leg_id)
        return leg is not None and leg.state is SipLegState.CONNECTED

    # -- pings -------------------------------------------------------------------

    def ping(
        self,
        number: int,
        uri: SipUri,
        headers: Iterable[tuple[str, str]],
        targets: Sequence[Target],
    ) -> None:
        """Send an OPTIONS to the first of *targets* that can be reached; its result is reported."""
        try:
            bound, host = self._path_to(targets[0])
        except pj.Error:
            self._news.ping_results.append((number, UNSENT))
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

    def fail_leg(self, leg_id: LegId) -> None:
        """End *leg_id* after an exception in work for it; no other leg is affected."""
        log.error("leg_crashed", extra={"callId": leg_id}, exc_info=True)  # noqa: LOG014
        self._dtmf_queues.pop(leg_id, None)
        self._watches.pop(leg_id, None)
        leg = self.legs.get(leg_id)
        if leg is not None:
            self._report(leg.fail(time.monotonic(), "Internal error"))

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
            with self._contain_crash(LegId(record[2])):
                self._handle(record)
        now = time.monotonic()
        if now >= self._next_sweep:
            self._next_sweep = now + SWEEP_S
            if (dropped := pj.outring_dropped()) > self._dropped:
                log.error("records_dropped", extra={"count": dropped - self._dropped})
                self._dropped = dropped
            self._sweep(now)
            self._note_not_exported(now)
            self._find_silent_calls(now)
        if self._dtmf_queues:
            self._send_due_digits(now)
        if not self._news:
            return None
        news, self._news = self._news, PollResult()
        return news

    def _handle(self, record: NativeRecord) -> None:
        kind, _, leg_id, first, status, name, raw = record
        leg = self.legs.get(LegId(leg_id))
        if kind == QUERY:
            query = ResolveRequest(first, leg_id, status or None, name.lower())
            self._news.queries.append(query)
        elif kind == PONG:
            result = PingResult(status, retry_after_s(name))
            self._news.ping_results.append((first, result))
        elif kind == UNTRUSTED:
            fields = {"host": leg_id, "peer": raw.decode(), "reason": name}
            log.warning("tls_server_refused", extra=fields)
        elif kind == RECORDED:  # of a leg that has ended, too
            reason = raw.decode(errors="replace")
            self._on_recorded(
                Recorded(LegId(leg_id), first, Stop(name), status, reason)
            )
        elif kind == MALFORMED:  # of a leg that has ended, too
            log_malformed(leg_id, name, raw.decode("latin-1"), first, status)
        elif kind == LATE_ANSWER:  # of a leg that has ended, too
            log.warning("late_answer_hung_up", extra={"callId": leg_id})
        elif leg is not None:
            take = self._handle_media if kind in MEDIA_KINDS else self._handle_dialog
            take(leg, record)

    def _handle_media(self, leg: LegTracker, record: NativeRecord) -> None:
        kind, at, _, first, status, name, raw = record
        if kind == DIGIT:
            how = Dtmf.INFO if first else Dtmf.RFC4733
            self._report(Digit(leg.id, name, how, at))
        elif kind == PLAYED:
            reason = raw.decode(errors="replace")
            self._report(Played(leg.id, first, Stop(name), status, reason))
        elif kind == SILENT:
            detail = f"Neither RTP nor RTCP has come for {status / 1000:g} s."
            self.give_up(leg.id, detail)
        elif kind == MEDIA:
            for link in self._bridge.of(leg.id):
                self._apply(link)
            if leg.id in self._watches:
                self._calls[leg.id].connectCallProgress(self._watches[leg.id][1])
        elif leg.id in self._watches:
            watch = self._watches[leg.id][0]
            self._report_findings(leg.id, watch.add(SoundInterval(first, status)))

    def _handle_dialog(self, leg: LegTracker, record: NativeRecord) -> None:
        kind, at, _, first, status, name, raw = record
        if kind == REFERRED:
            self._report(leg.on_referred(status, name))
        elif kind == SDP:
            self._note_sdp_problem(
                leg.id, f"{status or ''} {name}".strip(), raw.decode()
            )
            if first:
                detail = f"The SDP of the answer cannot be used: {raw.decode()}."
                self.give_up(leg.id, detail)
        elif kind == UNACKNOWLEDGED:
            detail = "The far end has not acknowledged the answer to its re-INVITE."
            self.give_up(leg.id, detail)
        elif kind == REFRESH_REFUSED:
            self._refreshes[leg.id] = at + refresh_delay_s(status)
        elif kind == STATE:
            self._report(leg.on_disconnected(at, CAUSES[first], status, name))
        elif first:
            self._report(leg.on_sent(at, name, raw.decode("latin-1")))
        elif status:
            self._report(leg.on_response(at, name, status, raw))
        else:
            self._report(leg.on_bye(at, raw.decode("latin-1")))

    def _note_sdp_problem(self, leg_id: LegId, message: str, reason: str) -> None:
        """Log once why the SDP of *message*, such as "183 INVITE", cannot be used."""
        if self._sdp_problems.get(leg_id) == reason:
            return
        self._sdp_problems[leg_id] = reason
        fields = {"callId": leg_id, "sipMessage": message, "reason": reason}
        log.warning("sdp_unusable", extra=fields)

    def _sweep(self, now: float) -> None:
        """Handle passed deadlines, which also end legs that PJSIP has lost track of."""
        for leg in [leg for leg in self.legs.values() if leg.deadline <= now]:
            with self._contain_crash(leg.id):
                due, event = leg.on_deadline(now)
                self._report(event)
                if due is DeadlineAction.HANG_UP:
                    self.hang_up(leg.id)
                elif due is DeadlineAction.GIVE_UP:
                    self._send_hang_up(leg)
        for leg in [leg for leg in self.legs.values() if leg.refer_deadline <= now]:
            with self._contain_crash(leg.id):
                self._calls[leg.id].forgetRefer()
                self._report(leg.on_referred(408))
        for leg_id in [leg for leg, due in self._refreshes.items() if due <= now]:
            with self._contain_crash(leg_id):
                del self._refreshes[leg_id]
                self._calls[leg_id].refresh()
        self._news.events.extend(self._recordings.release_overdue(now))
        watches = [watch for watch, _ in self._watches.values() if watch.due <= now]
        for watch in watches:
            with self._contain_crash(watch.leg):
                self._report_findings(watch.leg, watch.advance(now))

    def _find_silent_calls(self, now: float) -> None:
        limit_s = self.config.media_timeout_s
        if limit_s and now >= self._next_silence_sweep:
            self._next_silence_sweep = now + min(SILENCE_SWEEP_S, limit_s / 4)
            pj.outring_find_silent(limit_s)

    def _note_not_exported(self, now: float) -> None:
        count = pj.outring_not_exported() - self._not_exported
        if count and now >= self._next_hep_warning:
            log.warning("hep_packets_dropped", extra={"count": count})
            self._not_exported += count
            self._next_hep_warning = now + HEP_WARNING_S

    def _report(self, event: SipEvent | None) -> None:
        if event is None:
            return
        if isinstance(event, Ended):
            self._end(replace(event, ladder=self.ladder(event.leg)))
        else:
            self._news.events.append(event)

    def _end(self, event: Ended) -> None:
        self.forced_ends += event.forced
        self.legs.pop(event.leg, None)
        self._invites.pop(event.leg, None)
        self._pending_invites.pop(event.leg, None)
        self._bridge.forget(event.leg)
        self._dtmf_queues.pop(event.leg, None)
        self._watches.pop(event.leg, None)
        self._sdp_problems.pop(event.leg, None)
        self._refreshes.pop(event.leg, None)
        # Without references the call object is destroyed, which hangs up what is left.
        self._calls.pop(event.leg, None)
        if self._deferred_work.pop(event.leg, ()):
            self._news.events.extend(self._recordings.discard(event.leg))
        self._news.events.extend(self._recordings.on_ended(event, time.monotonic()))

    @property
    def malformed(self) -> dict[Outcome, int]:
        """See ``UserAgent``."""
        return {
            outcome: pj.outring_malformed(number)
            for number, outcome in enumerate(Outcome)
        }

    # -- set-up ------------------------------------------------------------------

    def _listen(self, listener: ListeningPoint) -> _Bound:
        config = self.config
        transport = pj.TransportConfig()
        transport.port = listener.port
        transport.boundAddress = listener.address
        if config.public_address:
            transport.publicAddress = config.public_address
        if listener.protocol == "tls":
            tls = transport.tlsConfig
            tls.certFile = config.tls_certificate or ""
            tls.privKeyFile = config.tls_private_key or ""
            tls.CaListFile = config.tls_ca or ""
            # PJSIP's own verification takes no wildcards.
            tls.verifyServer = config.tls_verify and not config.tls_wildcards
        kind = _TRANSPORTS[listener.protocol, ":" in listener.address]
        try:
            number = self._endpoint.transportCreate(kind, transport)
            name = self._endpoint.transportGetInfo(number).localName
        except pj.Error as error:
            raise AgentConfigurationError(
                f"Cannot listen on {listener}: {error.reason}."
            ) from error
        port = int(name.rpartition(":")[2])
        return _Bound(
            number, listener, port, ip_address(listener.address).is_unspecified
        )

    def _export_to(self, hep: HepServer) -> None:
        self._hep_socket = _connect_to_hep(hep)
        pj.outring_export(self._hep_socket.fileno(), hep.capture_id, hep.password)

    def _prefer_codecs(self, codecs: Sequence[str]) -> None:
        wanted = [codec.lower() for codec in codecs]
        known = set()
        for info in self._endpoint.codecEnum2():
            name = info.codecId.partition("/")[0].lower()
            known.add(name)
            rank = 255 - wanted.index(name) if name in wanted else 0
            self._endpoint.codecSetPriority(info.codecId, rank)
        if missing := [codec for codec in codecs if codec.lower() not in known]:
            raise AgentConfigurationError(
                f"This build has no codec {missing[0]}; it has {', '.join(sorted(known))}."
            )

    def _account_for(
        self, bound: _Bound, invite: Invite, media_address: str
    ) -> pj.Account:
        """The account for whatever PJSIP keeps per account rather than per call."""
        key = (
            bound.transport_id,
            media_address,
            invite.route,
            invite.credentials,
            invite.srtp,
            invite.needs_sips_contact,
        )
        account = self._accounts.get(key)
        if account is not None:
            self._accounts.move_to_end(key)
            return account
        if len(self._accounts) >= MAX_ACCOUNTS:
            self._drop_account()
        account = pj.Account()
        account.create(self._make_account_config(bound, invite, media_address))
        self._accounts[key] = account
        return account

    def _drop_account(self) -> None:
        """Delete the least recently used account that has no live call."""
        self._send_and_poll(0)  # pending INVITEs have no call in PJSIP yet
        unless_busy = pj.AccountShutdownParam()
        for key, account in self._accounts.items():
            with suppress(pj.Error):  # PJSIP still has a call of it
                account.shutdown2(unless_busy)
                del self._accounts[key]
                return
        raise _make_error("Too many different routes in use")

    def _make_account_config(
        self, bound: _Bound, invite: Invite, media_address: str
    ) -> pj.AccountConfig:
        config = self.config
        ipv6 = ":" in media_address
        account = pj.AccountConfig()
        ours = SipUri.build(config.caller_id, config.public_address or media_address)
        account.idUri = f"<{ours}>"
        account.regConfig.registerOnAdd = False
        account.sipConfig.transportId = bound.transport_id
        # Said here, since PJSIP would take the transport from the Request-URI.
        contact = bound.contact(ours, as_sips=invite.needs_sips_contact)
        account.sipConfig.contactForced = f"<{contact}>"
        for hop in invite.route:
            account.sipConfig.proxies.append(f"<{hop.with_parameter('lr')}>")
        for credential in invite.credentials:
            account.sipConfig.authCreds.append(
                pj.AuthCredInfo(
                    "digest",
                    credential.realm,
                    credential.username,
                    int(credential.is_ha1),
                    credential.password,
                )
            )
        nat = account.natConfig
        nat.contactRewriteUse = nat.viaRewriteUse = nat.sdpNatRewriteUse = 0
        nat.sipOutboundUse = nat.udpKaIntervalSec = 0
        media = account.mediaConfig
        media.transportConfig.port = config.rtp_port_min
        media.transportConfig.portRange = config.rtp_port_max - config.rtp_port_min
        media.transportConfig.boundAddress = media_address
        media.transportConfig.publicAddress = config.public_address or media_address
        media.lockCodecEnabled = False
        if invite.srtp is not Srtp.OFF:
            media.srtpUse = _SRTP[invite.srtp]
            media.srtpSecureSignaling = 0
        # Said for both families: otherwise PJSIP asks the system's resolver for the
        # address of this host at every call, for seconds where no name server answers.
        media.ipv6Use = (
            pj.PJSUA_IPV6_ENABLED_USE_IPV6_ONLY if ipv6 else pj.PJSUA_IPV6_DISABLED
        )
        return account

    # -- the end -----------------------------------------------------------------

    def end_all(self) -> PollResult:
        """Report the end of every leg that is left, without waiting for far ends."""
        now = time.monotonic()
        for leg in list(self.legs.values()):
            self._report(leg.close(now))
        self._news.events.extend(self._recordings.release_overdue(NEVER))
        news, self._news = self._news, PollResult()
        return news

    def fail_all(self, reason: str) -> PollResult:
        """Report that every leg fails for *reason*, with all events that were still pending.

        A leg that raises even then is left out.
        """
        now = time.monotonic()
        for leg in list(self.legs.values()):
            try:
                self._report(leg.fail(now, reason))
            except Exception:
                log.exception("leg_crashed", extra={"callId": leg.id})
        self._news.events.extend(self._recordings.release_overdue(NEVER))
        news, self._news = self._news, PollResult()
        return news

    def close(self) -> None:
        """Destroy everything; legs that are left are hung up without waiting for far ends."""
        self._watches.clear()
        self._pending_invites.clear()
        self._calls.clear()
        self._accounts.clear()
        pj.outring_stop()
        with suppress(pj.Error):
            self._endpoint.libDestroy(pj.PJSUA_DESTROY_NO_NETWORK)
        if self._hep_socket is not None:
            pj.outring_export(-1, 0, "")
            self._hep_socket.close()


def _connect_to_hep(hep: HepServer) -> socket.socket:
    """Return a socket to the HEP server that never blocks; raises AgentConfigurationError."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            hep.host, hep.port, type=socket.SOCK_DGRAM
        )[0]
        connected = socket.socket(family, kind, protocol)
        connected.connect(address)  # UDP: nothing is sent
    except OSError as error:
        text = f"The HEP server {hep.host} cannot be reached: {error.strerror}."
        raise AgentConfigurationError(text) from error
    connected.setblocking(False)
    return connected


def _raise_file_limit() -> None:
    """Allow as many descriptors as the system permits, because every call takes two sockets."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _make_endpoint_config(config: AgentConfig) -> pj.EpConfig:
    endpoint = pj.EpConfig()
    # PJSIP reserves memory for each. A call that we have given up may live on there.
    spare = config.max_calls // 8 + 16
    endpoint.uaConfig.maxCalls = min(config.max_calls + spare, pj.outring_max_calls())
    endpoint.uaConfig.threadCnt = 0  # we poll
    endpoint.uaConfig.mainThreadOnly = False
    endpoint.uaConfig.userAgent = config.user_agent
    media = endpoint.medConfig
    # A call, its voice and an ear on it have one each, with room for all others.
    media.maxMediaPorts = 3 * endpoint.uaConfig.maxCalls + 16
    media.clockRate = media.sndClockRate = 8000  # else every call pays for a resampler
    media.ecTailLen = 0
    media.noVad = True
    # Else the clock of the bridge stops after a second without a call, and may do so
    # under calls that have begun meanwhile.
    media.sndAutoCloseTime = -1
    endpoint.logConfig.level = endpoint.logConfig.consoleLevel = 0
    endpoint.logConfig.msgLogging = 0
    return endpoint


def _make_call_parameters(invite: Invite, contact_host: str) -> pj.CallOpParam:
    parameters = pj.CallOpParam(True)
    setting = parameters.opt
    setting.audioCount, setting.videoCount, setting.textCount = 1, 0, 0
    setting.customCallId = invite.leg
    option = parameters.txOption
    if invite.from_ is not None:
        option.localUri = str(invite.from_)
    elif invite.caller_id is not None:
        option.localUri = f"<{SipUri.build(invite.caller_id, contact_host)}>"
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


def sound_intervals_of(samples: bytes, detection: Detection) -> list[SoundInterval]:
    """Return the intervals of sound in *samples* (PCM of 16 bits, 8 kHz), without running PJSIP."""
    pairs = pj.outring_sound_intervals(samples, *_settings_of(detection))
    return [SoundInterval(sound, begin_ms) for sound, begin_ms in pairs]


@dataclass(frozen=True, slots=True)
class ReadSdp:
    """A far end's session description as we use it; see native/session_description.hpp."""

    text: str
    """The text that is passed to PJMEDIA instead; empty if it cannot be used."""
    problem: str
    """Why it cannot be used; empty if it can."""


def read_sdp(
    text: str, *, codecs: Sequence[str] = (), family: int = 0, is_offer: bool = False
) -> ReadSdp:
    """Parse *text* as a call would, without running PJSIP.

    *codecs* are ours, such as "PCMU/8000/1", none for all; *family* is 4 or 6 for the
    addresses of our media, 0 for any; *is_offer*: it is not an answer to ours.
    """
    return ReadSdp(
        *pj.outring_read_sdp(text, pj.StringVector([*codecs]), family, is_offer)
    )


def _settings_of(detection: Detection) -> tuple[int, float, float]:
    mode = detection.threshold_mode.value
    return mode, detection.threshold, detection.beep_modulation


def _to_sounds(sounds: Iterable[Sound]) -> pj.OutringSounds:
    wanted = pj.OutringSounds()
    for sound in sounds:
        match sound:
            case Clip(path):
                wanted.addClip(_name_of(path))
            case Tone((frequency, *others), on_ms, off_ms, count):
                another = others[0] if others else 0
                wanted.addTone(frequency, another, on_ms, off_ms, count)
            case Silence(duration_ms):
                wanted.addSilence(duration_ms)
    return wanted


def _name_of(path: Path) -> str:
    """Return the path as C++ takes it; raises pj.Error for a name that C++ would misread."""
    name = str(path)
    if "\0" in name or any("\ud800" <= letter <= "\udfff" for letter in name):
        raise _make_error("The name of the file cannot be used.")
    return name


def _to_strings(targets: Iterable[Target]) -> pj.StringVector:
    return pj.StringVector([target.hostport for target in targets])


def _make_error(reason: str) -> pj.Error:
    return pj.Error(0, "send", reason, "", 0)
