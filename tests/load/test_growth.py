"""What a process holds while time passes."""

import psutil

from tests.load.growth import Sample, describe_growth, samples


async def test_a_process_is_looked_at_first_and_last() -> None:
    first, *_, last = [sample async for sample in samples(psutil.Process(), 0.02, 0.01)]

    assert (first.passed_s, first.core) == (0.0, 0.0)
    assert last.passed_s >= 0.02
    assert 1 < last.anonymous_mb < last.rss_mb
    assert min(last.uss_mb, last.descriptors, last.threads) > 0


def test_growth_is_told_with_its_time() -> None:
    first = Sample(0.0, 0.0, 300.0, 210.0, 200.5, 1500, 13)
    last = Sample(3600.0, 0.8, 310.0, 190.0, 202.0, 1498, 13)

    assert describe_growth(first, last) == (
        "+1.5 MB, -2 descriptors, +0 threads in 3600 s"
    )
