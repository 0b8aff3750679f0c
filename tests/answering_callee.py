"""A callee whose behaviour is in the number that is called; it remembers every INVITE."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

LIMIT_S = 30.0
STATUS = {
    "1": "486 Busy Here",
    "2": "404 Not Found",
    "3": "503 Service Unavailable",
    "4": "603 Decline",
    "5": "480 Temporarily Unavailable",
}
"""By the last digit; others are answered, and hung up by the callee after their ACK."""
SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 9 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
)


@dataclass(slots=True)
class Dialog:
    """A call that was answered, and its headers for requests of ours."""

    request_uri: str
    lines: tuple[str, ...]
    address: tuple[str, int]
    is_over: bool = False


class AnsweringCallee(asyncio.DatagramProtocol):
    """Takes every INVITE over UDP."""

    def __init__(self) -> None:
        self.called: dict[str, list[str]] = {}
        """The Call-IDs of INVITEs by the user that was called, each once, oldest first."""
        self._dialogs: dict[str, Dialog] = {}
        self._transport: asyncio.DatagramTransport | None = None
        self._arrived = asyncio.Event()

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._transport is not None
        return int(self._transport.get_extra_info("sockname")[1])

    @property
    def calls(self) -> int:
        """How many calls have come."""
        return sum(map(len, self.called.values()))

    async def called_by(self, calls: int) -> None:
        """Wait until so many calls have come."""
        async with asyncio.timeout(LIMIT_S):
            while self.calls < calls:
                self._arrived.clear()
                await self._arrived.wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        """A request, or a response to a BYE."""
        head = data.decode().partition("\r\n\r\n")[0]
        line, *headers = head.split("\r\n")
        if line.startswith("SIP/2.0"):
            return
        method, uri, _ = line.split(" ")
        call_id = _value("call-id", headers)
        if method == "INVITE":
            self._on_invite(uri, call_id, headers, address)
        elif method == "ACK":
            self._hang_up(call_id)
        elif method == "CANCEL":
            self._reply("200 OK", headers, address)
            of_invite = [line.replace(" CANCEL", " INVITE") for line in headers]
            self._reply("487 Request Terminated", of_invite, address)
        else:
            self._reply("200 OK", headers, address)

    def _on_invite(
        self,
        uri: str,
        call_id: str,
        headers: Sequence[str],
        address: tuple[str, int],
    ) -> None:
        user = uri.removeprefix("sip:").partition("@")[0].partition(";")[0]
        calls = self.called.setdefault(user, [])
        if call_id not in calls:
            calls.append(call_id)
        status = STATUS.get(user[-1], "200 OK")
        self._reply(status, headers, address, SDP if status == "200 OK" else "")
        if status == "200 OK" and call_id not in self._dialogs:
            contact = re.sub(r"^.*<|>.*$", "", _value("contact", headers))
            lines = (
                f"From: {_value('to', headers)};tag=callee",
                f"To: {_value('from', headers)}",
                f"Call-ID: {call_id}",
            )
            self._dialogs[call_id] = Dialog(contact, lines, address)
        self._arrived.set()

    def _hang_up(self, call_id: str) -> None:
        dialog = self._dialogs.get(call_id)
        if dialog is None or dialog.is_over:
            return
        dialog.is_over = True
        branch = f"z9hG4bK{abs(hash(call_id)):x}"
        lines = [
            f"BYE {dialog.request_uri} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch={branch}",
            *dialog.lines,
            *("CSeq: 1 BYE", "Max-Forwards: 70", "Content-Length: 0", "", ""),
        ]
        self._send(lines, dialog.address)

    def _reply(
        self,
        status: str,
        headers: Sequence[str],
        address: tuple[str, int],
        body: str = "",
    ) -> None:
        names = ("via", "from", "to", "call-id", "cseq", "record-route")
        copied = [line for line in headers if line.partition(":")[0].lower() in names]
        lines = [
            f"{line};tag=callee"
            if line.lower().startswith("to:") and "tag=" not in line
            else line
            for line in copied
        ]
        kind = ["Content-Type: application/sdp"] if body else []
        contact = f"Contact: <sip:callee@127.0.0.1:{self.port}>"
        size = f"Content-Length: {len(body)}"
        self._send(
            [f"SIP/2.0 {status}", *lines, contact, *kind, size, "", body], address
        )

    def _send(self, lines: Sequence[str], address: tuple[str, int]) -> None:
        assert self._transport is not None
        self._transport.sendto("\r\n".join(lines).encode(), address)


@asynccontextmanager
async def answering() -> AsyncIterator[AnsweringCallee]:
    """A callee, on a port of loopback."""
    loop = asyncio.get_running_loop()
    transport, callee = await loop.create_datagram_endpoint(
        AnsweringCallee, local_addr=("127.0.0.1", 0)
    )
    try:
        yield callee
    finally:
        transport.close()


def _value(name: str, headers: Sequence[str]) -> str:
    parts = (line.partition(":") for line in headers)
    return next(value.strip() for key, _, value in parts if key.lower() == name)
