"""When a WebSocket is opened, begun and given up, and how that ends."""

import pytest

from engine.dialogs.streams.stream_plan import (
    FAILURES,
    Finish,
    StreamAct,
    StreamCommand,
    StreamPlan,
)
from sip.audio_stream import StreamEnd

A = StreamAct


def test_it_is_opened_while_the_phone_rings_and_begun_at_the_answer() -> None:
    plan = StreamPlan()

    assert plan.on_ringing() == [A.OPEN]
    assert plan.on_ringing() == []
    assert plan.on_opened() == []
    assert plan.on_start() == [A.BEGIN]


def test_what_opens_late_is_waited_for() -> None:
    plan = StreamPlan()

    assert plan.on_start() == [A.OPEN, A.BEGIN, A.START_WAIT]
    assert plan.on_opened() == [A.STOP_WAIT]
    assert plan.on_wait_over() == []


@pytest.mark.parametrize("end", StreamEnd)
def test_what_ends_before_the_answer_is_opened_again(end: StreamEnd) -> None:
    plan = StreamPlan()
    plan.on_ringing()

    assert plan.on_over(end, "") == []
    assert plan.on_start() == [A.OPEN, A.BEGIN, A.START_WAIT]


def test_another_proxy_has_a_websocket_of_its_own() -> None:
    plan = StreamPlan()
    plan.on_ringing()
    plan.on_leg_changed()

    assert plan.on_ringing() == [A.OPEN]


@pytest.mark.parametrize("end", StreamEnd)
def test_how_an_open_stream_ends(end: StreamEnd) -> None:
    plan = StreamPlan(has_fallback=True)
    plan.on_start()
    plan.on_opened()
    failure = f"{FAILURES[end]}." if end in FAILURES else None

    assert plan.on_over(end, "") == [Finish(end, failure)]
    assert plan.on_over(end, "") == plan.on_wait_over() == plan.on_fallback_over() == []


@pytest.mark.parametrize(
    ("has_fallback", "then"),
    [
        (False, [Finish(StreamEnd.UNREACHABLE, "Refused.")]),
        (True, [A.PLAY_FALLBACK]),
    ],
)
def test_what_cannot_be_opened_fails(
    has_fallback: bool, then: list[StreamCommand]
) -> None:
    plan = StreamPlan(has_fallback=has_fallback)
    plan.on_start()

    assert plan.on_over(StreamEnd.UNREACHABLE, "Refused.") == [A.STOP_WAIT, *then]


def test_no_wait_is_endless() -> None:
    plan = StreamPlan(has_fallback=True)
    plan.on_start()
    failed = Finish(StreamEnd.UNREACHABLE, "The WebSocket could not be opened in time.")

    assert plan.on_wait_over() == [A.GIVE_UP, A.PLAY_FALLBACK]
    assert plan.on_over(StreamEnd.ASKED, "") == []
    assert plan.on_fallback_over() == [failed]
    assert plan.on_fallback_over() == []
