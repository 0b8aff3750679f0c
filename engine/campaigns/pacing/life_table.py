"""How long something takes, learnt from how long it took, without a guess at its shape."""

from bisect import bisect_right
from itertools import accumulate, pairwise

RATIO = 1.05
"""From an edge of the table to the next: durations are known to five per cent."""
FIRST_S, LAST_S = 1.0, 7200.0
RENEW_AT = 1e100  # weights grow; here they are made small again


def _make_edges() -> tuple[float, ...]:
    edges = [0.0, FIRST_S]
    while edges[-1] < LAST_S:
        edges.append(edges[-1] * RATIO)
    return tuple(edges)


EDGES = _make_edges()
MIDDLES = [(low + high) / 2 for low, high in pairwise((*EDGES, EDGES[-1]))]


class LifeTable:
    """Weights of durations, of which those long ago count less.

    The life table of actuaries: Kaplan and Meier, "Nonparametric estimation from incomplete
    observations", J. Am. Stat. Assoc. 53 (1958), with cells instead of single durations, so
    that an answer costs the same after a million of them. *memory* is the number of
    durations after which one counts only 1/e.
    """

    def __init__(self, memory: int) -> None:
        """Make an empty table."""
        self._growth = 1 + 1 / memory
        self._unit = 1.0
        self._cells = [0.0] * len(EDGES)
        self._above: list[float] | None = None
        self._mean: float | None = None

    def add(self, seconds: float) -> None:
        """Take in a duration."""
        cell = min(bisect_right(EDGES, seconds), len(EDGES)) - 1
        self._cells[max(0, cell)] += self._unit
        self._above = self._mean = None

    def age(self) -> None:
        """Let all durations so far count a little less, beside those to come."""
        self._unit *= self._growth
        if self._unit > RENEW_AT:
            self._cells = [weight / self._unit for weight in self._cells]
            self._unit, self._above = 1.0, None

    def longer_than(self, seconds: float) -> float:
        """Return the weight of durations above *seconds*; one that was just added weighs 1."""
        above = self._cumulate()
        cell = min(bisect_right(EDGES, max(0.0, seconds)), len(EDGES)) - 1
        if cell + 1 == len(EDGES):
            return above[cell] / self._unit
        share = (seconds - EDGES[cell]) / (EDGES[cell + 1] - EDGES[cell])
        return (above[cell] - max(0.0, share) * self._cells[cell]) / self._unit

    def mean(self) -> float:
        """Return the mean of all durations in seconds; 0 if there are none."""
        if self._mean is None:
            total = sum(self._cells)
            sums = sum(w * at for w, at in zip(self._cells, MIDDLES, strict=True))
            self._mean = sums / total if total else 0.0
        return self._mean

    def _cumulate(self) -> list[float]:
        """Weights from each cell on; they change only with what is taken in."""
        if self._above is None:
            self._above = list(accumulate(reversed(self._cells)))[::-1]
        return self._above
