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


def complete_platform(incomplete: str) -> list[str]:
    """Complete the name of a platform."""
    from ccxml.xml.habits import Platform

    return [name for name in Platform if name.startswith(incomplete)]


def check(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH",
            help="Check CCXML and VoiceXML documents instead: files, folders, URLs.",
            show_default=False,
        ),
    ] = None,
    platform: Annotated[
        str | None,
        typer.Option(
            "--for",
            metavar="PLATFORM",
            help="The platform that the documents come from: avaya, blueworx, cisco, "
            "genesys, voxeo or voximal.",
            autocompletion=complete_platform,
        ),
    ] = None,
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

    With PATH check whether documents of other platforms run here. Exit status 0: nothing
    stands in their way; 1: something does; 2: wrong use.
    """
    if paths or platform:
        if not paths or config:
            text = "Give --for with PATH, and --config without."
            raise typer.BadParameter(text)
        from .check_documents import check_documents

        check_documents(paths, platform, as_json=as_json)
        return
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
