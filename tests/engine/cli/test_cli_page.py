"""The help of every command at 80 columns, which docs/cli.md stores."""

from typing import Any

import pytest

from tests.cli_page import COLUMNS, PAGE, list_commands, make_page, print_help
from tests.engine.process import command

COMMANDS = [
    pytest.param(path, it, id=" ".join(path) or "all") for path, it in list_commands()
]


def test_the_page_is_what_the_commands_print() -> None:
    assert PAGE.read_text() == make_page(), "run python -m tests.cli_page"


@pytest.mark.parametrize(("path", "shown"), COMMANDS)
def test_help_is_whole_at_80_columns(
    path: tuple[str, ...], shown: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(COLUMNS))

    text = print_help(path, shown)

    assert max(map(len, text.splitlines())) <= COLUMNS
    for option in shown.params:
        is_shown = option.param_type_name == "option" and not option.hidden
        assert not is_shown or all(name in text for name in option.opts)


async def test_the_process_prints_the_same() -> None:
    _, out, _ = await command("proxies", "add", "--help", COLUMNS=str(COLUMNS))

    assert f"```text\n{out}```" in PAGE.read_text()
