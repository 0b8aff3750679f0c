"""StreamSimulator: a simulated caller on a real WebSocket, at the pace of a call."""

import asyncio
import secrets
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

import aiohttp

from engine.rehearsal.simulated_caller import (
    Message,
    SimulatedCaller,
    StreamNote,
    StreamNoteKind,
)
from engine.rehearsal.stream_messages import CONNECTED, FRAME_MS
from sip.audio_stream import StreamEnd

SUBPROTOCOL = "outring.l16.v1"
MAX_MESSAGE = 2**20  # bytes
OPENING_LIMIT_S = 5.0
FRAME_S = FRAME_MS / 1000
NO_CODE = 1005  # stands for a close frame that says none (RFC 6455 §7.4.1)


@dataclass(frozen=True, slots=True)
class StreamTarget:
    """The server, and how its WebSocket is asked for."""

    url: str
    headers: Mapping[str, str]
    is_binary: bool
    duration_s: float
    """The caller hangs up then."""
    drop_after_s: float | None = None
    """The connection breaks then, once, and is opened again."""


@dataclass(frozen=True, slots=True)
class SimulatedEnd:
    """How it has ended; *reason* is a sentence, or empty."""

    end: StreamEnd
    reason: str = ""
    close_code: int | None = None


class StreamSimulator:
    """One simulated call. *tell* gets what happens, with the seconds since it was begun."""

    def __init__(
        self,
        caller: SimulatedCaller,
        target: StreamTarget,
        tell: Callable[[float, StreamNote], None],
    ) -> None:
        self._caller = caller
        self._target = target
        self._tell = tell
        self._began = time.monotonic()
        self._told = 0
        self._has_dropped = False
        self._is_leaving = False  # the WebSocket is being ended by us

    async def run(self) -> SimulatedEnd:
        """Call the server, and return how that has ended."""
        async with aiohttp.ClientSession() as http:
            end = await self._connect(http, is_resumed=False)
            if end is None:
                end = await self._connect(http, is_resumed=True)
        assert end is not None, "a connection is dropped once"
        return end

    async def _connect(
        self, http: aiohttp.ClientSession, *, is_resumed: bool
    ) -> SimulatedEnd | None:
        """Return how the WebSocket has ended; None: it was dropped, as was asked for."""
        try:
            async with asyncio.timeout(OPENING_LIMIT_S):
                opened = await self._open(http)
        except TimeoutError:
            reason = f"The server has not answered in {OPENING_LIMIT_S:.0f} s."
            return SimulatedEnd(StreamEnd.UNREACHABLE, reason)
        except aiohttp.WSServerHandshakeError as error:
            reason = f"The server has answered {error.status} to the request for a WebSocket."
            return SimulatedEnd(StreamEnd.UNREACHABLE, reason)
        except aiohttp.ClientError as error:
            reason = f"The server cannot be reached: {error}."
            return SimulatedEnd(StreamEnd.UNREACHABLE, reason)
        async with opened as websocket:
            if self._target.is_binary and websocket.protocol != SUBPROTOCOL:
                reason = f"The server does not take the subprotocol {SUBPROTOCOL}."
                return SimulatedEnd(StreamEnd.UNREACHABLE, reason)
            what = StreamNoteKind.RESUMED if is_resumed else StreamNoteKind.CONNECTED
            self._report(StreamNote(what))
            return await self._converse(websocket, is_resumed=is_resumed)

    async def _open(
        self, http: aiohttp.ClientSession
    ) -> aiohttp.ClientWebSocketResponse:
        return await http.ws_connect(
            self._target.url,
            headers=self._target.headers,
            protocols=(SUBPROTOCOL,) if self._target.is_binary else (),
            max_msg_size=MAX_MESSAGE + 1,  # the first size that is refused
            autoclose=False,  # which takes a close frame without a code for a lost connection
        )

    async def _converse(
        self, websocket: aiohttp.ClientWebSocketResponse, *, is_resumed: bool
    ) -> SimulatedEnd | None:
        self._is_leaving = False
        listening = asyncio.create_task(self._listen(websocket))
        speaking = asyncio.create_task(self._speak(websocket, is_resumed=is_resumed))
        try:
            await asyncio.wait(
                [listening, speaking], return_when=asyncio.FIRST_COMPLETED
            )
            # Sending fails as soon as the server has closed: how, listening tells.
            return await (speaking if self._is_leaving else listening)
        finally:
            for task in (listening, speaking):
                task.cancel()
            await asyncio.gather(listening, speaking, return_exceptions=True)

    # -- to the server ---------------------------------------------------------------

    async def _speak(
        self, websocket: aiohttp.ClientWebSocketResponse, *, is_resumed: bool
    ) -> SimulatedEnd | None:
        await websocket.send_str(CONNECTED)
        stream_sid = f"MZ{secrets.token_hex(16)}"
        await self._send(
            websocket, self._caller.begin(stream_sid, is_resumed=is_resumed)
        )
        first = time.monotonic()
        frames = 0
        while self._elapsed_s < self._target.duration_s:
            if self._is_to_drop():
                self._drop(websocket)
                return None
            await self._send(websocket, self._caller.frame())
            frames += 1
            await asyncio.sleep(max(0.0, first + frames * FRAME_S - time.monotonic()))
        self._is_leaving = True
        await self._send(websocket, self._caller.end())
        await websocket.close()
        return SimulatedEnd(StreamEnd.HANGUP, close_code=websocket.close_code)

    async def _send(
        self, websocket: aiohttp.ClientWebSocketResponse, messages: list[Message]
    ) -> None:
        self._report_all()
        for message in messages:
            if isinstance(message, bytes):
                await websocket.send_bytes(message)
            else:
                await websocket.send_str(message)

    def _is_to_drop(self) -> bool:
        limit_s = self._target.drop_after_s
        return (
            limit_s is not None and not self._has_dropped and self._elapsed_s >= limit_s
        )

    def _drop(self, websocket: aiohttp.ClientWebSocketResponse) -> None:
        """Break the connection without a close frame, as a net does."""
        self._has_dropped = self._is_leaving = True
        self._report(StreamNote(StreamNoteKind.DROPPED))
        with suppress(OSError):
            websocket.get_extra_info("socket").shutdown(socket.SHUT_RDWR)

    # -- from the server -------------------------------------------------------------

    async def _listen(self, websocket: aiohttp.ClientWebSocketResponse) -> SimulatedEnd:
        while True:
            message = await websocket.receive()
            if message.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                await websocket.close()
                return _explain_end(message)
            await self._send(websocket, self._caller.take(message.data))
            self._report_all()
            if self._caller.fatal is not None:
                return SimulatedEnd(StreamEnd.INVALID, self._caller.fatal)
            await asyncio.sleep(self._caller.excess_ms / 1000)

    # -- what is told ----------------------------------------------------------------

    @property
    def _elapsed_s(self) -> float:
        return time.monotonic() - self._began

    def _report_all(self) -> None:
        for note in self._caller.notes[self._told :]:
            self._report(note)
        self._told = len(self._caller.notes)

    def _report(self, note: StreamNote) -> None:
        self._tell(self._elapsed_s, note)


def _explain_end(last: aiohttp.WSMessage) -> SimulatedEnd:
    """Return how the server has ended a WebSocket whose *last* message it is (RFC 6455 §7)."""
    if last.type is aiohttp.WSMsgType.CLOSE:
        # aiohttp has 0 for a close frame that says no code.
        return SimulatedEnd(StreamEnd.CLOSED, close_code=last.data or NO_CODE)
    if isinstance(last.data, aiohttp.WebSocketError):
        if last.data.code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG:
            reason = f"A message of the server has more than {MAX_MESSAGE} bytes."
        else:
            reason = f"The server has broken the protocol of WebSockets: {last.data}."
        return SimulatedEnd(StreamEnd.INVALID, reason)
    reason = "The connection is lost: the server has not closed the WebSocket."
    return SimulatedEnd(StreamEnd.LOST, reason)
