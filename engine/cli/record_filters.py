"""Record filters: the options by which commands choose records."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from .store_access import complete_identity

WHICH = "Which records"


def which(*names: str, **options: Any) -> Any:
    """Make an option of the group that chooses records."""
    return typer.Option(*names, rich_help_panel=WHICH, **options)


def collect_filters(values: Mapping[str, object]) -> dict[str, str]:
    """Return *values*, by the names of filters, as texts; those that are None are left out."""
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in values.items()
        if value is not None
    }


def _complete_result(incomplete: str) -> list[str]:
    from engine.model.result import Result

    return [result.text for result in Result if result.text.startswith(incomplete)]


def _complete_disposition(incomplete: str) -> list[str]:
    from engine.model.disposition import Disposition

    return [name for name in Disposition if name.startswith(incomplete)]


def _which_object(help_text: str, table: str) -> Any:
    complete = complete_identity(table)
    return which(help=help_text, metavar="ID", autocompletion=complete)


OfApplication = Annotated[
    str | None, _which_object("Of this application.", "application")
]
OfAccount = Annotated[str | None, _which_object("Of this account.", "account")]
OfProxy = Annotated[str | None, _which_object("Through this proxy.", "proxy")]
OfCampaign = Annotated[str | None, _which_object("Of this campaign.", "campaign")]
OfContact = Annotated[
    str | None, which(help="Of the contact with this key.", metavar="KEY")
]
OfNode = Annotated[str | None, which(help="Placed by this node.", metavar="NAME")]
WithResult = Annotated[
    str | None,
    which(help="With this result.", metavar="TEXT", autocompletion=_complete_result),
]
WithDisposition = Annotated[
    str | None,
    which(
        help="What has become of it: answered, busy, no_answer, ...",
        metavar="WORD",
        autocompletion=_complete_disposition,
    ),
]
OnlyFailed = Annotated[
    bool, which("--failed", help="Ended, and not with the disposition answered.")
]
WithStatus = Annotated[
    str | None,
    which(help="SIP status as 486, or all of a class as 5xx.", metavar="STATUS"),
]
WithTo = Annotated[
    str | None, which(help="Any part of what was called.", metavar="TEXT")
]
WithUuid = Annotated[
    str | None,
    which(help="applicationUUID, or its first 8 characters.", metavar="UUID"),
]
WithCallId = Annotated[str | None, which(help="SIP Call-ID.", metavar="TEXT")]
Since = Annotated[
    str | None,
    which(
        help="ISO time (UTC unless it says), or how long ago: 30s, 2h, 7d.",
        metavar="TIME",
    ),
]
Until = Annotated[str | None, which(help="The same, exclusive.", metavar="TIME")]
Live = Annotated[
    bool | None, which("--live/--ended", help="Whether the call still lasts.")
]
