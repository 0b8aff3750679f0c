"""Loading documents with their scripts."""

import asyncio

import pytest

from engine.fetch import (
    CcxmlDocuments,
    DocumentError,
    Failure,
    Fetcher,
    FetchError,
    Request,
)
from engine.fetch.ccxml_documents import MAX_SCRIPTS
from engine.fetch.document_cache import ASIDE_BYTES
from tests.ccxml.documents import document
from tests.engine.conftest import Clock
from tests.engine.fetch.conftest import Site, fetching

FRESH = "max-age=60"
BAD = """<ccxml version="1.0" xmlns="http://www.w3.org/2002/09/ccxml">
  <var/>
  <eventprocessor>
    <transtion/>
  </eventprocessor>
</ccxml>"""


@pytest.fixture
def documents(fetcher: Fetcher) -> CcxmlDocuments:
    """Documents through a fetcher by *clock*."""
    return CcxmlDocuments(fetcher)


def scripts(*names: str, attributes: str = "") -> str:
    """A document with scripts that have *attributes*."""
    return document(
        head="".join(f'<script src="{name}"{attributes}/>' for name in names)
    )


async def failed(documents: CcxmlDocuments, uri: str) -> DocumentError:
    """What is wrong with the document at *uri*."""
    with pytest.raises(DocumentError) as caught:
        await documents.load(Request(uri))
    return caught.value


async def test_a_document_with_scripts(site: Site, documents: CcxmlDocuments) -> None:
    site.has("/lib/a.js", "var a = 'é'")
    site.has("/b.js", "var b".encode("utf-16"))
    site.has("/c.js", "'é'".encode("latin-1"))
    attributes = ' charset="iso-8859-1"'
    head = f'<script src="a.js"/><script src="/b.js"/><script src="/c.js"{attributes}/>'
    site.has("/lib/main.ccxml", document(head=head))
    uri = site.says("/start", 302, Location="/lib/main.ccxml")

    loaded = await documents.load(Request(uri))

    assert loaded.document.uri == site.url("/lib/main.ccxml")
    assert loaded.texts == {"a.js": "var a = 'é'", "/b.js": "var b", "/c.js": "'é'"}


async def test_scripts_are_beside_the_base(
    site: Site, documents: CcxmlDocuments
) -> None:
    site.has("/base/a.js", "1")
    text = scripts("a.js").replace("<ccxml ", '<ccxml xml:base="base/x" ')

    loaded = await documents.load(Request(site.has("/main", text)))

    assert loaded.texts == {"a.js": "1"}


async def test_nothing_is_done_twice(
    site: Site, documents: CcxmlDocuments, clock: Clock
) -> None:
    site.has("/a.js", "1", Cache_Control=FRESH, ETag='"a"')
    uri = site.has("/main", scripts("a.js"), Cache_Control=FRESH, ETag='"m"')

    first = await documents.load(Request(uri))
    assert await documents.load(Request(uri)) is first
    assert len(site.seen) == 2
    clock.now += 60  # two answers of 304
    assert await documents.load(Request(uri)) is first
    assert len(site.seen) == 4


async def test_only_what_has_changed_is_done_again(
    site: Site, documents: CcxmlDocuments
) -> None:
    site.has("/a.js", "1")
    uri = site.has("/main", scripts("a.js"))
    first = await documents.load(Request(uri))

    site.has("/a.js", "2")
    second = await documents.load(Request(uri))
    site.has("/main", scripts("a.js") + " ")
    third = await documents.load(Request(uri))

    assert (first.texts, second.texts) == ({"a.js": "1"}, {"a.js": "2"})
    assert second.document is first.document
    assert third.document is not first.document


@pytest.mark.parametrize("size", [0, ASIDE_BYTES])
async def test_those_who_load_at_once_share_the_work(
    site: Site, documents: CcxmlDocuments, size: int
) -> None:
    site.has("/a.js", "1")
    uri = site.has("/main", scripts("a.js") + " " * size)

    loaded = await asyncio.gather(*(documents.load(Request(uri)) for _ in range(20)))

    assert len(site.seen) == 2
    assert len({id(result.document) for result in loaded}) == 1


async def test_mistakes(site: Site, documents: CcxmlDocuments) -> None:
    uri = site.has("/main", BAD, Cache_Control=FRESH)

    first, second = [await failed(documents, uri + "?secret") for _ in range(2)]

    assert [(mistake.line, mistake.column) for mistake in first.mistakes] == [
        (2, 3),
        (4, 5),
    ]
    assert str(first) == (
        f"{uri}:2:3: Give <var> the attribute name. And 1 more mistake."
    )
    assert second.mistakes is first.mistakes  # not parsed again


async def test_a_document_is_taken_as_its_author_may_have_meant_it(
    site: Site, documents: CcxmlDocuments
) -> None:
    text = document("<exit/>").replace(' xmlns="http://www.w3.org/2002/09/ccxml"', "")

    loaded = await documents.load(Request(site.has("/main", text)))

    assert len(loaded.document.warnings) == 1


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ('<?xml version="1.0" encoding="iso-8859-1"?>é'.encode("latin-1"), "a/b"),
        ('<?xml version="1.0"?>é'.encode("latin-1"), "a/b; charset=iso-8859-1"),
        ('<?xml version="1.0" encoding="utf-8"?>é'.encode("utf-16"), "a/b;charset=x"),
    ],
)
async def test_encoding(
    site: Site, documents: CcxmlDocuments, body: bytes, content_type: str
) -> None:
    encoding = "utf-16" if body.startswith(b"\xff\xfe") else "latin-1"
    declaration = body.decode(encoding).removesuffix("é")
    text = declaration + document("<log expr=\"'é'\"/>")
    uri = site.has("/main", text.encode(encoding), Content_Type=content_type)

    loaded = await documents.load(Request(uri))

    assert "'é'" in repr(loaded.document)


async def test_a_hostile_charset(site: Site, documents: CcxmlDocuments) -> None:
    uri = site.has("/main", document(), Content_Type="a/b; charset=punycode")

    with pytest.raises(FetchError) as caught:
        await documents.load(Request(uri))

    assert caught.value.failure is Failure.FAILED


async def test_a_missing_script(site: Site, documents: CcxmlDocuments) -> None:
    site.has("/a.js", "1")
    uri = site.has("/main", scripts("a.js", "b.js"))

    with pytest.raises(FetchError) as caught:
        await documents.load(Request(uri))

    missing = site.url("/b.js")
    assert caught.value.failure is Failure.INVALID_URI
    assert caught.value.reason == (
        f"{missing} cannot be fetched: the server answers 404."
    )


async def test_a_script_that_stalls(site: Site, documents: CcxmlDocuments) -> None:
    site.stalls("/a.js")
    uri = site.has("/main", scripts("a.js", attributes=' timeout="100ms"'))

    async with asyncio.timeout(5):  # without it there would be ten seconds
        with pytest.raises(FetchError) as caught:
            await documents.load(Request(uri))

    assert caught.value.failure is Failure.TIMEOUT


async def test_age_of_a_script(
    site: Site, documents: CcxmlDocuments, clock: Clock
) -> None:
    site.has("/a.js", "1", Cache_Control=FRESH)
    text = scripts("a.js", attributes=' maxage="10"')
    uri = site.has("/main", text, Cache_Control=FRESH)
    await documents.load(Request(uri))
    clock.now += 20
    site.has("/a.js", "2")

    loaded = await documents.load(Request(uri))

    assert loaded.texts == {"a.js": "2"}


async def test_too_many_scripts(site: Site, documents: CcxmlDocuments) -> None:
    uri = site.has("/main", scripts(*map(str, range(MAX_SCRIPTS + 1))))

    error = await failed(documents, uri)

    assert "Use at most 100 scripts with a src." in str(error)
    assert len(site.seen) == 1


async def test_a_stale_document_runs_while_the_server_is_away(
    site: Site, documents: CcxmlDocuments, clock: Clock
) -> None:
    site.has("/a.js", "1")
    uri = site.has("/main", scripts("a.js"))
    first = await documents.load(Request(uri))
    clock.now += 60
    await site.server.close()

    assert await documents.load(Request(uri)) is first


async def test_compiled_documents_are_bounded(site: Site) -> None:
    uris = [
        site.has(f"/{number}", document(), Cache_Control=FRESH) for number in range(3)
    ]
    async with fetching() as fetcher:
        documents = CcxmlDocuments(fetcher, max_count=2)
        first, *others = [await documents.load(Request(uri)) for uri in uris]

        assert [await documents.load(Request(uri)) for uri in uris[1:]] == others
        again = await documents.load(Request(uris[0]))

    assert again is not first
    assert again.document == first.document
