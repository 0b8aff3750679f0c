"""The HTTP request of what a CCXML document wants fetched. Pure."""

from ccxml.commands import CreateSession, DialogOrder, FetchResource
from ccxml.xml.uris import join_uri

from .request import Request


def request_of_command(command: FetchResource | CreateSession | DialogOrder) -> Request:
    """The request of a ``fetch``, ``createccxml`` or dialog, its URI made absolute.

    A malformed URI is left as it is; the fetcher refuses it. A ``maxage`` or
    ``maxstale`` that is no number has no effect.
    """
    if isinstance(command, DialogOrder):
        uri, timeout_s = command.src, None
    else:
        uri, timeout_s = command.uri, command.timeout_s
    return Request(
        join_uri(command.base, uri),
        command.method,
        command.values,
        command.enctype,
        timeout_s=timeout_s,
        max_age_s=_read_seconds(command.max_age),
        max_stale_s=_read_seconds(command.max_stale),
    )


def _read_seconds(text: str | None) -> float | None:
    """*text* as a number of seconds, at least 0; None if it is not a number."""
    try:
        return None if text is None else max(float(text), 0.0)
    except ValueError:
        return None
