"""Client connection: aiohttp's, with time limits, JSON for malformed requests, and less log.

aiohttp lets a client take as long as it likes over a head, a body, the next request and
reading the answer. It answers what is not HTTP in plain text, and logs that and broken
bodies as errors of the program. This class changes all that. The private parts of aiohttp
that it needs are used here only.
"""

import asyncio
from typing import Any, cast

import structlog
from aiohttp import hdrs, http_exceptions, web
from aiohttp.streams import EMPTY_PAYLOAD, EmptyStreamReader, StreamReader
from aiohttp.web_protocol import _ErrInfo
from aiohttp.web_request import BaseRequest

from engine.admission.http_connections import ConnectionPlace
from engine.dialer.reply import HttpReply
from engine.model.result import OutboundOutcome, Result
from engine.telemetry.metrics import Awaited

from .bodies import BodyTimeoutError
from .responses import close_after, is_of_client_gone, to_response

READ_AHEAD_BYTES = 2**14
"""Bytes of each body that are buffered before a handler reads them.

Up to 32 requests of one client may wait, so that this bounds its memory.
"""
LINGER_S = 2.0
"""Seconds for which a connection is read after its last answer, see ``_Rest``."""

log = structlog.get_logger()

_CLIENT_FAULTS = (web.RequestPayloadError, BodyTimeoutError, ConnectionError)
_SENTENCES: dict[type[Exception], str] = {
    http_exceptions.LineTooLong: "A line of the head of the request is too long.",
    http_exceptions.BadHttpMethod: "The method of the request is not known.",
    http_exceptions.InvalidURLError: "The target of the request is not a URL.",
    http_exceptions.InvalidHeader: "A header of the request is malformed.",
}
_MALFORMED = "The request is not as HTTP/1.1 has it."


class HeadTimeoutError(TimeoutError):
    """The client has begun a request and has not sent the whole head in time."""


class _Rest(EmptyStreamReader):
    """The body of a connection's last request: whatever the client still sends.

    It has to be read for a while. If a connection is closed with unread data, TCP resets
    it, and the client may lose the answer that it has not read yet (RFC 9112 §9.6).
    """

    __slots__ = ("_connection",)

    def __init__(self, connection: web.RequestHandler) -> None:
        super().__init__()
        self._connection = connection

    def is_eof(self) -> bool:
        """See StreamReader; it ends with the connection only."""
        return False

    async def readany(self) -> bytes:
        """See StreamReader; aiohttp calls it after the answer, and waits for ``LINGER_S``."""
        transport = self._connection.transport
        if transport is not None and not transport.is_closing():
            _finish_writing(transport)
        await asyncio.get_running_loop().create_future()
        return b""


def _asks_for_upgrade(request: BaseRequest) -> bool:
    """Whether another protocol is to follow *request* (RFC 9110 §7.8, §9.3.6)."""
    return hdrs.UPGRADE in request.headers or request.method == hdrs.METH_CONNECT


def _finish_writing(transport: asyncio.Transport) -> None:
    if transport.can_write_eof():  # not with TLS
        transport.write_eof()


class ClientConnection(web.RequestHandler):
    """A connection that tells what its client has to do, and can be ended for being late.

    ``late_connections`` looks at all connections and ends the late ones.
    """

    __slots__ = (
        "_accepted",
        "_has_stopped_reading",
        "_head_began_s",
        "_late_body",
        "_place",
        "_unread_since_s",
    )

    def __init__(self, server: web.Server, place: ConnectionPlace) -> None:
        """Serve the requests of one client; *place* is released when it is closed."""
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type]
            auto_decompress=False,  # see ``bodies``
            read_bufsize=READ_AHEAD_BYTES,
            lingering_time=LINGER_S,
        )
        self._place = place
        # aiohttp drops its own reference before the last answer has been sent.
        self._accepted: asyncio.Transport | None = None
        self._head_began_s: float | None = None  # of a head that is not complete yet
        self._has_stopped_reading = False
        self._late_body: tuple[StreamReader, float] | None = None
        self._unread_since_s: float | None = None

    # -- asyncio.Protocol --------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        self._accepted = cast(asyncio.Transport, transport)
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """See asyncio.Protocol."""
        self._place.release()
        self._accepted = self._late_body = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        if self._has_stopped_reading:
            return
        heads = self._request_count
        try:
            super().data_received(data)
        except Exception as error:  # noqa: BLE001 - of the parser: whatever a client sends
            self._refuse_unread(error)
        if self._request_count != heads:
            self._head_began_s = None
            if isinstance(self._messages[-1][0], _ErrInfo):
                self._stop_reading()
        # Data without a new request is the beginning of a head only if no request is
        # under way: otherwise it is of that one's body.
        elif data and self._head_began_s is None and (self.is_waiting or not heads):
            self._head_began_s = self._loop.time()

    def pause_writing(self) -> None:
        """See asyncio.Protocol; the client reads more slowly than it is answered."""
        self._unread_since_s = self._loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        """See asyncio.Protocol."""
        self._unread_since_s = None
        super().resume_writing()

    # -- what is awaited ---------------------------------------------------------------

    def look(self, now_s: float) -> None:
        """Find out what the client has to do; *now_s* is the loop's time, in seconds.

        Has to be called from time to time: aiohttp does not tell when a body begins to be
        awaited, or a connection to close, so that this begins when it is first seen here.
        """
        if self._accepted is None:
            return
        if self._unread_since_s is None and self._accepted.is_closing():
            # It closes once the client has read everything.
            self._unread_since_s = now_s
        body = self._find_awaited_body()
        if body is None:
            self._late_body = None
        elif self._late_body is None or self._late_body[0] is not body:
            self._late_body = body, now_s

    @property
    def awaited(self) -> tuple[Awaited, float] | None:
        """What the client has to do, and since when; None while it waits for us."""
        if self._accepted is None:
            return None
        if self._unread_since_s is not None:
            return Awaited.READING, self._unread_since_s
        if self.is_waiting:
            return self._head_wait()
        if self._late_body is not None:
            return Awaited.BODY, self._late_body[1]
        return None

    def end(self, awaited: Awaited) -> None:
        """Stop waiting for *awaited*, as ``awaited`` says it.

        A late head or body is answered with 408, a late next request closes the connection,
        and an unread answer aborts it.
        """
        if awaited is Awaited.READING:
            assert self._accepted is not None
            self._accepted.abort()
        elif awaited is Awaited.BODY:
            assert self._late_body is not None
            self._late_body[0].set_exception(BodyTimeoutError())
        elif self._head_began_s is not None:
            self._refuse_unread(HeadTimeoutError())
        else:
            self.force_close()

    def extend_body(self) -> None:
        """Give the client its whole time again, for what is left of the body."""
        self._late_body = None

    @property
    def is_waiting(self) -> bool:
        """Whether every request has been answered and aiohttp waits for the next one."""
        waiter = self._waiter
        return waiter is not None and not waiter.done()

    @property
    def may_answer(self) -> bool:
        """Whether ``answer`` may be called: every answer was sent, and no request is read."""
        return self.is_waiting and not self.writing_paused and not self._force_close

    def answer(self, response: bytes) -> None:
        """Write *response* to a request that aiohttp has not seen, and keep the connection
        open as after any other answer.
        """
        assert self.transport is not None
        self.transport.write(response)
        self._request_count += 1
        self._next_keepalive_close_time = self._loop.time() + self.keepalive_timeout

    def _head_wait(self) -> tuple[Awaited, float]:
        if self._head_began_s is not None:
            return Awaited.HEAD, self._head_began_s
        answered_s = self._next_keepalive_close_time - self._keepalive_timeout
        return Awaited.REQUEST if self._request_count else Awaited.HEAD, answered_s

    def _find_awaited_body(self) -> StreamReader | None:
        """The body of the current request, if the client is to send it.

        Not while reading is paused, since the handler is slower than the client then.
        """
        request = self._current_request
        if request is None or self.is_waiting or self._reading_paused:
            return None
        body = request.content
        return None if body.is_eof() or body.exception() else body

    # -- what is answered and logged -----------------------------------------------------

    def _refuse_unread(self, error: Exception) -> None:
        """Answer *error* as if the parser had found it, after all earlier requests."""
        self._request_count += 1
        self._messages.append((_ErrInfo(400, error, ""), EMPTY_PAYLOAD))
        self._stop_reading()
        if self.is_waiting:
            assert self._waiter is not None
            self._waiter.set_result(None)

    def _stop_reading(self) -> None:
        """Read no further requests, since it is unknown where the next one would begin.

        The error is answered last, and a handler that waits for the body of an earlier
        request gets an error, since that body will not come.
        """
        self._has_stopped_reading = True
        error, _ = self._messages.pop()
        bodies = [body for _, body in self._messages]
        self._messages.append((error, _Rest(self)))
        if self._current_request is not None:
            bodies.append(self._current_request.content)
        for body in bodies:
            if not body.is_eof():
                body.set_exception(web.RequestPayloadError(_MALFORMED))

    def handle_error(
        self,
        request: BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - of the parser, and quotes the client
    ) -> web.StreamResponse:
        """Answer what no handler has answered: a malformed request, or a defect of ours."""
        if status == 400:
            return self._answer_malformed(exc)
        if isinstance(exc, UnicodeEncodeError) and "Expect" in request.headers:
            # aiohttp's own answer quotes the header, and could not be encoded.
            return self._answer_expectation()
        if is_of_client_gone(request, exc):
            raise ConnectionError from exc  # aiohttp ends the connection
        log.error("request_crashed", method=request.method, exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("A part of another answer has been sent.")
        return close_after(
            to_response(HttpReply.of(OutboundOutcome(Result.INTERNAL_ERROR)))
        )

    def _answer_malformed(self, exc: BaseException | None) -> web.StreamResponse:
        log.debug("request_malformed", reason=repr(exc))
        if isinstance(exc, HeadTimeoutError):
            text = "The head of the request took too long to come."
            return close_after(
                to_response(
                    HttpReply.of(OutboundOutcome(Result.REQUEST_TIMEOUT, detail=text))
                )
            )
        self._place.count_malformed()
        text = _SENTENCES.get(type(exc), _MALFORMED)  # type: ignore[arg-type]
        return close_after(
            to_response(
                HttpReply.of(OutboundOutcome(Result.INVALID_REQUEST, detail=text))
            )
        )

    def _answer_expectation(self) -> web.Response:
        """Answer an Expect that is not ``100-continue`` (RFC 9110 §10.1.1)."""
        self._place.count_malformed()
        text = "Expect may be 100-continue only."
        return to_response(
            HttpReply.of(OutboundOutcome(Result.INVALID_REQUEST, detail=text))
        )

    def finish_response(
        self, request: BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> Any:
        """Send the answer, in JSON also where aiohttp has made it itself."""
        if isinstance(resp, web.HTTPException):  # of aiohttp, before any handler
            resp = self._answer_expectation()
        # After a broken body it is unknown where the next request begins; and after the
        # rest of a body that asks for an upgrade aiohttp would take it for another protocol.
        if request.content.exception() is not None or (
            not request.content.is_eof() and _asks_for_upgrade(request)
        ):
            resp.force_close()
        return super().finish_response(request, resp, start_time)

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Log a defect of ours as an error, and a fault of the client for debugging only."""
        error = kw.get("exc_info")
        if isinstance(error, _CLIENT_FAULTS):
            log.debug("client_fault", reason=repr(error))
        else:
            super().log_exception(*args, **kw)
