"""Lists: a table for a terminal, and whole values for a pipe."""

import csv
import sys
from collections.abc import Iterable, Sequence
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from .terminal import OUTPUT, out, print_table

Csv = Annotated[
    bool, typer.Option("--csv", help="Print CSV (RFC 4180).", rich_help_panel=OUTPUT)
]
Row = Sequence[str]


def print_list(
    names: Sequence[str],
    rows: Iterable[Row],
    *,
    as_csv: bool = False,
    has_heading: bool = True,
) -> None:
    """Print *rows* below the *names* of their columns, unless not *has_heading*.

    On a terminal that is a table, which breaks long values into lines. Anything else gets
    one line a row, with tabs between the values. Control characters in them are spaces in
    both: they could change the terminal, and add rows.
    """
    if as_csv:
        csv.writer(sys.stdout, lineterminator="\r\n").writerows(
            [*([names] if has_heading else []), *rows]
        )
    elif out.is_terminal:
        _print_table(names, rows, has_heading=has_heading)
    else:
        for row in [*([names] if has_heading else []), *rows]:
            sys.stdout.write("\t".join(map(_clean, row)) + "\n")
    sys.stdout.flush()


def _print_table(
    names: Sequence[str], rows: Iterable[Row], *, has_heading: bool
) -> None:
    table = Table(
        box=None, pad_edge=False, header_style="bold", show_header=has_heading
    )
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text(_clean(value)) for value in row))
    print_table(table)


def _clean(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)
