"""What is counted of each proxy, and that it stays bounded."""

import pytest

from engine.telemetry.proxy_statistics import (
    DELAYS_S,
    ERRORS,
    MAX_PROXIES,
    OTHER,
    SLOT_S,
    ProxyCounts,
    ProxyError,
    ProxyStatistics,
    delay_quantile_s,
)
from tests.engine.conftest import Clock


def counts_of(*delays_s: float) -> ProxyCounts:
    counts = ProxyCounts()
    for delay_s in delays_s:
        counts.count(is_answered=True, delay_s=delay_s)
    return counts


def test_the_last_hour_leaves_out_what_is_older() -> None:
    clock = Clock()
    statistics = ProxyStatistics(clock)
    statistics.count("east", is_answered=True, delay_s=1.0)
    clock.now += 11 * SLOT_S
    statistics.count("east", is_answered=False)

    before = statistics.last_hour("east")
    clock.now += SLOT_S
    after = statistics.last_hour("east")

    assert (before.attempts, before.answered, before.delay_sum_s) == (2, 1, 1.0)
    assert (after.attempts, after.answered, after.delay_sum_s) == (1, 0, 0.0)
    assert statistics.totals()["east"] == before


@pytest.mark.parametrize(
    ("delays_s", "share", "quantile_s"),
    [
        ((), 0.5, None),
        ((0.4,), 1.0, 0.5),
        ((0.4, 0.4, 5.5, 5.5), 0.5, 0.5),
        ((0.4, 0.4, 5.5, 5.5), 0.75, 5.5),
        ((100.0,), 0.5, DELAYS_S[-1]),
    ],
)
def test_a_quantile_lies_in_the_bucket_of_its_rank(
    delays_s: tuple[float, ...], share: float, quantile_s: float | None
) -> None:
    assert delay_quantile_s(counts_of(*delays_s).delays, share) == quantile_s


def test_counts_of_two_processes_add_up() -> None:
    both, other = counts_of(0.1, 7.0), counts_of(7.0)

    both.add(other)

    assert both == counts_of(0.1, 7.0, 7.0)


def test_the_last_errors_are_kept_the_oldest_first() -> None:
    statistics = ProxyStatistics()
    errors = [ProxyError(float(at), 503, "Busy") for at in range(ERRORS + 2)]
    for error in errors:
        statistics.note_error("east", error)

    assert statistics.errors("east") == tuple(errors[2:])
    assert statistics.errors("west") == ()


def test_proxies_beyond_the_bound_are_counted_together_until_others_go() -> None:
    statistics = ProxyStatistics()
    names = [f"p{number}" for number in range(MAX_PROXIES + 2)]
    for name in names:
        statistics.count(name, is_answered=True)

    assert len(statistics.totals()) == MAX_PROXIES + 1
    assert statistics.totals()[OTHER].attempts == 2
    statistics.keep_only(["p0", "new"])
    statistics.count("new", is_answered=True)
    assert sorted(statistics.totals()) == ["new", OTHER, "p0"]
