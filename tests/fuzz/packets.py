"""RTP and RTCP packets (RFC 3550, RFC 4733): proper ones among all kinds of garbage."""

import struct
from random import Random

EVENTS = (120, 121, 101)
SSRC = 0x0F0F0F0F


def rtp_packet(random: Random, number: int) -> bytes:
    """A packet for the RTP port; about a third are proper PCMU."""
    return random.choice(
        (_speech, _speech, _digit, _digit, _odd_header, _truncated, _noise, _huge)
    )(random, number)


def rtcp_packet(random: Random) -> bytes:
    """A packet for the RTCP port."""
    makers = (_report, _compound, _bye, _odd_length, _feedback)
    return random.choice((*makers, lambda random: _noise(random, 0)))(random)


def _header(number: int, kind: int, *, ssrc: int = SSRC, first: int = 0x80) -> bytes:
    sequence, timestamp = number & 0xFFFF, number * 160 & 0xFFFFFFFF
    return struct.pack("!BBHII", first, kind & 0xFF, sequence, timestamp, ssrc)


def _speech(random: Random, number: int) -> bytes:
    return _header(number, random.choice((0, 8))) + random.randbytes(160)


def _digit(random: Random, number: int) -> bytes:
    event = random.choice((0, 1, 5, 9, 10, 11, 12, 15, 16, 17, 36, 255))
    end = random.choice((0, 0, 0x80, 0xC0, 0x3F))
    duration = random.choice((0, 1, 160, 800, 65535))
    payload = struct.pack("!BBH", event, end | 10, duration)
    cut = random.choice((4, 4, 4, 0, 1, 3))
    marker = random.choice((0, 0x80))
    kind = random.choice(EVENTS) | marker
    return _header(number, kind) + payload[:cut] * random.choice((1, 1, 1, 400))


def _odd_header(random: Random, number: int) -> bytes:
    """Wrong versions, padding and extensions that are longer than the packet."""
    first = random.choice((0x00, 0x40, 0xC0, 0xA0, 0x90, 0x8F, 0xBF, 0xFF))
    body = random.choice(
        (
            b"",
            b"\xff" * 4,
            b"\xbe\xde\xff\xff",
            b"\xbe\xde\x00\x01" + b"\0" * 4,
            random.randbytes(160) + b"\xff",
            random.randbytes(20) + b"\0",
        )
    )
    ssrc = random.choice((SSRC, 0, 0xFFFFFFFF))
    number = random.choice((number, 0, 65535, number + 30000))
    return (
        _header(number, random.choice((0, 8, 127, 72, 255)), ssrc=ssrc, first=first)
        + body
    )


def _truncated(random: Random, number: int) -> bytes:
    return _header(number, 0)[: random.randrange(12)]


def _noise(random: Random, number: int) -> bytes:
    return random.randbytes(random.choice((0, 1, 2, 11, 12, 13, 172, 1500)))


def _huge(random: Random, number: int) -> bytes:
    return _header(number, random.choice((0, 8, 120))) + random.randbytes(
        random.choice((1400, 4000, 9000, 60000))
    )


def _rtcp(kind: int, count: int, body: bytes, *, words: int | None = None) -> bytes:
    length = len(body) // 4 if words is None else words
    return struct.pack("!BBH", 0x80 | count & 0x1F, kind, length & 0xFFFF) + body


def _report(random: Random) -> bytes:
    """A sender's or receiver's report whose count may not fit its length."""
    kind = random.choice((200, 201))
    blocks = random.randrange(4)
    sender = random.randbytes(20) if kind == 200 else b""
    body = struct.pack("!I", SSRC) + sender + random.randbytes(24 * blocks)
    count = random.choice((blocks, 31, 0))
    return _rtcp(kind, count, body[: random.choice((len(body), 4, 8))])


def _compound(random: Random) -> bytes:
    parts = [random.choice((_report, _bye, _description, _feedback))(random) for _ in range(random.randrange(1, 9))]  # fmt: skip
    return b"".join(parts)[: random.choice((20, 200, 1400))]


def _bye(random: Random) -> bytes:
    reason = bytes([random.choice((0, 3, 255))]) + b"end"
    return _rtcp(203, random.choice((0, 1, 31)), struct.pack("!I", SSRC) + reason)


def _description(random: Random) -> bytes:
    """Source descriptions (RFC 3550 §6.5) with items that run over the end."""
    item = (
        bytes([random.choice((0, 1, 2, 8, 255)), random.choice((0, 4, 255))]) + b"name"
    )
    return _rtcp(202, random.choice((1, 31)), struct.pack("!I", SSRC) + item * 3)


def _feedback(random: Random) -> bytes:
    kind = random.choice((204, 205, 206, 207, 192, 255))
    return _rtcp(
        kind, random.randrange(32), random.randbytes(random.choice((0, 4, 8, 40)))
    )


def _odd_length(random: Random) -> bytes:
    words = random.choice((0, 1, 0xFFFF, 0x7FFF))
    return _rtcp(
        random.choice((200, 201, 202, 203)), 31, random.randbytes(16), words=words
    )
