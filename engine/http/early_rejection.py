"""Early rejection: refuses calls before aiohttp reads them, while there is too much work.

What aiohttp does for one request, from its parser to its task, costs about a tenth of what a
call does. So a connection looks at the bytes first. If a request could not even wait in the
queue (see ``engine.admission.overload``), it is answered as soon as its head is there. That
is done only for outbound POSTs with a head so plain that their end is known without a
parser; everything else goes to aiohttp as it comes.
"""

import re
from collections.abc import Mapping
from enum import IntEnum, auto

from aiohttp import web

from engine.admission.http_connections import ConnectionPlace
from engine.dialer.dialer import Dialer
from engine.model.outbound_request import MAX_BODY_BYTES

from .client_connection import ClientConnection
from .responses import to_bytes

# Nothing that changes where a request ends may be among the lines that are let through
# (RFC 9112 §6, §9.3; RFC 9110 §7.8, §10.1.1): the head may have one Content-Length, and a
# Connection of keep-alive only. With a second reading of the length, a part of a body could
# pass for a request (RFC 9112 §11.2).
_LINE = rb"[!#$%&'*+.^_`|~\w-]+:[^\0\r\n]*\r\n"  # a field line (RFC 9112 §5)
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
    """How many bytes of the outbound POST that *data* begins with are still to come.

    None if *data* is anything else, ends within the head, or goes on after the body; and
    if the head says anything unusual about where the request ends or what follows it
    (RFC 9112 §6.3, §9.3; RFC 9110 §10.1.1).
    """
    head = _HEAD.match(data)
    if head is None or int(head[1]) > MAX_BODY_BYTES:
        return None
    missing = head.end() + int(head[1]) - len(data)
    return missing if missing >= 0 else None


class BytePosition(IntEnum):
    """Where in the requests of a connection the next bytes stand."""

    AT_START = auto()  # every earlier byte belonged to a complete outbound POST
    IN_READ_BODY = auto()  # in the body of a POST that aiohttp reads
    IN_REFUSED_BODY = auto()  # in that of a POST that was refused
    # Perhaps within a request that aiohttp is parsing: it reads the rest.
    UNKNOWN = auto()


class Left(IntEnum):
    """What is left of a body once some bytes have come."""

    MORE = auto()
    NOTHING = auto()
    LESS = auto()  # than nothing: another request has begun within these bytes

    @classmethod
    def of(cls, missing_bytes: int) -> "Left":
        """Return what is left of a body if *missing_bytes* of it are still to come.

        A negative number: so many bytes of what has come are not of this body.
        """
        if missing_bytes:
            return cls.MORE if missing_bytes > 0 else cls.LESS
        return cls.NOTHING


NEXT_POSITION: Mapping[tuple[BytePosition, Left], BytePosition] = {
    (BytePosition.IN_READ_BODY, Left.MORE): BytePosition.IN_READ_BODY,
    (BytePosition.IN_READ_BODY, Left.NOTHING): BytePosition.AT_START,
    (BytePosition.IN_READ_BODY, Left.LESS): BytePosition.UNKNOWN,
    (BytePosition.IN_REFUSED_BODY, Left.MORE): BytePosition.IN_REFUSED_BODY,
    (BytePosition.IN_REFUSED_BODY, Left.NOTHING): BytePosition.AT_START,
    (BytePosition.IN_REFUSED_BODY, Left.LESS): BytePosition.UNKNOWN,
}
"""Where the bytes stand that follow, by where those before stood and what these left."""


class EarlyRejectionProtocol(ClientConnection):
    """A connection that refuses calls before aiohttp reads them.

    Only while every earlier byte belonged to a complete outbound POST: otherwise new bytes
    may be the middle of a request that aiohttp is parsing, whatever they look like.
    """

    __slots__ = ("_dialer", "_is_arriving", "_missing_body_bytes", "_next_position")

    def __init__(
        self, server: web.Server, dialer: Dialer, place: ConnectionPlace
    ) -> None:
        """Ask *dialer* whether there is room; *server* and *place* as in the base class."""
        super().__init__(server, place)
        self._dialer = dialer
        self._next_position = BytePosition.AT_START
        self._missing_body_bytes = 0  # of the last call
        self._is_arriving = False  # an admitted call has not reached its handler yet

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol; aiohttp calls this with no data when it resumes reading."""
        if data and self._next_position is not BytePosition.UNKNOWN:
            data = self._inspect(data)
            if not data:
                return
        super().data_received(data)

    def _inspect(self, data: bytes) -> bytes:
        """Return the part of *data* that aiohttp has to read."""
        if self._next_position is not BytePosition.AT_START:
            position, missing = (
                self._next_position,
                self._missing_body_bytes - len(data),
            )
        elif (missing_of_body := missing_body_bytes(data)) is None:
            self._next_position = BytePosition.UNKNOWN
            return data
        else:
            is_refused = self.may_answer and not self._admit()
            position = (
                BytePosition.IN_REFUSED_BODY
                if is_refused
                else BytePosition.IN_READ_BODY
            )
            missing = missing_of_body
        self._missing_body_bytes = missing
        self._next_position = NEXT_POSITION[position, Left.of(missing)]
        if position is BytePosition.IN_READ_BODY:
            return data
        return data[missing:] if missing < 0 else b""

    def _admit(self) -> bool:
        """Admit a call and return True; or refuse it, since there is no room, and return False."""
        # A call admitted earlier that aiohttp then rejected never reached its handler.
        self.end_arrival()
        refused = self._dialer.rejection_if_overloaded()
        if refused is not None:
            self.answer(to_bytes(refused))
            return False
        self._is_arriving = True
        self._dialer.overload.arriving += 1
        return True

    def connection_lost(self, exc: BaseException | None) -> None:
        """See asyncio.Protocol."""
        self.end_arrival()
        super().connection_lost(exc)

    def end_arrival(self) -> bool:
        """Stop counting the admitted call as arriving; return whether there was one."""
        was_coming, self._is_arriving = self._is_arriving, False
        self._dialer.overload.arriving -= was_coming
        return was_coming


def end_arrival_of(request: web.Request) -> bool:
    """End the arrival of *request*; return whether it was admitted early.

    If so, it must not be checked for overload again. To be called once, by its handler.
    """
    connection = request.protocol
    return isinstance(connection, EarlyRejectionProtocol) and connection.end_arrival()
