"""Names and URIs of From values (RFC 3261 §25.1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.errors import InvalidUriError
from sip.name_addr import CallerId, NameAddr


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("sip:a@h", "<sip:a@h>"),
        (" sip:a@h;tag=9", "<sip:a@h>"),  # parameters of the header (§20.10)
        ("<sip:a@h;x=1>;tag=9", "<sip:a@h;x=1>"),
        ('"A. Name" <sip:a@h;x=1>;tag=9', '"A. Name" <sip:a@h;x=1>'),
        ('"Acme, Inc."<sip:a@h>', '"Acme, Inc." <sip:a@h>'),
        ("Acme  <sip:a@h>", '"Acme" <sip:a@h>'),
        ("Acme, Inc. (Berlin); Sales <sip:a@h>", '"Acme, Inc. (Berlin); Sales" <sip:a@h>'),
        ("O'Brien \\ Sons <sip:a@h>", '"O\'Brien \\\\ Sons" <sip:a@h>'),
        (r'"a \"b\" \\ \c" <sip:a@h>', r'"a \"b\" \\ c" <sip:a@h>'),
        (r'"ends in \\" <sip:a@h>', r'"ends in \\" <sip:a@h>'),
        ('"<sip:x@y>;tag=1" < sip:a@h >', '"<sip:x@y>;tag=1" <sip:a@h>'),
        ("Bäckerei Müller 🍞 <sips:a@h>", '"Bäckerei Müller 🍞" <sips:a@h>'),
        ('"sip:x@y" <sip:a@h>', '"sip:x@y" <sip:a@h>'),
        ("sip:x@y <sip:a@h>", '"sip:x@y" <sip:a@h>'),
        ('""<sip:a@h>', "<sip:a@h>"),
        ('"  " <sip:a@h>', "<sip:a@h>"),
    ],
)  # fmt: skip
def test_what_is_sent(value: str, sent: str) -> None:
    assert str(NameAddr.parse(value)) == sent
    assert NameAddr.parse(sent) == NameAddr.parse(value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "anonymous",
        "tel:+49",
        "Acme",
        '"Acme"',
        '"Acme" sip:a@h',
        '"Acme <sip:a@h>',
        'Acme" <sip:a@h>',
        'The "Acme" <sip:a@h>',
        '"The" Acme <sip:a@h>',
        r'"Acme\" <sip:a@h>',
        "> <sip:a@h",
        "<sip:a@h",
        "sip:a@h>",
        "<>",
        "<<sip:a@h>>",
        "A <sip:a@h> B",
        "<sip:a@h>, <sip:b@h>",
        "<sip:a@h>tag=1",
        "<sip:a@h?Subject=x>",
        "<tel:+49>",
        '"a\nb" <sip:a@h>',
        '"a\\\rb" <sip:a@h>',
        '"a\x00b" <sip:a@h>',
        "a\x7fb <sip:a@h>",
        '"\ud800" <sip:a@h>',
        "caf\udce9 <sip:a@h>",
    ],
)
def test_what_cannot_be_sent_is_refused(value: str) -> None:
    with pytest.raises(InvalidUriError):
        NameAddr.parse(value)


@given(st.text(max_size=60))
def test_no_text_becomes_another_address(text: str) -> None:
    try:
        sent = str(NameAddr.parse(f"{text} <sip:a@h>"))
    except InvalidUriError:
        return
    name, end = sent.removesuffix("<sip:a@h>"), sent[-9:]
    assert end == "<sip:a@h>"
    assert not set(name) & set("\r\n\0")
    assert name == "" or NameAddr.parse(sent).display_name == NameAddr.parse(
        f"{name}<sip:b@h>"
    ).display_name  # fmt: skip


@pytest.mark.parametrize(
    ("text", "caller"),
    [
        ("4711", CallerId("4711")),
        ("Bob Smith", CallerId("Bob Smith")),
        ("sip:bob@h", CallerId("bob")),
        (" SIPS:+49%20x@h;a=b", CallerId("+49 x")),
        ("<sip:bob@h>;tag=1", CallerId("bob")),
        ('"Acme, Inc." <sip:4711@h>', CallerId("4711", "Acme, Inc.")),
        ("Acme <sip:4711@h>", CallerId("4711", "Acme")),
    ],
)
def test_user_and_name_of_a_caller_id(text: str, caller: CallerId) -> None:
    assert CallerId.parse(text) == caller


@pytest.mark.parametrize(
    "text",
    ["", "bob@h", "tel:+49", "mailto:a@b", "sip:h", "sip:", '"Acme" 4711', "<4711>",
     "sip:a%0Ab@h", "a\nb"],
)  # fmt: skip
def test_what_is_no_caller_id(text: str) -> None:
    with pytest.raises(InvalidUriError):
        CallerId.parse(text)
