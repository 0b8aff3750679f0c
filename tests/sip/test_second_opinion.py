"""SIP URIs and display names as sipmessage reads them, and what RFC 3261 says where we differ."""

import re
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sipmessage import URI, Address

from sip.errors import InvalidUriError
from sip.name_addr import NameAddr
from sip.uri import SipUri

WE_ALONE_TAKE = {
    "§19.1.4: a scheme is the same in capitals": (
        r"(?!sips?:)(?i:sips?):.*",
        "SIP:a@host",
    ),
    "§25.1: a password may be empty": (r"[^@:]*:[^@:]*:@.*", "sip:a:@host"),
    "§25.1: a toplabel may hold digits": (
        r"(.*@)?[^;@]*[a-zA-Z]\d[^@]*",
        "sip:a@host1",
    ),
    "no toplabel of §25.1, but containers are called so": (
        r"(.*@)?[^;@]*(\d[a-zA-Z-][^@]*|\.\d+\.?(:\d+)?(;[^@]*)?)",
        "sip:a@1b",
    ),
    "no alphanum of §25.1, but hosts are called so": (
        r".*_.*",
        "sip:a@my_host.example",
    ),
    "§25.1: an IPv4 address may end an IPv6 one": (
        r".*\[[^]]*\.[^]]*\][^@]*",
        "sip:a@[::192.0.2.1]",
    ),
}
THEY_ALONE_TAKE = {
    "RFC 3966: a tel: URI has no host": (r"tel:.*", "tel:+49"),
    "§25.1: no line break": (r".*\n", "sip:a@host\n"),
    "§25.1: digits are those of ASCII": (r".*[^\x00-\x7f].*", "sip:a@host:\u0665"),
    "no port of UDP and TCP": (r".*:\d+(;.*)?", "sip:a@host:65536"),
    "no IPv4 address has a part like that": (
        r".*(\d{3}|0\d)(\..*|:.*|;.*|$)",
        "sip:a@192.0.2.256",
    ),
    "§25.1: a slash in a password is escaped": (
        r"[^@:]*:[^@:]*:[^@]*/[^@]*@.*",
        "sip:a:b/c@host",
    ),
    "RFC 4291: not so many groups": (r".*\[[^]]*\].*", "sip:a@[1:2]"),
    "§19.1.1: no parameter is given twice": (r".*;.*;.*", "sip:a@host;x=1;x=2"),
}
DIGITS_AND_LETTERS = "abF09"
USERS = st.text(f"{DIGITS_AND_LETTERS}-_.!~*'()&=+$,;?/", min_size=1) | st.just(
    "%20%c3"
)
PASSWORDS = st.text(f"{DIGITS_AND_LETTERS}-_.!~*'()&=+$,", min_size=1)
HOSTS = (
    st.from_regex(r"([a-z0-9](-?[a-z0-9])?\.){0,2}[a-z](-?[a-z])?\.?", fullmatch=True)
    | st.ip_addresses(v=4).map(str)
    | st.ip_addresses(v=6).map(lambda address: f"[{address}]")
)
PORTS = st.none() | st.integers(1, 65535)
PARAMETERS = st.dictionaries(
    st.text(f"{DIGITS_AND_LETTERS}-_.!~*'()[]/:&+$", min_size=1).map(str.lower),
    st.none() | st.text("abF-_.!~*'()[]/:&+$", min_size=1) | st.just("%3B"),
    max_size=3,
)


@st.composite
def uris(draw: st.DrawFn) -> str:
    """URIs of RFC 3261 §25.1, without headers and what only one side takes."""
    user = draw(st.none() | USERS)
    password = draw(st.none() | PASSWORDS)
    port = draw(PORTS)
    return "".join(
        [
            draw(st.sampled_from(["sip:", "sips:"])),
            "" if user is None else f"{user}@" if password is None else f"{user}:{password}@",
            draw(HOSTS),
            "" if port is None else f":{port}",
            *(
                f";{name}" if value is None else f";{name}={value}"
                for name, value in draw(PARAMETERS).items()
            ),
        ]
    )  # fmt: skip


@st.composite
def damaged_uris(draw: st.DrawFn) -> str:
    """Such URIs with a character more or less, or another one."""
    text = draw(uris())
    at, more = draw(st.integers(0, len(text))), draw(st.integers(0, 1))
    wrong = draw(
        st.text("aZ09%@:;=?/[]._- <>\"'\\^|{}\t\r\n\0\u00e4\u0665", max_size=2)
    )
    return text[:at] + wrong + text[at + more :]


def read_by_us(text: str) -> tuple[object, ...] | None:
    """The parts of the URI *text*, or None if we refuse it."""
    try:
        uri = SipUri.parse(text)
    except InvalidUriError:
        return None
    user, password = (part and unquote(part) for part in (uri.user, uri.password))
    parameters = {
        unquote(name): value and unquote(value) for name, value in uri.parameters
    }
    host = f"[{uri.host}]" if uri.is_ipv6 else uri.host
    return uri.scheme, user, password, host, uri.port, parameters


def read_by_them(text: str) -> tuple[object, ...] | None:
    """The same by sipmessage."""
    try:
        uri = URI.parse(text)
    except ValueError:
        return None
    parts = uri.scheme, uri.user, uri.password, uri.host, uri.port
    return *parts, dict(uri.parameters)


@given(uris())
def test_we_read_the_same_in_a_valid_uri(text: str) -> None:
    assert read_by_us(text) == read_by_them(text) is not None


@given(damaged_uris())
@example("sip:a@[::1%eth0]")
def test_we_refuse_the_same_but_for_what_is_listed(text: str) -> None:
    ours, theirs = read_by_us(text), read_by_them(text)

    if (ours is None) == (theirs is None):
        assert ours == theirs
    else:
        listed = WE_ALONE_TAKE if theirs is None else THEY_ALONE_TAKE
        assert any(re.fullmatch(why, text, re.DOTALL) for why, _ in listed.values())


@pytest.mark.parametrize(("why", "text"), WE_ALONE_TAKE.values(), ids=WE_ALONE_TAKE)
def test_what_we_alone_take(why: str, text: str) -> None:
    assert re.fullmatch(why, text, re.DOTALL)
    assert read_by_us(text) is not None
    assert read_by_them(text) is None


@pytest.mark.parametrize(("why", "text"), THEY_ALONE_TAKE.values(), ids=THEY_ALONE_TAKE)
def test_what_they_alone_take(why: str, text: str) -> None:
    assert re.fullmatch(why, text, re.DOTALL)
    assert read_by_us(text) is None
    assert read_by_them(text) is not None


@given(st.text(st.characters(exclude_categories=["C", "Z"])).map(str.strip))
@example("Acme, Inc. <sip:b@host>; x=1")
@example('the "Acme"')
def test_they_read_the_name_that_we_write(name: str) -> None:
    written = NameAddr(SipUri.parse("sip:a@host"), name)

    read = Address.parse(str(written))
    assert (read.name, str(read.uri)) == (name, "sip:a@host")
    assert NameAddr.parse(str(written)) == written


@given(uris(), st.sampled_from(["", " ", "Acme Sales ", '"Acme, Inc." ', '"" ']))
def test_we_read_the_same_name_and_uri(uri: str, name: str) -> None:
    read = NameAddr.parse(f"{name}<{uri}>;tag=1")

    theirs = Address.parse(f"{name}<{uri}>;tag=1")
    assert (read.display_name, read_by_us(str(read.uri))) == (
        theirs.name,
        read_by_them(uri),
    )
