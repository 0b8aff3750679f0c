"""The page of figures: a program writes one part, hands the rest."""

import pytest

from tests.load.page import BEGIN, END, replace_table

PAGE = f"# Benchmarks\n\nBy hand.\n\n{BEGIN}\nold\n{END}\n\n## Endurance\n\nBy hand, too.\n"
ROWS = [
    ("makeCall", "calls/s", "at least 1500/s", "1600/s", "met"),
    ("makeCall", "CPU of a call", "at most 0.75 ms", "0.80 ms", "missed"),
    ("idle", "memory", "", "99 MB", ""),
]


def test_only_the_part_between_the_markers_is_written() -> None:
    page = replace_table(PAGE, {"Python": "3.11"}, ROWS, ["idle: lines in the log: 1"])

    before, _, rest = page.partition(BEGIN)
    part, _, after = rest.partition(END)
    assert before == "# Benchmarks\n\nBy hand.\n\n"
    assert after == "\n\n## Endurance\n\nBy hand, too.\n"
    assert "old" not in part
    assert "- Python: 3.11" in part
    assert "| makeCall | calls/s | at least 1500/s | 1600/s | met |" in part
    assert "|  | CPU of a call | at most 0.75 ms | 0.80 ms | missed |" in part
    assert "- idle: lines in the log: 1" in part
    assert (
        replace_table(page, {"Python": "3.11"}, ROWS, ["idle: lines in the log: 1"])
        == page
    )


def test_a_page_without_markers_is_left_alone() -> None:
    with pytest.raises(ValueError, match="the page has no"):
        replace_table(f"# Benchmarks\n{BEGIN}\n", {}, ROWS, [])
