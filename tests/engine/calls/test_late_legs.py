"""A leg whose far end is silent, or does not ring, while another proxy is there."""

import time
from unittest.mock import Mock

import pytest

from engine.admission.admission import Admission
from engine.calls.call_events import (
    CallEnded,
    FailOverNeeded,
    HangUpUnconfirmed,
    LadderGrown,
    LegEnded,
    LegLeft,
    TimerStarted,
)
from engine.calls.call_session import CallSession
from engine.model.leg_state import LegState, Timer
from sip.events import Origin
from tests.engine.calls.sessions import (
    BUSY,
    HANG_UP,
    dial,
    make_agent,
    make_answered,
    make_candidate,
    make_ended,
    make_ringing,
    make_trunk,
)

FIRST, SECOND = make_trunk("first"), make_trunk("second")
TOO_LATE_S = 4.1


@pytest.fixture
def agent() -> Mock:
    """A user agent that has heard nothing of any leg."""
    return make_agent()


@pytest.fixture
def admission() -> Mock:
    """An admission that notes what it is told."""
    return Mock(spec=Admission)


async def dial_silent(
    agent: Mock, admission: Mock, *failover: str, waited_s: float = TOO_LATE_S
) -> CallSession:
    """A call through FIRST that was sent *waited_s* ago."""
    candidate = make_candidate(failover=failover or ("local-timer",))
    session = await dial(agent, candidate, FIRST, admission)
    session.proxies.waits._response_due -= waited_s
    return session


async def dial_left(agent: Mock, admission: Mock) -> CallSession:
    """A call that has left FIRST and goes through SECOND."""
    session = await dial_silent(agent, admission)
    session.on_timer(Timer.FIRST_RESPONSE)
    session.leave_leg()
    await session.send(session.prepare(SECOND))
    return session


async def test_the_first_timer_waits_for_the_first_response(agent: Mock) -> None:
    session = await dial(agent, trunk=FIRST)

    (timer,) = session.on_timer(Timer.FIRST_RESPONSE)

    assert isinstance(timer, TimerStarted)
    assert timer.timer is Timer.HANG_UP_GUARD


async def test_a_timer_may_be_a_millisecond_early(agent: Mock, admission: Mock) -> None:
    """As those of uvloop are."""
    session = await dial_silent(agent, admission, waited_s=3.999)

    assert FailOverNeeded() in session.on_timer(Timer.FIRST_RESPONSE)


async def test_silence_needs_the_next_proxy_and_counts(
    agent: Mock, admission: Mock
) -> None:
    session = await dial_silent(agent, admission)

    *_, event = session.on_timer(Timer.FIRST_RESPONSE)

    assert event == FailOverNeeded()
    assert session.wants_next_proxy
    admission.report_silence.assert_called_once_with(FIRST, session.legs.began)


@pytest.mark.parametrize("failover", ["503", "local-transport"])
async def test_a_group_that_forbids_it_waits(
    agent: Mock, admission: Mock, failover: str
) -> None:
    session = await dial_silent(agent, admission, failover)

    assert FailOverNeeded() not in session.on_timer(Timer.FIRST_RESPONSE)
    admission.report_silence.assert_called_once()  # it is down for other calls


async def test_a_100_is_a_response(agent: Mock, admission: Mock) -> None:
    session = await dial_silent(agent, admission)
    agent.is_silent.return_value = False

    assert FailOverNeeded() not in session.on_timer(Timer.FIRST_RESPONSE)
    admission.report_sign.assert_called_once_with(FIRST, session.legs.began)


@pytest.mark.parametrize(("is_ringing", "needs_next"), [(False, True), (True, False)])
async def test_no_ringing_response_needs_the_next_proxy(
    agent: Mock, admission: Mock, *, is_ringing: bool, needs_next: bool
) -> None:
    trunk = make_trunk("first", progress_timeout_ms=9000)
    candidate = make_candidate(failover=("local-timer",))
    session = await dial(agent, candidate, trunk, admission)
    agent.is_silent.return_value = False
    if is_ringing:
        session.receive(make_ringing(session.leg_id))
    session.on_timer(Timer.FIRST_RESPONSE)

    assert (FailOverNeeded() in session.on_timer(Timer.PROGRESS)) is needs_next
    assert session.wants_next_proxy is needs_next
    admission.report_silence.assert_not_called()


async def test_what_is_heard_while_the_next_proxy_is_sought_keeps_the_leg(
    agent: Mock, admission: Mock
) -> None:
    session = await dial_silent(agent, admission)
    session.on_timer(Timer.FIRST_RESPONSE)
    agent.is_silent.return_value = False

    assert not session.wants_next_proxy
    await session.proxies.stay(SECOND)
    admission.exchange.assert_awaited_once_with(session._candidate, SECOND, FIRST)
    assert session.on_no_next_proxy() == ()


async def test_a_leg_that_is_left_is_hung_up_and_recorded(
    agent: Mock, admission: Mock
) -> None:
    session = await dial_silent(agent, admission)
    first = session.leg_id
    session.on_timer(Timer.FIRST_RESPONSE)

    detail = "No response came within 4000 ms, so that the next proxy was tried."
    assert session.leave_leg() == (LegLeft(FIRST.proxy.id, detail),)

    agent.hang_up.assert_called_once_with(first)
    (attempt,) = session.legs.attempts
    assert (attempt.status, attempt.origin) == (408, "local-timer")
    assert attempt.detail == detail


@pytest.mark.parametrize("make", [make_ringing, make_answered])
async def test_nobody_hears_of_a_leg_that_was_left(
    agent: Mock, admission: Mock, make: type
) -> None:
    session = await dial_left(agent, admission)
    first = session.legs.attempts[0].call_id

    assert session.receive(make(first)) == ()
    assert session.state is LegState.DIALING
    assert not session.outcome.done()


async def test_the_end_of_a_leg_that_was_left_ends_no_call(
    agent: Mock, admission: Mock
) -> None:
    session = await dial_left(agent, admission)
    first = session.legs.attempts[0].call_id
    late = make_ended(first, BUSY, ladder="late")

    assert session.receive(late) == (LegEnded(first),)
    assert not session.is_over
    assert session.ladder == "late"
    admission.report_leg_event.assert_called_once_with(FIRST, late)


async def test_the_ladder_of_a_leg_that_ends_after_the_call_follows(
    agent: Mock, admission: Mock
) -> None:
    session = await dial_left(agent, admission)
    agent.ladder.side_effect = lambda leg: f"({leg})"
    first, second = (attempt.call_id for attempt in session.legs.attempts)
    assert session.ladder == f"({first})({second})"

    agent.ladder.side_effect = lambda leg: f"({leg})" if leg == first else ""
    end = make_ended(second, BUSY, ladder="second")
    assert session.receive(end) == (LegEnded(second), CallEnded(end))
    assert session.ladder == "second"

    late = make_ended(first, ladder="first")
    assert session.receive(late) == (LegEnded(first), LadderGrown("first"))


async def test_an_invite_that_cannot_follow_ends_the_call_as_the_leg_ended(
    agent: Mock, admission: Mock
) -> None:
    session = await dial_silent(agent, admission)
    session.on_timer(Timer.FIRST_RESPONSE)
    session.leave_leg()

    (event,) = session.on_no_next_proxy()

    assert isinstance(event, CallEnded)
    assert (event.end.status, event.end.origin) == (408, Origin.LOCAL_TIMER)


@pytest.mark.parametrize(("waited_s", "is_silence"), [(3.9, False), (TOO_LATE_S, True)])
async def test_a_call_that_is_given_up_counts_once_a_response_was_due(
    agent: Mock, admission: Mock, waited_s: float, *, is_silence: bool
) -> None:
    session = await dial_silent(agent, admission, waited_s=waited_s)
    session.hang_up(HANG_UP)

    assert session.on_timer(Timer.HANG_UP_GUARD) == (HangUpUnconfirmed(),)
    assert admission.report_silence.called is is_silence


async def test_near_the_ring_limit_no_other_proxy_is_tried(
    agent: Mock, admission: Mock
) -> None:
    session = await dial_silent(agent, admission)
    session.proxies.waits._ring_ends = time.monotonic() + 0.5

    assert FailOverNeeded() not in session.on_timer(Timer.FIRST_RESPONSE)
    end = make_ended(session.leg_id, BUSY, origin=Origin.LOCAL_TIMER)
    assert session.receive(end)[-1] == CallEnded(end)
