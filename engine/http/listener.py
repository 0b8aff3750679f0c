"""Listener: accepts the connections of HTTP clients, many in one turn of the loop."""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from socket import AF_INET, AF_INET6, SHUT_WR, SO_REUSEADDR, SOL_SOCKET, socket
from typing import Any

import structlog
from aiohttp import web

from engine.admission.http_connections import ConnectionPlace, HttpConnections
from engine.config.settings import HttpSettings
from engine.config.toml_file import ConfigMistake, ConfigurationError
from engine.telemetry.metrics import Awaited

BACKLOG = 1024  # connections that wait to be accepted
ACCEPTS_PER_TURN = 100  # connections accepted in one turn of the loop
CLOSE_S = 2.0  # within which the client has to end TLS
REFUSED_BYTES = 2**16  # read and dropped of what a refused client has sent
ACCEPT_RETRY_S = 0.5  # after a failure, usually since no file descriptor is left

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reception:
    """How accepted connections are served, or refused."""

    places: HttpConnections
    connection: Callable[[ConnectionPlace], asyncio.BaseProtocol]
    """Makes the protocol of a connection, which releases its place when it is closed."""
    refusal: bytes
    """The answer that is sent to a connection without a place before it is closed."""


async def listen(
    runner: web.AppRunner, http: HttpSettings, reception: Reception
) -> str:
    """Listen on the address of *http*, and return the URL.

    *runner* is set up already, and stops listening at its cleanup. Raises
    ConfigurationError if the address or the certificate cannot be used.
    """
    tls = {} if http.tls_certificate is None else _tls(http)
    is_ipv6 = ":" in http.host
    listening = socket(AF_INET6 if is_ipv6 else AF_INET)
    try:
        listening.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        listening.bind((http.host, http.port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        reason = f"Cannot listen on {http.host} port {http.port}: {error.strerror}."
        raise ConfigurationError([ConfigMistake("http.port", reason)]) from error
    await ListeningSite(runner, listening, reception, tls).start()
    host, port = listening.getsockname()[:2]
    address = f"[{host}]" if is_ipv6 else host
    return f"{'https' if tls else 'http'}://{address}:{port}"


def _tls(http: HttpSettings) -> dict[str, Any]:
    """The arguments of ``connect_accepted_socket`` for TLS; raises ConfigurationError."""
    assert http.tls_certificate is not None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(http.tls_certificate, http.tls_private_key)
    except (OSError, ssl.SSLError) as error:
        reason = f"The certificate and its private key cannot be used: {error}."
        raise ConfigurationError(
            [ConfigMistake("http.tls_certificate", reason)]
        ) from error
    return {
        "ssl": context,
        "ssl_handshake_timeout": http.head_timeout_ms / 1000,
        "ssl_shutdown_timeout": CLOSE_S,
    }


class ListeningSite(web.BaseSite):
    """A site of aiohttp's that accepts up to ``ACCEPTS_PER_TURN`` connections at once.

    uvloop's own servers accept one connection in a turn of the loop (libuv 1.45 and
    later), which is too few for a burst while a turn takes long.
    """

    def __init__(
        self,
        runner: web.AppRunner,
        listening: socket,
        reception: Reception,
        tls: Mapping[str, Any],
    ) -> None:
        """Accept on *listening*, which the site closes when it stops.

        *tls* are the arguments of ``connect_accepted_socket`` for TLS; empty: no TLS.
        """
        super().__init__(runner)
        self._reception = reception
        self._listening = listening
        self._tls = tls
        self._loop = asyncio.get_running_loop()
        self._pause: asyncio.TimerHandle | None = None
        self._opening: set[asyncio.Task[Any]] = set()

    @property
    def name(self) -> str:
        """See BaseSite."""
        return str(self._listening.getsockname())

    async def start(self) -> None:
        """Begin to accept connections."""
        await super().start()
        self._listening.setblocking(False)
        self._open()

    async def stop(self) -> None:
        """Stop accepting; connections that are open stay open."""
        if self._pause is not None:
            self._pause.cancel()
        self._loop.remove_reader(self._listening)
        self._listening.close()
        for task in self._opening:
            task.cancel()
        await super().stop()

    def _open(self) -> None:
        self._loop.add_reader(self._listening, self._accept)

    def _accept(self) -> None:
        for _ in range(ACCEPTS_PER_TURN):
            try:
                connection, address = self._listening.accept()
            except (BlockingIOError, ConnectionError):
                # No connection waits, or it is gone already.
                return
            except OSError as error:
                # Usually no file descriptor is left. The socket stays readable, so that
                # without a pause the loop would try this again in every turn.
                log.warning("connections_not_accepted", reason=error.strerror)
                self._loop.remove_reader(self._listening)
                self._pause = self._loop.call_later(ACCEPT_RETRY_S, self._open)
                return
            self._receive(connection, address[0])

    def _receive(self, connection: socket, address: str) -> None:
        place = self._reception.places.take(address)
        if place is None:
            # With TLS no answer: the handshake would cost more than most requests.
            _refuse(connection, b"" if self._tls else self._reception.refusal)
            return
        task = self._loop.create_task(self._serve(connection, place))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _serve(self, connection: socket, place: ConnectionPlace) -> None:
        make = partial(self._reception.connection, place)
        try:
            await self._loop.connect_accepted_socket(make, connection, **self._tls)
        except OSError as error:  # the TLS handshake failed, for example
            log.debug("connection_not_opened", reason=str(error))
            if isinstance(error, ConnectionAbortedError):
                self._reception.places.count_timeout(Awaited.HANDSHAKE)
            place.release()
            connection.close()
        except asyncio.CancelledError:
            place.release()
            raise


def _refuse(connection: socket, answer: bytes) -> None:
    """Send *answer* and close *connection*, without waiting for its client."""
    connection.setblocking(False)
    with connection, suppress(OSError):
        connection.send(answer)
        connection.shutdown(SHUT_WR)
        # If data were left unread, TCP would reset the connection, and the answer with it.
        connection.recv(REFUSED_BYTES)
