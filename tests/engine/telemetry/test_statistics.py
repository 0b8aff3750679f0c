"""What was counted, and what is left of it in the last hour, day and week."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.telemetry.statistics import DAY, HOUR, WEEK, CallCounts, History, Statistics
from tests.engine.conftest import Clock

MINUTE_S = 60.0
HOUR_S = 60 * MINUTE_S
DAY_S = 24 * HOUR_S
PAIRS = [("a", "x"), ("a", "y"), ("b", "x")]
SCOPES = [(), ("a",), ("b",), *PAIRS]


@pytest.fixture
def statistics(clock: Clock) -> Statistics:
    return Statistics(clock)


def test_every_scope_of_a_call_counts_it(statistics: Statistics) -> None:
    for pair in PAIRS:
        statistics.count_attempt(*pair)
        statistics.count_begin(*pair)
    statistics.count_attempt("a", "x")  # refused, say
    statistics.count_connected("a", "x")
    statistics.count_end("a", "y")

    assert statistics.counts() == CallCounts(attempts=4, connected=1, active=2)
    assert statistics.counts("a") == CallCounts(attempts=3, connected=1, active=1)
    assert statistics.counts("b") == CallCounts(attempts=1, connected=0, active=1)
    assert statistics.counts("a", "x") == CallCounts(attempts=2, connected=1, active=1)
    assert statistics.counts("b", "x") == CallCounts(attempts=1, connected=0, active=1)
    assert statistics.active_applications() == [("a", "x"), ("b", "x")]


def test_who_never_called_has_zeros(statistics: Statistics) -> None:
    assert statistics.counts("nobody") == CallCounts()
    assert statistics.history("nobody", "nothing") == History()
    assert statistics.history() == History()


@pytest.mark.parametrize(
    ("after_s", "attempts", "highs"),
    [
        (0, 2, (2, 2, 2)),
        (HOUR_S - 1, 2, (2, 2, 2)),
        (HOUR_S, 0, (0, 2, 2)),
        (DAY_S - 1, 0, (0, 2, 2)),
        (DAY_S, 0, (0, 0, 2)),
        (7 * DAY_S - 1, 0, (0, 0, 2)),
        (7 * DAY_S, 0, (0, 0, 0)),
        (700 * DAY_S, 0, (0, 0, 0)),
    ],
)
def test_a_window_forgets(
    statistics: Statistics,
    clock: Clock,
    after_s: float,
    attempts: int,
    highs: tuple[int, int, int],
) -> None:
    for _ in range(2):
        statistics.count_attempt("a", "x")
        statistics.count_begin("a", "x")
    for _ in range(2):
        statistics.count_end("a", "x")
    clock.now += after_s

    history = statistics.history("a")

    assert history.attempts_hour == attempts
    assert (history.high_hour, history.high_day, history.high_week) == highs


def test_what_happens_as_a_minute_begins_belongs_to_it(
    statistics: Statistics, clock: Clock
) -> None:
    clock.now += MINUTE_S
    statistics.count_attempt("a", "x")
    statistics.count_begin("a", "x")
    statistics.count_end("a", "x")
    clock.now += HOUR_S - 1

    history = statistics.history()

    assert (history.attempts_hour, history.high_hour) == (1, 1)


def test_a_call_that_lasts_is_in_every_window(
    statistics: Statistics, clock: Clock
) -> None:
    statistics.count_begin("a", "x")
    clock.now += 30 * DAY_S

    history = statistics.history("a", "x")

    assert (history.high_hour, history.high_day, history.high_week) == (1, 1, 1)
    assert (history.average_day, history.average_week) == (1.0, 1.0)


def test_average_of_a_short_life_is_over_that_life(
    statistics: Statistics, clock: Clock
) -> None:
    clock.now += 10
    statistics.count_begin("a", "x")
    clock.now += 20
    statistics.count_begin("a", "x")
    clock.now += 10
    statistics.count_end("a", "x")
    clock.now += 60

    history = statistics.history()

    # One call for 20 s, two for 10 s, one for 60 s: 100 call seconds in 100 s.
    assert (history.average_day, history.average_week) == (1.0, 1.0)


def test_averages_of_a_day_and_a_week(statistics: Statistics, clock: Clock) -> None:
    for _ in range(4):
        statistics.count_begin("a", "x")
    clock.now += 2 * DAY_S
    for _ in range(3):
        statistics.count_end("a", "x")
    clock.now += 12 * HOUR_S

    history = statistics.history()

    # The day is 23 h 45 min: its last quarter has just begun. 11 h 45 min of it had four calls.
    assert history.average_day == pytest.approx((11.75 * 4 + 12 * 1) / 23.75)
    # The week is all of the 60 hours.
    assert history.average_week == pytest.approx((48 * 4 + 12 * 1) / 60)


def test_first_call_of_an_application_does_not_shorten_its_window(
    statistics: Statistics, clock: Clock
) -> None:
    clock.now += 9 * HOUR_S
    statistics.count_begin("a", "x")
    clock.now += HOUR_S

    assert statistics.history("a", "x").average_day == pytest.approx(0.1)


def test_looking_changes_nothing(statistics: Statistics, clock: Clock) -> None:
    statistics.count_begin("a", "x")
    statistics.count_begin("a", "x")
    statistics.history()
    statistics.count_end("a", "x")
    clock.now += 10

    assert statistics.history() == statistics.history()
    assert statistics.history().high_hour == 2


@pytest.mark.slow
def test_memory_is_bounded_by_the_number_of_applications(
    statistics: Statistics, clock: Clock
) -> None:
    tracemalloc.start()
    try:
        for _ in range(4):
            for number in range(1000):
                statistics.count_attempt("a", f"application-{number}")
                statistics.count_begin("a", f"application-{number}")
            clock.now += 2.5 * DAY_S
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert held < 8_000_000


class Naive:
    """The same figures, from a list of all events."""

    def __init__(self) -> None:
        self.attempts: list[tuple[float, tuple[str, str]]] = []
        self.changes: list[tuple[float, tuple[str, str], int]] = []

    def history(self, scope: tuple[str, ...], now: float) -> History:
        size = len(scope)
        attempts = [at for at, pair in self.attempts if pair[:size] == scope]
        changes = [(at, by) for at, pair, by in self.changes if pair[:size] == scope]
        hour, day, week = (_begin(window, now) for window in (HOUR, DAY, WEEK))
        return History(
            attempts_hour=sum(at >= hour for at in attempts),
            high_hour=_high(changes, hour),
            high_day=_high(changes, day),
            high_week=_high(changes, week),
            average_day=_average(changes, day, now),
            average_week=_average(changes, week, now),
        )


def _begin(window: tuple[int, int], now: float) -> float:
    length_s, buckets = window
    return max(0.0, (now // length_s - buckets + 1) * length_s)


def _high(changes: list[tuple[float, int]], begin: float) -> int:
    level = high = sum(by for at, by in changes if at < begin)
    for at, by in changes:
        if at >= begin:
            level += by
            high = max(high, level)
    return high


def _average(changes: list[tuple[float, int]], begin: float, now: float) -> float:
    call_seconds = sum(by * (now - max(at, begin)) for at, by in changes)
    return call_seconds / (now - begin) if now > begin else 0.0


GAPS = st.one_of(
    st.sampled_from([0.0, 0.5, 59.5, MINUTE_S, 900.0, HOUR_S, DAY_S, 7 * DAY_S]),
    st.integers(0, 3000).map(float),
    st.integers(0, 8 * 86_400).map(float),
)
STEPS = st.tuples(
    GAPS,
    st.sampled_from(["attempt", "began", "ended", "look"]),
    st.sampled_from(PAIRS),
)


@given(st.lists(STEPS, max_size=60), GAPS)
def test_all_figures_are_those_of_a_model_that_keeps_every_event(
    steps: list[tuple[float, str, tuple[str, str]]], rest_s: float
) -> None:
    clock = Clock()
    statistics = Statistics(clock)
    naive = Naive()
    started = clock.now
    for gap_s, what, pair in [*steps, (rest_s, "look", PAIRS[0])]:
        clock.now += gap_s
        at = clock.now - started
        match what:
            case "attempt":
                statistics.count_attempt(*pair)
                naive.attempts.append((at, pair))
            case "began":
                statistics.count_begin(*pair)
                naive.changes.append((at, pair, 1))
            case "ended" if statistics.counts(*pair).active:
                statistics.count_end(*pair)
                naive.changes.append((at, pair, -1))
            case "look":
                for scope in SCOPES:
                    expected = naive.history(scope, at)
                    assert _rounded(statistics.history(*scope)) == _rounded(expected)


def _rounded(history: History) -> tuple[object, ...]:
    return (
        history.attempts_hour,
        history.high_hour,
        history.high_day,
        history.high_week,
        pytest.approx(history.average_day, abs=1e-6),
        pytest.approx(history.average_week, abs=1e-6),
    )
