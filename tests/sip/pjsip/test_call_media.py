"""What calls hear, play and send is kept until PJSIP has a call for it, without PJSIP."""

from pathlib import Path
from typing import Any

import pjsua2
import pytest

from sip.agent import Invite
from sip.events import Ended, LegId, Origin, Played, Recorded, SipEvent, Times
from sip.leg_tracker import LegTracker
from sip.media import CallRecording, Dtmf, Recording, Silence, Stop
from sip.pjsip.call_media import CallMedia
from sip.pjsip.leg import Leg
from sip.uri import SipUri

A, B = LegId("a"), LegId("b")


class Call:
    """A call that notes what is asked of it; *refuses* names what it cannot do."""

    def __init__(self, refuses: str = "") -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.is_speaking = True
        self._refuses = refuses

    def canSpeak(self) -> bool:  # noqa: N802 - of pjsua2
        return self.is_speaking

    def sendEvent(self, digit: str, _on_ms: int) -> bool:  # noqa: N802
        self.asked.append(("sendEvent", digit))
        return True

    def __getattr__(self, name: str) -> Any:
        def note(*values: Any) -> None:
            if name == self._refuses:
                raise pjsua2.Error(0, name, "Refused", "", 0)
            self.asked.append((name, *values))

        return note


class World:
    """Two legs whose INVITEs have not been sent."""

    def __init__(self) -> None:
        self.legs = {leg: self.make_leg(leg) for leg in (A, B)}
        self.events: list[SipEvent] = []
        self.media = CallMedia(self.legs, self.events, 0.0)

    @staticmethod
    def make_leg(leg: LegId) -> Leg:
        """A leg that has just been added."""
        invite = Invite(leg, SipUri.parse("sip:a@example.com"))
        return Leg(invite, LegTracker(leg, 0.0, 60.0))

    def begin(self, leg: LegId, call: Call) -> Call:
        """The INVITE of a leg has been sent."""
        self.legs[leg].call = call  # type: ignore[assignment]
        self.media.begin(leg)
        return call

    def end(self, leg: LegId) -> Ended:
        """A leg is over."""
        ended = Ended(leg, 487, "", Origin.LOCAL_CANCEL, None, Times())
        del self.legs[leg]
        self.media.end(ended)
        return ended


@pytest.fixture
def world() -> World:
    return World()


def test_what_came_before_the_call_is_done_once_there_is_one(world: World) -> None:
    world.media.stop(A, 1)
    world.media.stop(A, 2)
    assert world.media.has_deferred_work
    assert world.begin(A, Call()).asked == [("stop", 1), ("stop", 2)]
    assert not world.media.has_deferred_work


def test_a_leg_that_is_unknown_is_ignored(world: World) -> None:
    nobody = LegId("nobody")
    world.media.play(nobody, 1, (Silence(20),), "")
    world.media.record(nobody, 1, Recording(Path("a.wav")))
    world.media.send_digits(nobody, "1", Dtmf.RFC4733, 100, 100)
    world.media.connect((nobody, A))
    assert world.events == []
    assert not world.media.has_deferred_work
    assert world.media.legs_with_digits() == []


def test_a_link_stands_until_both_have_media(world: World) -> None:
    first = world.begin(A, Call())
    world.media.connect((A, B))
    assert first.asked == []
    second = world.begin(B, Call())
    world.media.on_media(B)
    assert first.asked == [("connectTo", second)]
    world.media.disconnect((A, B))
    assert first.asked[1:] == [("disconnectFrom", second)]


def test_a_play_that_fails_is_reported(world: World) -> None:
    world.begin(A, Call(refuses="play"))
    world.media.play(A, 7, (Silence(20),), "#")
    assert world.events == [Played(A, 7, Stop.FAILED, 0, "Refused")]


def test_a_recording_holds_the_end_of_its_leg_back(world: World) -> None:
    world.begin(A, Call())
    world.media.record(A, 7, Recording(Path("a.wav")))
    ended = world.end(A)
    assert world.events == []
    done = Recorded(A, 7, Stop.ASKED, 20)
    world.media.on_recorded(done)
    assert world.events == [done, ended]


def test_a_recording_that_never_began_ends_with_its_leg(world: World) -> None:
    world.media.record(A, 7, Recording(Path("a.wav")))
    ended = world.end(A)
    assert world.events == [Recorded(A, 7, Stop.ASKED, 0), ended]


def test_a_whole_call_is_recorded_beside_a_dialog(world: World) -> None:
    call = world.begin(A, Call())
    world.media.record(A, 7, Recording(Path("a.wav")))
    world.media.record_call(A, 8, CallRecording(Path("b.wav"), max_ms=1000))
    world.media.pause_recording(A, 8, is_to_pause=True)
    assert call.asked[-2:] == [
        ("recordCall", 8, "b.wav", 1000),
        ("pauseRecording", 8, True),
    ]
    assert not world.events


def test_a_second_recording_is_refused(world: World) -> None:
    world.media.record(A, 7, Recording(Path("a.wav")))
    world.media.record(A, 8, Recording(Path("b.wav")))
    (refused,) = world.events
    assert isinstance(refused, Recorded)
    assert (refused.number, refused.stop) == (8, Stop.FAILED)


def test_digits_wait_for_media_and_for_each_other(world: World) -> None:
    call = Call()
    call.is_speaking = False
    world.begin(A, call)
    world.media.send_digits(A, "12", Dtmf.RFC4733, 100, 100)
    world.media.send_due_digit(A, 1.0)
    assert call.asked == []
    call.is_speaking = True
    for now in (1.0, 1.1, 1.26):
        world.media.send_due_digit(A, now)
    assert call.asked == [("sendEvent", "1"), ("sendEvent", "2")]
    world.media.send_due_digit(A, 2.0)
    assert world.media.legs_with_digits() == []


def test_nothing_is_sent_for_a_leg_that_has_ended(world: World) -> None:
    world.media.send_digits(A, "1", Dtmf.RFC4733, 100, 100)
    world.media.stop(A, 1)
    ended = world.end(A)
    assert world.events == [ended]
    assert world.media.legs_with_digits() == []
    assert not world.media.has_deferred_work
