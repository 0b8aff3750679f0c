"""What may be dialled and what may be sent (RFC 3261 §19.1, §25.1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.errors import InvalidHeaderError, InvalidUriError
from sip.uri import SipUri, check_header, escape_subscriber


@pytest.mark.parametrize(
    "text",
    [
        "sip:1234@192.0.2.1",
        "sip:1234@192.0.2.1:5070;transport=tcp",
        "sips:alice@example.com",
        "sip:example.com",
        "sip:al%20ice:pw@example.com;lr;x=%3d",
        "sip:+4930123;phone-context=x@example.com",
        "sip:100@[2001:db8::1]:5062;transport=udp",
    ],
)
def test_a_valid_uri_comes_back_as_it_was(text: str) -> None:
    assert str(SipUri.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1234",
        "tel:+4930123",
        "http://example.com",
        "sip:",
        "sip:@example.com",
        "sip:a b@example.com",
        "sip:a@",
        "sip:a@exa mple.com",
        "sip:a@256.1.1.1",
        "sip:a@1.2.3",
        "sip:a@[::1",
        "sip:a@[nonsense]",
        "sip:a@[fe80::1%eth0]",
        "sip:a@[::1%\r\nX: y]",
        "sip:a@host:0",
        "sip:a@host:65536",
        "sip:a@host:port",
        "sip:a@host:",
        "sip:a@host;",
        "sip:a@host;=x",
        "sip:a@host;x=",
        "sip:a@host;x=1;X=2",  # RFC 3261 §19.1.1
        "sip:a@host?Subject=x",
        "sip:a@host\r\nX: y",
        "sip:a\r\n@host",
        "sip:a@host;x=<y>",
        "<sip:a@host>",
        "sip:%zz@host",
        "sip:" + "a" * 1000 + "@host",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidUriError):
        SipUri.parse(text)


@given(st.text(max_size=60))
def test_no_text_breaks_the_parser_or_smuggles_a_line(text: str) -> None:
    try:
        uri = SipUri.parse(f"sip:{text}")
    except InvalidUriError:
        return
    assert not set(str(uri)) & set('\r\n\0 <>"')


def test_transport_comes_from_scheme_and_parameter() -> None:
    assert SipUri.parse("sip:a@h").transport == "udp"
    assert SipUri.parse("sip:a@h;transport=TCP").transport == "tcp"
    assert SipUri.parse("sip:a@h;transport=tls").transport == "tls"
    assert SipUri.parse("sips:a@h;transport=tcp").transport == "tls"


@given(st.text(min_size=1, max_size=30).filter(str.isprintable))
def test_any_printable_caller_id_becomes_a_valid_user_part(text: str) -> None:
    uri = SipUri.build(text, "host")

    assert SipUri.parse(str(uri)) == uri


@given(
    st.from_regex(r"\+?[0-9]{1,9}(;[a-z0-9-]{1,5}=[a-z%:\[\]+]{1,5})*", fullmatch=True)
)
def test_any_number_with_parameters_becomes_a_valid_user_part(number: str) -> None:
    number = number.replace("%", "%25")

    assert SipUri.parse(f"sip:{escape_subscriber(number)}@host").host == "host"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Via", "x"),
        ("CALL-ID", "x"),
        ("content-length", "0"),
        ("Allow", "INVITE"),
        *((name, "x") for name in "tImVlckxeoUR"),  # compact ones
        ("user-agent", "mine"),
        ("Session-Expires", "600;refresher=uas"),
        ("Min-SE", "600"),
        ("Accept", "application/sdp"),
        ("Content-Encoding", "gzip"),
        ("CONTENT-anything", "x"),
        ("MIME-Version", "1.0"),
        ("Event", "refer"),
        ("Bad Name", "x"),
        ("To ", "x"),
        (" X-A", "x"),
        ("X-A\n", "x"),
        ("X-\u00c4", "x"),
        ("\u212a", "x"),  # its lower case is a k
        ("", "x"),
        ("X:Y", "x"),
        ("X-A", "a\r\nb"),
        ("X-A", "a\0"),
        ("X-A", "a\x0bVia: x"),
        ("X-A", "\x7f"),
        ("X-A", "\ud800"),
        ("X-A", "é" * 1025),
    ],
)
def test_a_header_that_must_not_be_sent_is_refused(name: str, value: str) -> None:
    with pytest.raises(InvalidHeaderError):
        check_header(name, value)


def test_ordinary_headers_pass() -> None:
    check_header("X-Campaign", "spring 2026; ümlaut")
    check_header("P-Asserted-Identity", "<sip:a@h>")
    check_header("X-Long", "x" * 2048)
    check_header("X-Empty", "")
    check_header("X-Odd", "tab\there, and bytes that a callee sent: \udcff")
    check_header("Replaces", "x@h;to-tag=1;from-tag=2")
    check_header("Accept-Contact", "*;audio;require")
    check_header("b", "<sip:a@h>")


def test_a_refused_compact_name_is_told_with_its_long_one() -> None:
    with pytest.raises(InvalidHeaderError, match=r"header l \(Content-Length\) is"):
        check_header("l", "0")
