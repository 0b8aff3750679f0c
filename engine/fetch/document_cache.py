"""DocumentCache: fetches documents, and keeps what they were compiled into."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Generic, TypeVar

from ccxml.xml.errors import Finding, ParseError

from .errors import redact_uri
from .fetcher import Fetcher
from .lru_cache import Lru
from .request import Request
from .resource import Resource
from .single_flight import SingleFlight
from .web_session import WebSession

MAX_COUNT = 1000
GROWTH = 20  # a compiled document takes 10 to 30 times the bytes of its text
ASIDE_BYTES = 4096  # larger documents are compiled in a thread; 1 kB takes about 0.2 ms

Compiled = TypeVar("Compiled")


class DocumentError(Exception):
    """What was fetched is not a document that can be run; ``mistakes`` lists why."""

    def __init__(self, uri: str, mistakes: Sequence[Finding]) -> None:
        self.mistakes = tuple(mistakes)
        more = len(mistakes) - 1
        also = f" And {more} more mistake{'s' if more > 1 else ''}." if more else ""
        super().__init__(f"{redact_uri(uri)}:{mistakes[0]}{also}")


@dataclass(frozen=True, slots=True)
class _Mistakes:
    """What stands in the place of a document that cannot be compiled."""

    findings: tuple[Finding, ...]


class DocumentCache(Generic[Compiled]):
    """Compiled documents by URI and content; those used least recently are dropped first.

    A document that has not changed is not compiled again, nor is a bad one. Callers
    that load the same document at the same time share the work.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        compile_text: Callable[[bytes | str, str], Compiled],
        *,
        accept: str,
        max_bytes: int,
        max_count: int = MAX_COUNT,
    ) -> None:
        """*compile_text* makes a document of a text and its URI, perhaps in a thread.

        It raises ParseError. *accept* is the Accept field of requests, *max_bytes* bounds the memory, as it is estimated.
        """
        self._fetcher = fetcher
        self._accept = accept
        self._compile_text = compile_text
        self._kept: Lru[tuple[str, str], Compiled | _Mistakes] = Lru(
            max_bytes=max_bytes, max_count=max_count
        )
        self._flights: SingleFlight[Compiled | _Mistakes] = SingleFlight()

    async def load(
        self, request: Request, session: WebSession | None = None
    ) -> tuple[Resource, Compiled]:
        """Return what *request* of *session* finds, and what it was compiled into.

        Raises FetchError or, for mistakes in the document, DocumentError.
        """
        resource = await self._fetcher.fetch(
            replace(request, accept=self._accept), session
        )
        key = resource.uri, resource.validator
        compiled = self._kept.get(key)
        if compiled is None:
            compiled = await self._flights.run(key, partial(self._compile, resource))
        if isinstance(compiled, _Mistakes):
            raise DocumentError(resource.uri, compiled.findings)
        return resource, compiled

    def keep(
        self, resource: Resource, compiled: Compiled | _Mistakes, more_bytes: int = 0
    ) -> None:
        """Keep *compiled* for *resource*; it holds *more_bytes* beside what was compiled."""
        size = GROWTH * len(resource.body) + more_bytes
        self._kept.put((resource.uri, resource.validator), compiled, size)

    async def _compile(self, resource: Resource) -> Compiled | _Mistakes:
        text = resource.content
        compiled: Compiled | _Mistakes
        try:
            if len(text) > ASIDE_BYTES:
                compiled = await asyncio.to_thread(
                    self._compile_text, text, resource.uri
                )
            else:
                compiled = self._compile_text(text, resource.uri)
        except ParseError as error:
            compiled = _Mistakes(error.mistakes)
        self.keep(resource, compiled)
        return compiled
