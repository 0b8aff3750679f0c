"""``outring ccxml``: commands for documents. ``check`` reads one and tells what is wrong with it."""

import asyncio
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from ccxml import Finding, ParseError, parse
from ccxml.expressions import ScriptError, Scripts
from ccxml.tree import MAX_BYTES
from engine.fetch import Fetcher, FetchError, Request
from engine.settings import FetchSettings

from .terminal import MISUSED, REFUSED, Json, out, print_json, told

FROM_STDIN = "-"
STYLES = {"error": "red", "warning": "yellow"}

ccxml = typer.Typer(no_args_is_help=True)


class UnreadableError(Exception):
    """The document cannot be had; the text says why in one sentence."""


@ccxml.callback()
def group() -> None:
    """Check and rehearse CCXML documents, and look at those that run."""


@ccxml.command()
def check(
    document: Annotated[
        str, typer.Argument(help="File, http or https URL; - is standard input.")
    ],
    strict: Annotated[
        bool, typer.Option("--strict", help="Allow only what the standard allows.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Read a CCXML document and tell everything that is wrong with it.

    Exit status 0: no mistakes; 1: mistakes; 2: it cannot be read.
    """
    try:
        text = read(document)
    except UnreadableError as error:
        told(str(error))
        raise typer.Exit(MISUSED) from error
    tell_findings(document, *findings(text, document, strict=strict), as_json=as_json)


def tell_findings(
    document: str,
    mistakes: tuple[Finding, ...],
    warnings: tuple[Finding, ...],
    *,
    as_json: bool,
) -> None:
    """Print what was found in *document*; exits with 1 if there are mistakes."""
    if as_json:
        print_json(
            {
                "mistakes": [asdict(one) for one in mistakes],
                "warnings": [asdict(one) for one in warnings],
            }
        )
    else:
        _print(document, mistakes, warnings)
    if mistakes:
        raise typer.Exit(REFUSED)


def findings(
    text: bytes, uri: str, *, strict: bool
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Mistakes and warnings of the document *text* from *uri*, its expressions among them."""
    scripts = Scripts()

    def check_expression(expression: str) -> str | None:
        try:
            scripts.check(expression)
        except ScriptError as error:
            return error.message
        return None

    try:
        read = parse(text, uri=uri, strict=strict, check_expression=check_expression)
    except ParseError as error:
        return error.mistakes, error.warnings
    else:
        return (), read.warnings
    finally:
        scripts.close()


def read(document: str) -> bytes:
    """What is in a file, at a URL or on standard input, up to more than is allowed.

    Raises UnreadableError.
    """
    if document.startswith(("http://", "https://")):
        return asyncio.run(fetched(document))
    try:
        if document == FROM_STDIN:
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        with Path(document).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UnreadableError(
            f"{document} cannot be read: {error.strerror}."
        ) from error


async def fetched(url: str, *, limit_s: float | None = None) -> bytes:
    """What is at *url*, within the limits of outring; raises UnreadableError."""
    fetcher = Fetcher(FetchSettings())
    try:
        return (await fetcher.fetch(Request(url, timeout_s=limit_s))).body
    except FetchError as error:
        raise UnreadableError(error.reason) from error
    finally:
        await fetcher.aclose()


def _print(
    document: str, mistakes: tuple[Finding, ...], warnings: tuple[Finding, ...]
) -> None:
    told_of = [(one, "error") for one in mistakes]
    told_of += [(one, "warning") for one in warnings]
    for finding, word in sorted(told_of):
        line = Text(f"{document}:{finding.line}:{finding.column}: ")
        line.append(f"{word}: ", style=STYLES[word])
        line.append(finding.text)
        out.print(line, soft_wrap=True)
    counts = _counted(len(mistakes), "mistake"), _counted(len(warnings), "warning")
    out.print(f"{', '.join(counts)}.".capitalize(), highlight=False)


def _counted(count: int, word: str) -> str:
    return f"{count or 'no'} {word}{'' if count == 1 else 's'}"
