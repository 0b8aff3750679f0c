"""Help pages: a command with its options in groups, none of them cut off.

What Typer makes without rich is plain text of 80 columns at most, in which a long option gets
a line of its own. Here the groups are added, which Typer knows with rich only.
"""

from collections.abc import Iterable
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

ARGUMENTS = "Arguments"
REST = "Options"  # the group of options that name none
COMMANDS = "Commands"


class GroupedCommand(TyperCommand):
    """A command whose help page groups the options by their ``rich_help_panel``."""

    def make_context(self, *values: Any, **options: Any) -> Any:
        """Read the arguments; a mistake is told without the words of pydantic."""
        try:
            return super().make_context(*values, **options)
        except typer.BadParameter as error:
            error.message = error.message.removeprefix("Value error, ")
            raise

    def get_params(self, ctx: Any) -> list[Any]:
        """List the parameters; while a word is completed, their values stay text."""
        return _prepare_parameters(super().get_params(ctx), ctx)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments and options, a section for each group."""
        _write_sections(formatter, _list_parameters(self, ctx))


class GroupedGroup(TyperGroup):
    """A group of commands whose help page groups options and commands in the same way."""

    def get_params(self, ctx: Any) -> list[Any]:
        """List the parameters; while a word is completed, their values stay text."""
        return _prepare_parameters(super().get_params(ctx), ctx)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments, options and commands, a section for each group."""
        _write_sections(formatter, _list_parameters(self, ctx))
        commands = [self.get_command(ctx, name) for name in self.list_commands(ctx)]
        rows = [
            (getattr(command, "rich_help_panel", None) or COMMANDS, _describe(command))
            for command in commands
            if command and not command.hidden
        ]
        _write_sections(formatter, rows)


def make_group(**options: Any) -> typer.Typer:
    """Make a group of commands; *options* are those of ``typer.Typer``."""
    return typer.Typer(
        **{"cls": GroupedGroup, "add_completion": False, **options},
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )


def summary_of(help_text: str | None) -> str:
    """Return the first paragraph of the help of a command, as one line."""
    return " ".join((help_text or "").partition("\n\n")[0].split())


def _prepare_parameters(parameters: list[Any], ctx: Any) -> list[Any]:
    """Return *parameters*, which convert no value if *ctx* is that of a completion.

    To convert values Typer imports pydantic, which takes longer than all else of a
    completion. A process that completes a word runs no command.
    """
    if ctx.resilient_parsing:
        for parameter in parameters:
            parameter.process_value = _return_value
    return parameters


def _return_value(_: Any, value: Any) -> Any:
    return value


def _describe(command: Any) -> tuple[str, str]:
    return command.name, summary_of(command.help)


def _list_parameters(
    command: TyperCommand | TyperGroup, ctx: Any
) -> list[tuple[str, tuple[str, str]]]:
    """List the parameters with their headings, arguments first."""
    rows = []
    for parameter in command.get_params(ctx):
        if record := parameter.get_help_record(ctx):
            is_argument = parameter.param_type_name == "argument"
            heading = getattr(parameter, "rich_help_panel", None) or REST
            rows.append((ARGUMENTS if is_argument else heading, record))
    return sorted(rows, key=lambda row: row[0] != ARGUMENTS)


def _write_sections(
    formatter: Any, rows: Iterable[tuple[str, tuple[str, str]]]
) -> None:
    sections: dict[str, list[tuple[str, str]]] = {}
    for heading, row in rows:
        sections.setdefault(heading, []).append(row)
    for heading, of_heading in sections.items():
        with formatter.section(heading):
            formatter.write_dl(of_heading)
