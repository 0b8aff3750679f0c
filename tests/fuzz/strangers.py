"""What strangers send: requests outside any dialog, responses to nobody, broken streams."""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random

from . import torture
from .behaviours import replaces, request_of_any_kind
from .call import Call
from .far_end import FarEnd
from .history import History
from .messages import HOST, TARGET_PORT, TARGET_URI, Message, keep_on_loopback
from .mutations import STATUSES, add_soup, mutate

Episode = Callable[["Stranger"], Awaitable[None]]

CONNECT_S = 2.0
MOST_HELD_S = 3.0  # that a broken stream is kept open


class Stranger:
    """Somebody who has no call, or another one's Call-ID."""

    def __init__(
        self, episode: str, random: Random, far_end: FarEnd, history: History
    ) -> None:
        self.episode = episode
        self.random = random
        self.far_end = far_end
        self._history = history
        self._streams = 0

    def send(self, raw: bytes) -> None:
        """Send one datagram."""
        raw = keep_on_loopback(raw)
        if self.far_end.passes(raw):
            self._history.note("sent", self.episode, "udp", raw)
            self.far_end.send_datagram(raw)

    def request(self) -> Message:
        """A request of any method, outside any dialog or with a Call-ID that lives."""
        random = self.random
        others = list(self.far_end.calls.values())[-20:]
        invite = torture.sdp01(random)
        invite.put("CSeq", "1 INVITE")
        pretended = Call(
            self.episode, random, invite, "udp", self.send, lambda *_: None
        )
        request = request_of_any_kind(pretended, others)
        words = request.start.split(" ")
        request.start = f"{words[0]} {random.choice((TARGET_URI, words[1]))} SIP/2.0"
        if others and random.random() < 0.3:
            request.put("Call-ID", random.choice(others).call_id)
        if random.random() < 0.7:
            request.put("To", f"<{TARGET_URI}>")
        if request.method == "INVITE" and random.random() < 0.5:
            request.put("Replaces", replaces(random, others))
        return add_soup(request, random) if random.random() < 0.3 else request

    async def send_stream(self, *pieces: bytes | float) -> None:
        """Send bytes over a connection of its own, with pauses of so many seconds."""
        self._streams += 1
        link = f"stream {self.episode} {self._streams}"
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(CONNECT_S):
                reader, writer = await asyncio.open_connection(HOST, TARGET_PORT)
            try:
                for piece in pieces:
                    if isinstance(piece, float):
                        await asyncio.sleep(piece)
                    else:
                        piece = keep_on_loopback(piece)
                        if not self.far_end.passes(piece):
                            continue
                        self._history.note("sent", self.episode, link, piece)
                        writer.write(piece)
                        await writer.drain()
                if self.random.random() < 0.5:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(0.3):
                            await reader.read(65536)
            finally:
                self._history.note("sent", self.episode, link, None)
                self._close(writer)

    def _close(self, writer: asyncio.StreamWriter) -> None:
        if self.random.random() < 0.3:  # reset it rather than end it
            linger = b"\x01\0\0\0\0\0\0\0"
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.close()


async def send_requests(stranger: Stranger) -> None:
    """Requests of all methods, proper and mutated."""
    random = stranger.random
    for _ in range(random.randrange(1, 15)):
        request = stranger.request()
        stranger.send(
            mutate(request, random) if random.random() < 0.5 else request.encode()
        )
        await asyncio.sleep(random.uniform(0, 0.05))


async def send_responses(stranger: Stranger) -> None:
    """Responses to nobody, and to transactions of others with something wrong in them."""
    random = stranger.random
    for _ in range(random.randrange(1, 15)):
        calls = list(stranger.far_end.calls.values())[-20:]
        if calls and random.random() < 0.7:
            response = random.choice(calls).response(random.choice(STATUSES))
            name = random.choice(("Via", "From", "To", "Call-ID", "CSeq"))
            response.put(name, re.sub(r"[a-z0-9]", "x", response.get(name), count=40))
        else:
            response = torture.noreason(random)
            response.start = f"SIP/2.0 {random.choice(STATUSES)} Phrase"
        stranger.send(mutate(response, random))
        await asyncio.sleep(random.uniform(0, 0.05))


async def send_torture(stranger: Stranger) -> None:
    """RFC 4475's messages as they are."""
    random = stranger.random
    for name in random.sample(sorted(torture.MESSAGES), 12):
        stranger.send(torture.MESSAGES[name](random).encode())
        await asyncio.sleep(0.02)


async def send_noise(stranger: Stranger) -> None:
    """Datagrams that are no SIP at all."""
    random = stranger.random
    for _ in range(random.randrange(1, 15)):
        size = random.choice((0, 1, 3, 4, 20, 500, 9000, 65000))
        stranger.send(
            random.choice((random.randbytes(size), b"\r\n" * size, b"\0" * size))
        )
        await asyncio.sleep(0.01)


async def send_streams(stranger: Stranger) -> None:
    """TCP: pieces, several messages at once, keep-alives, wrong lengths, no end, early end."""
    random = stranger.random
    for _ in range(random.randrange(1, 4)):
        kind = random.choice(
            (_pieces, _several, _keep_alives, _wrong_length, _endless, _cut)
        )
        await stranger.send_stream(*kind(stranger))


def _message(stranger: Stranger) -> bytes:
    random = stranger.random
    request = random.choice(
        (
            stranger.request,
            lambda: torture.MESSAGES[random.choice(sorted(torture.MESSAGES))](random),
        )
    )()
    tcp = [(name, value.replace("/UDP", "/TCP") if name == "Via" else value) for name, value in request.headers]  # fmt: skip
    request.headers = tcp
    return mutate(request, random) if random.random() < 0.4 else request.encode()


def _pieces(stranger: Stranger) -> list[bytes | float]:
    random = stranger.random
    raw, size = _message(stranger), random.choice((1, 2, 7, 100))
    raw = raw[: 300 * size]
    pieces: list[bytes | float] = []
    for begin in range(0, len(raw), size):
        pieces += [raw[begin : begin + size], 0.001]
    return pieces


def _several(stranger: Stranger) -> list[bytes | float]:
    messages = [_message(stranger) for _ in range(stranger.random.choice((2, 5, 20)))]
    return [b"".join(messages), 0.2]


def _keep_alives(stranger: Stranger) -> list[bytes | float]:
    random = stranger.random
    pieces: list[bytes | float] = []
    for _ in range(random.randrange(1, 12)):
        pieces.append(
            random.choice((b"\r\n\r\n", b"\r\n", b"\r", b"\n\n", _message(stranger)))
        )
        pieces.append(random.choice((0.0, 0.02)))
    return pieces


def _wrong_length(stranger: Stranger) -> list[bytes | float]:
    random = stranger.random
    request = stranger.request()
    lengths = ("0", "1", "99999", "-1", "4294967296", "x", "", "2147483647", "65000")
    request.put(random.choice(("Content-Length", "l")), random.choice(lengths))
    return [request.encode(), 0.1, _message(stranger), 0.1]


def _endless(stranger: Stranger) -> list[bytes | float]:
    """A header that never ends, as long as the target reads on."""
    piece = stranger.random.choice((b"X-A: b\r\n", b"a" * 50, b" \r\n\t", b"\xff" * 9))
    start = f"OPTIONS {TARGET_URI} SIP/2.0\r\nX: ".encode()
    repeated: list[bytes | float] = [piece * 200, 0.01]
    return [start, *(repeated * 40)]


def _cut(stranger: Stranger) -> list[bytes | float]:
    raw = _message(stranger)
    return [
        raw[: stranger.random.randrange(len(raw) + 1)],
        stranger.random.choice((0.0, MOST_HELD_S)),
    ]


EPISODES: dict[str, Episode] = {
    "strangers": send_requests,
    "nobody": send_responses,
    "rfc4475": send_torture,
    "noise": send_noise,
    "streams": send_streams,
}
"""By their kinds."""
