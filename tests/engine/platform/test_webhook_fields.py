"""The fields of a webhook: what is taken, and what is refused."""

from collections.abc import Callable

import pytest
from pydantic import ValidationError

from engine.platform.objects import Webhook
from engine.platform.webhook_fields import (
    check_uri,
    decode_secret,
    encode_secret,
    type_matches,
)

SECRET = encode_secret(bytes(24))


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (check_uri, "ftp://h.example"),
        (check_uri, "https://"),
        (check_uri, "https://h.example:x"),
        (check_uri, "https://user@h.example"),
        (check_uri, "https://h.example/#part"),
        (check_uri, "https://h h.example/"),
        (check_uri, "https://h.example/a b"),
        (check_uri, "https://h.example/\x07"),
        (decode_secret, "secret"),
        (decode_secret, "whsec_*"),
        (decode_secret, encode_secret(bytes(23))),
        (decode_secret, encode_secret(bytes(65))),
    ],
)
def test_what_is_refused(check: Callable[[str], object], text: str) -> None:
    with pytest.raises(ValueError, match=r"URI|secret"):
        check(text)


def test_a_secret_is_read_as_it_is_written() -> None:
    assert decode_secret(encode_secret(b"k" * 32)) == b"k" * 32


@pytest.mark.parametrize(
    ("patterns", "kinds"),
    [
        (["*"], ["call.ended", "request.refused"]),
        (["call.*"], ["call.ended", "call.dialog.ended"]),
        (["call.ended"], ["call.ended"]),
    ],
)
def test_patterns_of_types(patterns: list[str], kinds: list[str]) -> None:
    all_kinds = ["call.ended", "call.dialog.ended", "request.refused"]

    matching = [kind for kind in all_kinds if type_matches(kind, patterns)]

    assert set(kinds) <= set(matching)
    assert ("request.refused" in matching) == ("request.refused" in kinds)


def test_a_pattern_of_no_type_is_a_mistake() -> None:
    with pytest.raises(ValidationError, match=r"no type of event matches call\.end"):
        Webhook(
            id="a", uri="https://h.example", secrets=(SECRET,), events=("call.end",)
        )
