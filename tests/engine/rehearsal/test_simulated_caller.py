"""What a simulated caller says, plays and gives back, frame by frame."""

import json
from base64 import b64decode, b64encode
from typing import Any

import pytest

from engine.rehearsal.simulated_caller import (
    CallerPlan,
    Message,
    SimulatedCaller,
    StreamNoteKind,
    schedule_digits,
)

FRAME = 160


def caller(**plan: Any) -> SimulatedCaller:
    simulated = SimulatedCaller(CallerPlan(**plan), "AC1", "CA1")
    simulated.begin("MZ1")
    return simulated


def say(duration: int) -> str:
    payload = b64encode(b"\x11" * duration).decode()
    return json.dumps({"event": "media", "media": {"payload": payload}})


def mark(name: str) -> str:
    return json.dumps({"event": "mark", "mark": {"name": name}})


def events(messages: list[Message]) -> list[str]:
    return [json.loads(message)["event"] for message in messages]


def test_it_says_its_sound_and_then_silence() -> None:
    it = caller(sound=b"\x22" * 200)
    payloads = [
        b64decode(json.loads(it.frame()[-1])["media"]["payload"]) for _ in range(3)
    ]

    assert b"".join(payloads) == b"\x22" * 200 + b"\xff" * 280


def test_it_presses_digits_in_their_time() -> None:
    it = caller(digits="1")

    assert [events(it.frame()) for _ in range(2)] == [["dtmf", "media"], ["media"]]
    assert schedule_digits("12,3") == {0: "1", 10: "2", 70: "3"}


def test_it_plays_frame_by_frame() -> None:
    it = caller()
    it.take(say(200))
    it.frame()
    it.frame()

    assert it.heard == b"\x11" * 200 + b"\xff" * 120
    assert it.counts.max_waiting_ms == 25


def test_a_mark_comes_back_once_all_before_it_was_played() -> None:
    it = caller()
    it.take(say(2 * FRAME))

    assert it.take(mark("said")) == []
    assert events(it.frame()) == ["media"]
    assert events(it.frame()) == ["mark", "media"]


def test_a_mark_behind_nothing_comes_back_at_once() -> None:
    assert events(caller().take(mark("said"))) == ["mark"]


def test_a_clear_gives_marks_back() -> None:
    it = caller()
    for message in (say(1000), mark("a"), mark("b")):
        it.take(message)

    assert events(it.take('{"event":"clear"}')) == ["mark", "mark"]
    it.frame()
    assert it.heard == b"\xff" * FRAME
    assert [note.what for note in it.notes[-3:]] == ["cleared", "mark", "mark"]


def test_what_is_refused_is_told_and_counted() -> None:
    it = caller()
    it.take("hello")

    assert [(note.what, note.value) for note in it.notes] == [
        (StreamNoteKind.REFUSED, "It is not JSON.")
    ]
    assert (it.counts.refused, it.fatal) == (1, None)


@pytest.mark.parametrize(
    ("message", "count", "reason"),
    [
        ("hello", 100, "The server has sent 100 messages that are refused."),
        (mark("x"), 1001, "More than 1,000 marks wait."),
    ],
)
def test_too_much_ends_the_stream(message: str, count: int, reason: str) -> None:
    it = caller()
    it.take(say(FRAME))
    for _ in range(count):
        assert it.fatal is None
        it.take(message)

    assert it.fatal == reason


def test_a_minute_ahead_is_enough() -> None:
    it = caller()
    it.take(say(60_000 * 8))
    assert it.excess_ms == 0
    it.take(say(8 * 500))
    assert it.excess_ms == 500


def test_a_resumed_stream_goes_on() -> None:
    it = caller(parameters={"a": "b"})
    it.frame()
    start = json.loads(it.begin("MZ2", is_resumed=True)[0])
    media = json.loads(it.frame()[0])

    assert start["start"]["resumed"] is True
    assert start["start"]["customParameters"] == {"a": "b"}
    assert (media["sequenceNumber"], media["media"]["chunk"]) == ("2", "2")
