"""Where the server of an audio stream is: its URL, taken apart, and its addresses."""

import asyncio
import socket
from dataclasses import dataclass
from pathlib import Path

from yarl import URL

from engine.config.settings import FetchSettings

from .address_policy import is_host_allowed, may_connect
from .errors import Failure, FetchError

_SCHEMES = {"ws": "http", "wss": "https"}
"""The scheme of the request that opens the WebSocket (RFC 6455 §4.1)."""


@dataclass(frozen=True, slots=True)
class StreamLocation:
    """A ws or wss URL, and the addresses of its host that may be connected to."""

    url: str
    host: str
    port: int
    path: str
    """With the query; begins with a slash."""
    is_tls: bool
    addresses: tuple[str, ...]
    tls_ca: Path | None = None
    """The authorities that vouch for it, PEM; None: the system's."""


async def locate_stream(url: str, settings: FetchSettings) -> StreamLocation:
    """Return where the server of *url* is; raises FetchError.

    The same schemes, hosts and addresses are allowed as for a fetch by http or https.
    """
    parsed = _check_url(url, settings)
    assert parsed.raw_host is not None
    assert parsed.port is not None
    try:
        async with asyncio.timeout(settings.timeout_ms / 1000):
            found = await asyncio.get_running_loop().getaddrinfo(
                parsed.raw_host, parsed.port, type=socket.SOCK_STREAM
            )
    except TimeoutError:
        raise FetchError(Failure.TIMEOUT, url, "there was no answer in time") from None
    except OSError:
        raise FetchError(
            Failure.INVALID_URI, url, "its host name does not resolve"
        ) from None
    known = tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
    allowed = tuple(address for address in known if may_connect(address, settings))
    if not allowed:
        raise FetchError(Failure.INVALID_URI, url, "its address is not allowed")
    return StreamLocation(
        url,
        parsed.raw_host,
        parsed.port,
        parsed.raw_path_qs,
        parsed.scheme == "wss",
        allowed,
        settings.tls_ca,
    )


def _check_url(url: str, settings: FetchSettings) -> URL:
    try:
        parsed = URL(url)
        host, _ = parsed.raw_host, parsed.port
    except ValueError:
        host = None
    if not host:
        raise FetchError(Failure.INVALID_URI, url, "it is malformed")
    if _SCHEMES.get(parsed.scheme) not in settings.schemes:
        raise FetchError(Failure.INVALID_URI, url, "its scheme is not allowed")
    if not is_host_allowed(host, settings.hosts):
        raise FetchError(Failure.INVALID_URI, url, "its host is not allowed")
    return parsed
