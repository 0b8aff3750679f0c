"""The part of docs/benchmarks.md that ``make bench`` writes; the rest is for hands."""

from collections.abc import Mapping, Sequence

BEGIN = "<!-- make bench writes from here -->"
END = "<!-- to here -->"

Row = tuple[str, str, str, str, str]
"""Path, what was measured, goal, figure, verdict."""


def replace_table(
    page: str, machine: Mapping[str, str], rows: Sequence[Row], remarks: Sequence[str]
) -> str:
    """Return *page* with what stands between its markers replaced; ValueError without them."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no {BEGIN} or no {END} behind it")
    return f"{before}{BEGIN}\n\n{_part(machine, rows, remarks)}\n{END}{after}"


def _part(
    machine: Mapping[str, str], rows: Sequence[Row], remarks: Sequence[str]
) -> str:
    lines = [f"- {name}: {value}" for name, value in machine.items()]
    lines += ["", "| path | what | goal | measured | |", "|---|---|---|---|---|"]
    path = ""
    for row in rows:
        shown = "" if row[0] == path else row[0]
        path = row[0]
        lines.append(f"| {' | '.join((shown, *row[1:]))} |")
    if remarks:
        lines += ["", "Not clean:", "", *(f"- {remark}" for remark in remarks)]
    return "\n".join(lines) + "\n"
