"""Statements of many rows, made of one row, and the groups that they are for."""

import pytest

from engine.store.row_groups import repeat_row, split_into_groups


@pytest.mark.parametrize(
    ("row", "rows"),
    [
        ("(?, ?)", "(?, ?), (?, ?), (?, ?)"),
        ("($1::BIGINT, $2::VARCHAR)", "($1::BIGINT, $2::VARCHAR), ($3, $4), ($5, $6)"),
    ],
    ids=["sqlite", "postgresql"],
)
def test_a_row_is_repeated(row: str, rows: str) -> None:
    statement = "INSERT INTO t (a, b) VALUES {} ON CONFLICT (a) DO NOTHING"

    assert repeat_row(statement.format(row), 3) == statement.format(rows)
    assert repeat_row(statement.format(row), 1) == statement.format(row)


def test_a_statement_without_a_row() -> None:
    with pytest.raises(ValueError, match="no row in DELETE"):
        repeat_row("DELETE FROM t", 2)


def test_groups_are_as_large_as_can_be() -> None:
    groups = split_into_groups({10: "ten", 2: "two", 1: "one"}, range(25))

    assert [(name, len(group)) for name, group in groups] == [
        ("ten", 10),
        ("ten", 10),
        ("two", 2),
        ("two", 2),
        ("one", 1),
    ]
