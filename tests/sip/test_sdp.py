"""What is made of a far end's session description before PJMEDIA sees it."""

import subprocess
from importlib.util import find_spec
from typing import NamedTuple

import pjsua2
import pytest

CODECS = ("PCMU/8000/1", "PCMA/8000/1", "G722/16000/1", "opus/48000/2")
PLAIN = """\
v=0
o=callee 1 1 IN IP4 192.0.2.1
s=-
c=IN IP4 192.0.2.1
t=0 0
m=audio 40000 RTP/AVP 0 101
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=sendrecv
"""
HEAD = "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
REFUSED_VIDEO = "m=video 0 RTP/AVP 96\r\nc=IN IP4 0.0.0.0\r\n"
NO_NAME = "is no IP address, and names are not resolved"


class ReadSdp(NamedTuple):
    """The text for PJMEDIA, or why there is none; one of them is empty."""

    text: str
    problem: str


def read(text: str, *, is_offer: bool = False, family: int = 4) -> ReadSdp:
    """As a call over IPv4 with the usual codecs does."""
    codecs = pjsua2.StringVector([*CODECS])
    return ReadSdp(*pjsua2.outring_read_sdp(text, codecs, family, is_offer))


def lines_of(text: str, **options: bool) -> list[str]:
    """The lines behind the head, of a description that can be used."""
    read_text = read(text, **options)
    assert not read_text.problem
    assert read_text.text.startswith(HEAD)
    return read_text.text.removeprefix(HEAD).split("\r\n")[:-1]


AUDIO = [
    "m=audio 40000 RTP/AVP 0 101",
    "c=IN IP4 192.0.2.1",
    "a=rtpmap:101 telephone-event/8000",
    "a=fmtp:101 0-16",
    "a=sendrecv",
]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(PLAIN, id="plain"),
        pytest.param(PLAIN.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(PLAIN.replace("\n", "\r"), id="CR"),
        pytest.param(PLAIN.replace("\n", " \r\n"), id="trailing blanks"),
        pytest.param(PLAIN.replace("\n", "\r\n\r\n"), id="empty lines"),
        pytest.param(PLAIN + "\0", id="a final NUL"),
        pytest.param(PLAIN.removesuffix("\n"), id="no final line end"),
        pytest.param(PLAIN.replace("s=-", "s="), id="empty s="),
        pytest.param(PLAIN.replace("s=-", "s= "), id="blank s="),
        pytest.param(PLAIN.replace("s=-\n", ""), id="no s="),
        pytest.param(PLAIN.replace("t=0 0\n", ""), id="no t="),
        pytest.param(PLAIN.replace("t=0 0", "t=x"), id="odd t="),
        pytest.param(PLAIN.replace("o=callee 1 1 IN IP4 192.0.2.1\n", ""), id="no o="),
        pytest.param(PLAIN.replace("o=callee", "o=my gw"), id="o= with a blank"),
        pytest.param(PLAIN.replace("o=callee 1", "o= x"), id="o= without number"),
        pytest.param(PLAIN.replace("1 1 IN", f"{'9' * 40} 1 IN"), id="o= too large"),
        pytest.param(PLAIN.replace("1 1 IN IP4 192.0.2.1", "1 1 IN IP4 gw.example"),
                     id="o= with a name"),
        pytest.param(PLAIN.replace("v=0\n", ""), id="no v="),
        pytest.param(PLAIN.replace("c=IN IP4 192.0.2.1\n", "").replace(
            "101\n", "101\nc=IN IP4 192.0.2.1\n", 1), id="c= at the media"),
        pytest.param(PLAIN.replace("101\n", "101\nc=IN IP4 192.0.2.1\n", 1).replace(
            "192.0.2.1\nt", "gw.example\nt"), id="a name that does not count"),
        pytest.param(PLAIN.replace("c=IN", "c=IN IP4 192.0.2.9\nc=IN"), id="two c="),
        pytest.param(PLAIN.replace("c=IN IP4", "c=in ip4"), id="small c="),
        pytest.param(PLAIN.replace("audio", "AUDIO").replace("RTP/AVP", "rtp/avp"),
                     id="m= in other letters"),
        pytest.param(PLAIN.replace("c=IN IP4 192.0.2.1", "c=IN IP4 192.0.2.1/127"),
                     id="TTL"),
        pytest.param(PLAIN.replace("m=audio 40000", "m=audio 40000/1"), id="port count"),
        pytest.param(PLAIN.replace("RTP/AVP 0 101", "RTP/AVP  0  101 "), id="blanks"),
        pytest.param(PLAIN.replace("0 101", "0 0 101 101"), id="formats twice"),
        pytest.param(PLAIN.replace("0 101", "0 18 101 102 110"), id="dynamic, no rtpmap"),
        pytest.param(PLAIN.replace("0 101", "0 101 200 x"), id="formats out of range"),
        pytest.param(PLAIN.replace("0 101", "0 97 101") + "a=rtpmap:97 iLBC/8000\n",
                     id="a codec that we have not"),
        pytest.param(PLAIN + "a=rtpmap:101 other/8000\n", id="rtpmap twice"),
        pytest.param(PLAIN + "a=rtpmap:97\na=rtpmap\na=fmtp:\na=:\n=\nx\n", id="broken"),
        pytest.param(PLAIN.replace("a=sendrecv\n", "").replace("m=", "a=sendrecv\nm="),
                     id="direction of the session"),
        pytest.param(PLAIN.replace("rtpmap", "RTPMAP").replace("fmtp", "Fmtp"),
                     id="attributes in capitals"),
        pytest.param(PLAIN.replace("a=rtpmap:", "a=rtpmap: "), id="blank behind a colon"),
        pytest.param(PLAIN.replace("t=0 0", "b=AS:x\nb=\nb=TIAS:99999999999\nt=0 0"),
                     id="odd b="),
        pytest.param(PLAIN.replace("t=0", "i=a\nu=b\ne=c\np=d\nr=7d\nz=0\nk=x\nt=0"),
                     id="lines that nobody needs"),
        pytest.param(PLAIN + "a=candidate:1 1 UDP 1 gw.example 5000 typ host\n"
                     "a=remote-candidates:1 gw.example 5000\na=ice-ufrag:x\n"
                     "a=ice-pwd:y\na=mid:0\na=extmap:1 urn:x\n", id="ICE with names"),
        pytest.param(PLAIN + "a=ptime:0\na=maxptime:99999\n", id="ptime out of range"),
        pytest.param(PLAIN + "a=ptime:2560\n", id="ptime that overflows"),
        pytest.param(PLAIN + "a=rtcp:x gw.example\n", id="a=rtcp without port"),
        pytest.param(PLAIN + "a=rtcp:40001 IN IP6 2001:db8::1\n", id="a=rtcp of IPv6"),
        pytest.param(PLAIN + "a=crypto:1 \x01\na=ssrc:\xff\n", id="not printable"),
    ],
)  # fmt: skip
def test_what_others_send_is_taken(text: str) -> None:
    assert lines_of(text) == AUDIO


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("a=ptime:20", "a=ptime:20"),
        ("a=ptime: 30.5", "a=ptime:30"),
        ("a=maxptime:150", "a=maxptime:150"),
        ("a=rtcp:40009", "a=rtcp:40009"),
        ("a=RTCP: 40009", "a=rtcp:40009"),
        ("a=rtcp:40009 IN IP4 192.0.2.7", "a=rtcp:40009 IN IP4 192.0.2.7"),
        ("a=rtcp-mux", "a=rtcp-mux"),
        ("a=ssrc:7 cname:x", "a=ssrc:7 cname:x"),
        (
            "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNf",
            "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNf",
        ),
        ("a=fingerprint:sha-256 AB:CD", "a=fingerprint:sha-256 AB:CD"),
        ("a=setup:active", "a=setup:active"),
    ],
)
def test_attributes_that_are_kept(line: str, kept: str) -> None:
    assert set(lines_of(f"{PLAIN}{line}\n")) == {*AUDIO, kept}


@pytest.mark.parametrize("direction", ["sendonly", "recvonly", "inactive"])
def test_hold(direction: str) -> None:
    assert lines_of(PLAIN.replace("sendrecv", direction))[-1] == f"a={direction}"
    of_session = PLAIN.replace("a=sendrecv\n", "").replace("m=", f"a={direction}\nm=")
    assert lines_of(of_session)[-1] == f"a={direction}"
    assert lines_of(of_session + "a=sendrecv\n")[-1] == "a=sendrecv"


@pytest.mark.parametrize(
    ("family", "line"), [(4, "c=IN IP4 0.0.0.0"), (6, "c=IN IP6 ::")]
)
@pytest.mark.parametrize("address", ["IP4 0.0.0.0", "IP6 ::"])
def test_old_hold_in_either_family(family: int, line: str, address: str) -> None:
    text = read(PLAIN.replace("c=IN IP4 192.0.2.1", f"c=IN {address}"), family=family)
    assert f"{line}\r\n" in text.text


def test_ipv6() -> None:
    text = PLAIN.replace("c=IN IP4 192.0.2.1", "c=IN IP6 2001:db8::1")
    text += "a=rtcp:40001 IN IP6 2001:db8::2\n"
    assert "c=IN IP6 2001:db8::1\r\n" in read(text, family=6).text
    assert "a=rtcp:40001 IN IP6 2001:db8::2\r\n" in read(text, family=6).text
    assert "c=IN IP6 2001:db8::1\r\n" in read(text.replace("IP6", "IP4"), family=6).text


OTHERS = """\
m=video 5000 RTP/AVP 96
c=IN IP4 video.example
a=rtcp:5001 IN IP4 video.example
m=image 5002 udptl t38
m=application 9 UDP/DTLS/SCTP 5000
"""


def test_as_many_lines_as_were_offered() -> None:
    """Those that we cannot use are refused, wherever they stand; their names do not count."""
    fax = ["m=image 0 udptl t38", "c=IN IP4 0.0.0.0"]
    data = ["m=application 0 UDP/DTLS/SCTP 0", "c=IN IP4 0.0.0.0"]
    video = REFUSED_VIDEO.split("\r\n")[:2]
    assert lines_of(PLAIN + OTHERS, is_offer=True) == [*AUDIO, *video, *fax, *data]
    head, audio = PLAIN.split("m=audio")
    text = f"{head}{OTHERS}m=audio{audio}"
    assert lines_of(text, is_offer=True) == [*video, *fax, *data, *AUDIO]


def test_of_two_audio_lines_the_one_that_can_be_used() -> None:
    other = "m=audio 41000 RTP/AVP 18\nc=IN IP4 gw.example\n"
    refused = ["m=audio 0 RTP/AVP 18", "c=IN IP4 0.0.0.0"]
    assert lines_of(PLAIN + other, is_offer=True) == [*AUDIO, *refused]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it has no audio"),
        ("not SDP at all", "it has no audio"),
        (PLAIN.partition("m=")[0], "it has no audio"),
        (PLAIN.partition("m=")[0] + OTHERS, "it has no audio"),
        (PLAIN.replace("v=0", "v=1"), "its version is 1, not 0"),
        (PLAIN.replace("40000", "65536"), "one of its media lines cannot be read"),
        (PLAIN.replace("40000", "-1"), "one of its media lines cannot be read"),
        (PLAIN.replace("40000", "x"), "one of its media lines cannot be read"),
        (PLAIN + "m=\n", "one of its media lines cannot be read"),
        (PLAIN.replace("40000", "0"), "it refuses the audio (port 0)"),
        (PLAIN.replace("RTP/AVP", "TCP/MSRP"), "its audio comes over TCP/MSRP, not RTP"),
        (PLAIN.replace("c=IN IP4 192.0.2.1\n", ""), "it has no address (c=)"),
        (PLAIN.replace("IN IP4 192.0.2.1\nt", "IN IP4\nt"), f"its address IN IP4 {NO_NAME}"),
        (PLAIN.replace("IN IP4 192.0.2.1\nt", "ATM NSAP 47\nt"),
         f"its address ATM NSAP 47 {NO_NAME}"),
        (PLAIN.replace("RTP/AVP 0 101", "RTP/AVP"), "it has no codec in common with us"),
        (PLAIN.replace("0 101", "101"), "it has no codec in common with us"),
        (PLAIN.replace("0 101", "18 3 101"), "it has no codec in common with us"),
        (PLAIN.replace("192.0.2.1\nt", "2001:db8::1\nt"),
         "its address 2001:db8::1 is IPv6, and the media of this call IPv4"),
        (PLAIN.replace("192.0.2.1\nt", "224.0.0.1/127\nt"),
         "its address 224.0.0.1 is that of many"),
        (PLAIN.replace("192.0.2.1\nt", "255.255.255.255\nt"),
         "its address 255.255.255.255 is that of many"),
        (PLAIN.replace("192.0.2.1\nt", "ff02::1\nt"), "its address ff02::1 is that of many"),
        (PLAIN + "a=rtcp:40001 IN IP4 224.0.0.1\n",
         "its address of RTCP 224.0.0.1 is that of many"),
    ],
)  # fmt: skip
def test_what_cannot_be_used(text: str, problem: str) -> None:
    assert read(text) == ReadSdp("", problem)


@pytest.mark.parametrize(
    "name",
    ["gw.example", "localhost", "1.2.3", "256.1.1.1", "0x7f.1", "fe80::1%lo", "[::1]"],
)
def test_names_are_not_resolved(name: str) -> None:
    """Wherever PJMEDIA would look one up: of the session, the media, and of RTCP."""
    problem = f"its address {name} {NO_NAME}"
    assert read(PLAIN.replace("192.0.2.1\nt", f"{name}\nt")).problem == problem
    assert read(f"{PLAIN}c=IN IP4 {name}\n").problem == problem
    assert read(f"{PLAIN}c=IN IP6 {name}\n").problem == problem
    of_rtcp = f"its address of RTCP {name} {NO_NAME}"
    assert read(f"{PLAIN}a=rtcp:40001 IN IP4 {name}\n").problem == of_rtcp
    assert read(f"{PLAIN}a=RTCP: 40001 IN IP4 {name}\n").problem == of_rtcp


def test_too_many_media_lines() -> None:
    more = "m=video 5000 RTP/AVP 96\n"
    assert not read(PLAIN + 3 * more, is_offer=True).problem
    problem = "it has more than 4 media lines"
    assert read(PLAIN + 4 * more, is_offer=True) == ReadSdp("", problem)
    assert len(lines_of(PLAIN + 40 * more)) == len(AUDIO) + 3 * 2


def test_too_many_of_everything() -> None:
    numbers = range(40, 128)
    dynamic = "".join(f"a=rtpmap:{n} telephone-event/{n}000\n" for n in numbers)
    text = PLAIN.replace("0 101", f"0 {' '.join(map(str, numbers))}") + dynamic
    crypto = "".join(f"a=crypto:{n} x inline:y\n" for n in range(100))
    lines = lines_of(text + crypto)
    assert len(lines[0].split(" ")) == 3 + 32
    assert sum(line.startswith("a=crypto") for line in lines) == 8


def test_what_is_told_is_fit_for_a_log() -> None:
    name = 'x"\\\x01é' + 100 * "y"
    assert read(PLAIN.replace("192.0.2.1\nt", f"{name}\nt")).problem == (
        f"its address x?????{58 * 'y'}... {NO_NAME}"
    )


def test_opus_and_dynamic_numbers_of_the_far_end() -> None:
    text = PLAIN.replace("0 101", "111 110 96").replace("a=rtpmap:0 PCMU/8000\n", "")
    text += "a=rtpmap:111 OPUS/48000/2\na=fmtp:111 useinbandfec=1; stereo=0\n"
    text += "a=rtpmap:110 telephone-event/48000\na=rtpmap:96 opus/48000\n"
    assert lines_of(text)[:5] == [
        "m=audio 40000 RTP/AVP 111 110",
        "c=IN IP4 192.0.2.1",
        "a=rtpmap:111 OPUS/48000/2",
        "a=fmtp:111 useinbandfec=1; stereo=0",
        "a=rtpmap:110 telephone-event/48000",
    ]


def test_pjsip_cannot_reach_the_resolver() -> None:
    """No function of the system's resolver is used by the module that holds PJSIP."""
    module = find_spec("_pjsua2")
    assert module is not None
    assert module.origin is not None
    shown = subprocess.run(
        ["nm", "--dynamic", "--undefined-only", module.origin],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    names = {line.split()[-1].partition("@")[0] for line in shown.splitlines()}
    assert "inet_pton" in names  # or nothing was read
    resolving = ("getaddrinfo", "gethostby", "getnameinfo", "res_", "__res_")
    assert not [name for name in names if name.startswith(resolving)]
