"""``outring ccxml``: the group of commands for CCXML documents, and its ``check``."""

from typing import Annotated

import typer

from .ccxml_rehearse import run
from .ccxml_trace import trace
from .help_pages import GroupedCommand, make_group
from .terminal import Json

ccxml = make_group(no_args_is_help=True)
ccxml.command(cls=GroupedCommand)(run)
ccxml.command(cls=GroupedCommand)(trace)


@ccxml.callback()
def group() -> None:
    """Check and rehearse CCXML documents, and look at those that run."""


@ccxml.command(cls=GroupedCommand)
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
    from engine.compatibility import CCXML, check_document

    from .document_checks import print_findings, read_document

    text = read_document(document)
    findings = check_document(CCXML, text, document, strict=strict)
    print_findings(document, findings, as_json=as_json)
