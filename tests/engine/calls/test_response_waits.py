"""Which timers a leg has until it is answered, and what is left of the ring limit."""

import pytest

from engine.calls.response_waits import LEAST_RING_S, ResponseWaits, detail_of
from engine.model.leg_state import Timer
from engine.platform.objects import Proxy
from tests.engine.calls.sessions import make_trunk

FIRST, PROGRESS, GUARD = Timer.FIRST_RESPONSE, Timer.PROGRESS, Timer.HANG_UP_GUARD


def proxy(first_ms: int = 4000, progress_ms: int | None = None) -> Proxy:
    fields = {"first_response_ms": first_ms, "progress_timeout_ms": progress_ms}
    return make_trunk(**fields).proxy


@pytest.mark.parametrize(
    ("through", "timers"),
    [
        (None, {GUARD: 25.0}),
        (proxy(), {FIRST: 4.0, GUARD: 25.0}),
        (proxy(4000, 9000), {FIRST: 4.0, PROGRESS: 9.0, GUARD: 25.0}),
        (proxy(4000, 2000), {PROGRESS: 2.0, FIRST: 4.0, GUARD: 25.0}),
        (proxy(26_000, 25_000), {GUARD: 25.0}),  # too late to matter
    ],
)
def test_timers_of_a_leg(through: Proxy | None, timers: dict[Timer, float]) -> None:
    waits, now = ResponseWaits(20.0, 5.0), 100.0
    waits.begin(through, now)

    seen = []
    while not seen or seen[-1][0] is not GUARD:
        timer, delay_s = waits.next_timer(now)
        now += delay_s
        seen.append((timer, round(now - 100.0, 6)))

    assert seen == list(timers.items())


def test_all_legs_together_have_the_ring_limit() -> None:
    waits = ResponseWaits(20.0, 5.0)
    assert waits.ring_left_s(0.0) == 20.0  # no leg has begun

    waits.begin(proxy(), 100.0)
    waits.late = FIRST
    waits.begin(proxy(), 118.0)

    assert (waits.ring_left_s(118.0), waits.late) == (2.0, None)
    assert waits.next_timer(118.0) == (FIRST, 4.0)
    assert waits.next_timer(122.0) == (GUARD, 3.0)


@pytest.mark.parametrize(("left_s", "may"), [(LEAST_RING_S, True), (0.9, False)])
def test_another_attempt_needs_time_to_ring(left_s: float, *, may: bool) -> None:
    waits = ResponseWaits(20.0, 5.0)
    waits.begin(None, 100.0)

    assert waits.may_try_another(120.0 - left_s) is may


def test_why_a_proxy_was_left() -> None:
    through = proxy(4000, 9000)

    assert detail_of(FIRST, through).startswith("No response came within 4000 ms")
    assert detail_of(PROGRESS, through).startswith("No ringing response came within 9")


def test_when_the_first_response_is_due() -> None:
    waits = ResponseWaits(20.0, 5.0)
    waits.begin(proxy(4000), 100.0)

    assert [waits.is_response_due(now) for now in (103.9, 104.0)] == [False, True]
    waits.begin(None, 105.0)
    assert not waits.is_response_due(119.0)
