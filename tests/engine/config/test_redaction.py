"""What logs show of numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config.redaction import mask_address, mask_text


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("sip:+4930123456@example.com", "sip:+49****56@example.com"),
        ("sips:+4930123456@[2001:db8::1]:5061", "sips:+49****56@[2001:db8::1]:5061"),
        ("sip:+4930123456:secret@192.0.2.1", "sip:+49****56@192.0.2.1"),
        ("sip:alice@192.0.2.1;user=+4930123456", "sip:****@192.0.2.1"),
        ("sip:4930123;ext=456@192.0.2.1", "sip:493****56@192.0.2.1"),
        ("sip:192.0.2.1:5060;transport=tcp", "sip:192.0.2.1:5060"),
        ("sip:192.0.2.1?to=4930123456@x", "sip:192****56@x"),
        ("tel:+4930123456;phone-context=+49", "tel:+49****56"),
        ("tel:110", "tel:****"),
        ("+49 30 123456", "+49****56"),
        ("0301234", "****"),
        ("", "****"),
    ],
)
def test_address(address: str, shown: str) -> None:
    assert mask_address(address) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("calls +49 30 123456 at 10:30", "calls +49****56 at 10:30"),
        ("calls 004930123456.", "calls 004****56."),
        ("to <sip:alice.baker@example.com>", "to <sip:ali****er@example.com>"),
        ("SIP:alice:secret@example.com", "SIP:****@example.com"),
        (
            "http://127.0.0.1:9698/doc 2026-11-24",
            "http://127.0.0.1:9698/doc 2026-11-24",
        ),
    ],
)
def test_text(text: str, shown: str) -> None:
    assert mask_text(text) == shown


@given(
    st.from_regex(r"\+?[0-9]{8,15}", fullmatch=True),
    st.sampled_from(["{}", "sip:{}@h", "tel:{};x=1"]),
)
def test_no_number_is_left(number: str, form: str) -> None:
    middle = number[3:-2]

    assert middle not in mask_address(form.format(number)).replace(number[:3], "", 1)
