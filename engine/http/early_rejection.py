"""Doorstep: turns calls away unread, while there is too much work.

What aiohttp does for one request, from its parser to its task, takes as long as a tenth of a
call. So a connection looks at what comes first: where a request could not even wait, it is
answered as soon as its head is there, if it is clear without a parser where it ends.
"""

import re

from aiohttp import web

from engine.admission.http_connections import ConnectionPlace
from engine.dialer.dialer import Dialer
from engine.dialer.reply import HttpReply
from engine.model.outbound_request import MAX_BODY_BYTES

from .client_connection import ClientConnection
from .responses import to_bytes

_LINE = rb"[!#$%&'*+.^_`|~\w-]+:[^\0\r\n]*\r\n"  # of a head (RFC 9112 §5)
_ODD = rb"(?!content-length|transfer-encoding|connection|expect|upgrade)"
_LINES = rb"(?:" + _ODD + _LINE + rb"|connection: ?keep-alive\r\n)*+"
_HEAD = re.compile(
    rb"POST /api/v1/bvr/outbound HTTP/1\.1\r\n"
    + _LINES
    + rb"content-length: ?(\d{1,9})\r\n"
    + _LINES
    + rb"\r\n",
    re.IGNORECASE,
)


def missing_body_bytes(data: bytes) -> int | None:
    """How many bytes are to come after *data* of the one call that it begins with.

    None for anything else, and where its head says anything unusual about where it ends
    or what follows (RFC 9112 §6.3, §9.3; RFC 9110 §10.1.1).
    """
    head = _HEAD.match(data)
    if head is None or int(head[1]) > MAX_BODY_BYTES:
        return None
    missing = head.end() + int(head[1]) - len(data)
    return missing if missing >= 0 else None


class EarlyRejectionProtocol(ClientConnection):
    """A connection of aiohttp's that turns calls away.

    It does so as long as all that came before was calls, of which it knows where they
    end: otherwise what comes may be a part of what aiohttp reads at the moment, whatever
    it looks like.
    """

    __slots__ = (
        "_dialer",
        "_is_arriving",
        "_is_in_sync",
        "_missing_body_bytes",
        "_skips_body",
    )

    def __init__(
        self, server: web.Server, dialer: Dialer, place: ConnectionPlace
    ) -> None:
        """*server* hands to *dialer* what is let in; *place* is released at the end."""
        super().__init__(server, place)
        self._dialer = dialer
        self._is_in_sync = True
        self._missing_body_bytes = 0  # bytes of the body of the last call
        self._skips_body = False  # the last call, of which the rest is of no use
        self._is_arriving = False  # a call that was let in, to its handler

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol; aiohttp itself gives it nothing when it goes on reading."""
        if data and self._is_in_sync:
            data = self._inspect(data)
            if not data:
                return
        super().data_received(data)

    def _inspect(self, data: bytes) -> bytes:
        """What aiohttp has to read of it."""
        if self._missing_body_bytes:
            self._missing_body_bytes -= len(data)
            self._is_in_sync = (
                self._missing_body_bytes >= 0
            )  # else another request begins in it
            if not self._skips_body:
                return data
            return b"" if self._is_in_sync else data[self._missing_body_bytes :]
        missing = missing_body_bytes(data)
        if missing is None:
            self._is_in_sync = False
            return data
        self._missing_body_bytes = missing
        self._skips_body = self._is_idle() and not self._admit()
        return b"" if self._skips_body else data

    def _admit(self) -> bool:
        """Whether a call may come in; otherwise it is answered."""
        self.end_arrival()  # one that aiohttp found fault with
        refused = self._dialer.rejection_if_overloaded()
        if refused is not None:
            self._reject(refused)
            return False
        self._is_arriving = True
        self._dialer.overload.arriving += 1
        return True

    def _is_idle(self) -> bool:
        """Whether the last answer has gone out, and aiohttp waits for a request."""
        return self.is_waiting and not self.writing_paused and not self._force_close

    def _reject(self, refused: HttpReply) -> None:
        """Answer, and stay as long as after any other answer."""
        assert self.transport is not None
        self.transport.write(to_bytes(refused))
        self._request_count += 1
        self._next_keepalive_close_time = self._loop.time() + self.keepalive_timeout

    def connection_lost(self, exc: BaseException | None) -> None:
        """See asyncio.Protocol."""
        self.end_arrival()
        super().connection_lost(exc)

    def end_arrival(self) -> bool:
        """Await the call that was let in no longer; whether there was one."""
        was_coming, self._is_arriving = self._is_arriving, False
        self._dialer.overload.arriving -= was_coming
        return was_coming


def has_arrived(request: web.Request) -> bool:
    """Whether *request* was let in on the doorstep, and need not be asked again."""
    connection = request.protocol
    return isinstance(connection, EarlyRejectionProtocol) and connection.end_arrival()
