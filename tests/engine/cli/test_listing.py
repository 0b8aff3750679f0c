"""Lists in a pipe and as CSV."""

import pytest

from engine.cli.listing import print_list

NAMES = ("id", "name")


def test_a_pipe_gets_whole_values_between_tabs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_list(NAMES, [("a", "x" * 300)])

    assert capsys.readouterr().out == f"id\tname\na\t{'x' * 300}\n"


def test_a_value_cannot_add_columns_or_lines(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_list(NAMES, [("a\tb", "c\nd\x1b[31m")], has_heading=False)

    assert capsys.readouterr().out == "a b\tc d [31m\n"


def test_csv_quotes_what_needs_it(capsys: pytest.CaptureFixture[str]) -> None:
    print_list(NAMES, [("a", 'say "x", twice')], as_csv=True)

    assert capsys.readouterr().out == 'id,name\r\na,"say ""x"", twice"\r\n'
