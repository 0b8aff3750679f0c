"""Doorstep: turns calls away unread, while there is too much work.

What aiohttp does for one request, from its parser to its task, takes as long as a tenth of a
call. So a connection looks at what comes first: where a request could not even wait, it is
answered right there, if it is clear without a parser where it begins and ends.
"""

import asyncio
import re

from aiohttp import web

from engine.dialer import Dialer
from engine.replies import Reply

from .answers import written

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


def is_call(data: bytes) -> bool:
    """Whether *data* is one request for a call from its first to its last byte, for anybody.

    Not so where its head says anything unusual about where it ends or what follows
    (RFC 9112 §6.3, §9.3; RFC 9110 §10.1.1).
    """
    head = _HEAD.match(data)
    return head is not None and len(data) - head.end() == int(head[1])


class Connection(web.RequestHandler):
    """A connection of aiohttp's that turns calls away.

    It does so as long as each piece that came before was one call, too: otherwise this
    one may be a part of what aiohttp reads at the moment, whatever it looks like.
    """

    __slots__ = ("_dialer", "_has_calls_only", "_lets_in")

    def __init__(self, server: web.Server, dialer: Dialer) -> None:
        """*server* hands to *dialer* what is let in."""
        loop = asyncio.get_running_loop()
        super().__init__(server, loop=loop, access_log=None)  # type: ignore[arg-type]
        self._dialer = dialer
        self._has_calls_only = True
        self._lets_in = False  # a call, which has not come to its handler yet

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol; aiohttp itself gives it nothing when it goes on reading."""
        if data:
            self._has_calls_only = self._has_calls_only and is_call(data)
        if data and self._has_calls_only and self._is_idle():
            self.has_let_in()  # one that aiohttp found fault with
            refused = self._dialer.held_back()
            if refused is not None:
                self._turn_away(refused)
                return
            self._lets_in = True
            self._dialer.overload.coming += 1
        super().data_received(data)

    def _is_idle(self) -> bool:
        """Whether the last answer has gone out, and aiohttp waits for a request."""
        waiter = self._waiter
        is_waiting = waiter is not None and not waiter.done()
        return is_waiting and not self.writing_paused and not self._force_close

    def _turn_away(self, refused: Reply) -> None:
        """Answer, and stay as long as after any other answer."""
        assert self.transport is not None
        self.transport.write(written(refused))
        self._next_keepalive_close_time = self._loop.time() + self.keepalive_timeout

    def connection_lost(self, exc: BaseException | None) -> None:
        """See asyncio.Protocol."""
        self.has_let_in()
        super().connection_lost(exc)

    def has_let_in(self) -> bool:
        """Whether the request that is handled now could wait when it came; told once."""
        lets_in, self._lets_in = self._lets_in, False
        self._dialer.overload.coming -= lets_in
        return lets_in


def has_let_in(request: web.Request) -> bool:
    """Whether *request* was let in on the doorstep, and need not be asked again."""
    connection = request.protocol
    return isinstance(connection, Connection) and connection.has_let_in()
