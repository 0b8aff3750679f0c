"""Fetching from a real server on loopback."""

import asyncio
import json
import logging
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from itertools import count
from pathlib import Path

import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from engine.fetch import Failure, Fetcher, FetchError, Request, WebSession
from tests.engine.conftest import Clock
from tests.engine.fetch.conftest import Site, fetching, refused

FRESH = "max-age=60"


async def test_resource(site: Site, fetcher: Fetcher) -> None:
    uri = site.has("/a", "hé", Content_Type='Text/Plain; Charset="UTF-8"')

    found = await fetcher.fetch(Request(uri))

    assert (found.uri, found.body, found.text()) == (uri, "hé".encode(), "hé")
    assert (found.media_type, found.charset) == ("text/plain", "utf-8")
    assert site.seen[0].headers["Accept-Encoding"] == "identity"


async def test_validator_is_that_of_the_content(site: Site, fetcher: Fetcher) -> None:
    same = [site.has("/a", "1"), site.has("/b", "1")]
    other = [site.has("/c", "2"), site.has("/d", "1", Content_Type="a; charset=utf-16")]

    first, second, third, fourth = [
        (await fetcher.fetch(Request(uri))).validator for uri in same + other
    ]

    assert first == second
    assert len({first, third, fourth}) == 3


async def test_values(site: Site, fetcher: Fetcher) -> None:
    uri = site.has("/a")
    values = {"a": {"b": "1 +%"}, "c": [True]}

    await fetcher.fetch(Request(uri, values=values))
    await fetcher.fetch(Request(uri, "post", values))
    await fetcher.fetch(Request(uri, "post", values, "application/json"))

    assert dict(site.seen[0].query) == {"a.b": "1 +%", "c.0": "true"}
    form, as_json = site.seen[1:]
    assert form.method == as_json.method == "POST"
    assert form.content_type == "application/x-www-form-urlencoded"
    assert site.bodies[1] == b"a.b=1+%2B%25&c.0=true"
    assert as_json.content_type == "application/json"
    assert json.loads(site.bodies[2]) == values


# -- the cache -----------------------------------------------------------------------


async def test_fresh_answers_are_kept(
    site: Site, fetcher: Fetcher, clock: Clock
) -> None:
    request = Request(site.has("/a", "1", Cache_Control=FRESH))

    first = await fetcher.fetch(request)
    clock.now += 58
    assert fetcher.find_cached(request) is first
    assert await fetcher.fetch(request) is first
    clock.now += 2
    assert fetcher.find_cached(request) is None
    await fetcher.fetch(request)

    assert len(site.seen) == 2


async def test_304(site: Site, fetcher: Fetcher, clock: Clock) -> None:
    request = Request(site.has("/a", "1", Cache_Control=FRESH, ETag='"x"'))

    first = await fetcher.fetch(request)
    clock.now += 60
    assert await fetcher.fetch(request) is first
    assert fetcher.find_cached(request) is first  # fresh again
    clock.now += 60
    site.has("/a", "2", ETag='"y"')
    second = await fetcher.fetch(request)

    assert [request.headers.get("If-None-Match") for request in site.seen] == [
        None,
        '"x"',
        '"x"',
    ]
    assert second.body == b"2"


async def test_304_that_nobody_asked_for(site: Site, fetcher: Fetcher) -> None:
    error = await refused(fetcher, site.says("/a", 304))

    assert (error.failure, error.status) == (Failure.FAILED, 304)


async def test_age_that_the_request_allows(
    site: Site, fetcher: Fetcher, clock: Clock
) -> None:
    uri = site.has("/a", "1", Cache_Control=FRESH)
    await fetcher.fetch(Request(uri))
    clock.now += 30

    await fetcher.fetch(Request(uri, max_age_s=40))
    assert len(site.seen) == 1
    await fetcher.fetch(Request(uri, max_age_s=20))
    assert len(site.seen) == 2
    clock.now += 70
    await fetcher.fetch(Request(uri, max_stale_s=20))
    assert len(site.seen) == 2
    await fetcher.fetch(Request(uri, max_stale_s=5))
    assert len(site.seen) == 3


@pytest.mark.parametrize(
    "headers", [{"Cache_Control": "no-store, max-age=60"}, {"Vary": "*"}]
)
async def test_what_is_not_kept(
    site: Site, fetcher: Fetcher, headers: dict[str, str]
) -> None:
    uri = site.has("/a", "1", Cache_Control=FRESH)
    await fetcher.fetch(Request(uri))
    site.has("/a", "2", **{"Cache_Control": FRESH, **headers})

    await fetcher.fetch(Request(uri, max_age_s=-1))

    assert fetcher.find_cached(Request(uri)) is None  # nor is what was there


async def test_posts_and_messages_are_not_kept(site: Site, fetcher: Fetcher) -> None:
    uri = site.has("/a", "1", Cache_Control=FRESH)

    for _ in range(2):
        await fetcher.fetch(Request(uri, "POST"))
        await fetcher.send(Request(uri))

    assert len(site.seen) == 4
    assert fetcher.find_cached(Request(uri)) is None


async def test_a_kept_redirect(site: Site, fetcher: Fetcher) -> None:
    to = site.has("/b", "1", Cache_Control=FRESH)
    uri = site.says("/a", 302, Location="/b", Cache_Control=FRESH)

    first = await fetcher.fetch(Request(uri))

    assert first.uri == to
    assert fetcher.find_cached(Request(uri)) is first
    assert len(site.seen) == 2


async def test_the_cache_is_bounded(site: Site) -> None:
    uris = [
        site.has(f"/{number}", "x" * 10_000, Cache_Control=FRESH) for number in range(9)
    ]
    async with fetching(cache_bytes=40_000) as fetcher:
        for uri in uris:
            await fetcher.fetch(Request(uri))

        kept = [uri for uri in uris if fetcher.find_cached(Request(uri))]

    assert kept == uris[-3:]


async def test_what_a_server_says_of_its_answer_counts(site: Site) -> None:
    uris = [
        site.has(f"/{number}", Cache_Control=FRESH, ETag=f'"{"x" * 6000}"')
        for number in range(9)
    ]
    async with fetching(cache_bytes=20_000) as fetcher:
        for uri in uris:
            await fetcher.fetch(Request(uri))

        assert [uri for uri in uris if fetcher.find_cached(Request(uri))] == uris[-2:]


async def test_those_who_ask_at_once_share_a_request(
    site: Site, fetcher: Fetcher
) -> None:
    uri = site.has("/a", "1")

    found = await asyncio.gather(*(fetcher.fetch(Request(uri)) for _ in range(50)))

    assert len(site.seen) == 1
    assert all(resource is found[0] for resource in found)


async def test_who_gives_up_leaves_the_request_to_the_others(
    site: Site, fetcher: Fetcher
) -> None:
    go = asyncio.Event()

    async def slow(_: web.Request) -> web.Response:
        await go.wait()
        return web.Response(text="1")

    site.pages["/a"] = slow
    first, second = (
        asyncio.create_task(fetcher.fetch(Request(site.url("/a"), timeout_s=limit_s)))
        for limit_s in (0.1, 5)
    )
    with pytest.raises(FetchError):
        await first
    go.set()

    assert (await second).body == b"1"
    assert len(site.seen) == 1


async def test_a_request_for_nobody_is_given_up(site: Site, fetcher: Fetcher) -> None:
    uri = site.stalls("/a")
    before = asyncio.all_tasks()

    await refused(fetcher, Request(uri, timeout_s=0.05))
    site.has("/a", "1")

    assert (await fetcher.fetch(Request(uri))).body == b"1"
    assert len(asyncio.all_tasks() - before) <= 2  # of the server


# -- a server that is away -----------------------------------------------------------


async def test_a_stale_answer_stands_in_while_the_server_is_away(
    site: Site, fetcher: Fetcher, clock: Clock
) -> None:
    request = Request(site.has("/a", "1", Cache_Control=FRESH) + "?secret=1")
    first = await fetcher.fetch(request)
    clock.now += 3600
    await site.server.close()

    with structlog.testing.capture_logs() as logs:
        found = await asyncio.gather(*(fetcher.fetch(request) for _ in range(3)))

    assert all(resource is first for resource in found)
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [
        ("stale_answer_used", "warning")
    ]
    assert "secret" not in str(logs)
    clock.now += 86_400  # longer than it may
    error = await refused(fetcher, request)
    assert error.failure is Failure.FAILED


@pytest.mark.parametrize("fault", ["500", "stall"])
async def test_so_it_does_while_the_server_is_ill_until_it_is_well(
    site: Site, fetcher: Fetcher, clock: Clock, fault: str
) -> None:
    uri = site.has("/a", "1", Cache_Control=FRESH)
    first = await fetcher.fetch(Request(uri))
    clock.now += 60
    if fault == "500":
        site.says("/a", 500)
    else:
        site.stalls("/a")
    assert await fetcher.fetch(Request(uri, timeout_s=0.1)) is first
    asked = len(site.seen)

    assert await fetcher.fetch(Request(uri)) is first  # at once, without asking
    assert len(site.seen) == asked
    site.has("/a", "2", Cache_Control=FRESH)
    clock.now += 5
    with structlog.testing.capture_logs() as logs:
        assert await fetcher.fetch(Request(uri)) is first  # asks for the next one
        async with asyncio.timeout(5):
            while not logs:
                await asyncio.sleep(0.005)

    assert logs[0]["event"] == "server_back"
    assert (await fetcher.fetch(Request(uri))).body == b"2"


@pytest.mark.parametrize("control", ["max-age=1, must-revalidate", "no-cache"])
async def test_nothing_stands_in_that_may_not(
    site: Site, fetcher: Fetcher, clock: Clock, control: str
) -> None:
    uri = site.has("/a", "1", Cache_Control=control)
    await fetcher.fetch(Request(uri))
    clock.now += 60
    site.says("/a", 503)

    error = await refused(fetcher, uri)

    assert (error.failure, error.status) == (Failure.FAILED, 503)


async def test_nothing_stands_in_for_what_is_gone(
    site: Site, fetcher: Fetcher, clock: Clock
) -> None:
    uri = site.has("/a", "1", Cache_Control=FRESH)
    await fetcher.fetch(Request(uri))
    clock.now += 60
    site.says("/a", 404)
    assert (await refused(fetcher, uri)).failure is Failure.INVALID_URI
    site.says("/a", 500)

    assert (await refused(fetcher, uri)).status == 500


# -- limits --------------------------------------------------------------------------


@pytest.mark.parametrize("after", [None, b"a part"])
async def test_timeout(site: Site, after: bytes | None) -> None:
    uri = site.stalls("/a", after=after)
    async with fetching(timeout_ms=100) as fetcher:
        for error in (
            await refused(fetcher, uri),
            await refused(fetcher, Request(uri, "POST")),
        ):
            assert error.failure is Failure.TIMEOUT
            assert (
                error.reason == f"{uri} cannot be fetched: there was no answer in time."
            )


async def test_a_request_has_its_own_timeout(site: Site, fetcher: Fetcher) -> None:
    uri = site.stalls("/a")
    async with asyncio.timeout(5):
        error = await refused(fetcher, Request(uri, timeout_s=0.1))

    assert error.failure is Failure.TIMEOUT


async def test_size(site: Site) -> None:
    good, bad = site.has("/good", "x" * 1000), site.has("/bad", "x" * 1001)

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 500)

    site.pages["/endless"] = endless
    async with fetching(max_bytes=1000) as fetcher:
        assert len((await fetcher.fetch(Request(good))).body) == 1000
        for uri in (bad, site.url("/endless")):
            error = await refused(fetcher, uri)
            assert error.failure is Failure.FAILED
            assert "more than 1000 bytes" in error.reason


async def test_what_is_packed_is_not_unpacked(site: Site, fetcher: Fetcher) -> None:
    async def packed(_: web.Request) -> web.StreamResponse:
        response = web.Response(body=b" " * 5_000_000)
        response.enable_compression(web.ContentCoding.gzip)
        return response

    site.pages["/a"] = packed

    error = await refused(fetcher, site.url("/a"))

    assert (error.failure, "packed" in error.reason) == (Failure.FAILED, True)


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (400, Failure.INVALID_URI),
        (404, Failure.INVALID_URI),
        (500, Failure.FAILED),
        (503, Failure.FAILED),
        (300, Failure.FAILED),
        (302, Failure.FAILED),  # to nowhere
    ],
)
async def test_status(
    site: Site, fetcher: Fetcher, status: int, failure: Failure
) -> None:
    error = await refused(fetcher, site.says("/a", status))

    assert (error.failure, error.status) == (failure, status)


async def test_nobody_serves(fetcher: Fetcher) -> None:
    error = await refused(fetcher, "http://127.0.0.1:1/a")

    assert error.failure is Failure.FAILED
    assert error.reason == (
        "http://127.0.0.1:1/a cannot be fetched: there is no connection "
        "(Connection refused)."
    )


async def test_a_broken_connection(site: Site, fetcher: Fetcher) -> None:
    async def broken(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"a part")
        assert request.transport is not None
        request.transport.abort()
        return response

    site.pages["/a"] = broken

    assert (await refused(fetcher, site.url("/a"))).failure is Failure.FAILED


async def test_no_http() -> None:
    async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        writer.close()

    async with (
        fetching() as fetcher,
        await asyncio.start_server(other, "127.0.0.1", 0) as server,
    ):
        port = server.sockets[0].getsockname()[1]
        for scheme in ("http", "https"):
            error = await refused(fetcher, f"{scheme}://127.0.0.1:{port}/")
            assert error.failure is Failure.FAILED


async def test_a_certificate_that_nobody_vouches_for(
    fetcher: Fetcher, certificate: tuple[Path, Path]
) -> None:
    async with secure_server(certificate) as url:
        error = await refused(fetcher, url)

    assert error.failure is Failure.FAILED
    assert "the certificate of the server is not trusted" in error.reason


async def test_a_certificate_that_the_settings_vouch_for(
    certificate: tuple[Path, Path],
) -> None:
    async with (
        secure_server(certificate) as url,
        fetching(tls_ca=certificate[0]) as fetcher,
    ):
        error = await refused(fetcher, url)

    assert error.status == 404, "it has nothing, but is asked"


@asynccontextmanager
async def secure_server(certificate: tuple[Path, Path]) -> AsyncIterator[str]:
    """A server that has nothing; its URL."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    server = TestServer(web.Application(), scheme="https")
    await server.start_server(ssl=context)
    try:
        yield str(server.make_url("/"))
    finally:
        await server.close()


# -- messages ------------------------------------------------------------------------


async def test_a_message(site: Site, fetcher: Fetcher) -> None:
    uri = site.has("/a", "x" * 100_000)

    answer = await fetcher.send(Request(uri, "POST", {"name": "x", "a": {"b": 1}}))

    assert site.bodies == [b"name=x&a.b=1"]
    assert len(answer.body) == 64 * 1024


@pytest.mark.parametrize(
    ("status", "failure"), [(403, Failure.INVALID_URI), (500, Failure.FAILED)]
)
async def test_a_message_that_is_refused(
    site: Site, fetcher: Fetcher, status: int, failure: Failure
) -> None:
    with pytest.raises(FetchError) as caught:
        await fetcher.send(Request(site.says("/a", status), "POST"))

    assert (caught.value.failure, caught.value.status) == (failure, status)


# -- redirects -----------------------------------------------------------------------


async def test_redirects(site: Site, fetcher: Fetcher) -> None:
    to = site.has("/5", "1")
    for number in range(5):
        site.says(f"/{number}", 302, Location=f"{number + 1}")
    loop = site.says("/loop", 301, Location="/loop")

    assert (await fetcher.fetch(Request(site.url("/0")))).uri == to
    site.says("/-1", 302, Location="0")
    for uri in (site.url("/-1"), loop):
        error = await refused(fetcher, uri)
        assert error.failure is Failure.FAILED
        assert "more than 5 redirects" in error.reason


@pytest.mark.parametrize(("status", "method"), [(307, "POST"), (303, "GET")])
async def test_a_redirected_post(
    site: Site, fetcher: Fetcher, status: int, method: str
) -> None:
    site.has("/b")
    uri = site.says("/a", status, Location="/b")

    await fetcher.fetch(Request(uri, "POST", {"x": 1}))

    assert site.seen[1].method == method
    assert site.bodies[1] == (b"x=1" if method == "POST" else b"")


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("http://169.254.169.254/latest", "its address is not allowed"),
        ("http://[::ffff:169.254.169.254]/", "its address is not allowed"),
        ("http://2852039166/", "it is malformed"),
        ("http://other.example/", "its host is not allowed"),
        ("file:///etc/passwd", "it redirects to what is not HTTP"),
        ("gopher://h/", "it redirects to what is not HTTP"),
    ],
)
async def test_every_hop_is_checked(site: Site, location: str, why: str) -> None:
    uri = site.says("/a", 302, Location=location)
    hosts = ["127.0.0.1", "169.254.169.254", "2852039166", "::ffff:a9fe:a9fe"]
    async with fetching(hosts=hosts) as fetcher:
        error = await refused(fetcher, uri)

    assert (error.failure, why in error.reason) == (Failure.INVALID_URI, True), error


async def test_credentials_go_to_one_host(site: Site, fetcher: Fetcher) -> None:
    other = site.has("/b", Set_Cookie="a=b").replace("127.0.0.1", "localhost")
    uri = site.says("/a", 302, Location=other, Set_Cookie="a=b")

    await fetcher.fetch(Request(uri.replace("://", "://user:secret@")))
    await fetcher.fetch(Request(uri))

    seen = [request.headers.get("Authorization") for request in site.seen]
    assert seen == ["Basic dXNlcjpzZWNyZXQ=", None, None, None]
    assert not any("Cookie" in request.headers for request in site.seen)


async def test_what_credentials_got_is_for_them_alone(
    site: Site, fetcher: Fetcher
) -> None:
    uri = site.has("/a", "1", Cache_Control=FRESH)
    await fetcher.fetch(Request(uri.replace("://", "://user:secret@")))

    assert fetcher.find_cached(Request(uri)) is None


# -- where nothing is fetched from ---------------------------------------------------


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "a/b",
        "http://",
        "http:///a",
        "http://[::",
        "http://h:99999/",
        "http://a b/",
        "http://" + "a" * 300 + "/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "javascript:1",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:169.254.169.254]/",
        "http://[fe80::1%25lo]/",
        "http://[fd00:ec2::254]/",
        "http://2852039166/",
        "http://0251.0376.0251.0376/",
        "http://0xa9fea9fe/",
        "http://169.254.43518/",
        "http://0.0.0.0:9/",
        "http://0/",
        "http://[::]/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "http://\ud800/",
        "http://127.0.0.1\r\nHost: a/",
    ],
)
async def test_refused(fetcher: Fetcher, uri: str) -> None:
    async with asyncio.timeout(10):
        error = await refused(fetcher, uri)

    assert error.failure is Failure.INVALID_URI, error


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:7f00:1]"])
async def test_private_addresses_can_be_forbidden(site: Site, host: str) -> None:
    """Also where a name resolves to one: what is checked is what is connected to."""
    uri = site.has("/a").replace("127.0.0.1", host)
    async with fetching(allow_private=False) as fetcher:
        error = await refused(fetcher, uri)

    assert "its address is not allowed" in error.reason
    assert error.failure is Failure.INVALID_URI
    assert site.seen == []


async def test_schemes_can_be_forbidden(site: Site) -> None:
    async with fetching(schemes=["https"]) as fetcher:
        error = await refused(fetcher, site.has("/a"))

    assert "its scheme is not allowed" in error.reason


async def test_secrets_are_not_shown(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    port = site.server.port
    site.says("/a", 404)
    site.says("/r", 302, Location="http://user:secret@169.254.169.254/?secret=1")
    uris = [f"http://user:secret@127.0.0.1:{port}/{path}?secret=1" for path in "ar"]
    uris += ["http://user:secret@127.0.0.1:1/?secret", "http://user:secret@[::1/"]
    uris += ["http:user:secret@127.0.0.1/", "ftp://user:secret@127.0.0.1/?secret"]
    uris += ["http://user:sec/ret@127.0.0.1/", "user:secret@127.0.0.1"]
    async with fetching() as fetcher:
        errors = [await refused(fetcher, uri) for uri in uris]

    told = " ".join(error.reason + str(error) for error in errors)
    told += " ".join(
        record.getMessage()
        for record in caplog.records
        if record.name != "aiohttp.access"
    )  # but for what the server here has seen
    assert "cannot be fetched" in told
    assert "sec" not in told
    assert "user" not in told


# -- text ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "content_type", "fallback", "expected"),
    [
        ("hé".encode(), "", None, "hé"),
        ("hé".encode("latin-1"), "a/b; charset=ISO-8859-1", None, "hé"),
        ("hé".encode("latin-1"), "a/b", "iso-8859-1", "hé"),
        ("hé".encode(), "a/b; charset=utf-8", "iso-8859-1", "hé"),
        ("hé".encode("utf-16"), "a/b; charset=utf-8", None, "hé"),
        ("hé".encode("utf-8-sig"), "a/b; charset=latin-1", None, "hé"),
        ("hé".encode("latin-1"), "", None, None),
        (b"h", "a/b; charset=punycode", None, None),
        (b"68", "a/b; charset=hex", None, None),
        (b"h", "a/b; charset=../../etc/passwd", None, None),
        (b"h", "a/b; charset=iso-8859-99", None, None),
        (b"h", "a/b; charset=utf-8&&", None, None),
        (b"h", "a/b", "unicode_escape", None),
    ],
)
async def test_text(
    site: Site,
    fetcher: Fetcher,
    body: bytes,
    content_type: str,
    fallback: str | None,
    expected: str | None,
) -> None:
    uri = site.has("/a", body, Content_Type=content_type)
    found = await fetcher.fetch(Request(uri))

    if expected is not None:
        assert found.text(fallback) == expected
        return
    with pytest.raises(FetchError) as caught:
        found.text(fallback)
    assert caught.value.failure is Failure.FAILED


# -- local files ---------------------------------------------------------------------


async def test_files(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "a b.ccxml").write_text("1")
    (folder / "link").symlink_to(folder / "deep" / "a b.ccxml")
    (tmp_path / "link").symlink_to(folder)
    uris = [
        f"file://{folder}/deep/a%20b.ccxml",
        f"file://localhost{folder}/deep/../link#part",
        f"file://{tmp_path}/link/link",
    ]
    async with fetching(folders=[str(tmp_path / "link")]) as fetcher:
        for uri in uris:
            assert (await fetcher.fetch(Request(uri))).body == b"1"


async def test_a_file_that_changes(tmp_path: Path, clock: Clock) -> None:
    file = tmp_path / "a"
    file.write_text("1")
    async with fetching(folders=[str(tmp_path)], clock=clock) as fetcher:
        first = await fetcher.fetch(Request(file.as_uri()))
        assert fetcher.find_cached(Request(file.as_uri())) is first
        file.write_text("2")
        clock.now += 1
        second = await fetcher.fetch(Request(file.as_uri()))

    assert (first.body, second.body) == (b"1", b"2")


async def test_a_file_where_no_folder_is_allowed(fetcher: Fetcher) -> None:
    error = await refused(fetcher, "file:///etc/passwd")

    assert "its folder is not allowed" in error.reason


async def test_files_outside(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    (tmp_path / "secret").write_text("1")
    (tmp_path / "opener").mkdir()
    (tmp_path / "opener" / "a").write_text("1")
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "circle").symlink_to(folder / "circle")
    (folder / "large").write_text("x" * 1001)
    os.mkfifo(folder / "fifo")
    expected = {
        f"file://{tmp_path}/secret": Failure.INVALID_URI,
        f"file://{tmp_path}/opener/a": Failure.INVALID_URI,
        f"file://{folder}/../secret": Failure.INVALID_URI,
        f"file://{folder}/%2e%2e/secret": Failure.INVALID_URI,
        f"file://{folder}/link": Failure.INVALID_URI,
        f"file://{folder}/circle": Failure.INVALID_URI,
        f"file://{folder}/missing": Failure.INVALID_URI,
        f"file://{folder}/fifo": Failure.INVALID_URI,
        f"file://{folder}/a%00b": Failure.INVALID_URI,
        f"file://{folder}/%ff": Failure.INVALID_URI,
        f"file://{folder}": Failure.INVALID_URI,
        f"file://other{folder}/large": Failure.INVALID_URI,
        "file:relative": Failure.INVALID_URI,
        f"file://{folder}/large": Failure.FAILED,
    }
    async with fetching(folders=[str(folder)], max_bytes=1000) as fetcher:
        async with asyncio.timeout(10):
            seen = {uri: (await refused(fetcher, uri)).failure for uri in expected}

    assert seen == expected


# -- cookies ---------------------------------------------------------------------------


def counting(site: Site, path: str, **headers: str) -> str:
    """A page that says how often it was asked for, and with which cookies; its URL."""
    asked = count(1)

    async def answer(request: web.Request) -> web.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        text = f"{next(asked)} {request.headers.get('Cookie', '-')}"
        return web.Response(text=text, headers=named)

    site.pages[path] = answer
    return site.url(path)


async def texts(
    fetcher: Fetcher, uri: str, *sessions: WebSession | None, method: str = "GET"
) -> list[str]:
    """What each of *sessions* finds at *uri*, one after the other."""
    return [
        (await fetcher.fetch(Request(uri, method), session)).text()
        for session in sessions
    ]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_cookies_of_an_answer_go_with_later_requests(
    site: Site, fetcher: Fetcher, method: str
) -> None:
    uri = counting(site, "/a", Set_Cookie="id=1; Path=/")
    one, other = WebSession(), WebSession()

    first = await texts(fetcher, uri, one, one, other, None, method=method)

    assert first == ["1 -", "2 id=1", "3 -", "4 -"]
    assert (await fetcher.send(Request(uri, method), one)).text() == "5 id=1"


async def test_cookies_of_errors_and_redirects_count(
    site: Site, fetcher: Fetcher
) -> None:
    session = WebSession()
    to = counting(site, "/to")
    site.says("/gone", 404, Set_Cookie="a=1; Path=/")
    moved = site.says("/moved", 302, Location="/to", Set_Cookie="b=2; Path=/")

    with pytest.raises(FetchError):
        await fetcher.fetch(Request(site.url("/gone")), session)

    assert await texts(fetcher, moved, session) == ["1 a=1; b=2"]
    assert await texts(fetcher, to, None) == ["2 -"]


async def test_an_answer_that_sets_cookies_is_of_one_session(
    site: Site, fetcher: Fetcher
) -> None:
    headers = {"Set_Cookie": "id=1; Path=/", "Cache_Control": "max-age=60"}
    uri = counting(site, "/a", **headers)
    one, other = WebSession(), WebSession()

    # Its own session has it from memory.
    assert await texts(fetcher, uri, one, other, one) == ["1 -", "2 -", "1 -"]
    assert fetcher.find_cached(Request(uri)) is None
    assert fetcher.find_cached(Request(uri), WebSession()) is None
    assert fetcher.find_cached(Request(uri), other) is not None


async def test_an_answer_to_cookies_is_of_one_session(
    site: Site, fetcher: Fetcher
) -> None:
    login = counting(site, "/login", Set_Cookie="id=1; Path=/")
    uri = counting(site, "/a", Cache_Control="max-age=60")
    one, other = WebSession(), WebSession()
    await texts(fetcher, login, one, other)

    assert await texts(fetcher, uri, one, one, other) == [
        "1 id=1", "1 id=1", "2 id=1",
    ]  # fmt: skip
    assert await texts(fetcher, uri, None, None, one) == ["3 -", "3 -", "1 id=1"]


async def test_a_public_answer_is_for_everybody(site: Site, fetcher: Fetcher) -> None:
    login = counting(site, "/login", Set_Cookie="id=1; Path=/")
    uri = counting(site, "/a", Cache_Control="public, max-age=60")
    session = WebSession()
    await texts(fetcher, login, session)

    assert await texts(fetcher, uri, session, None) == ["1 id=1"] * 2


async def test_an_answer_that_varies_is_for_the_same_cookies(
    site: Site, fetcher: Fetcher
) -> None:
    login = counting(site, "/login", Set_Cookie="id=1; Path=/")
    uri = counting(site, "/a", Cache_Control="public, max-age=60", Vary="Cookie")
    session = WebSession()
    await texts(fetcher, login, session)

    assert await texts(fetcher, uri, session, None, None) == ["1 id=1", "2 -", "2 -"]


async def test_what_all_hear_is_not_fetched_again_for_cookies(
    site: Site, fetcher: Fetcher
) -> None:
    login = counting(site, "/login", Set_Cookie="id=1; Path=/")
    uri = site.has("/a", "body", ETag='"1"', Cache_Control="max-age=60")
    session = WebSession()
    await texts(fetcher, login, session)

    assert await texts(fetcher, uri, None, session, session) == ["body"] * 3
    assert [request.headers.get("If-None-Match") for request in site.seen[1:]] == [
        None, '"1"',
    ]  # fmt: skip


async def test_sessions_that_ask_at_once_get_cookies_of_their_own(
    site: Site, fetcher: Fetcher
) -> None:
    numbers = count(1)

    async def answer(_: web.Request) -> web.Response:
        await asyncio.sleep(0)
        return web.Response(headers={"Set-Cookie": f"id={next(numbers)}; Path=/"})

    site.pages["/a"] = answer
    uri, sessions = site.url("/a"), [WebSession() for _ in range(5)]
    for _ in range(2):
        fetches = [fetcher.fetch(Request(uri), session) for session in sessions]
        await asyncio.gather(*fetches)
        cookies = {session.cookie_for(URL(uri)) for session in sessions}
        assert len(cookies) == 5


# -- what requests say of us -----------------------------------------------------------


async def test_user_agent_and_accept(site: Site, fetcher: Fetcher) -> None:
    uri = site.says("/a", 302, Location=site.has("/b", "x"))
    await fetcher.fetch(Request(uri, accept="audio/wav, */*;q=0.1"))
    await fetcher.send(Request(uri, "POST"))

    agent = f"outring/{version('outring')}"
    assert {request.headers["User-Agent"] for request in site.seen} == {agent}
    assert [request.headers["Accept"] for request in site.seen] == [
        "audio/wav, */*;q=0.1", "audio/wav, */*;q=0.1", "*/*", "*/*",
    ]  # fmt: skip


async def test_an_answer_that_varies_with_accept(site: Site, fetcher: Fetcher) -> None:
    uri = site.has("/a", "x", Cache_Control="max-age=60", Vary="Accept, X-Other")
    for accept in ("a/b", "a/b", "c/d"):
        await fetcher.fetch(Request(uri, accept=accept))

    assert [request.headers["Accept"] for request in site.seen] == ["a/b", "c/d"]
