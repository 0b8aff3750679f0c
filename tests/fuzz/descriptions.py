"""Session descriptions (RFC 8866): a proper one, and those that a far end should not send."""

from collections.abc import Callable
from random import Random

from .messages import HOST, MEDIA_PORT
from .name_server import ABSENT, SILENT

Lines = list[str]
Oddity = Callable[[Lines, Random], None]

PROPER_FORMATS = {
    "0": "a=rtpmap:0 PCMU/8000",
    "8": "a=rtpmap:8 PCMA/8000",
    "120": "a=rtpmap:120 telephone-event/8000",
}
HOSTS = (
    "127.0.0.9",
    "0.0.0.0",
    "255.255.255.255",
    "name.invalid",
    f"{ABSENT}.invalid",
    f"{SILENT}.invalid",
    "999.1.1.1",
    "127.1",
    "::1",
    "",
    "a" * 300,
    "\xff\xfe",
)
NUMBERS = (
    "0",
    "-1",
    "1",
    "65535",
    "65536",
    "4294967295",
    "4294967296",
    "9" * 40,
    "x",
    "",
)
ATTRIBUTES = (
    *("a=sendonly", "a=recvonly", "a=inactive", "a=sendrecv", "a=", "a", "a=:", "a=x:"),
    *("a=rtcp-mux", "a=rtcp:0", "a=rtcp:70000 IN IP4", "a=rtcp:9 IN IP6 ::1"),
    *(f"a=rtcp:9 IN IP4 {name}.invalid" for name in ("some", ABSENT, SILENT)),
    *("a=ptime:0", "a=ptime:-20", "a=ptime:99999", "a=maxptime:1", "a=ptime:x"),
    *(
        "a=rtpmap:",
        "a=rtpmap:0",
        "a=rtpmap:0 PCMU",
        "a=rtpmap:0 PCMU/0",
        "a=rtpmap:x y/z",
    ),
    *("a=rtpmap:0 PCMU/-8000", "a=rtpmap:0 PCMU/8000/0", "a=rtpmap:0 PCMU/8000/99"),
    *(
        "a=rtpmap:200 opus/48000/2",
        f"a=rtpmap:0 {'N' * 300}/8000",
        "a=rtpmap: 0 PCMU/8000",
    ),
    *("a=rtpmap:0 PCMU/99999999999", "a=rtpmap:-1 PCMU/8000", "a=rtpmap:0  PCMU/8000"),
    *("a=fmtp:", "a=fmtp:120", "a=fmtp:120 0-15", "a=fmtp:120 0-", "a=fmtp:120 -5,999"),
    *("a=fmtp:120 " + ";" * 500, "a=fmtp:0 " + "k=v;" * 200, "a=fmtp:x =;=;="),
    *("a=crypto:", "a=crypto:1", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"),
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + "A" * 40,
    "a=crypto:99999999999 NONE inline:AA|2^99|1:999",
    *("a=ice-ufrag:x", "a=ice-pwd:" + "p" * 500, "a=ice-lite", "a=remote-candidates:1"),
    "a=candidate:1 1 UDP 2130706431 127.0.0.1 9 typ host",
    "a=candidate:1 999 UDP -1 name.invalid 99999 typ x raddr",
    *("a=setup:active", "a=fingerprint:sha-256 00:11", "a=mid:", "a=group:BUNDLE 0 1"),
    *("a=rtcp-fb:* nack", "a=ssrc:1 cname:" + "c" * 600, "a=extmap:1 urn:x"),
    *("a=label:1", "a=" + "z" * 2000, "a=x\0y", "a=\xc3\x28"),
)
MEDIA = (
    *("m=audio 0 RTP/AVP 0", "m=audio 40998 RTP/AVP", "m=audio 40998 RTP/SAVP 0"),
    *("m=audio 40998/2 RTP/AVP 0", "m=audio 40998/0 RTP/AVP 0", "m=audio -1 RTP/AVP 0"),
    *(
        "m=audio 99999 RTP/AVP 0",
        "m=audio x RTP/AVP 0",
        "m=audio",
        "m=",
        "m=audio 40998",
    ),
    *("m=video 40998 RTP/AVP 31", "m=image 40998 udptl t38", "m=message 9 TCP/MSRP *"),
    *(
        "m=audio 40998 RTP/AVPF 0",
        "m=audio 40998 UDP/TLS/RTP/SAVPF 0",
        "m=audio 40998 X 0",
    ),
    "m=audio 40998 RTP/AVP " + " ".join(map(str, range(128))),
    "m=audio 40998 RTP/AVP 0 0 0 0 0",
    *("m=audio 40998 RTP/AVP 255 -1 x", "m=application 9 DTLS/SCTP 5000"),
    "m=" + "audio" * 60 + " 40998 RTP/AVP 0",
)
OTHER_LINES = (
    *("b=AS:0", "b=AS:-1", "b=AS:99999999999", "b=:", "b=TIAS:x", "k=clear:x", "i=x"),
    *("t=0 0", "t=-1 99999999999999999999", "r=7d 1h 0 25h", "z=0 0", "u=x:", "e=x"),
    *("x=1", "=", "==", "v=0", "v=1", "s=", "\0", " ", "c", "o", "p=1", "m"),
)


def describe(*, port: int = MEDIA_PORT, version: int = 1, direction: str = "") -> Lines:
    """The lines of a proper description; *direction* is ``sendonly`` and the like."""
    return [
        "v=0",
        f"o=- 7 {version} IN IP4 {HOST}",
        "s=-",
        f"c=IN IP4 {HOST}",
        "t=0 0",
        f"m=audio {port} RTP/AVP {' '.join(PROPER_FORMATS)}",
        *PROPER_FORMATS.values(),
        *([f"a={direction}"] if direction else []),
    ]


def encode(lines: Lines) -> bytes:
    """The bytes of a description."""
    return "".join(line + "\r\n" for line in lines).encode("latin-1", "replace")


def describe_oddly(random: Random) -> bytes:
    """A description in which one to four things are odd."""
    lines = describe(version=random.choice((1, 1, 2, 3)))
    for _ in range(random.choice((1, 1, 2, 4))):
        random.choice(ODDITIES)(lines, random)
    ending = random.choice(("\r\n", "\r\n", "\r\n", "\n", "\r", ""))
    return "".join(line + ending for line in lines).encode("latin-1", "replace")


def _place(lines: Lines, random: Random) -> int:
    return random.randrange(len(lines) + 1)


def _change_host(lines: Lines, random: Random) -> None:
    for number, line in enumerate(lines):
        if line.startswith(("c=", "o=")) and random.random() < 0.7:
            family = random.choice(("IP4", "IP4", "IP6", "IP9", ""))
            head = line.rsplit(" ", 2)[0]
            lines[number] = f"{head} {family} {random.choice(HOSTS)}"


def _name_host(lines: Lines, random: Random) -> None:
    """Names where addresses are usual: nobody may be kept waiting for them."""
    name = random.choice(("some", ABSENT, SILENT)) + ".invalid"
    lines[:] = [
        f"c=IN IP4 {name}" if line.startswith("c=") and random.random() < 0.8 else line
        for line in lines
    ]
    if random.random() < 0.3:
        lines.append(f"a=rtcp:9 IN IP4 {name}")


def _change_media(lines: Lines, random: Random) -> None:
    lines[:] = [
        random.choice(MEDIA) if line.startswith("m=") else line for line in lines
    ]


def _add_media(lines: Lines, random: Random) -> None:
    for _ in range(random.choice((1, 2, 5, 40))):
        lines.append(random.choice(MEDIA))


def _drop_media(lines: Lines, random: Random) -> None:
    lines[:] = [line for line in lines if not line.startswith("m=")]


def _add_attribute(lines: Lines, random: Random) -> None:
    for _ in range(random.choice((1, 1, 3, 60))):
        lines.insert(_place(lines, random), random.choice(ATTRIBUTES))


def _add_line(lines: Lines, random: Random) -> None:
    lines.insert(_place(lines, random), random.choice(OTHER_LINES))


def _drop_line(lines: Lines, random: Random) -> None:
    if lines:
        del lines[random.randrange(len(lines))]


def _repeat_line(lines: Lines, random: Random) -> None:
    if lines:
        line = random.choice(lines)
        lines[_place(lines, random) :] = [line] * random.choice((1, 2, 50))


def _shuffle(lines: Lines, random: Random) -> None:
    random.shuffle(lines)


def _change_number(lines: Lines, random: Random) -> None:
    if lines:
        number = random.randrange(len(lines))
        words = lines[number].split(" ")
        words[random.randrange(len(words))] = random.choice(NUMBERS)
        lines[number] = " ".join(words)


def _change_event(lines: Lines, random: Random) -> None:
    other = random.choice(("101", "127", "0", "96", "200", "-1"))
    rate = random.choice(("8000", "48000", "0", "8001", "x"))
    lines[:] = [line.replace(" 120", f" {other}") for line in lines]
    lines.append(f"a=rtpmap:{other} telephone-event/{rate}")


def _hold(lines: Lines, random: Random) -> None:
    lines.append(random.choice(("a=inactive", "a=sendonly", "a=recvonly")))
    if random.random() < 0.5:
        lines[:] = [
            "c=IN IP4 0.0.0.0" if line.startswith("c=") else line for line in lines
        ]


ODDITIES: tuple[Oddity, ...] = (
    _change_host,
    _name_host,
    _change_media,
    _add_media,
    _drop_media,
    _add_attribute,
    _add_attribute,
    _add_line,
    _drop_line,
    _repeat_line,
    _shuffle,
    _change_number,
    _change_number,
    _change_event,
    _hold,
)
