"""Moments by two clocks."""

import time

import pytest

from engine.admission.instant import Instant


def test_a_later_moment_in_seconds_since_1970() -> None:
    """Whatever the wall clock was set to meanwhile."""
    assert Instant(10.0, 1_700_000_000.0).to_epoch(12.5) == 1_700_000_002.5


def test_a_moment_that_another_process_has_read() -> None:
    instant = Instant.of_epoch(time.time() - 60)

    assert instant.measure_elapsed_s() == pytest.approx(60, abs=5)
    assert instant.to_epoch(time.monotonic()) == pytest.approx(time.time(), abs=5)


@pytest.mark.parametrize(
    ("epoch", "monotonic"),
    [(940.0, 40.0), (1000.0, 100.0), (1060.0, 100.0)],
    ids=["past", "now", "ahead"],
)
def test_a_moment_that_lies_ahead_is_now(
    monkeypatch: pytest.MonkeyPatch, epoch: float, monotonic: float
) -> None:
    """The clock of the other machine is fast."""
    monkeypatch.setattr(Instant, "now", lambda: Instant(100.0, 1000.0))

    assert Instant.of_epoch(epoch) == (monotonic, epoch)
