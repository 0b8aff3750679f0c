"""Documents are compiled once, in a thread if they are large, and kept within limits."""

import asyncio
import threading

import pytest

from ccxml.xml.errors import Finding, ParseError
from engine.fetch import DocumentCache, DocumentError, Fetcher, Request
from engine.fetch.document_cache import ASIDE_BYTES, GROWTH
from tests.engine.fetch.conftest import Site

FRESH = "max-age=60"
MISTAKES = (Finding(1, 2, "It is bad."), Finding(3, 4, "It is worse."))


class Compiler:
    """Makes a text of each document, and notes in which threads."""

    def __init__(self) -> None:
        self.threads: list[threading.Thread] = []

    def compile(self, text: bytes | str, uri: str) -> list[str]:
        """Return text and URI; raises ParseError for a text that begins with ``bad``."""
        self.threads.append(threading.current_thread())
        written = text if isinstance(text, str) else text.decode()
        if written.startswith("bad"):
            raise ParseError(MISTAKES)
        return [written, uri]


@pytest.fixture
def compiler() -> Compiler:
    """What compiles."""
    return Compiler()


def cache(
    fetcher: Fetcher, compiler: Compiler, max_bytes: int = 2**20
) -> DocumentCache[list[str]]:
    """A cache of what *compiler* makes."""
    return DocumentCache(fetcher, compiler.compile, accept="a/b", max_bytes=max_bytes)


@pytest.mark.parametrize("size", [1, ASIDE_BYTES + 1])
async def test_large_documents_are_compiled_in_a_thread_and_all_of_them_once(
    site: Site, fetcher: Fetcher, compiler: Compiler, size: int
) -> None:
    uri, documents = site.has("/a", "a" * size), cache(fetcher, compiler)

    loads = [documents.load(Request(uri)) for _ in range(20)]
    compiled = [document for _, document in await asyncio.gather(*loads)]
    compiled.append((await documents.load(Request(uri)))[1])

    (thread,) = compiler.threads
    assert (thread is threading.main_thread()) == (size == 1)
    assert compiled[0] == ["a" * size, uri]
    assert all(document is compiled[0] for document in compiled)


async def test_another_text_is_compiled_again(
    site: Site, fetcher: Fetcher, compiler: Compiler
) -> None:
    uri, documents = site.has("/a", "one"), cache(fetcher, compiler)
    await documents.load(Request(uri))
    site.has("/a", "two")

    resource, compiled = await documents.load(Request(uri))

    assert (resource.body, compiled) == (b"two", ["two", uri])
    assert len(compiler.threads) == 2


async def test_mistakes_are_kept_as_well(
    site: Site, fetcher: Fetcher, compiler: Compiler
) -> None:
    uri, documents = site.has("/a", "bad"), cache(fetcher, compiler)
    for _ in range(2):
        with pytest.raises(DocumentError) as caught:
            await documents.load(Request(f"{uri}?secret"))

    assert caught.value.mistakes == MISTAKES
    assert str(caught.value) == f"{uri}:1:2: It is bad. And 1 more mistake."
    assert len(compiler.threads) == 1


async def test_what_is_kept_takes_at_most_so_many_bytes(
    site: Site, fetcher: Fetcher, compiler: Compiler
) -> None:
    """What a document holds beside its text counts, too."""
    documents = cache(fetcher, compiler, 4 * GROWTH)
    uris = [site.has(f"/{name}", name, Cache_Control=FRESH) for name in "abc"]
    for uri in uris:
        await documents.load(Request(uri))
    resource, compiled = await documents.load(Request(uris[2]))
    assert len(compiler.threads) == 3

    documents.keep(resource, compiled, 2 * GROWTH)
    await documents.load(Request(uris[1]))
    assert len(compiler.threads) == 3
    await documents.load(Request(uris[0]))

    assert len(compiler.threads) == 4
