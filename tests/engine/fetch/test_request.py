"""What HTTP request a fetch makes."""

import pytest

from engine.fetch import Failure, FetchError, Request
from engine.fetch.request import File, HttpRedirect, Outgoing, flatten, to_outgoing

NESTED = {"a": {"b": 1, "c": [True, None]}, "d": "ü&=", "e": 1.5, "f": 2.0, "g": {}}


def test_flattened() -> None:
    assert flatten(NESTED) == [
        ("a.b", "1"),
        ("a.c.0", "true"),
        ("a.c.1", "null"),
        ("d", "ü&="),
        ("e", "1.5"),
        ("f", "2"),
    ]


def test_what_is_nested_deeply_is_flattened() -> None:
    value: object = 1
    for _ in range(5000):
        value = {"a": value}

    assert flatten({"a": value}) == [("a" + ".a" * 5000, "1")]


@pytest.mark.parametrize(
    ("uri", "values", "expected"),
    [
        ("http://h/a", {}, "http://h/a"),
        ("http://h/a#part", {}, "http://h/a"),
        ("http://h/a", {"b": {"c": "d e"}}, "http://h/a?b.c=d+e"),
        ("http://h/a?x=1#part", {"b": "&"}, "http://h/a?x=1&b=%26"),
    ],
)
def test_values_of_get(uri: str, values: dict[str, object], expected: str) -> None:
    assert to_outgoing(Request(uri, "get", values)) == Outgoing("GET", expected)


def test_post() -> None:
    form = to_outgoing(Request("http://h/a", "post", NESTED))
    json = to_outgoing(
        Request("http://h/a", "Post", {"a": {"b": 1}}, "Application/JSON; x=y")
    )

    assert form.body == b"a.b=1&a.c.0=true&a.c.1=null&d=%C3%BC%26%3D&e=1.5&f=2"
    assert form.media_type == "application/x-www-form-urlencoded"
    assert (json.uri, json.body) == ("http://h/a", b'{"a": {"b": 1}}')
    assert json.media_type == "application/json"


def test_post_of_files() -> None:
    """A name can end neither its part nor its header."""
    values = {"a": {"b": 1}, 'n"\r\n': File("f.wav", "audio/x-wav", b"\r\n--x")}
    asked = to_outgoing(Request("http://h/a", "POST", values, "multipart/form-data"))

    kind, _, boundary = asked.media_type.partition("; boundary=")
    assert kind == "multipart/form-data"
    first, second, last = (asked.body or b"").split(b"--" + boundary.encode())[1:]
    assert first == b'\r\nContent-Disposition: form-data; name="a.b"\r\n\r\n1\r\n'
    assert second == (
        b'\r\nContent-Disposition: form-data; name="n%22%0D%0A"; filename="f.wav"\r\n'
        b"Content-Type: audio/x-wav\r\n\r\n\r\n--x\r\n"
    )
    assert last == b"--\r\n"


@pytest.mark.parametrize(
    ("request_", "failure"),
    [
        (Request("http://h/", "PUT"), Failure.FAILED),
        (Request("http://h/", "POST", {}, "text/plain"), Failure.FAILED),
        (Request("http://h/" + "a" * 9000), Failure.INVALID_URI),
        (Request("http://h/", values={"a": "b" * 9000}), Failure.INVALID_URI),
    ],
)
def test_refused(request_: Request, failure: Failure) -> None:
    with pytest.raises(FetchError) as caught:
        to_outgoing(request_)

    assert caught.value.failure is failure


POST = Outgoing("POST", "https://h/a/b?c", b"x", "y")


@pytest.mark.parametrize(
    ("status", "location", "expected"),
    [
        (307, "d", Outgoing("POST", "https://h/a/d", b"x", "y")),
        (308, "/d#e", Outgoing("POST", "https://h/d", b"x", "y")),
        (301, "//i/d", Outgoing("GET", "https://i/d")),
        (302, "https://i/d", Outgoing("GET", "https://i/d")),
        (303, "?d", Outgoing("GET", "https://h/a/b?d")),
    ],
)
def test_redirected(status: int, location: str, expected: Outgoing) -> None:
    assert POST.follow(HttpRedirect(status, location)) == expected


@pytest.mark.parametrize(
    "location",
    [
        "http://h/",
        "file:///etc/passwd",
        "gopher://h/",
        "data:,a",
        "https://[::",
        "HTTP:",
    ],
)
def test_redirects_that_are_not_followed(location: str) -> None:
    with pytest.raises(FetchError) as caught:
        POST.follow(HttpRedirect(302, location))

    assert caught.value.failure is Failure.INVALID_URI
