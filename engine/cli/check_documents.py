"""``outring check PATH…``: which documents of other platforms run here, and what stands in the way."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import typer
from rich.progress import Progress
from rich.text import Text

from ccxml import Finding
from ccxml.xml.habits import Effect, Platform
from engine.compatibility import (
    DocumentReview,
    DocumentVerdict,
    HabitSummary,
    count_verdicts,
    find_files,
    review_file,
    review_text,
    summarize_habits,
)

from .document_checks import UnreadableError, fetch_document, format_count
from .terminal import MISUSED, REFUSED, err, out, print_error, print_json

STYLES: dict[str, str] = {
    DocumentVerdict.BLOCKED: "red",
    DocumentVerdict.DIFFERS: "yellow",
    DocumentVerdict.FINE: "green",
}
WORST_FIRST = list(DocumentVerdict)
TITLES = ("mistakes", "in the way", "differs", "tolerated", "warnings")


def check_documents(
    paths: Sequence[str], platform: str | None, *, as_json: bool
) -> None:
    """Check the documents in *paths*: files, folders and URLs; habits are of *platform*.

    Ends the command with status 1 if something stands in the way of a document, and with 2
    if there is no document, no such path or no such platform.
    """
    known = _read_platform(platform)
    for path in paths:
        if not _is_url(path) and not Path(path).exists():
            print_error(f"There is no file or folder {path}.")
            raise typer.Exit(MISUSED)
    reviews = list(_review_all(paths, known))
    if not reviews:
        print_error(f"There is no CCXML or VoiceXML document in {', '.join(paths)}.")
        raise typer.Exit(MISUSED)
    reviews.sort(key=_rank)
    if as_json:
        print_json(_to_json(reviews))
    else:
        _print(reviews)
    if reviews[0].findings.verdict is DocumentVerdict.BLOCKED:
        raise typer.Exit(REFUSED)


def _read_platform(name: str | None) -> Platform | None:
    if name is None:
        return None
    try:
        return Platform(name.lower())
    except ValueError:
        print_error(f"Give --for one of {', '.join(Platform)}: {name} is not known.")
        raise typer.Exit(MISUSED) from None


def _is_url(path: str) -> bool:
    return path.startswith(("http://", "https://"))


def _review_all(
    paths: Sequence[str], platform: Platform | None
) -> Iterator[DocumentReview]:
    """Review what is in *paths*; on a terminal its progress is shown."""
    named = [Path(path) for path in paths if not _is_url(path)]
    sources: list[str | Path] = [*filter(_is_url, paths), *find_files(named)]
    with Progress(console=err, transient=True, disable=not err.is_terminal) as progress:
        for source in progress.track(sources, description="Checking"):
            review = (
                _review_url(source, platform)
                if isinstance(source, str)
                else review_file(source, platform, is_named=source in named)
            )
            if review is not None:
                yield review


def _review_url(url: str, platform: Platform | None) -> DocumentReview:
    try:
        return review_text(url, asyncio.run(fetch_document(url)), platform)
    except UnreadableError as error:
        print_error(str(error))
        raise typer.Exit(MISUSED) from error


def _rank(review: DocumentReview) -> tuple[int, str]:
    return WORST_FIRST.index(review.findings.verdict), review.path


def _count(review: DocumentReview, effect: Effect) -> int:
    return sum(finding.habit.effect is effect for finding in review.findings.habits)


# -- for people ---------------------------------------------------------------------


def _print(reviews: Sequence[DocumentReview]) -> None:
    _print_row("verdict", TITLES, "language", "document")
    for review in reviews:
        verdict, found = review.findings.verdict, review.findings
        habits = (_count(review, effect) for effect in Effect)
        counts = (len(found.mistakes), *habits, len(found.warnings))
        _print_row(verdict, counts, review.language or "-", review.path)
    _print_mistakes(reviews)
    for summary in summarize_habits(reviews):
        out.print()
        _print_habit(summary)
    verdicts = count_verdicts(reviews).items()
    told = ", ".join(f"{count} {verdict}" for verdict, count in verdicts)
    out.print(f"\nDocuments: {len(reviews)} ({told}).", highlight=False)


def _print_row(
    verdict: str, counts: Sequence[object], language: str, path: str
) -> None:
    """Print a row of the table; the path is long, and stands last in its whole length."""
    line = Text(f"{verdict:<9}", style=STYLES.get(verdict, "bold"))
    cells = (
        f"{count:>{len(title)}}" for count, title in zip(counts, TITLES, strict=True)
    )
    line.append("  ".join(cells), style="default")
    line.append(f"  {language:<10}{path}", style="default")
    out.print(line, soft_wrap=True)


def _print_mistakes(reviews: Sequence[DocumentReview]) -> None:
    broken = [review for review in reviews if review.findings.mistakes]
    if broken:
        out.print(Text("\nMistakes, the first of each document:", style="bold"))
    for review in broken:
        out.print(
            Text(f"  {review.path}:{review.findings.mistakes[0]}"), soft_wrap=True
        )


def _print_habit(summary: HabitSummary) -> None:
    habit = summary.habit
    line = Text(f"{habit.name} ({summary.language}): ", style="bold")
    line.append(
        f"{habit.effect}, {format_count(summary.places, 'place')} in "
        f"{format_count(summary.documents, 'document')}",
        style="default",
    )
    out.print(line, soft_wrap=True)
    out.print(Text(f"  first {summary.first}"), soft_wrap=True)
    out.print(Text(f"  {habit.remedy}."), soft_wrap=True)


# -- for programs -------------------------------------------------------------------


def _to_json(reviews: Sequence[DocumentReview]) -> dict[str, Any]:
    return {
        "documents": [_document_to_json(review) for review in reviews],
        "habits": [
            {
                "name": summary.habit.name,
                "language": summary.language,
                "platforms": list(summary.habit.platforms),
                "effect": summary.habit.effect,
                "documents": summary.documents,
                "places": summary.places,
                "first": summary.first,
                "remedy": summary.habit.remedy,
            }
            for summary in summarize_habits(reviews)
        ],
        "verdicts": dict(count_verdicts(reviews)),
    }


def _document_to_json(review: DocumentReview) -> dict[str, Any]:
    found = review.findings
    return {
        "path": review.path,
        "language": review.language,
        "verdict": found.verdict,
        "mistakes": [_finding_to_json(mistake) for mistake in found.mistakes],
        "warnings": [_finding_to_json(warning) for warning in found.warnings],
        "habits": [
            {
                **_finding_to_json(finding),
                "name": finding.habit.name,
                "effect": finding.habit.effect,
            }
            for finding in found.habits
        ],
    }


def _finding_to_json(finding: Finding) -> dict[str, Any]:
    return {"line": finding.line, "column": finding.column, "text": finding.text}
