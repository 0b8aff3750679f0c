"""One call of the target as its callee sees it: what it got, and proper answers to that.

Behaviours (``behaviours.py``) decide what is sent when, and how much of it is mutated.
"""

import asyncio
import re
from collections.abc import Callable
from random import Random

from .descriptions import describe, encode
from .messages import FAR_END_PORT, HOST, TARGET_URI, Message, parameter, uri_in
from .mutations import mutate

REPEAT_S = 0.3  # after a mutated response the proper one follows, so that calls do end
PROPER_PHRASES = {
    180: "Ringing",
    183: "Session Progress",
    200: "OK",
    487: "Request Terminated",
}

OUTSIDE = "outside."
"""Begins the Call-ID of other dialogs that belong to a call; its episode follows."""

Send = Callable[[bytes], None]
SendMedia = Callable[[int, bytes], None]


class Call:
    """The far end's side of one call. *noise*: share of its messages that are mutated."""

    def __init__(
        self,
        episode: str,
        random: Random,
        invite: Message,
        transport: str,
        send: Send,
        send_media: SendMedia,
    ) -> None:
        self.host = host_called(invite.start)
        self.episode = episode
        self.random = random
        self.invite = invite
        self.transport = transport
        self.noise = 0.0
        self.tag = f"far{random.getrandbits(40):x}"
        self.over = asyncio.Event()
        self.answers = True  # by itself, what needs no behaviour
        self.is_idle = False  # its behaviour is over
        self._has_final = False  # the target has confirmed a final response, or cancels
        self.heard = 0  # requests that have come, without repeated ones
        self.values: dict[str, str] = {}
        self.media_port = 0
        self._cseq = random.randrange(1, 100)
        self._branches: set[tuple[str, str]] = set()
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._outside: asyncio.Queue[Message] = asyncio.Queue()
        self._send = send
        self._send_media = send_media

    # -- what it sends -------------------------------------------------------------

    def say(self, message: Message) -> None:
        """Send *message*, mutated as often as *noise* says."""
        if self.random.random() < self.noise:
            self._send(mutate(message, self.random))
        else:
            self._send(message.encode())

    def send(self, raw: bytes) -> None:
        """Send *raw* as it is."""
        self._send(raw)

    def send_media(self, raw: bytes, *, is_rtcp: bool = False) -> None:
        """Send *raw* to the port of the target's RTP, or of its RTCP."""
        if self.media_port:
            self._send_media(self.media_port + is_rtcp, raw)

    def response(
        self,
        status: int,
        request: Message | None = None,
        *,
        body: bytes = b"",
        tag: str = "",
    ) -> Message:
        """A proper response to *request*, or to the INVITE that came last."""
        asked = request or self.invite
        to = asked.get("To")
        if status > 100 and "tag=" not in to:
            to += f";tag={tag or self.tag}"
        headers = [("Via", via) for via in asked.all("Via")]
        headers += [("Record-Route", route) for route in asked.all("Record-Route")]
        headers += [
            ("From", asked.get("From")),
            ("To", to),
            ("Call-ID", asked.get("Call-ID")),
            ("CSeq", asked.get("CSeq")),
        ]
        if asked.method == "INVITE" and 100 < status < 400:
            headers.append(("Contact", self.contact))
        if body:
            headers.append(("Content-Type", "application/sdp"))
        phrase = PROPER_PHRASES.get(status, "Phrase")
        return Message(f"SIP/2.0 {status} {phrase}", headers, body)

    def request(
        self, method: str, *headers: tuple[str, str], body: bytes = b""
    ) -> Message:
        """A proper request within the dialog."""
        self._cseq += 1
        target = uri_in(self.invite.get("Contact")) or TARGET_URI
        branch = f"z9hG4bK{self.random.getrandbits(48):x}"
        via = f"SIP/2.0/{self.transport.upper()} {self.host}:{FAR_END_PORT};rport;branch={branch}"
        return Message(
            f"{method} {target} SIP/2.0",
            [
                ("Via", via),
                ("From", f"{self.invite.get('To')};tag={self.tag}"),
                ("To", self.invite.get("From")),
                ("Call-ID", self.call_id),
                ("CSeq", f"{self._cseq} {method}"),
                ("Max-Forwards", "70"),
                ("Contact", self.contact),
                *headers,
            ],
            body,
        )

    def ack_for(self, request: Message) -> Message:
        """The ACK to a 2xx to *request*, an INVITE of ours."""
        ack = request.copy()
        ack.start = request.start.replace("INVITE", "ACK", 1)
        ack.put("CSeq", request.get("CSeq").replace("INVITE", "ACK"))
        ack.put("Via", request.get("Via") + "a")
        ack.body = b""
        return ack

    @property
    def contact(self) -> str:
        """Where the target reaches us within the dialog."""
        kind = "" if self.transport == "udp" else f";transport={self.transport}"
        return f"<sip:{self.episode}@{self.host}:{FAR_END_PORT}{kind}>"

    @property
    def call_id(self) -> str:
        """The Call-ID of the call."""
        return self.invite.get("Call-ID")

    @property
    def their_tag(self) -> str:
        """The tag of the target."""
        return parameter(self.invite.get("From"), "tag")

    # -- what it gets --------------------------------------------------------------

    def take(self, message: Message) -> None:
        """Take a message of the target in, and answer what needs no behaviour."""
        if not message.status:
            key = message.method, message.branch
            is_new = key not in self._branches
            self._branches.add(key)
            if is_new:
                self._learn(message)
            elif message.method in ("INVITE", "ACK"):
                self._refuse_if_idle()
                return  # repeated: UDP loses nothing here, the behaviour goes on
        self._inbox.put_nowait(message)
        if message.method in ("BYE", "CANCEL") and not message.status:
            self.over.set()
        if message.method in ("ACK", "BYE", "CANCEL"):
            self._has_final = True
        if self.answers and not message.status:
            self._answer(message)

    def end_behaviour(self) -> None:
        """Nothing odd comes from now on, and an INVITE without final response gets one."""
        self.noise = 0.0
        self.is_idle = True
        self._refuse_if_idle()

    def _refuse_if_idle(self) -> None:
        if self.is_idle and not self._has_final:
            self._send(self.response(480).encode())

    def _answer(self, request: Message) -> None:
        """Answer *request* as every callee does."""
        match request.method:
            case "CANCEL":
                self._confirm(self.response(200, request))
                self._confirm(self.response(487))
            case "INVITE" if "tag=" in request.get("To"):
                answer = encode(describe(version=2))
                self._confirm(self.response(200, request, body=answer))
            case "BYE" | "INFO" | "UPDATE" | "OPTIONS" | "PRACK" | "NOTIFY":
                self._confirm(self.response(200, request))

    def _learn(self, request: Message) -> None:
        self.heard += 1
        self.values |= {
            "call_id": self.call_id,
            "tag": self.their_tag,
            f"branch {self.heard}": request.branch,
            f"cseq {self.heard}": request.get("CSeq"),
        }
        if request.method == "INVITE" and "tag=" not in request.get("To"):
            self.invite = request
        found = re.search(rb"m=audio (\d+)", request.body)
        self.media_port = int(found[1]) if found else self.media_port

    def _confirm(self, response: Message) -> None:
        """Send *response*; where that is mutated, properly a little later too."""
        if self.noise:
            self.say(response)
            loop = asyncio.get_running_loop()
            loop.call_later(REPEAT_S, self._send, response.encode())
        else:
            self._send(response.encode())

    async def wait(self, *names: str, limit_s: float = 3.0) -> Message | None:
        """The next message with one of *names*; None if none comes in time or it is over."""
        try:
            async with asyncio.timeout(limit_s):
                while True:
                    message = await self._inbox.get()
                    if message.name in names or message.method in names:
                        return message
        except TimeoutError:
            return None

    def take_outside(self, message: Message) -> None:
        """Take in what belongs to another dialog of ours, and confirm it."""
        if message.status:
            self._outside.put_nowait(message)
        elif message.method != "ACK":
            self._send(self.response(200, message).encode())

    async def wait_outside(self, method: str, limit_s: float) -> Message | None:
        """The next final response to *method* of another dialog; None if none comes."""
        try:
            async with asyncio.timeout(limit_s):
                while True:
                    message = await self._outside.get()
                    if message.status >= 200 and message.method == method:
                        return message
        except TimeoutError:
            return None

    async def pause(self, most_s: float) -> None:
        """Let some time pass."""
        await asyncio.sleep(self.random.uniform(0, most_s))


def host_called(start: str) -> str:
    """The address that an INVITE is for: each call has its own, and so its own connection."""
    found = re.search(r"@(127\.\d+\.\d+\.\d+)", start)
    return found[1] if found else HOST
