"""Sums up what was found in many documents, habit by habit. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ccxml.xml.habits import Effect, Habit

from .document_check import DocumentReview, DocumentVerdict

_WORST_FIRST = list(Effect)


@dataclass(frozen=True, slots=True)
class HabitSummary:
    """A habit in many documents: in how many, at how many places, and at which first."""

    habit: Habit
    language: str
    documents: int
    places: int
    first: str


def summarize_habits(reviews: Iterable[DocumentReview]) -> list[HabitSummary]:
    """Return the habits of *reviews*, those first that stand in the way, then by frequency."""
    documents: Counter[Habit] = Counter()
    places: Counter[Habit] = Counter()
    first: dict[Habit, tuple[str, str]] = {}
    for review in reviews:
        found = review.findings.habits
        documents.update({finding.habit for finding in found})
        places.update(finding.habit for finding in found)
        for finding in found:
            at = f"{review.path}:{finding.line}:{finding.column}"
            first.setdefault(finding.habit, (review.language or "", at))
    summaries = [
        HabitSummary(habit, language, documents[habit], places[habit], at)
        for habit, (language, at) in first.items()
    ]
    return sorted(summaries, key=_rank)


def _rank(summary: HabitSummary) -> tuple[int, int, str, str]:
    effect = _WORST_FIRST.index(summary.habit.effect)
    return effect, -summary.documents, summary.habit.name, summary.language


def count_verdicts(reviews: Iterable[DocumentReview]) -> Mapping[DocumentVerdict, int]:
    """Return how many of *reviews* have each verdict."""
    counts = Counter(review.findings.verdict for review in reviews)
    return {verdict: counts[verdict] for verdict in DocumentVerdict}
