"""Sounds over a stream, or in its place: in their order, and the stream goes on behind them."""

from pathlib import Path
from unittest.mock import Mock, call

import pytest

from engine.applications.stream_sounds import MAX_WAITING, StreamSounds
from engine.audio import Held
from engine.calls.call_session import CallSession
from engine.dialogs.streams.stream_link import StreamLink
from engine.model.result import RefusedError
from sip.events import LegId, Played
from sip.media import Clip, Stop


class Sounding:
    """A call with a stream, and what was released of its sounds."""

    def __init__(self) -> None:
        self.call = Mock(spec=CallSession, application_uuid="u")
        self.call.play.side_effect = range(1, 100)
        self.link = Mock(spec=StreamLink)
        self.sounds = StreamSounds(self.call, self.link)
        self.released: list[str] = []

    def add(self, name: str, *, is_over: bool = True) -> None:
        """Order the sound *name*."""
        held = Held(Clip(Path(name)), lambda: self.released.append(name))
        self.sounds.add(held, is_over=is_over)

    def end(self, number: int, stop: Stop = Stop.FINISHED) -> None:
        """The playback *number* is over."""
        self.sounds.on_played(Played(LegId("leg"), number, stop, 100))

    @property
    def played(self) -> list[str]:
        """What was played so far."""
        return [str(it.args[0][0].path) for it in self.call.play.call_args_list]


def test_in_their_order() -> None:
    sounding = Sounding()
    sounding.add("a")
    sounding.add("b")
    assert sounding.played == ["a"]
    sounding.end(7)
    assert sounding.played == ["a"]
    sounding.end(1, Stop.FAILED)

    assert (sounding.played, sounding.released) == (["a", "b"], ["a"])
    sounding.link.pause.assert_not_called()


def test_the_stream_is_silent_as_long_as_sounds_are_in_its_place() -> None:
    sounding = Sounding()
    for name, is_over in (("a", False), ("b", False), ("c", True)):
        sounding.add(name, is_over=is_over)
    pauses = sounding.link.pause.mock_calls
    sounding.end(1)
    assert pauses == [call(is_paused=True)]
    sounding.end(2)

    assert pauses == [call(is_paused=True), call(is_paused=False)]
    assert sounding.played == ["a", "b", "c"]


def test_what_is_left_at_the_end() -> None:
    sounding = Sounding()
    sounding.add("a", is_over=False)
    sounding.add("b")
    sounding.sounds.close()
    sounding.end(1)

    sounding.call.stop.assert_called_once_with(1)
    assert (sounding.played, sounding.released) == (["a"], ["a", "b"])


def test_those_that_are_stopped_let_the_stream_go_on() -> None:
    sounding = Sounding()
    sounding.add("a", is_over=False)
    sounding.add("b")
    sounding.sounds.stop()
    sounding.end(1, Stop.ASKED)
    sounding.add("c")

    sounding.call.stop.assert_called_once_with(1)
    assert sounding.link.pause.mock_calls[-1] == call(is_paused=False)
    assert (sounding.played, sounding.released) == (["a", "c"], ["a", "b"])


def test_not_too_many_wait() -> None:
    sounding = Sounding()
    for _ in range(MAX_WAITING + 1):
        sounding.add("a")
    with pytest.raises(RefusedError, match="16 sounds wait"):
        sounding.add("a")

    assert sounding.released == []
