"""Where the server of an audio stream is, and which may be connected to."""

from pathlib import Path
from typing import Any

import pytest

from engine.config.settings import FetchSettings
from engine.fetch.errors import FetchError
from engine.fetch.stream_location import StreamLocation, locate_stream


async def test_a_url_is_taken_apart() -> None:
    url = "ws://127.0.0.1:9000/out?a=%20b"
    location = await locate_stream(url, FetchSettings())

    assert location == StreamLocation(
        *(url, "127.0.0.1", 9000, "/out?a=%20b"), is_tls=False, addresses=("127.0.0.1",)
    )
    secure = await locate_stream("wss://127.0.0.1", FetchSettings())
    assert (secure.port, secure.path, secure.is_tls) == (443, "/", True)


async def test_a_server_is_vouched_for_as_the_settings_say(
    certificate: tuple[Path, Path],
) -> None:
    settings = FetchSettings(tls_ca=certificate[0])

    assert (await locate_stream("wss://127.0.0.1", settings)).tls_ca == certificate[0]


async def test_a_name_has_the_addresses_that_are_allowed() -> None:
    location = await locate_stream("ws://localhost/", FetchSettings())

    assert set(location.addresses) <= {"127.0.0.1", "::1"}
    assert location.host == "localhost"


@pytest.mark.parametrize(
    ("url", "settings", "why"),
    [
        ("ws://127.0.0.1/", {"allow_private": False}, "its address is not allowed"),
        ("ws://localhost/", {"allow_private": False}, "its address is not allowed"),
        ("ws://169.254.169.254/", {}, "its address is not allowed"),
        ("ws://127.0.0.1/", {"hosts": ("*.example",)}, "its host is not allowed"),
        ("ws://127.0.0.1/", {"schemes": ("https",)}, "its scheme is not allowed"),
        ("http://127.0.0.1/", {}, "its scheme is not allowed"),
        ("ws://unknown.invalid/", {}, "its host name does not resolve"),
        ("ws://h:port/", {}, "it is malformed"),
    ],
)
async def test_what_must_not_be_connected_to(
    url: str, settings: dict[str, Any], why: str
) -> None:
    with pytest.raises(FetchError) as failed:
        await locate_stream(url, FetchSettings(**settings))

    assert failed.value.why == why
