"""A far end on loopback over UDP that writes every SIP message itself, one at a time."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

LIMIT_S = 5.0
SDP = "\r\n".join(
    [
        "v=0",
        "o=- 7 7 IN IP4 127.0.0.1",
        "s=-",
        "c=IN IP4 127.0.0.1",
        "t=0 0",
        # The discard port: a high one may be that of another far end.
        "m=audio 9 RTP/AVP 0",
        "a=rtpmap:0 PCMU/8000",
        "",
    ]
)
Address = tuple[str, int]
_numbers = count(1)
_COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "l": "content-length"}


class Message:
    """A request or response as it came."""

    def __init__(self, raw: bytes, source: Address) -> None:
        self.raw, self.source = raw, source
        head, _, body = raw.decode().partition("\r\n\r\n")
        self.start_line, *lines = head.split("\r\n")
        self.body = body
        self._headers: list[tuple[str, str]] = []
        for line in lines:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            self._headers.append((_COMPACT.get(name, name), value.strip()))

    def get(self, name: str) -> str | None:
        """The value of the first header of that name."""
        return next(iter(self.all(name)), None)

    def all(self, name: str) -> list[str]:
        """The values of all headers of that name."""
        return [value for of, value in self._headers if of == name.lower()]

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        assert value is not None, (name, self.start_line)
        return value

    def tokens(self, name: str) -> list[str]:
        """A header that is a list."""
        return [token.strip() for token in self[name].split(",")]

    @property
    def status(self) -> int:
        """0 for a request."""
        found = re.match(r"SIP/2.0 (\d+)", self.start_line)
        return int(found[1]) if found else 0

    @property
    def method(self) -> str:
        """Its own, or that of the request which it answers."""
        return self["CSeq"].split()[1]

    @property
    def branch(self) -> str | None:
        """Of its first Via."""
        found = re.search(r"branch=([^;\s]+)", self["Via"])
        return found[1] if found else None


def write_message(start_line: str, headers: Sequence[str], body: str = "") -> bytes:
    """A message as it goes over the wire."""
    length = f"Content-Length: {len(body.encode())}"
    return "\r\n".join([start_line, *headers, length, "", body]).encode()


@dataclass
class Call:
    """The far end's view of a dialog that our INVITE has made."""

    invite: Message
    tag: str = "far"
    numbers: "count[int]" = field(default_factory=lambda: count(2))

    @property
    def target(self) -> str:
        """Our Contact."""
        found = re.search(r"<(.*?)>", self.invite["Contact"])
        assert found
        return found[1]

    @property
    def our_tag(self) -> str:
        """Of our From."""
        found = re.search(r";tag=([^;>\s]+)", self.invite["From"])
        assert found
        return found[1]

    def headers(self) -> list[str]:
        """From, To and Call-ID of a request from here."""
        return [
            f"From: {self.invite['To']};tag={self.tag}",
            f"To: {self.invite['From']}",
            f"Call-ID: {self.invite['Call-ID']}",
        ]


class FarEnd:
    """Bound to a port of 127.0.0.1. What it has received is kept in ``seen``."""

    def __init__(self, bound: socket.socket) -> None:
        self._socket = bound
        self.seen: list[Message] = []
        self.address: Address = bound.getsockname()

    @property
    def uri(self) -> str:
        """What to call."""
        return f"sip:far@127.0.0.1:{self.address[1]}"

    def via(self, branch: str | None = None) -> str:
        """A Via of its own, with a new branch."""
        branch = branch or f"z9hG4bK-{next(_numbers)}-{self.address[1]}"
        return f"Via: SIP/2.0/UDP 127.0.0.1:{self.address[1]};rport;branch={branch}"

    def contact(self) -> str:
        """A Contact of its own."""
        return f"Contact: <{self.uri}>"

    def send(self, raw: bytes, to: Address) -> None:
        """Send one datagram."""
        self._socket.sendto(raw, to)

    async def receive(
        self, wanted: Callable[[Message], bool], limit_s: float = LIMIT_S
    ) -> Message:
        """The next message that is *wanted*; TimeoutError if it does not come."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(limit_s):
            while True:
                raw, source = await loop.sock_recvfrom(self._socket, 65535)
                message = Message(raw, source)
                self.seen.append(message)
                if wanted(message):
                    return message

    async def request(self, method: str) -> Message:
        """The next request with that method."""
        return await self.receive(
            lambda message: not message.status and message.method == method
        )

    async def invited(self) -> Call:
        """The call that the next INVITE is for."""
        return Call(await self.request("INVITE"))

    def respond(
        self,
        request: Message,
        status: int,
        *headers: str,
        body: str = "",
        tag: str = "far",
    ) -> None:
        """Answer *request*."""
        to = request["To"] if ";tag=" in request["To"] else f"{request['To']};tag={tag}"
        copied = [f"Via: {via}" for via in request.all("Via")]
        copied += [f"{name}: {request[name]}" for name in ("From", "Call-ID", "CSeq")]
        kind = ["Content-Type: application/sdp"] if body else []
        self.send(
            write_message(
                f"SIP/2.0 {status} Said",
                [*copied, f"To: {to}", self.contact(), *kind, *headers],
                body,
            ),
            request.source,
        )

    async def answer(self, call: Call) -> None:
        """200 to its INVITE; returns when the ACK is there."""
        self.respond(call.invite, 200, body=SDP, tag=call.tag)
        await self.request("ACK")

    async def response_to(self, raw: bytes, to: Address) -> Message:
        """Send a request; its final response."""
        sent = Message(raw, self.address)
        self.send(raw, to)
        return await self.receive(
            lambda message: message.status >= 200 and message.branch == sent.branch
        )

    async def ask(
        self,
        call: Call,
        method: str,
        *headers: str,
        body: str = "",
        via: str | None = None,
    ) -> Message:
        """Send a request within the dialog of *call*; its final response, acknowledged."""
        number = next(call.numbers)
        line, via = f"{method} {call.target} SIP/2.0", via or self.via()
        common = [via, *call.headers(), "Max-Forwards: 70", self.contact()]
        raw = write_message(line, [*common, f"CSeq: {number} {method}", *headers], body)
        response = await self.response_to(raw, call.invite.source)
        if method == "INVITE":
            via = self.via() if response.status < 300 else via
            acknowledged = [via, *common[1:], f"CSeq: {number} ACK"]
            ack = write_message(f"ACK {call.target} SIP/2.0", acknowledged)
            self.send(ack, call.invite.source)
        return response

    def outside(
        self,
        method: str,
        *headers: str,
        body: str = "",
        to_tag: str = "",
        **changes: str,
    ) -> bytes:
        """A request outside any dialog of ours, as a telephone would write it."""
        name = f"{next(_numbers)}-{self.address[1]}"
        lines = {
            "Via": self.via().partition(": ")[2],
            "From": "<sip:stranger@example.com>;tag=stranger",
            "To": "<sip:bvr@127.0.0.1>" + (f";tag={to_tag}" if to_tag else ""),
            "Call-ID": f"stranger-{name}",
            "CSeq": f"1 {method}",
            "Max-Forwards": "70",
            "Contact": f"<{self.uri}>",
            "User-Agent": "a telephone that tells its name and its version 17.4.2-11",
            "Allow": "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, PRACK, UPDATE, REFER",
            "Supported": "100rel, timer, replaces, norefersub, gruu, outbound, path",
        } | changes
        written = [f"{name}: {value}" for name, value in lines.items() if value]
        return write_message(
            f"{method} sip:bvr@127.0.0.1 SIP/2.0", [*written, *headers], body
        )


@asynccontextmanager
async def open_far_end() -> AsyncIterator[FarEnd]:
    """A far end for as long as it takes."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        bound.setblocking(False)
        yield FarEnd(bound)
