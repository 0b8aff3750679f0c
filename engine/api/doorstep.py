"""Doorstep: turns calls away unread, while there is too much work.

What aiohttp does for one request, from its parser to its task, takes as long as a tenth of a
call. So a connection looks at what comes first: where a request could not even wait, it is
answered right there, if it is clear without a parser where it begins and ends.
"""

import asyncio
import re
from collections.abc import Callable

from aiohttp import web

from engine.dialer import Dialer

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

    __slots__ = ("_has_calls_only", "_refusal")

    def __init__(self, server: web.Server, refusal: Callable[[], bytes | None]) -> None:
        """*refusal*: what a call is answered at once; None where it may come in."""
        loop = asyncio.get_running_loop()
        super().__init__(server, loop=loop, access_log=None)  # type: ignore[arg-type]
        self._refusal = refusal
        self._has_calls_only = True

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol; aiohttp itself gives it nothing when it goes on reading."""
        if data:
            self._has_calls_only = self._has_calls_only and is_call(data)
        if data and self._has_calls_only and self._is_idle():
            refusal = self._refusal()
            if refusal is not None:
                assert self.transport is not None
                self.transport.write(refusal)
                self._stay()
                return
        super().data_received(data)

    def _is_idle(self) -> bool:
        """Whether the last answer has gone out, and aiohttp waits for a request."""
        waiter = self._waiter
        is_waiting = waiter is not None and not waiter.done()
        return is_waiting and not self.writing_paused and not self._force_close

    def _stay(self) -> None:
        """Be kept as long as after any other answer."""
        self._next_keepalive_close_time = self._loop.time() + self.keepalive_timeout


def connections(server: web.Server, dialer: Dialer) -> Callable[[], Connection]:
    """What makes the connections of *server*."""

    def refusal() -> bytes | None:
        reply = dialer.held_back()
        return None if reply is None else written(reply)

    return lambda: Connection(server, refusal)
