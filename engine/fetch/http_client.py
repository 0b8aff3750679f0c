"""One HTTP request and its answer, within the limits of the settings.

Proxies and netrc of the environment are not used, and cookies only as a ``WebSession`` has
them. An address is checked when
its socket is made, so that the address that is checked is the one that is connected to
(no DNS rebinding).
"""

import asyncio
import os
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import aiohttp
from yarl import URL

from engine.config.settings import FetchSettings

from .address_policy import is_host_allowed, may_connect
from .errors import Failure, FetchError
from .http_cache import Headers
from .request import HttpRedirect, Outgoing
from .web_session import WebSession, load_suffixes, needs_suffixes

CONNECTIONS = 256
CONNECTIONS_PER_HOST = 64
IGNORED_BODY_S = 1.0  # a connection that takes longer to be of use again is not kept
USER_AGENT = f"outring/{version('outring')}"
KEPT_ALIVE_S = 4.0  # many servers hang up after 5; a POST is not sent a second time
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a server; redirects and 304 have no body."""

    status: int
    headers: Headers
    body: bytes = b""

    @property
    def sets_cookies(self) -> bool:
        """Whether the answer is for one session alone, since it sets cookies."""
        return "set-cookie" in self.headers

    @property
    def redirect(self) -> HttpRedirect | None:
        """Where the answer redirects to, or None."""
        if self.status in _REDIRECTS and "location" in self.headers:
            return HttpRedirect(self.status, self.headers["location"])
        return None


class _ForbiddenAddressError(OSError):
    """The settings do not allow a connection to this address."""


def _tls_of(settings: FetchSettings) -> ssl.SSLContext | bool:
    """Whom servers have to be vouched for by, as aiohttp takes it."""
    if settings.tls_ca is None:
        return True
    return ssl.create_default_context(cafile=settings.tls_ca)


class HttpClient:
    """An HTTP client. Its connections belong to the event loop that uses it first."""

    def __init__(self, settings: FetchSettings) -> None:
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def ask(
        self,
        outgoing: Outgoing,
        more: Headers,
        *,
        max_bytes: int,
        session: WebSession | None = None,
        is_cut: bool = False,
        ignores_body: bool = False,
    ) -> Answer:
        """Send *outgoing* with *more* fields; return success, redirect or 304.

        The cookies of any answer are stored in *session*. A body beyond *max_bytes* is an error, or is cut if *is_cut*. With *ignores_body*
        the answer has none, whatever has come. Raises FetchError. The caller has to limit the
        time.
        """
        url = self._check_uri(outgoing.uri)
        headers = {"Accept": outgoing.accept, "Accept-Encoding": "identity", **more}
        if outgoing.body is not None:
            headers["Content-Type"] = outgoing.media_type
        if session is not None and session.traceparent is not None:
            headers["traceparent"] = session.traceparent
        try:
            async with self._open_session().request(
                outgoing.method,
                url,
                headers=headers,
                data=outgoing.body,
                allow_redirects=False,
            ) as response:
                await _store_cookies(response, session, url)
                if ignores_body:
                    return await _read_head(response, outgoing.uri, max_bytes)
                return await _read(response, outgoing.uri, max_bytes, is_cut)
        except (aiohttp.ClientError, OSError) as error:
            raise _to_fetch_error(error, outgoing.uri) from error

    def _check_uri(self, uri: str) -> URL:
        try:
            url = URL(uri)
            host, _ = url.raw_host, url.port
        except ValueError:
            host = None
        if not host:
            raise FetchError(Failure.INVALID_URI, uri, "it is malformed")
        if url.scheme not in self._settings.schemes:
            raise FetchError(Failure.INVALID_URI, uri, "its scheme is not allowed")
        if not is_host_allowed(host, self._settings.hosts):
            raise FetchError(Failure.INVALID_URI, uri, "its host is not allowed")
        return url

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=CONNECTIONS,
                limit_per_host=CONNECTIONS_PER_HOST,
                keepalive_timeout=KEPT_ALIVE_S,
                socket_factory=self._open_socket,
                ssl=_tls_of(self._settings),
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                # Nothing is unpacked: that could be far larger than what has come.
                auto_decompress=False,
                timeout=aiohttp.ClientTimeout(total=None),
                headers={"User-Agent": USER_AGENT},
            )
        return self._session

    def _open_socket(self, info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, address = info
        if not may_connect(address[0], self._settings):
            raise _ForbiddenAddressError("address not allowed")
        return socket.socket(family, kind, protocol)


async def _store_cookies(
    response: aiohttp.ClientResponse, session: WebSession | None, url: URL
) -> None:
    fields = response.headers.getall("Set-Cookie", ())
    if session is None or not fields:
        return
    if needs_suffixes(fields):
        await asyncio.to_thread(load_suffixes)
    session.store(fields, url)


async def _read(
    response: aiohttp.ClientResponse, uri: str, max_bytes: int, is_cut: bool
) -> Answer:
    answer = _head_of(response, uri)
    if answer.status == 304 or answer.redirect:
        return answer
    status, headers = answer.status, answer.headers
    if not 200 <= status < 300:
        why = f"the server answers {status}"
        raise FetchError(Failure.FAILED, uri, why, status=status)
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise FetchError(Failure.FAILED, uri, "it is packed, which was not asked for")
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > max_bytes:
            if is_cut:
                break
            why = f"it has more than {max_bytes} bytes"
            raise FetchError(Failure.FAILED, uri, why)
    return Answer(status, headers, bytes(body[:max_bytes]))


async def _read_head(
    response: aiohttp.ClientResponse, uri: str, max_bytes: int
) -> Answer:
    """The answer without its body, of which *max_bytes* are read away within
    ``IGNORED_BODY_S``, so that the connection can be used again.
    """
    answer, left = _head_of(response, uri), max_bytes
    with suppress(TimeoutError, aiohttp.ClientError):  # what was said stays said
        async with asyncio.timeout(IGNORED_BODY_S):
            async for chunk in response.content.iter_any():
                left -= len(chunk)
                if left < 0:
                    break
    return answer


def _head_of(response: aiohttp.ClientResponse, uri: str) -> Answer:
    """Status and header fields of *response*; raises FetchError for 4xx and 5xx."""
    status = response.status
    if status >= 400:
        failure = Failure.INVALID_URI if status < 500 else Failure.FAILED
        why = f"the server answers {status}"
        raise FetchError(failure, uri, why, status=status, is_outage=status >= 500)
    names = {name.lower() for name in response.headers}
    headers = {name: ", ".join(response.headers.getall(name)) for name in names}
    return Answer(status, headers)


def _to_fetch_error(error: aiohttp.ClientError | OSError, uri: str) -> FetchError:
    """Return *error* in our words: those of the libraries may show the whole URI."""
    match error:
        case aiohttp.InvalidURL():
            return FetchError(Failure.INVALID_URI, uri, "it is malformed")
        case aiohttp.ClientConnectorDNSError():
            why = "its host name does not resolve"
            return FetchError(Failure.INVALID_URI, uri, why, is_outage=True)
        case aiohttp.ClientConnectorError(os_error=_ForbiddenAddressError()):
            return FetchError(Failure.INVALID_URI, uri, "its address is not allowed")
        case aiohttp.ClientConnectorCertificateError():
            why = "the certificate of the server is not trusted"
        case aiohttp.ClientSSLError():
            why = "there is no TLS with the server"
        case aiohttp.ClientConnectorError(os_error=OSError(errno=int(number))):
            why = f"there is no connection ({os.strerror(number)})"
        case aiohttp.ClientResponseError():
            why = "the server does not speak HTTP"
        case _:
            why = "the connection broke"
    return FetchError(Failure.FAILED, uri, why, is_outage=True)
