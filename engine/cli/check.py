"""``outring check``: checks settings, database, build and ports before outring is started."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Annotated

import typer
from rich.text import Text

from .target import Config
from .terminal import MISUSED, Json, out, print_json


class Verdict(StrEnum):
    """What a finding means for ``outring serve``."""

    OK = "ok"
    WARNING = "warning"  # it starts, but something will not work as meant
    MISTAKE = "mistake"  # it does not start


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """The result of one check: of what, and in one sentence."""

    verdict: Verdict
    subject: str
    text: str

    def as_dict(self) -> dict[str, str]:
        """The finding as members of a JSON object."""
        return asdict(self)


def check(
    no_ports: Annotated[
        bool,
        typer.Option(
            "--no-ports", help="Leave the ports out: outring serves on them already."
        ),
    ] = False,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Check all that outring serve needs; exit status 2 if it would not start.

    That is: settings, database, Redis, build of PJSIP, TLS files, speech, folders, clock
    and ports.
    """
    from .check_process import check_all

    results = list(check_all(config, with_ports=not no_ports))
    if as_json:
        print_json([finding.as_dict() for finding in results])
    else:
        styles = {
            Verdict.OK: "green",
            Verdict.WARNING: "yellow",
            Verdict.MISTAKE: "red",
        }
        for finding in results:
            line = Text(f"{finding.verdict:<8} ", style=styles[finding.verdict])
            line.append(f"{finding.subject}: {finding.text}", style="default")
            out.print(line, soft_wrap=True)
    if any(finding.verdict is Verdict.MISTAKE for finding in results):
        raise typer.Exit(MISUSED)
