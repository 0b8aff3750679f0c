"""Mutations of SIP messages: of their headers and values, and of their bytes.

All are pure: what they do follows from the message and the random numbers alone.
"""

from collections.abc import Callable
from random import Random

from .descriptions import describe, describe_oddly, encode
from .messages import FAR_END_PORT, HOST, TARGET_PORT, Message
from .name_server import ABSENT, SILENT

Mutation = Callable[[Message, Random], None]
ByteMutation = Callable[[bytes, Random], bytes]

MOST_BYTES = 60_000  # of a message: what fits a datagram
COMPACT = {
    "via": "v", "from": "f", "to": "t", "call-id": "i", "contact": "m",
    "content-type": "c", "content-length": "l", "supported": "k", "subject": "s",
    "session-expires": "x", "event": "o", "refer-to": "r", "allow-events": "u",
}  # fmt: skip
NUMBERS = (
    *("0", "-1", "1", "00000000001", "2147483647", "2147483648", "4294967295"),
    *(
        "4294967296",
        "18446744073709551616",
        "9" * 60,
        "1e9",
        "0x10",
        "1.5",
        "",
        " ",
        "x",
    ),
)
TEXTS = (
    *(
        "",
        " ",
        "\t",
        "\0",
        "\xff\xfe\xfd",
        "\xc3\x28",
        "%",
        "%00",
        "%zz",
        '"',
        '\\"',
        '"\\',
    ),
    *("<", ">", "<>", "<<>>", ";", ";;;", ";=", ",", ",,,", ":", "@", "()", "((", "\\"),
    *(
        "\r\n ",
        "\r\n\t\r\n ",
        "\r",
        "\n",
        "a" * 300,
        "a" * 5000,
        "%n%s%d",
        "\x7f",
        "=?=",
    ),
)
URIS = (
    f"sip:x@{HOST}:{FAR_END_PORT}",
    f"sip:x@127.0.0.7:{FAR_END_PORT}",
    f"sip:x@{HOST}:{TARGET_PORT}",
    f"sip:{HOST}:{FAR_END_PORT};transport=tcp",
    f"sip:{HOST}:9;transport=tcp",
    f"sip:{HOST}:{FAR_END_PORT};transport=tls",
    f"sip:{HOST}:{FAR_END_PORT};transport=sctp",
    f"sip:{HOST}:{FAR_END_PORT};lr;maddr=127.0.0.3;ttl=0",
    f"sips:x@{HOST}:{FAR_END_PORT}",
    f"sip:x@name.invalid:{FAR_END_PORT}",
    f"sip:x@{ABSENT}.invalid",
    f"sip:x@{SILENT}.invalid",
    f"sip:x@[::1]:{FAR_END_PORT}",
    f"sip:x@{HOST}:0",
    f"sip:x@{HOST}:65536",
    f"sip:x@{HOST}:-1",
    f"sip:%00@{HOST}:{FAR_END_PORT}",
    f"sip:x@{HOST}:{FAR_END_PORT}?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc",
    f"sip:x@{HOST}:{FAR_END_PORT};method=BYE",
    f"sip:x@{HOST}:{FAR_END_PORT};" + "p" * 1500,
    f"sip:{'u' * 1500}@{HOST}:{FAR_END_PORT}",
    *("tel:+49123", "mailto:a@b.invalid", "urn:service:sos", "http://name.invalid/"),
    *("sip:", "sip:@", "*", "", "sip:[", "sip:]", "x", "sip:a:b@c:d:e", "<sip:x>"),
)
BRACKETED = tuple(f"<{uri}>" for uri in URIS)
METHODS = (
    *("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "INFO", "UPDATE", "PRACK", "REFER"),
    *(
        "NOTIFY",
        "SUBSCRIBE",
        "MESSAGE",
        "PUBLISH",
        "REGISTER",
        "UNKNOWN",
        "invite",
        "X-Y",
    ),
)
CHALLENGES = (
    'Digest realm="trial", nonce="1", qop="auth", algorithm=MD5',
    'Digest realm="trial", nonce="1", qop="auth-int,auth", algorithm=SHA-256',
    'Digest realm="other", nonce="1", algorithm=SHA-512-256, stale=true',
    'Digest realm="trial", nonce="", opaque="", domain="<>", stale=x, qop=""',
    f'Digest realm="trial", nonce="{"n" * 3000}"',
    f'Digest realm="{"r" * 3000}", nonce="1"',
    'Digest realm="tr\\"ial", nonce="a\\\\"',
    *(
        "Digest",
        "Digest realm",
        'Digest realm="',
        "Digest ,,,,",
        "Digest =",
        "",
        "NTLM",
    ),
    *('Basic realm="trial"', "Negotiate abc==", 'NTLM realm="x", targetname="y"'),
    'Digest realm="trial", nonce="1", ' + ", ".join(f"p{n}=v" for n in range(300)),
    'NTLM, Digest realm="trial", nonce="1"',
)
REPLACES = (
    "a;to-tag=b;from-tag=c",
    "a;to-tag=;from-tag=",
    "a",
    "",
    ";",
    "a;early-only",
)
SOUP: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Session-Expires", (*NUMBERS, "90;refresher=uac", "90;refresher=x", "1800;refresher=uas")),
    ("Min-SE", NUMBERS),
    ("Expires", (*NUMBERS, "Thu, 01 Dec 1994 16:00:00 GMT")),
    ("Min-Expires", NUMBERS),
    ("Retry-After", (*NUMBERS, "5 (why);duration=99999999999", "5;x=", "(((")),
    ("Max-Forwards", NUMBERS),
    ("Content-Length", NUMBERS),
    ("CSeq", (*(f"{number} INVITE" for number in NUMBERS), "1", "1 BYE", "INVITE 1")),
    ("RSeq", NUMBERS),
    ("RAck", (*NUMBERS, "1 1 INVITE", "1 99999999999 INVITE", "1 1")),
    ("Contact", (*BRACKETED, *URIS, "*", "<*>;expires=0")),
    ("Record-Route", tuple(f"<{uri};lr>" for uri in URIS)),
    ("Route", BRACKETED),
    ("Refer-To", BRACKETED + URIS),
    ("Referred-By", BRACKETED),
    ("Refer-Sub", ("false", "true", "x", "")),
    ("Replaces", REPLACES),
    ("Join", REPLACES),
    ("Target-Dialog", REPLACES),
    ("WWW-Authenticate", CHALLENGES),
    ("Proxy-Authenticate", CHALLENGES),
    ("Authorization", CHALLENGES),
    ("Authentication-Info", ('nextnonce="x"', "rspauth=", "", 'qop=auth,nc=0000000g')),
    ("Require", ("100rel", "timer", "replaces", "none", "", ",,", "x" * 400, "100rel,timer")),
    ("Supported", ("100rel", "timer,replaces,outbound,path,gruu", "", "," * 200)),
    ("Unsupported", ("100rel", "", ",")),
    ("Allow", ("INVITE,ACK", "", "," * 300, "X" * 400)),
    ("Allow-Events", ("refer", "presence,*", "", ",")),
    ("Event", ("refer", "refer;id=1", "refer;id=99999999999", "presence", "", "dialog;x", ";")),
    (
        "Subscription-State",
        ("active;expires=60", "terminated;reason=noresource", "pending", "", ";", "active;expires=-1"),
    ),
    ("Content-Type", ("application/sdp", "multipart/mixed", "x", "", "/", "a/b;boundary=", "message/sipfrag;version=2.0")),
    ("Content-Encoding", ("gzip", "identity", "", "x,y")),
    ("Content-Disposition", ("session", "early-session;handling=required", "", ";handling=")),
    ("Accept", ("application/sdp", "*/*;q=9", "", ",,")),
    ("Reason", ("Q.850;cause=16", 'SIP;cause=-1;text="', "", ";;", 'Q.850;cause=99999999999;text="x;cause=1"')),
    ("P-Asserted-Identity", ('"x" <sip:y@z.invalid>', "<", "", "tel:+1")),
    ("History-Info", ("<sip:a@b.invalid>;index=1", "<", "")),
    ("Warning", ('399 x "y"', "399", "", '399 x "')),
    ("Server", TEXTS),
    ("Subject", TEXTS),
    ("Date", ("Thu, 01 Dec 1994 16:00:00 GMT", "x", "", "Mon, 99 Foo 99999 99:99:99 XXX")),
    ("Timestamp", (*NUMBERS, "1.1 2.2", "-.-")),
    ("SIP-If-Match", ("x", "")),
    ("Info-Package", ("dtmf", "", "x;y")),
    ("User-Agent", TEXTS),
    ("", ("NoColon", ":", " : x", "\tfolded", "X Y: z", "\xff: \xfe", "Via")),
)  # fmt: skip
STATUSES = (
    *(100, 180, 181, 182, 183, 199, 200, 202, 299, 300, 301, 302, 305, 380, 400, 401),
    *(403, 404, 405, 407, 408, 410, 413, 415, 416, 420, 421, 422, 423, 428, 429, 433),
    *(469, 480, 481, 482, 483, 484, 485, 486, 487, 488, 489, 491, 493, 494, 500, 501),
    *(502, 503, 504, 505, 513, 580, 600, 603, 604, 606, 607, 699),
)


# -- headers and values ------------------------------------------------------------


def _index(message: Message, random: Random) -> int:
    return random.randrange(len(message.headers))


def _repeat_header(message: Message, random: Random) -> None:
    item = random.choice(message.headers)
    place = random.randrange(len(message.headers) + 1)
    message.headers[place:place] = [item] * random.choice((1, 1, 2, 70))


def _drop_header(message: Message, random: Random) -> None:
    if len(message.headers) > 1:
        del message.headers[_index(message, random)]


def _shuffle_headers(message: Message, random: Random) -> None:
    random.shuffle(message.headers)


def _compact_names(message: Message, random: Random) -> None:
    message.headers = [
        (COMPACT.get(name.lower(), name), value) for name, value in message.headers
    ]


def _change_case(message: Message, random: Random) -> None:
    change = random.choice((str.upper, str.lower, str.swapcase))
    message.headers = [(change(name), value) for name, value in message.headers]


def _fold(message: Message, random: Random) -> None:
    number = _index(message, random)
    name, value = message.headers[number]
    place = random.randrange(len(value) + 1)
    fold = random.choice(("\r\n ", "\r\n\t", "\r\n   \r\n ", "\n ", "\r "))
    message.headers[number] = name, value[:place] + fold + value[place:]


def _space_name(message: Message, random: Random) -> None:
    number = _index(message, random)
    name, value = message.headers[number]
    message.headers[number] = name + random.choice((" ", "\t", "  \t ")), value


def _change_value(message: Message, random: Random) -> None:
    number = _index(message, random)
    name, value = message.headers[number]
    text = random.choice(TEXTS)
    place = random.randrange(len(value) + 1)
    kept = random.choice((value[place:], value[place + 1 :], ""))
    message.headers[number] = name, value[:place] + text + kept


def _change_number(message: Message, random: Random) -> None:
    name = random.choice(
        ("CSeq", "Content-Length", "Expires", "Retry-After", "Max-Forwards")
    )
    number = random.choice(NUMBERS)
    rest = message.get("CSeq").partition(" ")[2] if name == "CSeq" else ""
    message.put(name, f"{number} {rest}".rstrip() if rest else number)


def _change_identity(message: Message, random: Random) -> None:
    name = random.choice(("Via", "From", "To", "Call-ID"))
    value = message.get(name)
    odd = random.choice(
        (
            *(
                value + ";branch=z9hG4bK",
                value.replace("z9hG4bK", ""),
                value + ";tag=x",
            ),
            *(value.partition(";")[0], value[::-1], value + "x", value.upper()),
            *(
                value.replace("tag=", "tag=x"),
                value.replace("branch=", "branch=z9hG4bKx"),
            ),
            *(f"{value}, {value}", "", "SIP/2.0/UDP"),
        )
    )
    message.put(name, odd)


def _change_uri(message: Message, random: Random) -> None:
    name = random.choice(("From", "To", "Contact", "Record-Route", "Route"))
    tag = message.get(name).partition(">")[2]
    message.put(name, f"<{random.choice(URIS)}>{tag}")


def _add_soup(message: Message, random: Random) -> None:
    for _ in range(random.choice((1, 2, 3, 25))):
        name, values = random.choice(SOUP)
        place = random.randrange(len(message.headers) + 1)
        message.headers.insert(place, (name, random.choice(values)))


def _add_many(message: Message, random: Random) -> None:
    count = random.choice((30, 120, 400))
    message.headers += [(f"X-Header-{number}", "v" * 8) for number in range(count)]


def _change_start(message: Message, random: Random) -> None:
    if message.start.startswith("SIP/"):
        message.start = random.choice(
            (
                *("SIP/2.0 200", "SIP/2.0 200 ", "SIP/2.0  200  OK", "SIP/2.0 99 Low"),
                *("SIP/2.0 4294967301 Better not", "SIP/2.0 -1 X", "SIP/2.0 1000 X"),
                *("SIP/7.0 200 OK", "SIP/2.0", "SIP/2.0 OK", "sip/2.0 200 ok"),
                *(
                    "SIP/2.0 200 " + "p" * 3000,
                    "SIP/2.0 200 \xff\0\xfe",
                    "SIP/2.0 2x0 OK",
                ),
                f"SIP/2.0 {random.choice(STATUSES)} Changed",
            )
        )
        return
    method, _, rest = message.start.partition(" ")
    uri = random.choice(URIS)
    message.start = random.choice(
        (
            *(
                f"{method} {uri} SIP/2.0",
                f"{method}  {rest}",
                f"{method}\t{rest}",
                method,
            ),
            *(
                f"{random.choice(METHODS)} {rest}",
                f"{method} {rest} extra",
                f" {method} {rest}",
            ),
            *(
                f"{method} {rest[:-1]}7",
                f"{'M' * 2000} {rest}",
                f"{method} <{uri}> SIP/2.0",
            ),
        )
    )


def _change_body(message: Message, random: Random) -> None:
    body, kind = random.choice(BODIES)(random)
    message.body = body
    message.put("Content-Type", kind)


# -- bodies ------------------------------------------------------------------------


def _proper_description(random: Random) -> tuple[bytes, str]:
    kind = random.choice(
        ("application/sdp", "APPLICATION/SDP;x=y", "text/plain", "", "application/")
    )
    return encode(describe()), kind


def _odd_description(random: Random) -> tuple[bytes, str]:
    return describe_oddly(random), "application/sdp"


def _multipart(random: Random) -> tuple[bytes, str]:
    """Several parts, one of them a description, with a boundary that may not fit."""
    boundary = random.choice(("b", "b" * 70, "a b", "", "x;y", "--"))
    said = random.choice((boundary, boundary, f'"{boundary}"', "other", "", '"'))
    sdp = random.choice((encode(describe()), describe_oddly(random)))
    parts = [
        b"Content-Type: application/sdp\r\n\r\n" + sdp,
        b"Content-Type: text/plain\r\nContent-ID: <x>\r\n\r\nhello",
        b"\r\n",
        b"Content-Type: multipart/mixed;boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--",
        b"no colon\r\n\r\n" + b"\0" * 20,
    ]
    random.shuffle(parts)
    kept = parts[: random.randrange(1, 6)] * random.choice((1, 1, 1, 8))
    mark = boundary.encode()
    text = b"".join(b"--" + mark + b"\r\n" + part + b"\r\n" for part in kept)
    end = random.choice((b"--" + mark + b"--\r\n", b"--" + mark, b""))
    kind = random.choice(("mixed", "alternative", "related", ""))
    return text + end, f"multipart/{kind};boundary={said}"


def _fragment(random: Random) -> tuple[bytes, str]:
    line = random.choice(
        (b"SIP/2.0 200 OK", b"SIP/2.0 999999999999", b"SIP/2.0", b"\0", b"")
    )
    return line + random.choice((b"\r\n", b"")), "message/sipfrag;version=2.0"


def _keys(random: Random) -> tuple[bytes, str]:
    signal = random.choice(("5", "*", "16", "-1", "A" * 400, "", "\0", "!"))
    duration = random.choice(("100", "-1", "99999999999", "", "x"))
    kind = random.choice(
        ("application/dtmf-relay", "application/dtmf", "application/DTMF-RELAY")
    )
    end = random.choice(("\r\n", "\n", ""))
    text = f"Signal={signal}\r\nDuration={duration}{end}"
    return text.encode("latin-1"), kind


def _noise(random: Random) -> tuple[bytes, str]:
    return random.randbytes(
        random.choice((0, 1, 200, 7000))
    ), "application/octet-stream"


BODIES = (_proper_description, _odd_description, _odd_description, _multipart, _fragment, _keys, _noise)  # fmt: skip


# -- bytes -------------------------------------------------------------------------


def _flip(raw: bytes, random: Random) -> bytes:
    changed = bytearray(raw)
    for _ in range(random.choice((1, 1, 3, 20))):
        if changed:
            changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _cut(raw: bytes, random: Random) -> bytes:
    return raw[: random.randrange(len(raw) + 1)]


def _cut_out(raw: bytes, random: Random) -> bytes:
    begin = random.randrange(len(raw) + 1)
    return raw[:begin] + raw[begin + random.choice((1, 2, 10, 100)) :]


def _insert(raw: bytes, random: Random) -> bytes:
    place = random.randrange(len(raw) + 1)
    filler = random.choice(
        (
            b"\0",
            b"\r\n",
            b"\r\n\r\n",
            b"\xff" * 4,
            b"%n",
            b" " * 200,
            b"A" * 4000,
            b"\n",
            b":",
        )
    )
    return raw[:place] + filler + raw[place:]


def _splice(raw: bytes, random: Random) -> bytes:
    begin, end = sorted(random.randrange(len(raw) + 1) for _ in range(2))
    place = random.randrange(len(raw) + 1)
    return raw[:place] + raw[begin:end] + raw[place:]


def _overwrite(raw: bytes, random: Random) -> bytes:
    begin = random.randrange(len(raw) + 1)
    noise = random.randbytes(random.choice((1, 4, 16)))
    return raw[:begin] + noise + raw[begin + len(noise) :]


STRUCTURAL: tuple[Mutation, ...] = (
    _repeat_header,
    _drop_header,
    _shuffle_headers,
    _compact_names,
    _change_case,
    _fold,
    _space_name,
    _change_value,
    _change_value,
    _change_number,
    _change_identity,
    _change_uri,
    _add_soup,
    _add_soup,
    _add_many,
    _change_start,
    _change_body,
)
BYTE_LEVEL: tuple[ByteMutation, ...] = (
    _flip,
    _cut,
    _cut_out,
    _insert,
    _splice,
    _overwrite,
)


def mutate(message: Message, random: Random) -> bytes:
    """The bytes of *message* with one to three things changed."""
    changed = message.copy()
    for _ in range(random.choice((0, 1, 1, 2, 3))):
        random.choice(STRUCTURAL)(changed, random)
    raw = changed.encode()
    if changed.headers == message.headers or random.random() < 0.2:
        raw = random.choice(BYTE_LEVEL)(raw, random)
    return raw[:MOST_BYTES]


def add_soup(message: Message, random: Random) -> Message:
    """*message* with headers that say odd things, and nothing else changed."""
    changed = message.copy()
    _add_soup(changed, random)
    return changed


def odd_body(random: Random) -> tuple[bytes, str]:
    """A body and its Content-Type."""
    return random.choice(BODIES)(random)
