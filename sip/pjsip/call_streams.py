"""CallStreams: the audio streams of the calls of this process, each on its WebSocket."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pjsua2 as pj

from sip.audio_stream import AudioStream, StreamEnd, StreamFacts
from sip.events import AgentEvent, LegId, StreamOver

from .native_events import StreamClosed, read_facts

Work = Callable[[pj.OutringCall], None]


class CallStreams:
    """The streams of all legs, at most one of each; an unknown leg is ignored everywhere.

    The caller must call ``end`` before it lets go of a leg's call, and pass on what native
    code reports. Events for the engine are appended to *outbox*, which the caller empties.
    """

    def __init__(
        self, with_call: Callable[[LegId, Work], None], outbox: list[AgentEvent]
    ) -> None:
        """*with_call* does work with the call of a leg now, or as soon as there is one."""
        self._with_call = with_call
        self._outbox = outbox
        self._numbers: dict[LegId, int] = {}

    def open(self, leg_id: LegId, number: int, stream: AudioStream) -> None:
        """Open a stream; see ``UserAgent.open_stream``.

        ``StreamOver`` is reported at once if the leg has another one, or PJSIP cannot.
        """
        if leg_id in self._numbers:
            why = "The call has a stream already: end it before."
            end = StreamEnd.UNREACHABLE
            self._outbox.append(StreamOver(leg_id, number, end, why, StreamFacts()))
            return
        self._numbers[leg_id] = number

        def work(call: pj.OutringCall) -> None:
            if not self._is_open(leg_id, number):
                return
            try:
                call.openStream(number, _to_native(stream))
            except pj.Error as error:
                self._finish(leg_id, StreamEnd.UNREACHABLE, error.reason)

        self._with_call(leg_id, work)

    def begin(self, leg_id: LegId, number: int, parameters: Mapping[str, str]) -> None:
        """Send the server ``start``, and what the far end says; see ``UserAgent.begin_stream``."""
        names = pj.StringVector(list(parameters))
        values = pj.StringVector(list(parameters.values()))
        self._with_call(leg_id, lambda call: call.beginStream(number, names, values))

    def pause(self, leg_id: LegId, number: int, *, is_paused: bool) -> None:
        """Hold back what the server says, or go on with it."""
        self._with_call(leg_id, lambda call: call.pauseStream(number, is_paused))

    def send_event(self, leg_id: LegId, number: int, values: Mapping[str, Any]) -> None:
        """Send the server the event ``outring`` with *values*."""
        text = msgspec.json.encode(values).decode()
        self._with_call(leg_id, lambda call: call.sendStreamEvent(number, text))

    def stop(self, leg_id: LegId, number: int) -> None:
        """End the stream *number*, if it has not ended."""
        if self._is_open(leg_id, number):
            self._finish(leg_id, StreamEnd.ASKED, "")
            self._with_call(leg_id, lambda call: call.closeStream(number))

    def end(self, leg_id: LegId) -> None:
        """Report that the stream of a leg is over, because the leg is."""
        if leg_id in self._numbers:
            self._finish(leg_id, StreamEnd.HANGUP, "")

    def on_closed(self, event: StreamClosed) -> None:
        """Report that a stream is over, by its server or by the network."""
        if self._is_open(event.leg, event.number):
            self._finish(event.leg, event.end, event.reason)
            self._with_call(event.leg, lambda call: call.closeStream(event.number))

    def _is_open(self, leg_id: LegId, number: int) -> bool:
        return self._numbers.get(leg_id) == number

    def _finish(self, leg_id: LegId, end: StreamEnd, reason: str) -> None:
        facts = facts_of(leg_id) or StreamFacts()
        pj.outring_forget_stream(leg_id)
        number = self._numbers.pop(leg_id)
        self._outbox.append(StreamOver(leg_id, number, end, reason, facts))


def facts_of(leg_id: LegId) -> StreamFacts | None:
    """Return what the stream of a leg has done so far; any thread may call it."""
    return read_facts(pj.outring_stream_facts(leg_id))


def _to_native(stream: AudioStream) -> pj.OutringStreamSettings:
    native = pj.OutringStreamSettings()
    native.host, native.port, native.path = stream.host, stream.port, stream.path
    native.is_tls = stream.is_tls
    native.tls_ca = str(stream.tls_ca or "")
    native.account_sid, native.call_sid = stream.account_sid, stream.call_sid
    native.rate = stream.format.rate
    native.is_binary = stream.format.is_binary
    native.keep_ms = stream.keep_ms
    native.resumes = stream.resumes
    native.max_reconnects = stream.max_reconnects
    native.silent_limit_ms = round(stream.silent_limit_s * 1000)
    native.unread_limit_ms = round(stream.unread_limit_s * 1000)
    for address in stream.addresses:
        native.addAddress(address)
    for name, value in stream.headers:
        native.addHeader(name, value)
    return native
