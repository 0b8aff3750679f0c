"""The short form of endurance: a mixed load, of which nothing is lost and nothing stays.

The long one is ``make endurance``; its figures are in docs/benchmarks.md.
"""

from pathlib import Path

import pytest

from tests.load.callees import callees
from tests.load.mix import Mix, Outcome, Shares, read_mix
from tests.load.platforms import Platform, Shape, platform_of
from tests.load.run import EXPECTED, Live, Offer, Report, put, run_load

pytestmark = [pytest.mark.sipp, pytest.mark.load, pytest.mark.timeout(240)]

RATE = 50.0
GROWTH_MB = 30.0  # of 750 calls, once 500 have been there


async def test_a_mixed_load_and_another_one(tmp_path: Path) -> None:
    """The first one has silent callees, too, which end after half a minute."""
    mixed = read_mix("mixed")
    talking = mixed.model_copy(update={"share": Shares(answer=16, busy=3, no_answer=1)})
    async with platform_of(tmp_path, Shape()) as platform:
        first = await load(tmp_path / "first", platform, mixed, 10.0)
        second = await load(tmp_path / "second", platform, talking, 15.0)

    assert (first.wrongs, second.wrongs) == ([], [])
    assert first.summary.results == {
        Outcome.ANSWER: {EXPECTED[Outcome.ANSWER]: 350},
        Outcome.BUSY: {EXPECTED[Outcome.BUSY]: 75},
        Outcome.NO_ANSWER: {EXPECTED[Outcome.NO_ANSWER]: 50},
        Outcome.SILENCE: {EXPECTED[Outcome.SILENCE]: 25},
    }
    assert arrived(first) == {"answer": 350, "busy": 75, "no_answer": 50}
    assert first.silent_messages >= 25
    assert arrived(second) == {"answer": 600, "busy": 112, "no_answer": 38}
    for report, calls in ((first, 500), (second, 750)):
        summary, verdict = report.summary, report.verdict
        assert (summary.offered, summary.sent, summary.expected) == (calls,) * 3
        assert (verdict.calls, verdict.records, verdict.is_clean) == (
            calls,
            calls,
            True,
        )
    (before,), (after,) = first.dialer, second.dialer
    assert after.memory_mb - before.memory_mb < GROWTH_MB


async def load(folder: Path, platform: Platform, mix: Mix, seconds: float) -> Report:
    """Put one on *platform*."""
    folder.mkdir()
    seen: list[Live] = []
    offer = Offer(seconds, rate=RATE)
    async with callees(folder, mix) as far_ends:
        report = await put(folder, platform, Shape(), far_ends, mix, offer, seen.append)
    assert any(live.progress.outstanding for live in seen)
    assert seen[-1].progress.sent == RATE * seconds
    return report


def arrived(report: Report) -> dict[str, int]:
    """Calls that the callees counted."""
    return {outcome.value: figures.calls for outcome, figures in report.callees.items()}


async def test_a_front_end_with_nodes_leaves_no_slot_in_redis(tmp_path: Path) -> None:
    mix = Mix.model_validate({"share": {"answer": 3, "busy": 1}})

    report = await run_load(
        tmp_path,
        Shape(nodes=2, max_calls=200),
        mix,
        Offer(4.0, rate=RATE),
        lambda _: None,
    )

    assert report.wrongs == []
    assert report.summary.expected == report.verdict.records == 200
    assert [group.name for group in report.dialer] == ["redis", "front", "nodes"]
