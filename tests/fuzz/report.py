"""What came of a run: figures for people, and what must not be."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Self

from .target import Target

MOST_SHOWN = 12  # of one kind of wrong
ALLOWED_ERRORS: frozenset[str] = frozenset()
"""Events of level error that are about a message that came, and hence no defect."""
SANITIZER_MARKS = ("runtime error:", "ERROR: AddressSanitizer")


@dataclass(slots=True)
class Figures:
    """What was counted and measured."""

    episodes: Counter[str] = field(default_factory=Counter)
    results: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    controls: int = 0
    slowest_control_s: float = 0.0
    own_lag_s: float = 0.0  # how long the machine let the harness itself wait
    received: int = 0  # messages of the target
    noted: int = 0  # messages both ways, RTP too
    warm_mb: float = 0.0
    most_mb: float = 0.0
    end_mb: float = 0.0
    files_before: int = 0
    files: int = 0
    settle_s: float = 0.0
    acts: dict[str, int] = field(default_factory=dict)  # of watchdogs


@dataclass(frozen=True, slots=True)
class Report:
    """A run that is over."""

    seed: int
    figures: Figures
    wrongs: Sequence[str]
    events: Counter[tuple[str, str]]

    @classmethod
    def of(
        cls,
        seed: int,
        figures: Figures,
        wrongs: Iterable[str],
        target: Target,
        defects: Iterable[str],
    ) -> Self:
        """Judge what the target has said beside what was seen of it."""
        bad = [
            f"log: {level} {event} ({count} times)"
            for (level, event), count in target.events.items()
            if level in ("error", "critical") and event not in ALLOWED_ERRORS
        ]
        spoken = [
            line for line in target.lines if any(m in line for m in SANITIZER_MARKS)
        ]
        if not spoken and any(line.strip() for line in target.lines):
            spoken = ["standard error has lines that are no events"]
        harness = [f"defect of the harness: {defect}" for defect in defects]
        return cls(
            seed,
            figures,
            [*wrongs, *bad, *sorted(set(spoken)), *harness],
            target.events,
        )

    def lines(self) -> list[str]:
        """All of it, for people."""
        figures = self.figures
        kinds = ", ".join(f"{kind} {n}" for kind, n in sorted(figures.episodes.items()))
        results = ", ".join(f"{text} {n}" for text, n in figures.results.most_common())
        acts = ", ".join(f"{act} {n}" for act, n in figures.acts.items())
        events = ", ".join(
            f"{event} {n}" for (_, event), n in self.events.most_common()
        )
        return [
            f"seed {self.seed}: {figures.episodes.total()} episodes ({kinds})",
            f"{figures.calls} calls: {results}",
            f"{figures.controls} healthy calls connected, the slowest in {figures.slowest_control_s:.1f} s (the harness itself was late by {figures.own_lag_s:.1f} s)",
            f"{figures.noted} messages and packets, {figures.received} of them from the target",
            f"memory {figures.warm_mb:.0f} MB when warm, {figures.most_mb:.0f} at most, {figures.end_mb:.0f} at the end",
            f"open files {figures.files_before} before, {figures.files} after; settled in {figures.settle_s:.1f} s",
            f"acts of watchdogs: {acts or 'none'}",
            f"events in the log: {events or 'none'}",
            *(f"WRONG {wrong}" for wrong in self.wrongs[:MOST_SHOWN]),
            *([f"and {len(self.wrongs) - MOST_SHOWN} more"] if len(self.wrongs) > MOST_SHOWN else []),
        ]  # fmt: skip
