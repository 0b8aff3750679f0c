"""Document checks: how ``outring ccxml`` and ``outring vxml`` read documents and print mistakes."""

import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

import typer
from rich.text import Text

from ccxml import Finding, ParseError
from ccxml.xml.xml_tree import MAX_BYTES
from engine.compatibility import DocumentFindings
from engine.config.settings import FetchSettings
from engine.fetch import Fetcher, FetchError, Request

from .terminal import MISUSED, REFUSED, out, print_error, print_json

FROM_STDIN = "-"
STYLES = {"error": "red", "warning": "yellow"}

Parsed = TypeVar("Parsed")


class UnreadableError(Exception):
    """The document cannot be read; the text says why in one sentence."""


def read_document(document: str) -> bytes:
    """Read a document; ends the command with status 2 if it cannot be read."""
    try:
        return _read_bytes(document)
    except UnreadableError as error:
        print_error(str(error))
        raise typer.Exit(MISUSED) from error


def locate(document: str) -> str:
    """Return where a document is, so that all that is relative to it is found: its URL, or
    the whole path of a file. For standard input that is the working folder.
    """
    return document if "://" in document else os.path.abspath(document)


def parse_document(parse: Callable[..., Parsed], document: str) -> Parsed:
    """Read and parse a document; ends the command if it cannot be read, or has mistakes."""
    try:
        return parse(read_document(document), uri=locate(document))
    except ParseError as error:
        for mistake in error.mistakes:
            print_error(f"{document}:{mistake}")
        raise typer.Exit(REFUSED) from error


def print_findings(document: str, findings: DocumentFindings, *, as_json: bool) -> None:
    """Print *findings* for a document; ends the command with 1 if there are mistakes."""
    mistakes, warnings = findings.mistakes, findings.all_warnings()
    if as_json:
        print_json(
            {
                "mistakes": [asdict(mistake) for mistake in mistakes],
                "warnings": [asdict(warning) for warning in warnings],
            }
        )
    else:
        _print(document, mistakes, warnings)
    if mistakes:
        raise typer.Exit(REFUSED)


def _read_bytes(document: str) -> bytes:
    """Read a file, a URL or standard input (``-``); raises UnreadableError.

    One byte more than a document may have is enough for the parser to refuse it.
    """
    if document.startswith(("http://", "https://")):
        return asyncio.run(fetch_document(document))
    try:
        if document == FROM_STDIN:
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        with Path(document).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UnreadableError(
            f"{document} cannot be read: {error.strerror}."
        ) from error


async def fetch_document(url: str, *, limit_s: float | None = None) -> bytes:
    """Fetch *url* within the limits that outring has by default; raises UnreadableError."""
    fetcher = Fetcher(FetchSettings())
    try:
        return (await fetcher.fetch(Request(url, timeout_s=limit_s))).body
    except FetchError as error:
        raise UnreadableError(error.reason) from error
    finally:
        await fetcher.aclose()


def _print(
    document: str, mistakes: Sequence[Finding], warnings: Sequence[Finding]
) -> None:
    lines = [(mistake, "error") for mistake in mistakes]
    lines += [(warning, "warning") for warning in warnings]
    for finding, word in sorted(lines):
        line = Text(f"{document}:{finding.line}:{finding.column}: ")
        line.append(f"{word}: ", style=STYLES[word])
        line.append(finding.text)
        out.print(line, soft_wrap=True)
    counts = (
        format_count(len(mistakes), "mistake"),
        format_count(len(warnings), "warning"),
    )
    out.print(f"{', '.join(counts)}.".capitalize(), highlight=False)


def format_count(count: int, word: str) -> str:
    """Return *count* things that are called *word*, as people say it."""
    return f"{count or 'no'} {word}{'' if count == 1 else 's'}"
