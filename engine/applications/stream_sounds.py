"""StreamSounds: the sounds that clients have played on a call with an audio stream."""

from collections import deque
from dataclasses import dataclass

import structlog

from engine.audio import Held
from engine.calls.call_session import CallSession
from engine.dialogs.streams.stream_link import StreamLink
from engine.model.result import RefusedError
from sip.events import Played
from sip.media import Stop

MAX_WAITING = 16
"""The most sounds that wait behind the one that a call plays."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Sound:
    held: Held
    is_over: bool  # over the stream, not in its place


class StreamSounds:
    """Plays sounds one after another, and pauses the stream for those in its place."""

    def __init__(self, call: CallSession, link: StreamLink) -> None:
        """*link* is the stream of *call*."""
        self._call = call
        self._link = link
        self._waiting: deque[_Sound] = deque()
        self._current: _Sound | None = None
        self._number = 0  # of what plays
        self._is_paused = False

    def add(self, held: Held, *, is_over: bool) -> None:
        """Play a sound behind those that wait, over the stream or in its place.

        It is released at its end. Raises RefusedError if too many wait; it is not released
        then.
        """
        if len(self._waiting) >= MAX_WAITING:
            text = f"{MAX_WAITING} sounds wait to be played already."
            raise RefusedError.conflict(text)
        self._waiting.append(_Sound(held, is_over))
        if self._current is None:
            self._play_next()

    def on_played(self, event: Played) -> None:
        """Take the end of a sound; that of another one is ignored."""
        if self._current is None or event.number != self._number:
            return
        if event.stop is Stop.FAILED:
            uuid = self._call.application_uuid
            log.warning("sound_not_played", applicationUUID=uuid, reason=event.reason)
        self._release_current()
        self._play_next()

    def stop(self) -> None:
        """Stop what plays, and drop those that wait: the stream goes on."""
        self._drop_all()
        self._set_paused(is_paused=False)

    def close(self) -> None:
        """Play nothing any more."""
        self._drop_all()

    def _drop_all(self) -> None:
        if self._current is not None:
            self._call.stop(self._number)
            self._release_current()
        while self._waiting:
            self._waiting.popleft().held.release()

    def _play_next(self) -> None:
        self._current = sound = self._waiting.popleft() if self._waiting else None
        self._set_paused(is_paused=sound is not None and not sound.is_over)
        if sound is not None:
            self._number = self._call.play((sound.held.clip,))

    def _set_paused(self, *, is_paused: bool) -> None:
        if is_paused is not self._is_paused:
            self._is_paused = is_paused
            self._link.pause(is_paused=is_paused)

    def _release_current(self) -> None:
        current, self._current = self._current, None
        if current is not None:
            current.held.release()
