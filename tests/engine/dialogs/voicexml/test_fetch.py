"""What a VoiceXML session fetches, and how it comes."""

from collections.abc import AsyncIterator

import pytest

from engine.dialogs.voicexml.documents import VoiceXmlDocuments
from engine.dialogs.voicexml.fetch import VoiceXmlFetcher
from tests.engine.fetch.conftest import Site, fetching, site
from vxml import commands as c

__all__ = ["site"]  # a fixture


@pytest.fixture
async def fetcher() -> AsyncIterator[VoiceXmlFetcher]:
    """A fetcher of one session."""
    async with fetching() as whole:
        yield VoiceXmlFetcher(whole, VoiceXmlDocuments(whole), {}, {})


def fetch_of(uri: str, kind: str = "script") -> c.Fetch:
    """A fetch as an element without attributes asks for it."""
    form = "application/x-www-form-urlencoded"
    return c.Fetch(1, kind, uri, "get", {}, form, 5.0, None, None)


async def test_the_charset_of_an_answer_counts(
    site: Site, fetcher: VoiceXmlFetcher
) -> None:
    body = "'가'".encode("euc-kr")
    named = site.has("/a.js", body, Content_Type="text/javascript; charset=EUC-KR")
    bare = site.has("/b.js", body, Content_Type="text/javascript")

    assert await fetcher.fetch(fetch_of(named)) == ("'가'", named)
    assert await fetcher.fetch(fetch_of(bare)) == (body, bare)


async def test_where_something_was_found_is_told(
    site: Site, fetcher: VoiceXmlFetcher
) -> None:
    there = site.has("/v2/g.grxml", "<grammar/>")
    asked = site.says("/g.grxml", 302, Location="v2/g.grxml")
    document = site.has("/v2/d.vxml", '<vxml version="2.1"><form/></vxml>')
    moved = site.says("/d.vxml", 301, Location="/v2/d.vxml")

    assert await fetcher.fetch(fetch_of(asked, "grammar")) == (b"<grammar/>", there)
    _, uri = await fetcher.fetch(fetch_of(moved, "document"))
    assert uri == document
