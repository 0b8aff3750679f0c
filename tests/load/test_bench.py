"""Lines of the benchmark's table: what is met, and what is missed."""

import sys
from pathlib import Path

import pytest

from tests.load import bench
from tests.load.bench import Line, at_least, at_most, memory_line, verdict
from tests.load.processes import Taken


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (at_least("p", "w", 1500.0, 1500.0, "/s"), "met"),
        (at_least("p", "w", 1499.0, 1500.0, "/s"), "missed"),
        (at_most("p", "w", 2.0, 2.0, " ms", 1), "met"),
        (at_most("p", "w", 2.1, 2.0, " ms", 1), "missed"),
        (at_most("p", "w", float("nan"), 2.0, " ms", 1), "missed"),
        (Line("p", "w", "", "1"), ""),
    ],
)
def test_figures_against_their_goals(line: Line, expected: str) -> None:
    assert verdict(line) == expected


def test_figures_are_shown_with_their_units() -> None:
    line = at_most("idle", "CPU", 0.84, 2.0, " % of a core", 1)

    assert (line.goal, line.measured) == ("at most 2.0 % of a core", "0.8 % of a core")


@pytest.mark.parametrize(
    ("steady_mb", "most_mb", "expected"),
    [(200.0, 209.0, "met"), (200.0, 211.0, "missed"), (None, 200.0, "")],
)
def test_memory_is_flat_or_not(
    steady_mb: float | None, most_mb: float, expected: str
) -> None:
    taken = Taken(
        name="outring",
        cpu_s=1.0,
        core=0.5,
        memory_mb=200.0,
        steady_s=15.0,
        steady_mb=steady_mb,
        most_mb=most_mb,
    )

    assert verdict(memory_line("p", taken)) == expected


@pytest.mark.parametrize("text", ["no markers", None])
def test_page_that_cannot_be_written_is_told_before_anything_is_measured(
    text: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = tmp_path / "page.md"
    if text is not None:
        page.write_text(text)
    monkeypatch.setattr(sys, "argv", ["bench", "--page", str(page)])

    with pytest.raises(SystemExit):
        bench.main()

    assert f"--page {page}: " in capsys.readouterr().err
