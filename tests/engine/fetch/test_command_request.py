"""What a document wants fetched, as an HTTP request."""

from dataclasses import replace

import pytest

from ccxml.commands import FetchResource
from engine.fetch import Request, request_of_command

FETCH = FetchResource(
    fetch_id="f1",
    uri="b.ccxml",
    type="application/ccxml+xml",
    method="post",
    values={"n": 5},
    timeout_s=3.0,
    max_age="60",
    max_stale=None,
    enctype="application/json",
    base="http://a.example/apps/a.ccxml",
)


def test_every_attribute_counts() -> None:
    uri = "http://a.example/apps/b.ccxml"

    assert request_of_command(FETCH) == Request(
        uri, "post", {"n": 5}, "application/json", timeout_s=3.0, max_age_s=60.0
    )


@pytest.mark.parametrize(
    ("text", "seconds"), [("1.5", 1.5), ("-1", 0.0), ("soon", None), ("", None)]
)
def test_an_age(text: str, seconds: float | None) -> None:
    command = replace(FETCH, max_age=text, max_stale=text)
    request = request_of_command(command)

    assert (request.max_age_s, request.max_stale_s) == (seconds, seconds)


def test_a_malformed_uri_is_left_for_the_fetcher() -> None:
    assert request_of_command(replace(FETCH, uri="http://[")).uri == "http://["
