"""Percentiles of what was measured; exact, since every value is kept (8 bytes each)."""

from collections.abc import Iterable, Sequence

import msgspec


class Spread(msgspec.Struct, frozen=True):
    """How values are spread; all 0 if there were none."""

    count: int = 0
    p50: float = 0.0
    p95: float = 0.0
    p99: float = 0.0
    most: float = 0.0


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The smallest value that *percent* of the values do not exceed (nearest rank).

    *ordered* is ascending and not empty.
    """
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(int(rank), 1) - 1]


def spread_of(values: Iterable[float]) -> Spread:
    """The spread of *values*, in any order."""
    ordered = sorted(values)
    if not ordered:
        return Spread()
    p50, p95, p99 = (percentile(ordered, percent) for percent in (50, 95, 99))
    return Spread(len(ordered), p50, p95, p99, ordered[-1])
