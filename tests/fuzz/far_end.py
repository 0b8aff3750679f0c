"""The far end on loopback: one UDP socket and one TCP listener for all callees.

Which behaviour a callee has stands in the user of the URI that was called:
``refer.17`` is call 17 of the kind ``refer``, and its random numbers follow from that
name and the seed of the run.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from random import Random

from .behaviours import Behaviour
from .call import OUTSIDE, Call, Send
from .history import History
from .messages import (
    FAR_END_PORT,
    HOST,
    MEDIA_PORT,
    TARGET_PORT,
    Message,
    keep_on_loopback,
)
from .stream import Stream

KEPT_CALLS = 500
BEHAVIOUR_LIMIT_S = 25.0
MOST_BYTES = 65_507  # of a datagram
ANY = "0.0.0.0"  # all of 127.0.0.0/8: there is nothing else in this network


def random_of(seed: int, name: str) -> Random:
    """The random numbers of one episode."""
    return Random(f"{seed} {name}")


class FarEnd:
    """Callees by their Call-ID, and how they are reached."""

    def __init__(
        self,
        history: History,
        seed: int,
        behaviour_of: Callable[[str], Behaviour],
        spared: Sequence[str] = (),
    ) -> None:
        """*behaviour_of*: what the callee of an episode does; *spared*: see ``passes``."""
        self._spared = [text.encode("latin-1") for text in spared]
        self.calls: OrderedDict[str, Call] = OrderedDict()
        self.received = 0
        self.errors: list[str] = []  # defects of the harness
        self._history = history
        self._seed = seed
        self._behaviour_of = behaviour_of
        self._udp: asyncio.DatagramTransport | None = None
        self._media: asyncio.DatagramTransport | None = None
        self._ways: dict[str, Send] = {}  # by Call-ID: that by which it was heard last
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections = 0
        self._streams: set[Stream] = set()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["FarEnd"]:
        """Take messages meanwhile."""
        loop = asyncio.get_running_loop()
        self._udp, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self), local_addr=(ANY, FAR_END_PORT)
        )
        self._media, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, local_addr=(ANY, MEDIA_PORT)
        )
        server = await asyncio.start_server(self._serve, ANY, FAR_END_PORT)
        try:
            yield self
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            self._udp.close()
            self._media.close()

    # -- what comes ----------------------------------------------------------------

    def take(self, raw: bytes, link: str, send: Send) -> None:
        """Take one message in; *send* answers by the way it came."""
        self.received += 1
        message = Message.parse(raw)
        call_id = message.get("Call-ID")
        call = self.calls.get(call_id)
        if call is None and call_id.startswith(OUTSIDE):
            self._take_outside(message, call_id)
            return
        if call is None and message.method == "INVITE" and not message.status:
            call = self._begin(message, link)
        self._history.note("received", call.episode if call else "", link, raw)
        if call is not None:
            self._ways[call_id] = send
            call.take(message)
        elif not message.status and message.method != "ACK":
            reply = Call(
                "", Random(0), message, "udp", send, self._send_media
            ).response(481)
            send(reply.encode())

    def _take_outside(self, message: Message, call_id: str) -> None:
        episode = ".".join(call_id.removeprefix(OUTSIDE).split(".")[:2])
        self._history.note("received", episode, "udp", message.encode())
        for call in self.calls.values():
            if call.episode == episode:
                call.take_outside(message)
                return

    def _begin(self, invite: Message, link: str) -> Call:
        call_id = invite.get("Call-ID")
        user = invite.start.partition("sip:")[2].partition("@")[0]
        transport = "udp" if link == "udp" else "tcp"
        call: Call

        def note(way: str, raw: bytes) -> None:
            values = dict(call.values)
            self._history.note(way, user, link, raw, heard=call.heard, values=values)

        def send_noted(raw: bytes) -> None:
            raw = keep_on_loopback(raw)
            if self.passes(raw):
                note("sent", raw)
                self._ways.get(call_id, _to_nobody)(raw)

        def send_media(port: int, raw: bytes) -> None:
            note("rtcp" if port % 2 else "rtp", raw)
            self._send_media(port, raw)

        random = random_of(self._seed, user)
        call = Call(user, random, invite, transport, send_noted, send_media)
        self.calls[call_id] = call
        while len(self.calls) > KEPT_CALLS:
            oldest, _ = self.calls.popitem(last=False)
            del self._ways[oldest]
        self._start(self._behaviour_of(user), call)
        return call

    def _start(self, behaviour: Behaviour, call: Call) -> None:
        others = [other for other in self.calls.values() if other is not call][-20:]
        others = [other for other in others if not other.episode.startswith("control")]
        task = asyncio.create_task(self._play(behaviour, call, others))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _play(self, behaviour: Behaviour, call: Call, others: list[Call]) -> None:
        with suppress(TimeoutError):
            try:
                async with asyncio.timeout(BEHAVIOUR_LIMIT_S):
                    await behaviour(call, others)
            except (LookupError, ValueError, TypeError, AttributeError) as error:
                self.errors.append(f"{call.episode}: {error!r}")
        call.end_behaviour()

    # -- how it is reached ---------------------------------------------------------

    def passes(self, raw: bytes) -> bool:
        """Whether *raw* has none of the texts that the target shall be spared."""
        return not any(text in raw for text in self._spared)

    def send_datagram(self, raw: bytes) -> None:
        """Send *raw* to the target, in one datagram."""
        if self._udp is not None:
            self._udp.sendto(raw[:MOST_BYTES], (HOST, TARGET_PORT))

    def _send_media(self, port: int, raw: bytes) -> None:
        if self._media is not None and port < 65536:
            self._media.sendto(raw[:MOST_BYTES], (HOST, port))

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._connections += 1
        link = f"tcp {self._connections}"
        stream = Stream(reader, writer, random_of(self._seed, link))
        self._streams.add(stream)
        writing = asyncio.create_task(stream.write())
        writing.add_done_callback(lambda _: stream.close())
        with suppress(OSError, asyncio.IncompleteReadError, ValueError):
            while raw := await stream.read():
                self.take(raw, link, stream.send)
        writing.cancel()
        self._streams.discard(stream)

    def abort_streams(self) -> None:
        """Reset all connections, so that what a broken one has held up comes to its end."""
        for stream in list(self._streams):
            stream.abort()


def _to_nobody(_: bytes) -> None:
    """For a call that ended long ago."""


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, far_end: FarEnd) -> None:
        self._far_end = far_end

    def datagram_received(self, data: bytes, _: tuple[str, int]) -> None:
        if data.strip(b"\r\n\0"):
            self._far_end.take(data, "udp", self._far_end.send_datagram)
