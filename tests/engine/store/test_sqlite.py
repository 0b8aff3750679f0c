"""How values of records are bound by SQLite's driver."""

import sqlite3

import engine.store.sqlite  # noqa: F401  registers the adapters


def test_no_value_of_a_record_is_looked_for_in_vain() -> None:
    adapted = {kind for kind, _ in sqlite3.adapters}

    assert {type(None), bool} <= adapted


def test_adapters_change_no_value() -> None:
    with sqlite3.connect(":memory:") as connection:
        row = connection.execute("SELECT ?, typeof(?), ?, ?", (None, None, True, False))
        assert row.fetchone() == (None, "null", 1, 0)
    connection.close()
