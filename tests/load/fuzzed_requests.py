"""Fuzzed requests: HTTP as nobody should send it, the same for the same seed.

Some are framed well and say nonsense, so that exactly one answer is owed; others are broken
or half sent, and may be answered or not. Where one could place a call it names a far end of
this machine that refuses every connection.
"""

import gzip
import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from random import Random

OUTBOUND = "/api/v1/bvr/outbound"
BASICHTTP = "/api/v1/bvr/ccxml/basichttp"
NOWHERE = "sip:1@127.0.0.1:1;transport=tcp"
KEY, TOKEN = "key-of-the-fuzzer", "token-of-the-fuzzer"
IDS = tuple(f"fuzz-{number}" for number in range(8))  # of objects that may be made
UUID = "5a406ce4-c6ce-41cf-99fd-0394464494b3"

PATHS = (
    *(OUTBOUND,) * 8,
    *(BASICHTTP,) * 3,
    "/api/v1/bvr/calls",
    f"/api/v1/bvr/calls/{UUID}",
    "/api/v1/bvr/calls/{odd}",
    "/api/v1/bvr/calls/{odd}/trace",
    "/api/v1/bvr/status",
    "/api/v2/bvr/status",
    "/api/v2/bvr/status/detail",
    "/healthz",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/docs/{odd}",
    "/",
    "/page/page.css",
    "/page/{odd}",
    "/api/v1/admin/live",
    "/api/v1/admin/records",
    "/api/v1/admin/licence",
    "/api/v1/admin/apply",
    *(
        f"/api/v1/admin/{plural}{rest}"
        for plural in ("accounts", "apps", "keys", "rules", "proxies", "groups", "headers")
        for rest in ("", "/{id}", "/{odd}")
    ),
    "/{odd}",
    "*",
)  # fmt: skip
METHODS = (
    *("POST",) * 8,
    *("GET",) * 5,
    *("DELETE", "PATCH", "PUT", "HEAD", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"),
    *("FOO", "get", "M-SEARCH", "A" * 30),
)
MEMBERS = (
    *("action", "to", "apiKey", "callerId", "timeout", "appData", "headers", "hints"),
    *("sessionId", "name", "eventSource", "parameters", "id", "account", "type", "uri"),
    *("pattern", "allow", "call_limit", "calls_per_second", "key", "application"),
    *("address", "members", "value", "request", "calls", "proxy_group", "ring_timeout"),
)
TEXTS = (
    *(
        "",
        " ",
        "0",
        "-1",
        "1e999",
        "NaN",
        "null",
        "true",
        "makeCall",
        "startApplication",
    ),
    *(NOWHERE, "tel:+49", "sip:", "sip:@", "+49 30 1", KEY, TOKEN, UUID, *IDS),
    *(
        "../../etc/passwd",
        "%00",
        "%ff",
        "%",
        "{{}}",
        "<a/>",
        "'; --",
        "(a+)+$",
        "[",
        "*",
    ),
    *("\0", "\x7f", "\r\nX: y", "é", "\U0001f600", "\ud800", "a" * 300, "a" * 9000),
)
HEADERS = (
    *("X-API-Key", "Idempotency-Key", "Content-Type", "Accept", "Accept-Encoding"),
    *("Range", "If-None-Match", "If-Modified-Since", "Cookie", "Origin", "Forwarded"),
    *("Expect", "Upgrade", "Connection", "TE", "Host", "Content-Encoding", "X-Odd"),
)
VALUES = (
    *("", "*/*", "application/json", "application/x-www-form-urlencoded", "text/plain"),
    *("multipart/form-data; boundary=a", "application/json; charset=nonsense", "gzip"),
    *("100-continue", "websocket", "h2c", "close", "keep-alive", "upgrade", "identity"),
    *("bytes=0-1", "bytes=-9", 'W/"a"', "Thu, 01 Jan 1970 00:00:00 GMT", KEY, "br"),
    *("é", "\x80\xff", "a=b; c", "a" * 200, "a" * 9000, "=?utf-8?q?a?=", "\t", '"'),
)
CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": bytes,
    "zstd": bytes,
    "gzip, gzip": bytes,
    "x-gzip": bytes,
}
BOMB = gzip.compress(bytes(5_000_000))


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """What is sent on a connection, in one go or in pieces."""

    pieces: tuple[bytes, ...]
    path: str  # without the query
    is_head: bool = False
    is_framed: bool = True  # exactly one answer is owed


class Fuzzer:
    """Makes requests, one after another."""

    def __init__(self, seed: str) -> None:
        self._random = Random(seed)

    def request(self) -> Fuzzed:
        """The next one."""
        fuzzed = self._framed()
        chance = self._random.random()
        if chance < 0.70:
            return fuzzed
        if chance < 0.80:
            return self._in_pieces(fuzzed)
        return self._broken(fuzzed)

    # -- well framed -------------------------------------------------------------------

    def _framed(self) -> Fuzzed:
        pick = self._random.choice
        method, path = pick(METHODS), self._path(pick(PATHS))
        body = self._body(path) if self._random.random() < 0.8 else b""
        headers = [("Host", "outring"), *self._headers()]
        if path.startswith("/api/v1/admin") and self._random.random() < 0.7:
            headers.append(("Authorization", f"Bearer {TOKEN}"))
        if self._random.random() < 0.15:
            coding = pick(tuple(CODINGS))
            headers.append(("Content-Encoding", coding))
            body = self._encoded(body, coding)
        framing, body = self._framing(body)
        lines = [f"{method} {path}{self._query(path)} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in (*headers, *framing)]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
        # CONNECT has neither a path nor a body (RFC 9110 §9.3.6).
        is_framed = method != "CONNECT"
        return Fuzzed((head + body,), path, method == "HEAD", is_framed)

    def _path(self, path: str) -> str:
        odd = self._random.choice(
            ("a", "%00", "%ff%fe", "..%2f..", "%F0%9F", "a" * 500)
        )
        return path.replace("{odd}", odd).replace("{id}", self._random.choice(IDS))

    def _query(self, path: str) -> str:
        if path == "/api/v1/admin/apply":
            return "?dry_run=true"  # lest everything be replaced
        if self._random.random() < 0.6:
            return ""
        pick = self._random.choice
        names = (
            *MEMBERS,
            "limit",
            "before",
            "states",
            "force",
            "idempotencyKey",
            "hints:a",
        )
        pairs = [
            f"{pick(names)}={_escaped(pick(TEXTS))}"
            for _ in range(self._random.randrange(5))
        ]
        return "?" + "&".join(pairs)

    def _headers(self) -> list[tuple[str, str]]:
        pick = self._random.choice
        count = self._random.choice((0, 0, 1, 2, 4))
        named = [(pick(HEADERS), pick(VALUES)) for _ in range(count)]
        if self._random.random() < 0.3:
            named.append(("X-API-Key", KEY))
        return named

    def _framing(self, body: bytes) -> tuple[list[tuple[str, str]], bytes]:
        if not body or self._random.random() < 0.9:
            return [("Content-Length", str(len(body)))], body
        size = self._random.randrange(1, len(body) + 1)
        parts = [body[at : at + size] for at in range(0, len(body), size)][:2000]
        chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
        return [("Transfer-Encoding", "chunked")], chunks + b"0\r\n\r\n"

    def _encoded(self, body: bytes, coding: str) -> bytes:
        chance = self._random.random()
        if chance < 0.1:
            return BOMB
        if chance < 0.3:
            return self._garbled(gzip.compress(body))
        return CODINGS[coding](body) if chance < 0.8 else body

    def _body(self, path: str) -> bytes:
        chance = self._random.random()
        if chance < 0.1:
            return self._random.randbytes(self._random.randrange(200))
        if chance < 0.12:
            return b"[" * self._random.choice((1000, 60_000))
        if chance < 0.14:
            return b"a" * self._random.choice((65_536, 65_537, 200_000))
        body = json.dumps(self._members(path)).encode()
        return body if chance < 0.85 else self._garbled(body)

    def _members(self, path: str) -> dict[str, object]:
        good: dict[str, object] = {
            "action": "makeCall",
            "to": NOWHERE,
            "apiKey": KEY,
            "timeout": 1000,
        }
        members = good if path == OUTBOUND and self._random.random() < 0.7 else {}
        for _ in range(self._random.randrange(4)):
            members[self._random.choice(MEMBERS)] = self._value(3)
        if path.count("/") == 4 and "admin" in path:
            members["id"] = self._random.choice((*IDS, "\0", None))
        return members

    def _value(self, depth: int) -> object:
        pick = self._random.choice
        match self._random.randrange(7 if depth else 5):
            case 0:
                return pick((None, True, False))
            case 1:
                return pick((0, -1, 1, 2**31, 2**63, 10**400, 1.5, 1e308, -0.0))
            case 5:
                return [
                    self._value(depth - 1) for _ in range(self._random.randrange(3))
                ]
            case 6:
                return {
                    pick((*MEMBERS, *TEXTS)): self._value(depth - 1)
                    for _ in range(self._random.randrange(4))
                }
            case _:
                return pick(TEXTS)

    # -- broken ------------------------------------------------------------------------

    def _in_pieces(self, fuzzed: Fuzzed) -> Fuzzed:
        (data,) = fuzzed.pieces
        cuts = sorted(self._random.randrange(len(data)) for _ in range(3))
        return replace(fuzzed, pieces=_cut(data, cuts))

    def _broken(self, fuzzed: Fuzzed) -> Fuzzed:
        (data,) = fuzzed.pieces
        match self._random.randrange(6):
            case 0:
                data = data[: self._random.randrange(len(data))]  # half of it
            case 1:
                data = (
                    self._random.randbytes(self._random.randrange(1, 300)) + b"\r\n\r\n"
                )
            case 2:
                data = data * self._random.randrange(2, 6)  # several at once
            case 3:
                head, _, body = data.partition(b"\r\n\r\n")
                data = self._garbled(head) + b"\r\n\r\n" + body
            case 4:
                data = data.replace(
                    b"\r\n", self._random.choice((b"\n", b"\r", b"\r\n "))
                )
            case _:
                data = self._garbled(data)
        pieces = (
            _cut(data, [len(data) // 2]) if self._random.random() < 0.3 else (data,)
        )
        return replace(fuzzed, pieces=pieces, is_framed=False)

    def _garbled(self, data: bytes) -> bytes:
        garbled = bytearray(data)
        for _ in range(self._random.randrange(1, 5)):
            at = self._random.randrange(len(garbled) + 1)
            end = at + self._random.randrange(4)
            garbled[at:end] = self._random.choice(
                (
                    b"",
                    b"\0",
                    b"\r\n",
                    b"\xff",
                    b" ",
                    b":",
                    b"9" * 30,
                    bytes(garbled[:at]),
                )
            )
        return bytes(garbled[:100_000])


def _cut(data: bytes, cuts: Sequence[int]) -> tuple[bytes, ...]:
    bounds = [0, *cuts, len(data)]
    return tuple(data[at:end] for at, end in pairwise(bounds))


@cache
def _escaped(text: str) -> str:
    """As a query has it, but for what may be odd there."""
    return "".join(
        character
        if (character.isalnum() and character.isascii()) or character in "%()[]*'"
        else f"%{byte:02X}"
        for character in text
        for byte in character.encode("utf-8", "surrogatepass")
    )
