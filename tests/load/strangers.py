"""Strangers who flood a SIP port: requests and garbage over UDP, at a rate, for a time.

    python -m tests.load.strangers PORT RATE SECONDS

A process of its own, which sends what is due every 2 ms and reads the answers in between.
At 5,000 a second it takes about a tenth of a core. At its end it prints one JSON object
(``Flooded``).
"""

import json
import random
import socket
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

TICK_S = 0.002
MOST_RATE = 20_000
LONGEST_S = 600.0
RECEIVE_BUFFER = 4 * 2**20  # bytes
LINGER_S = 0.5  # for the last answers

SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 39000 RTP/AVP 0\r\n"
)


class Flooded(NamedTuple):
    """What strangers sent and got."""

    sent: int  # requests and garbage
    garbage: int
    answers: int
    sent_bytes: int  # of requests
    answer_bytes: int
    longest_tick_s: float  # how late it was at the most


def request(method: str, number: int, port: int, *, body: str = "", more: str = "") -> bytes:  # fmt: skip
    """One request of a stranger, like no other one."""
    return (
        f"{method} sip:100@127.0.0.1 SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP 127.0.0.1:{port};rport;branch=z9hG4bK{number:x}\r\n"
        f"From: <sip:100@127.0.0.1>;tag={number:x}\r\n"
        "To: <sip:100@127.0.0.1>\r\n"
        f"Call-ID: {number:x}@127.0.0.1\r\n"
        f"CSeq: 1 {method}\r\n"
        "Max-Forwards: 70\r\n"
        f"Contact: <sip:100@127.0.0.1:{port}>\r\n"
        f"User-Agent: friendly-scanner\r\n{more}"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def garbage(number: int, _: int) -> bytes:
    """Bytes that are no SIP."""
    return random.Random(number).randbytes(200)


KINDS: tuple[Callable[[int, int], bytes], ...] = (
    lambda number, port: request(
        "SUBSCRIBE", number, port, more="Event: presence\r\nExpires: 3600\r\n"
    ),
    lambda number, port: request(
        "INVITE", number, port, body=SDP, more="Content-Type: application/sdp\r\n"
    ),
    lambda number, port: request("OPTIONS", number, port),
    lambda number, port: request("REGISTER", number, port, more="Expires: 3600\r\n"),
    garbage,
)


def flood(port: int, rate: float, seconds: float) -> Flooded:
    """Send *rate* messages a second to *port* of loopback for *seconds*."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        line.connect(("127.0.0.1", port))
        line.setblocking(False)
        own = line.getsockname()[1]
        sent = sent_bytes = answers = answer_bytes = wasted = 0
        longest = 0.0
        began = last = time.monotonic()
        while (now := time.monotonic()) - began < seconds:
            longest = max(longest, now - last)
            last = now
            for number in range(sent, int((now - began) * rate)):
                kind = KINDS[number % len(KINDS)]
                message = kind(number, own)
                line.send(message)
                sent += 1
                wasted += kind is garbage
                sent_bytes += len(message) if kind is not garbage else 0
            count, length = _read(line)
            answers, answer_bytes = answers + count, answer_bytes + length
            time.sleep(TICK_S)
        time.sleep(LINGER_S)
        count, length = _read(line)
    return Flooded(
        sent, wasted, answers + count, sent_bytes, answer_bytes + length, longest
    )


def _read(line: socket.socket) -> tuple[int, int]:
    """Read all that has arrived; return how many messages and how many bytes."""
    count = length = 0
    while True:
        try:
            length += len(line.recv(65535))
        except BlockingIOError:
            return count, length
        count += 1


def main() -> None:
    """Flood as the command line says."""
    port, rate, seconds = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    if not 0 < rate <= MOST_RATE or not 0 < seconds <= LONGEST_S:
        sys.exit(f"at most {MOST_RATE} a second, for {LONGEST_S:.0f} s")
    print(json.dumps(flood(port, rate, seconds)._asdict()))


if __name__ == "__main__":
    main()
