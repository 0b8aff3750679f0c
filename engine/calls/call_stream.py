"""CallStream: the audio stream of a call: its commands, and what is recorded of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from engine.model.stream_record import StreamRecord
from sip.agent import UserAgent
from sip.audio_stream import AudioStream, StreamEnd, StreamFacts
from sip.events import LegId, StreamEvent, StreamOpened, StreamOver

from .call_legs import CallLegs

NUMBERS = count(1)
"""Of playbacks, recordings and streams, by which the user agent tells them apart."""


@dataclass(frozen=True, slots=True)
class _Opened:
    """A stream that was opened and is not over, as far as is known."""

    leg: LegId
    number: int
    host: str


class CallStream:
    """Joins the current leg of one call to a WebSocket, one at a time.

    Its owner passes on each ``StreamEvent`` of the current leg by ``add``.
    """

    def __init__(self, agent: UserAgent, legs: CallLegs) -> None:
        self._agent = agent
        self._legs = legs
        self._opened: _Opened | None = None
        self._last: StreamRecord | None = None  # of the stream that was over last
        self._connected_at: float | None = None  # of the one that is open, monotonic
        self._given_up: str | None = None  # why it is closed

    @property
    def is_open(self) -> bool:
        """Whether a WebSocket is open, or being opened, for the current leg."""
        opened = self._opened
        return opened is not None and opened.leg == self._legs.current

    @property
    def host(self) -> str:
        """The host of the WebSocket that was opened last; empty before."""
        if self._opened is not None:
            return self._opened.host
        return self._last.host if self._last is not None else ""

    @property
    def is_connected(self) -> bool:
        """Whether the WebSocket for the current leg was open already."""
        return self.is_open and self._connected_at is not None

    # -- commands ----------------------------------------------------------------

    def open(self, stream: AudioStream) -> int:
        """Open *stream* for the current leg; see ``UserAgent.open_stream``.

        Returns the number of its ``StreamOver``.
        """
        opened = _Opened(self._legs.current, next(NUMBERS), stream.host)
        self._opened, self._connected_at, self._given_up = opened, None, None
        self._agent.open_stream(opened.leg, opened.number, stream)
        return opened.number

    def begin(self, number: int, parameters: Mapping[str, str]) -> None:
        """Let far end and server hear each other; see ``UserAgent.begin_stream``."""
        self._agent.begin_stream(self._legs.current, number, parameters)

    def pause(self, number: int, *, is_paused: bool) -> None:
        """Hold back what the server says; see ``UserAgent.pause_stream``."""
        self._agent.pause_stream(self._legs.current, number, is_paused=is_paused)

    def send_event(self, number: int, values: Mapping[str, Any]) -> None:
        """Send the server an event of ours; see ``UserAgent.send_stream_event``."""
        self._agent.send_stream_event(self._legs.current, number, values)

    def close(self) -> None:
        """Close the WebSocket, if one is open or being opened; its ``StreamOver`` follows."""
        if self._opened is not None and self.is_open:
            self._agent.stop(self._opened.leg, self._opened.number)

    def give_up(self, reason: str) -> None:
        """Close the WebSocket, which was not open in time; *reason* is for the record."""
        self._given_up = reason
        self.close()

    # -- what happens ------------------------------------------------------------

    def add(self, event: StreamEvent) -> None:
        """Note *event*, which has happened to the stream of the current leg."""
        opened = self._opened
        if opened is None or event.number != opened.number:
            return
        match event:
            case StreamOpened(at=at, is_resumed=False):
                self._connected_at = at
            case StreamOver(end=end, reason=reason, facts=facts):
                self._last = self._describe(opened.host, facts)
                if self._given_up is not None:
                    end, reason = StreamEnd.UNREACHABLE, self._given_up
                self._last.ended_by, self._last.reason = end.value, reason or None
                self._opened = None

    def end(self) -> None:
        """Note that the call has ended: a leg that had ended already was given no stream, and
        tells of none.
        """
        if self._opened is not None and self.is_open:
            self._last = StreamRecord(
                self._opened.host, ended_by=StreamEnd.HANGUP.value
            )
        self._opened = None

    def record(self) -> StreamRecord | None:
        """What is known of the last stream as of now, a new value each time; None: there
        was none.
        """
        opened = self._opened
        if opened is None or not self.is_open:
            return self._last
        facts = self._agent.stream_facts(opened.leg)
        return self._describe(opened.host, facts or StreamFacts())

    def _describe(self, host: str, facts: StreamFacts) -> StreamRecord:
        to_epoch = self._legs.to_epoch
        return StreamRecord(
            host,
            connected_at=to_epoch(facts.opened_at or self._connected_at),
            first_audio_at=to_epoch(facts.first_audio_at),
            frames_to_server=facts.frames_to_server,
            frames_from_server=facts.frames_from_server,
            frames_dropped=facts.frames_dropped,
            frames_late=facts.frames_late,
            clears=facts.clears,
            marks=facts.marks,
            reconnects=facts.reconnects,
            invalid_messages=facts.invalid_messages,
            max_buffered_ms=facts.max_buffered_ms,
            max_clear_ms=facts.max_clear_ms,
        )
