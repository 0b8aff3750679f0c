"""Which cookies a session keeps, and to whom it sends them (RFC 6265)."""

import pytest
from yarl import URL

from engine.fetch.web_session import (
    MAX_COOKIES,
    MAX_FIELD,
    WebSession,
    load_suffixes,
    needs_suffixes,
)

HERE = "http://app.example.co.uk/shop/menu.vxml"


async def sent(
    *fields: str, to: str = HERE, set_by: str = HERE, session: WebSession | None = None
) -> str:
    """What goes to *to*, after an answer from *set_by* with the Set-Cookie *fields*."""
    session = session or WebSession()
    session.store(fields, URL(set_by))
    return session.cookie_for(URL(to))


@pytest.mark.parametrize(
    ("field", "to", "expected"),
    [
        ("a=1", HERE, "a=1"),
        ("a=1", "http://app.example.co.uk/shop/x/y", "a=1"),
        ("a=1", "http://app.example.co.uk/other", ""),  # the path of the answer
        ("a=1; Path=/", "http://app.example.co.uk/other", "a=1"),
        ("a=1; Path=/sh", HERE, ""),
        ("a=1; Path=/", "http://app.example.co.uk:8080/", "a=1"),  # whatever the port
        ("a=1; Path=/", "http://example.co.uk/", ""),
        ("a=1; Path=/", "http://x.app.example.co.uk/", ""),  # of this host only
        ("a=1; Domain=example.co.uk; Path=/", "http://x.example.co.uk/", "a=1"),
        ("a=1; domain=.Example.co.uk; Path=/", "http://x.example.co.uk/", "a=1"),
        ("a=1; Domain=other.example", HERE, ""),
        ("a=1; Domain=co.uk", HERE, ""),  # a public suffix
        ("a=1; Domain=uk", HERE, ""),
        ("a=1; Domain=", HERE, "a=1"),
        ("a=1; Secure", HERE, ""),
        ("a=1; Secure", HERE.replace("http", "https"), "a=1"),
        ("a=1; HttpOnly; SameSite=Strict; Max-Age=60", HERE, "a=1"),
        ("a=1; Max-Age=0", HERE, ""),
        ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", HERE, ""),
        ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60", HERE, "a=1"),
        ('a="b c"', HERE, 'a="b c"'),  # each value as it came
        ("a=b==; Path=/", HERE, "a=b=="),
        ("a=/%20@{}", HERE, "a=/%20@{}"),
        ("a=1", "file:///shop/menu.vxml", ""),
    ],
)
async def test_a_cookie(field: str, to: str, expected: str) -> None:
    assert await sent(field, to=to) == expected


async def test_all_cookies_of_one_name_are_sent_the_longest_path_first() -> None:
    fields = (
        "s=1; Path=/",
        "s=2; Path=/shop",
        "t=3; Path=/",
        "s=4; Domain=example.co.uk",
    )

    assert await sent(*fields) == "s=2; s=4; s=1; t=3"


async def test_cookies_that_are_taken_back_leave_nothing() -> None:
    session = WebSession()
    taken = [f"{name}=1; Path=/{number}" for number in range(9) for name in "ab"]
    await sent(*(f"{field}; Max-Age=0" for field in taken), session=session)

    assert not session.has_cookies


async def test_a_name_that_is_no_token_is_ignored_without_a_word(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert await sent("a b=3", "c=1") == "c=1"
    assert not caplog.records


async def test_a_host_that_is_a_public_suffix_keeps_its_own() -> None:
    host = "http://github.io/"

    assert await sent("a=1; Domain=github.io", to=host, set_by=host) == "a=1"
    assert (
        await sent("a=1; Domain=github.io", to="http://x.github.io/", set_by=host) == ""
    )


async def test_a_public_suffix_in_letters_of_its_country() -> None:
    host = "http://app.xn--55qx5d.cn/"

    assert await sent("a=1; Domain=xn--55qx5d.cn", to=host, set_by=host) == ""


async def test_an_address_keeps_its_own() -> None:
    assert (
        await sent("a=1", to="http://127.0.0.1/b", set_by="http://127.0.0.1/") == "a=1"
    )
    assert await sent("a=1", to="http://127.0.0.2/b", set_by="http://127.0.0.1/") == ""


async def test_the_longest_path_comes_first() -> None:
    assert (
        await sent("a=1; Path=/", "b=2; Path=/shop", "c=3; Path=/") == "b=2; a=1; c=3"
    )


async def test_a_cookie_is_replaced_and_taken_away() -> None:
    session = WebSession()

    assert await sent("a=1", "b=1", "a=2", session=session) == "a=2; b=1"
    assert await sent("a=x; Max-Age=0", session=session) == "b=1"


async def test_sessions_share_nothing() -> None:
    assert await sent("a=1") == "a=1"
    assert WebSession().cookie_for(URL(HERE)) == ""


async def test_what_is_too_much_is_ignored() -> None:
    session = WebSession()
    assert await sent(f"a={'x' * MAX_FIELD}", "b=1", session=session) == "b=1"
    for number in range(MAX_COOKIES):
        await sent(f"c{number}=1", session=session)
    assert "c98=1" in await sent(session=session)
    assert "c99=1" not in await sent(session=session)


async def test_only_a_domain_needs_the_list() -> None:
    assert not needs_suffixes(["a=domain; Path=/"])
    assert needs_suffixes(["a=1", "a=1; DOMAIN = x"])
    assert load_suffixes() is load_suffixes()
