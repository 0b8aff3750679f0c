"""PjsuaAgent: the user agent on the asyncio side of the SIP thread."""

import asyncio
import time
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from itertools import count
from typing import Any

from sip.agent import (
    MAX_CREDENTIALS,
    UNSENT,
    AgentConfig,
    Invite,
    PingResult,
    RefusedRequests,
    Sink,
)
from sip.audio_stream import AudioStream, StreamFacts
from sip.call_progress import Detection
from sip.errors import AgentConfigurationError, SipError, TooManyCallsError
from sip.events import Ended, LegId, Origin, Times
from sip.malformed import Outcome
from sip.media import CallRecording, Dtmf, Recording, Sound
from sip.resolver import Resolver
from sip.server_location import numeric_target
from sip.tone_watch import ToneListening
from sip.uri import SipUri

from .call_streams import facts_of
from .native_events import ResolveRequest
from .sip_thread import DEFECT, NO_LEG, SipThread
from .stack import PollResult, Stack

CLOSE_LIMIT_S = 8.0  # how long aclose() waits for far ends to confirm


class PjsuaAgent:
    """A ``UserAgent`` on pjsua2. Made by ``sip.start_agent``; belongs to that event loop."""

    def __init__(self, config: AgentConfig, sink: Sink) -> None:
        self.max_calls = config.max_calls
        """How many calls there may be at once; another one is refused."""
        self.sink = sink
        """Takes the events of each poll, on the loop."""
        self.resolver = Resolver(
            timeout_s=config.resolver_timeout_s,
            transports=[
                (listener.protocol, ":" in listener.address)
                for listener in config.listeners
            ],
            nameservers=config.nameservers,
        )
        """Finds the targets of every request, and of what PJSIP asks for by itself."""
        self._legs: set[LegId] = set()
        self._pings: dict[int, asyncio.Future[PingResult]] = {}
        self._ping_numbers = count(1)
        self._resolving: set[asyncio.Task[None]] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._lag_s = 0.0
        self._probed: float | None = None  # when the probe under way was posted
        self.crashed = asyncio.Event()
        self._is_closing = False
        self.thread = SipThread(config, self._deliver, self._on_crash)
        """The thread with all of pjsua2; other threads may only post jobs to it."""

    async def start(self) -> None:
        """Start PJSIP on its thread.

        Raises AgentConfigurationError, or what an internal error raises.
        """
        try:
            await self.thread.start()
        except Exception:
            await self.resolver.aclose()
            raise

    @property
    def ports(self) -> Mapping[tuple[str, bool], int]:
        """The bound ports, by protocol and whether it is IPv6."""
        return self.stack.transports.ports

    @property
    def stack(self) -> Stack:
        """The stack, once PJSIP has started. It belongs to the SIP thread."""
        assert self.thread.stack is not None
        return self.thread.stack

    @property
    def open_pings(self) -> int:
        """How many pings have no result yet."""
        return len(self._pings)

    def measure_lag_s(self) -> float:
        """See ``UserAgent``."""
        if self.thread.is_stopping:
            return 0.0  # no work is taken up any more, which is not overload
        now = time.monotonic()
        if (probed := self._probed) is not None:
            return max(self._lag_s, now - probed)
        self._probed = now
        self.thread.post(NO_LEG, lambda _: self._on_probe())
        return self._lag_s

    def _on_probe(self) -> None:
        """Run on the SIP thread."""
        assert self._probed is not None
        self._lag_s = time.monotonic() - self._probed
        self._probed = None

    @property
    def refused_requests(self) -> Sequence[RefusedRequests]:
        """What was refused since the start; see ``UserAgent``."""
        stack = self.thread.stack
        return stack.refused_requests() if stack else ()

    @property
    def forced_ends(self) -> int:
        """How many legs the watchdog had to end since the start."""
        stack = self.thread.stack
        return stack.forced_ends if stack else 0

    @property
    def malformed(self) -> Mapping[Outcome, int]:
        """See ``UserAgent``."""
        stack = self.thread.stack
        return stack.malformed if stack else {}

    @property
    def legs(self) -> int:
        """The number of legs that have not ended."""
        return len(self._legs)

    async def invite(self, invite: Invite) -> None:
        """Send an INVITE; see ``UserAgent``."""
        if self.thread.is_stopping:
            raise AgentConfigurationError("The user agent is closing.")
        if len(self._legs) >= self.max_calls:
            raise TooManyCallsError(
                f"All {self.max_calls} calls of this node are in use."
            )
        if len(invite.credentials) > MAX_CREDENTIALS:
            raise SipError(f"A call can carry at most {MAX_CREDENTIALS} credentials.")
        self._legs.add(invite.leg)
        self._idle.clear()
        self.thread.post(invite.leg, lambda stack: stack.add(invite))
        first = invite.route[0] if invite.route else invite.target
        target = numeric_target(first)
        if target is not None:
            self.thread.post(invite.leg, lambda stack: stack.invite(invite, (target,)))
        else:
            self._resolve(self._resolve_and_send(invite, first))

    def hang_up(self, leg: LegId, headers: tuple[tuple[str, str], ...] = ()) -> None:
        """End *leg*; see ``UserAgent``."""
        self.thread.post(leg, lambda stack: stack.hang_up(leg, headers))

    def is_silent(self, leg: LegId) -> bool:
        """Whether nothing was heard of *leg*; see ``UserAgent``."""
        stack = self.thread.stack
        return stack is not None and stack.is_silent(leg)

    def connect(self, source: LegId, listener: LegId) -> None:
        """Let *listener* hear *source*; see ``UserAgent``."""
        self.thread.post(NO_LEG, lambda stack: stack.media.connect((source, listener)))

    def disconnect(self, source: LegId, listener: LegId) -> None:
        """Take ``connect`` back; see ``UserAgent``."""
        self.thread.post(
            NO_LEG, lambda stack: stack.media.disconnect((source, listener))
        )

    def play(
        self, leg: LegId, number: int, sounds: tuple[Sound, ...], *, stops_on: str = ""
    ) -> None:
        """Let *leg* hear *sounds*; see ``UserAgent``."""
        self.thread.post(
            leg, lambda stack: stack.media.play(leg, number, sounds, stops_on)
        )

    def record(self, leg: LegId, number: int, recording: Recording) -> None:
        """Record *leg*; see ``UserAgent``."""
        self.thread.post(leg, lambda stack: stack.media.record(leg, number, recording))

    def record_call(self, leg: LegId, number: int, recording: CallRecording) -> None:
        """Record both sides of *leg*; see ``UserAgent``."""
        self.thread.post(
            leg, lambda stack: stack.media.record_call(leg, number, recording)
        )

    def pause_recording(self, leg: LegId, number: int, *, is_to_pause: bool) -> None:
        """Pause or resume the recording of a call; see ``UserAgent``."""
        self.thread.post(
            leg,
            lambda stack: stack.media.pause_recording(
                leg, number, is_to_pause=is_to_pause
            ),
        )

    def stop(self, leg: LegId, number: int) -> None:
        """End a play, a recording or a stream; see ``UserAgent``."""

        def work(stack: Stack) -> None:
            stack.media.stop(leg, number)
            stack.streams.stop(leg, number)

        self.thread.post(leg, work)

    def open_stream(self, leg: LegId, number: int, stream: AudioStream) -> None:
        """Open a WebSocket for the sound of *leg*; see ``UserAgent``."""
        self.thread.post(leg, lambda stack: stack.streams.open(leg, number, stream))

    def begin_stream(
        self, leg: LegId, number: int, parameters: Mapping[str, str]
    ) -> None:
        """Let far end and server hear each other; see ``UserAgent``."""
        self.thread.post(
            leg, lambda stack: stack.streams.begin(leg, number, parameters)
        )

    def pause_stream(self, leg: LegId, number: int, *, is_paused: bool) -> None:
        """Hold back what the server says, or go on with it; see ``UserAgent``."""
        self.thread.post(
            leg, lambda stack: stack.streams.pause(leg, number, is_paused=is_paused)
        )

    def send_stream_event(
        self, leg: LegId, number: int, values: Mapping[str, Any]
    ) -> None:
        """Send the server the event ``outring``; see ``UserAgent``."""
        self.thread.post(
            leg, lambda stack: stack.streams.send_event(leg, number, values)
        )

    def stream_facts(self, leg: LegId) -> StreamFacts | None:
        """What the stream of *leg* has done so far; see ``UserAgent``."""
        return facts_of(leg)

    def send_digits(
        self,
        leg: LegId,
        digits: str,
        *,
        how: Dtmf = Dtmf.RFC4733,
        on_ms: int = 100,
        off_ms: int = 100,
    ) -> None:
        """Send DTMF to *leg*; see ``UserAgent``."""
        self.thread.post(
            leg, lambda stack: stack.media.send_digits(leg, digits, how, on_ms, off_ms)
        )

    def watch(self, leg: LegId, detection: Detection) -> None:
        """Find out what has answered *leg*; see ``UserAgent``."""
        self.thread.post(leg, lambda stack: stack.media.watch(leg, detection))

    def listen_for_tones(self, leg: LegId, listening: ToneListening) -> None:
        """Tell the tones of *leg*; see ``UserAgent``."""
        self.thread.post(leg, lambda stack: stack.tones.listen(leg, listening))

    def hear_inband_digits(self, leg: LegId, *, always: bool = False) -> None:
        """Report DTMF in the sound of *leg*; see ``UserAgent``."""
        self.thread.post(
            leg, lambda stack: stack.media.hear_inband_digits(leg, always=always)
        )

    def refer(
        self,
        leg: LegId,
        to: SipUri | LegId,
        headers: tuple[tuple[str, str], ...] = (),
        *,
        limit_s: float,
    ) -> None:
        """Transfer *leg*; see ``UserAgent``."""
        self.thread.post(leg, lambda stack: stack.refer(leg, to, headers, limit_s))

    def ladder(self, leg: LegId) -> str:
        """The messages of *leg* so far; see ``UserAgent``."""
        stack = self.thread.stack
        return stack.ladder(leg) if stack else ""

    async def ping(
        self,
        target: SipUri,
        headers: tuple[tuple[str, str], ...] = (),
        *,
        limit_s: float,
    ) -> PingResult:
        """Send one OPTIONS; see ``UserAgent``."""
        if self.thread.is_stopping:
            return UNSENT
        number = next(self._ping_numbers)
        result: asyncio.Future[PingResult] = asyncio.get_running_loop().create_future()
        self._pings[number] = result
        try:
            async with asyncio.timeout(limit_s):
                targets = await self.resolver.locate(target)
                if not targets:
                    return UNSENT
                self.thread.post(
                    NO_LEG,
                    lambda stack: stack.ping(number, target, headers, targets),
                )
                return await result
        except TimeoutError:
            return PingResult(408)
        finally:
            if self._pings.pop(number, None) is not None:  # no answer so far
                self.thread.post(NO_LEG, lambda stack: stack.cancel_ping(number))

    async def aclose(self) -> None:
        """Hang up everything, wait a bounded time for the far ends, and release all."""
        if self._is_closing:
            await self.thread.wait_until_stopped()
            return
        self._is_closing = True
        for leg in self._legs:
            self.hang_up(leg)
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_LIMIT_S):
                await self._idle.wait()
        await self.thread.stop()
        for number in list(self._pings):
            self._on_ping_result(number, UNSENT)
        for task in self._resolving:
            task.cancel()
        await asyncio.gather(*self._resolving, return_exceptions=True)
        await self.resolver.aclose()

    def _resolve(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._resolving.add(task)
        task.add_done_callback(self._resolving.discard)

    async def _resolve_and_send(self, invite: Invite, first: SipUri) -> None:
        targets = await self.resolver.locate(first)
        self.thread.post(invite.leg, lambda stack: stack.invite(invite, targets))

    async def _answer(self, query: ResolveRequest) -> None:
        targets = await self.resolver.targets(query.host, query.port, query.protocol)
        self.thread.post(
            NO_LEG, lambda stack: stack.answer_resolve(query.number, targets)
        )

    def _deliver(self, polled: PollResult) -> None:
        for event in polled.events:
            if isinstance(event, Ended):
                self._legs.discard(event.leg)
        if not self._legs:
            self._idle.set()
        for query in polled.queries:
            self._resolve(self._answer(query))
        for number, result in polled.ping_results:
            self._on_ping_result(number, result)
        if polled.events:
            self.sink(polled.events)

    def _on_crash(self, polled: PollResult) -> None:
        """End all legs after the SIP thread has crashed; *polled* has its last events."""
        self._deliver(polled)
        times, origin = Times(ended=time.monotonic()), Origin.LOCAL_TRANSPORT
        left = [
            Ended(leg, 503, DEFECT, origin, response=None, times=times)
            for leg in self._legs
        ]
        self._deliver(PollResult([*left]))
        self.crashed.set()

    def _on_ping_result(self, number: int, result: PingResult) -> None:
        awaited = self._pings.pop(number, None)
        if awaited is not None and not awaited.done():
            awaited.set_result(result)
