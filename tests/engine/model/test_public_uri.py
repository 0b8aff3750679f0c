"""What is told of URIs."""

import pytest

from engine.model.public_uri import public_uri, with_public_uris


@pytest.mark.parametrize(
    ("uri", "public"),
    [
        ("https://user:pw@host:8/a/b.vxml?token=1#x", "https://host:8/a/b.vxml"),
        ("https://host?token=a@b", "https://host"),
        ("file:///srv/a.wav", "file:///srv/a.wav"),
        ("outring:say", "outring:say"),
        ("sounds/a.wav?k=1", "sounds/a.wav"),
    ],
)
def test_nothing_secret_is_told(uri: str, public: str) -> None:
    assert public_uri(uri) == public


def test_uris_in_sentences() -> None:
    text = "http://u:p@host/a?k=1: line 3, see https://b/?c=d."

    assert with_public_uris(text) == "http://host/a: line 3, see https://b/."
    assert with_public_uris(None) is None
