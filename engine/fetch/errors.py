"""FetchError: why a fetch failed, in words that hold no secret."""

from enum import StrEnum

from yarl import URL

MAX_SHOWN = 200


class Failure(StrEnum):
    """What a failed fetch means for the document that asked for it."""

    INVALID_URI = "invalid_uri"
    """The URI is malformed or not allowed, its host unknown, or the answer 4xx."""
    TIMEOUT = "timeout"
    FAILED = "failed"
    """5xx, no connection or a broken one, or an unusable answer."""


class FetchError(Exception):
    """A fetch has failed. ``reason`` is one sentence without user info and query of the URI;
    ``why`` is the part of it behind the colon.

    ``status`` is the HTTP status, where there was one. ``is_outage``: the server is
    unreachable or failing, so an earlier answer may be used instead (RFC 5861 §4).
    """

    def __init__(
        self,
        failure: Failure,
        uri: str,
        why: str,
        *,
        status: int | None = None,
        is_outage: bool = False,
    ) -> None:
        self.failure = failure
        self.why = why
        self.reason = f"{redact_uri(uri)} cannot be fetched: {why}."
        self.status = status
        self.is_outage = is_outage
        super().__init__(self.reason)


def redact_uri(uri: str) -> str:
    """Return *uri* fit for logs: short, printable, without user info and query."""
    try:
        url = URL(uri)
        place = url.host_port_subcomponent or ""
    except ValueError:
        return "The URI"
    if not url.scheme or not (place or url.scheme == "file"):
        return "The URI"  # what is malformed may hold a password anywhere
    return f"{url.scheme}://{place}{url.raw_path}"[:MAX_SHOWN]
