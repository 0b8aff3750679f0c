"""UserAgent: the interface that the engine depends on; and what it takes to place a call."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

import msgspec

from .audio_stream import AudioStream, StreamFacts
from .call_progress import Detection
from .events import AgentEvent, LegId
from .malformed import Outcome
from .media import CallRecording, Dtmf, Recording, Sound
from .name_addr import NameAddr
from .server_location import is_loopback
from .tone_watch import ToneListening
from .uri import SipUri

Sink = Callable[[Sequence[AgentEvent]], None]
"""Receives events in order, on the asyncio loop's thread. Must not raise or block."""


MAX_CREDENTIALS = 8  # for one call: PJSUA_ACC_MAX_PROXIES of the build


@dataclass(frozen=True, slots=True)
class Credential:
    """Digest credentials for one realm (RFC 3261 §22); the password only as HA1."""

    realm: str  # "*" answers every realm
    username: str
    password: str = field(repr=False)
    is_ha1: bool = False  # password holds MD5(username:realm:password) as hex


class Srtp(StrEnum):
    """Whether a call's media is encrypted: SRTP with keys in the SDP (RFC 3711, RFC 4568).

    The keys are as safe as the signalling, which need not be TLS.
    """

    OFF = "off"
    OPTIONAL = "optional"  # offers RTP/AVP with keys; the callee may ignore these
    MANDATORY = "mandatory"  # offers RTP/SAVP; an answer without keys ends the call


class Invite(msgspec.Struct, frozen=True):
    """One INVITE to send."""

    leg: LegId  # chosen by the caller, never used twice; goes out as Call-ID
    target: SipUri  # Request-URI and To
    from_: NameAddr | None = None  # identity as a whole; None: caller_id at our address
    caller_id: str | None = None  # user part of From, plain; None: the configured one
    caller_name: str = ""  # display name beside caller_id, without quotes
    headers: tuple[tuple[str, str], ...] = ()  # extra headers, in this order
    route: tuple[SipUri, ...] = ()  # preloaded route set (RFC 3261 §8.1.1.1), all loose
    ring_limit_s: float = 60.0  # INVITE to answer; then CANCEL
    credentials: tuple[Credential, ...] = ()  # at most MAX_CREDENTIALS
    srtp: Srtp = Srtp.OFF
    cancel_headers: tuple[tuple[str, str], ...] = ()  # extra headers of our CANCEL
    bye_headers: tuple[tuple[str, str], ...] = ()  # extra headers of our BYE

    @property
    def needs_sips_contact(self) -> bool:
        """Whether Request-URI or topmost Route is a sips: URI (RFC 3261 §8.1.1.8)."""
        return any(uri.scheme == "sips" for uri in (self.target, *self.route[:1]))


class PingResult(NamedTuple):
    """The final response to an OPTIONS: 408 if none came, 503 if it could not be sent."""

    status: int
    retry_after_s: float | None = None
    """Seconds that a response asks to wait (RFC 3261 §20.33)."""


UNSENT = PingResult(503)


@dataclass(frozen=True, slots=True)
class ListeningPoint:
    """One local transport: ``udp``, ``tcp`` or ``tls`` on a numeric address and port."""

    protocol: str
    address: str
    port: int  # 0: chosen by the system

    @property
    def is_loopback(self) -> bool:
        """Whether it is on an address from which only this machine can be reached."""
        return is_loopback(self.address)

    def __str__(self) -> str:
        """As in ``sip.listen``: ``udp:127.0.0.1:5060``."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.protocol}:{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class HepServer:
    """The Homer server that gets a copy of the signalling: HEP version 3 over UDP."""

    host: str  # name or address
    port: int
    capture_id: int  # identifies us to the server
    password: str = field(default="", repr=False)  # goes along in clear text


@dataclass(frozen=True, slots=True)
class AgentConfig:
    """Everything a user agent is started with."""

    listeners: tuple[ListeningPoint, ...] = (ListeningPoint("udp", "127.0.0.1", 5060),)
    # In Contact, Via and SDP; None: the bound address.
    public_address: str | None = None
    user_agent: str = "outring"
    caller_id: str = "bvr"  # user part of From where nothing else says it
    max_calls: int = 1000
    rtp_port_min: int = 10000
    rtp_port_max: int = 19999
    codecs: tuple[str, ...] = ("PCMU", "PCMA", "opus")  # in order of preference
    tls_certificate: str | None = None  # path, PEM
    tls_private_key: str | None = None  # path, PEM
    tls_ca: str | None = None  # path, PEM; None with tls_verify: the system's
    tls_verify: bool = True
    # Whether *.example.com in a certificate names sip.example.com.
    tls_wildcards: bool = True
    media_timeout_s: float = (
        120.0  # without expected RTP and RTCP, until the call is ended; 0: off
    )
    resolver_timeout_s: float = 3.0
    nameservers: tuple[str, ...] = ()  # empty: the system's
    hep: HepServer | None = None


class RefusedRequests(NamedTuple):
    """How many requests of one kind were refused (see docs/sip.md)."""

    method: str  # "other" for one that no RFC names
    # Of our answer; 0: none, since it would have been longer than the request.
    status: int
    total: int  # since the start of the process


class UserAgent(Protocol):
    """Places SIP calls and reports their outcome.

    Every accepted invite ends in exactly one ``Ended``, whatever the far end,
    the network or PJSIP do. Headers that a call takes must come from
    ``read_headers``.
    """

    async def invite(self, invite: Invite) -> None:
        """Send an INVITE. Returns once it is taken; its outcome comes as events.

        Raises SipError when it cannot be taken; then no event will come.
        """

    def hang_up(self, leg: LegId, headers: tuple[tuple[str, str], ...] = ()) -> None:
        """End *leg* in whatever state it is: CANCEL, BYE, or nothing where nothing was sent.

        Twice is the same as once. *headers* go into that request beside those of the
        invite, of which one with the same name wins. Those of a second hang-up are ignored.
        """

    def is_silent(self, leg: LegId) -> bool:
        """Whether nothing was heard of the INVITE of *leg* so far, not even a 100.

        Of the one with credentials, once a challenge has come. False for a leg that is unknown, or whose ``Ended`` is on its way.
        """

    def connect(self, source: LegId, listener: LegId) -> None:
        """Let *listener* hear *source*: one way, mixed with whatever else it hears.

        A standing request: it holds whenever both legs have media, before the answer
        and after a renegotiation too, until ``disconnect`` or the end of one of the
        two. Twice is the same as once; a leg that is unknown or has ended is ignored.
        """

    def disconnect(self, source: LegId, listener: LegId) -> None:
        """Let *listener* hear *source* no longer; nothing happens if it does not."""

    def play(
        self, leg: LegId, number: int, sounds: tuple[Sound, ...], *, stops_on: str = ""
    ) -> None:
        """Let the far end of *leg* hear *sounds*, one after another, beside its bridges.

        Begins when there is media and what was played before is over, and waits while the
        far end holds. Nothing is played if one of the sounds cannot be. *number* is new for
        the leg, and names it to ``stop``. A digit of *stops_on* that the far end sends ends
        it, and all that waits behind it, at once, in the media thread. One ``Played``
        follows unless the leg ends before; a leg that is unknown or has ended is ignored.
        """

    def record(self, leg: LegId, number: int, recording: Recording) -> None:
        """Record *leg*, at most one recording at a time; one ``Recorded`` follows.

        Begins when there is media. *number* is new for the leg. What ends it is said in
        *recording*, or ``stop``, or the end of the leg. Speech is what is louder than
        -42 dBFS for 60 ms. A leg that is unknown or has ended is ignored.
        """

    def record_call(self, leg: LegId, number: int, recording: CallRecording) -> None:
        """Record both sides of *leg*, from now on; one ``Recorded`` follows.

        At most one at a time, beside what ``record`` does. *number* is new for the leg. The
        limit of *recording*, ``stop`` or the end of the leg ends it. Time in the file runs
        as in the call, with or without media. A leg that is unknown or has ended is ignored.
        """

    def pause_recording(self, leg: LegId, number: int, *, is_to_pause: bool) -> None:
        """Have the ``record_call`` *number* write silence, or what is heard again.

        Nothing happens if it is so already, or if that recording is over.
        """

    def stop(self, leg: LegId, number: int) -> None:
        """End a ``play``, ``record``, ``record_call`` or stream at once.

        Nothing happens if it is over.
        """

    def open_stream(self, leg: LegId, number: int, stream: AudioStream) -> None:
        """Open a WebSocket for the sound of *leg*, at most one at a time.

        May be called before the answer. Nothing is sent on it until ``begin_stream``; the
        far end's sound is kept from the answer on. *number* is new for the leg. One
        ``StreamOver`` follows; ``StreamOpened`` and ``StreamLost`` may come before. A leg
        that is unknown or has ended is ignored.
        """

    def begin_stream(
        self, leg: LegId, number: int, parameters: Mapping[str, str]
    ) -> None:
        """Send the server ``start`` with *parameters*, and let far end and server hear each other.

        As soon as the WebSocket is open, and there is media. What the far end has said
        meanwhile goes first. From now on its digits go to the server, too.
        """

    def pause_stream(self, leg: LegId, number: int, *, is_paused: bool) -> None:
        """Hold back what the server says, or go on with it; the server still hears the far end."""

    def send_stream_event(
        self, leg: LegId, number: int, values: Mapping[str, Any]
    ) -> None:
        """Send the server the event ``outring`` with *values*, which must be fit for JSON."""

    def stream_facts(self, leg: LegId) -> StreamFacts | None:
        """Return what the stream of *leg* has done so far; None if it has none."""

    def send_digits(
        self,
        leg: LegId,
        digits: str,
        *,
        how: Dtmf = Dtmf.RFC4733,
        on_ms: int = 100,
        off_ms: int = 100,
    ) -> None:
        """Send DTMF *digits* to the far end of *leg*, one after another, behind earlier ones.

        As telephone-events (RFC 4733) they wait for media, by INFO for the answer, as *how*
        says. A digit lasts *on_ms* milliseconds, a second at the most, and *off_ms* of
        silence follow. More than 256 that wait are dropped. No event tells the end.
        """

    def watch(self, leg: LegId, detection: Detection) -> None:
        """Begin to find out who has answered *leg*, from what its far end says from now on.

        One ``CallProgress`` follows for each finding, the last of which is marked,
        unless the leg ends before. A leg that is watched already is not watched twice.
        """

    def listen_for_tones(self, leg: LegId, listening: ToneListening) -> None:
        """Tell the tones that the network or the far end of *leg* plays, early media too.

        One ``ToneFound`` follows for each type. Before the answer a tone of
        ``listening.ends_on`` ends the leg: ``Ending`` and ``Ended`` follow. Its country must
        be one of the table. A leg that is listened to already is not listened to twice.
        """

    def hear_inband_digits(self, leg: LegId, *, always: bool = False) -> None:
        """Report DTMF in the sound of *leg*, too, unless telephone-events were negotiated.

        With *always* also if they were; a digit that comes both ways is reported once. Once
        a digit has come as an event or by INFO, none is taken from the sound any more.
        """

    def refer(
        self,
        leg: LegId,
        to: SipUri | LegId,
        headers: tuple[tuple[str, str], ...] = (),
        *,
        limit_s: float,
    ) -> None:
        """Ask the far end of *leg* to call *to* (REFER, RFC 3515), with extra *headers*.

        A leg for *to* means its far end, which is asked to replace that leg by the new
        call (RFC 3891); *leg* and *to* both stay up until somebody hangs them up.
        One ``Referred`` follows unless *leg* ends before: the final status that the far
        end reports of its call or of its refusal; 408 when nothing final came within
        *limit_s*; 481 if *leg* or *to* is not connected; 491 while an earlier one is
        under way; 503 when it could not be sent.
        """

    async def ping(
        self,
        target: SipUri,
        headers: tuple[tuple[str, str], ...] = (),
        *,
        limit_s: float,
    ) -> PingResult:
        """Send one OPTIONS outside of any dialog (RFC 3261 §11); return its final response.

        The status is 408 if none came within *limit_s* seconds; ``UNSENT`` if it could
        not be sent.
        """

    def measure_lag_s(self) -> float:
        """Start to measure how long work posted to the user agent waits until it is begun.

        Returns the result of the last measurement in seconds, or how long the one under
        way has taken if that is longer. While one is under way no other is started.
        """

    def ladder(self, leg: LegId) -> str:
        """Return the messages of *leg* so far, as ``read_ladder`` parses them.

        Empty once the leg's ``Ended`` is on its way, which has all of them.
        """

    @property
    def refused_requests(self) -> Sequence[RefusedRequests]:
        """Requests of far ends and strangers that were refused since the start."""

    @property
    def forced_ends(self) -> int:
        """How many legs the watchdog had to end since the start."""

    @property
    def malformed(self) -> Mapping[Outcome, int]:
        """How many malformed messages were received, by what was done with them.

        From any sender, since the process started; empty before PJSIP has.
        """

    @property
    def crashed(self) -> asyncio.Event:
        """Set once an internal error has ended the user agent.

        All of its legs have ended then, and it takes no more.
        """

    async def aclose(self) -> None:
        """Hang up everything, wait a bounded time for far ends, and release all resources."""
