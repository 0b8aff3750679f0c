"""Many rows in few statements of the driver, which have been compiled for groups of them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

Item = TypeVar("Item")

_ROW = re.compile(r"(?<= VALUES )\([^()]*\)")
_NUMBERED = re.compile(
    r"\$\d+"
)  # placeholders of PostgreSQL; those of SQLite have no number


def repeat_row(statement: str, number: int) -> str:
    """Make an INSERT of *number* rows of *statement*, which inserts one.

    Nothing but the row may take values in it. To compile a hundred rows SQLAlchemy takes a
    tenth of a second, and memory that a process keeps.
    """
    row = _ROW.search(statement)
    if row is None:
        raise ValueError(f"no row in {statement}")
    further = (_write_further_row(row[0], index) for index in range(1, number))
    rows = ", ".join((row[0], *further))
    return statement[: row.start()] + rows + statement[row.end() :]


def _write_further_row(row: str, index: int) -> str:
    """Write the row behind *index* others; types stand in the first one, which is *row*."""
    if not (width := len(_NUMBERED.findall(row))):
        return row
    first = index * width + 1
    return f"({', '.join(f'${at}' for at in range(first, first + width))})"


def split_into_groups(
    statements: Mapping[int, str], items: Sequence[Item]
) -> Iterator[tuple[str, Sequence[Item]]]:
    """Yield each statement to run and the *items* that it is for, in their order.

    *statements* are by the number of items that they take, the largest first; the last
    takes one.
    """
    at = 0
    for number, statement in statements.items():
        while len(items) - at >= number:
            yield statement, items[at : at + number]
            at += number
