"""SIP messages as the harness writes and reads them: text in Latin-1, so that every byte can be said."""

import re
from dataclasses import dataclass, field, replace
from typing import Self

from sip.message import COMPACT_NAMES

HOST = "127.0.0.1"
TARGET_PORT = 5060
FAR_END_PORT = 5070
MEDIA_PORT = 40998
TARGET_URI = f"sip:bvr@{HOST}:{TARGET_PORT}"

_IPV4 = re.compile(rb"(?<![\d.])(\d{1,3})(\.\d{1,3}\.\d{1,3}\.\d{1,3})(?![\d.])")


@dataclass(slots=True)
class Message:
    """A request or response. ``Content-Length`` is added unless a header says it."""

    start: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    """In order; a line that is no header has an empty name."""
    body: bytes = b""

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read what the target has sent, which is well-formed."""
        head, _, body = raw.partition(b"\r\n\r\n")
        start, *lines = head.decode("latin-1").split("\r\n")
        headers = []
        for line in lines:
            name, _, value = line.partition(":")
            name = name.strip()
            headers.append((COMPACT_NAMES.get(name.lower(), name), value.strip()))
        return cls(start, headers, body)

    def copy(self) -> "Message":
        """The same, to be changed."""
        return replace(self, headers=list(self.headers))

    def all(self, name: str) -> list[str]:
        """The values of all headers of this name."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def get(self, name: str) -> str:
        """The value of the first header of this name; empty without one."""
        return next(iter(self.all(name)), "")

    def put(self, name: str, value: str) -> None:
        """Let the header of this name have *value*, alone."""
        self.headers = [
            item for item in self.headers if item[0].lower() != name.lower()
        ]
        self.headers.append((name, value))

    @property
    def status(self) -> int:
        """The status of a response; 0 for a request."""
        found = re.match(r"SIP/2\.0 (\d{3})", self.start)
        return int(found[1]) if found else 0

    @property
    def method(self) -> str:
        """The method of a request, or of that which a response is for."""
        if self.status:
            return self.get("CSeq").partition(" ")[2].strip()
        return self.start.partition(" ")[0]

    @property
    def name(self) -> str:
        """``INVITE``, or ``200 INVITE`` of a response."""
        return f"{self.status} {self.method}" if self.status else self.method

    @property
    def branch(self) -> str:
        """The branch of the topmost Via."""
        return parameter(self.get("Via"), "branch")

    def encode(self) -> bytes:
        """The bytes of it."""
        lines = [f"{name}: {value}" if name else value for name, value in self.headers]
        names = {name.strip().lower() for name, _ in self.headers}
        if not names & {"content-length", "l"}:
            lines.append(f"Content-Length: {len(self.body)}")
        head = "\r\n".join([self.start, *lines, "", ""])
        return head.encode("latin-1", "replace") + self.body


def parameter(value: str, name: str) -> str:
    """A parameter of a header's value; empty without one."""
    found = re.search(rf";\s*{name}=([^;>,\s]+)", value)
    return found[1] if found else ""


def uri_in(value: str) -> str:
    """The URI in angle brackets."""
    found = re.search(r"<([^>]*)>", value)
    return found[1] if found else value.strip()


def keep_on_loopback(raw: bytes) -> bytes:
    """*raw* with every IPv4 address moved into 127.0.0.0/8, whatever a mutation made of it."""
    return _IPV4.sub(rb"127\2", raw)
