"""CcxmlDocuments: loads CCXML documents with their scripts, and keeps them parsed."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import urljoin

from ccxml import Document, Finding, ParseError, parse
from ccxml.document import Script

from .errors import redact_uri
from .fetcher import Fetcher
from .lru_cache import Lru
from .request import Request
from .resource import Resource
from .single_flight import SingleFlight

MAX_COUNT = 1000
MAX_BYTES = 128 * 2**20
MAX_SCRIPTS = 100
GROWTH = 20  # a compiled document takes 10 to 30 times the bytes of its text
ASIDE_BYTES = 4096  # larger documents are parsed in a thread; 1 kB takes about 0.2 ms


@dataclass(frozen=True, slots=True)
class Loaded:
    """A document, and the content of each static script, by ``src`` as the document writes it."""

    document: Document
    texts: Mapping[str, str]


class DocumentError(Exception):
    """What was fetched is not a document that can be run; ``mistakes`` lists why."""

    def __init__(self, uri: str, mistakes: Sequence[Finding]) -> None:
        self.mistakes = tuple(mistakes)
        more = len(mistakes) - 1
        also = f" And {more} more mistake{'s' if more > 1 else ''}." if more else ""
        super().__init__(f"{redact_uri(uri)}:{mistakes[0]}{also}")


Mistakes = tuple[Finding, ...]


@dataclass(slots=True)
class _Compiled:
    """A parsed document, and what it was last loaded with.

    *loaded* is valid as long as its scripts have the same *validators*.
    """

    document: Document
    scripts: Mapping[str, tuple[Request, str | None]]  # with the charset, by src
    validators: tuple[str, ...] = ()
    loaded: Loaded | None = None


class CcxmlDocuments:
    """Loads CCXML documents through *fetcher*.

    A document that has not changed is not parsed again, nor is a bad one. Callers that
    load the same document at the same time share the work.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        *,
        max_count: int = MAX_COUNT,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self._fetcher = fetcher
        self._kept: Lru[tuple[str, str], _Compiled | Mistakes] = Lru(
            max_bytes=max_bytes, max_count=max_count
        )
        self._flights: SingleFlight[_Compiled | Mistakes] = SingleFlight()

    async def load(self, request: Request) -> Loaded:
        """Return the document at *request* with its scripts; raises FetchError, DocumentError."""
        resource = await self._fetcher.fetch(request)
        key = resource.uri, resource.validator
        compiled = self._kept.get(key)
        if compiled is None:
            compiled = await self._flights.run(
                key, partial(self._compile, resource, key)
            )
        if not isinstance(compiled, _Compiled):
            raise DocumentError(resource.uri, compiled)
        scripts = await self._fetch_all(
            [request for request, _ in compiled.scripts.values()]
        )
        validators = tuple(script.validator for script in scripts)
        if compiled.loaded is None or compiled.validators != validators:
            compiled.loaded = Loaded(
                compiled.document, _decode_scripts(compiled, scripts)
            )
            compiled.validators = validators
            size = GROWTH * len(resource.body) + sum(
                len(script.body) for script in scripts
            )
            self._kept.put(key, compiled, size)
        return compiled.loaded

    async def _compile(
        self, resource: Resource, key: tuple[str, str]
    ) -> _Compiled | Mistakes:
        # What the answer says of its charset goes before what the text says (RFC 7303 §3).
        text = resource.text() if resource.charset else resource.body
        try:
            if len(text) > ASIDE_BYTES:
                document = await asyncio.to_thread(parse, text, uri=resource.uri)
            else:
                document = parse(text, uri=resource.uri)
            compiled: _Compiled | Mistakes = _Compiled(
                document, _requests_of_scripts(document)
            )
        except ParseError as error:
            compiled = error.mistakes
        self._kept.put(key, compiled, GROWTH * len(text))
        return compiled

    async def _fetch_all(self, requests: Sequence[Request]) -> list[Resource]:
        kept = [self._fetcher.find_cached(request) for request in requests]
        try:
            async with asyncio.TaskGroup() as group:
                tasks = {
                    at: group.create_task(self._fetcher.fetch(requests[at]))
                    for at, resource in enumerate(kept)
                    if resource is None
                }
        except ExceptionGroup as group_of:
            raise group_of.exceptions[0] from None
        return [resource or tasks[at].result() for at, resource in enumerate(kept)]


def _requests_of_scripts(document: Document) -> dict[str, tuple[Request, str | None]]:
    """Return the request and charset of each static script by ``src``; raises ParseError."""
    found: dict[str, tuple[Request, str | None]] = {}
    for action in document.actions():
        if not isinstance(action, Script) or action.src is None or action.src in found:
            continue
        if len(found) == MAX_SCRIPTS:
            text = f"Use at most {MAX_SCRIPTS} scripts with a src."
            raise ParseError(
                [Finding(action.position.line, action.position.column, text)]
            )
        request = Request(
            urljoin(document.base, action.src),
            timeout_s=action.timeout_s,
            max_age_s=action.maxage,
            max_stale_s=action.maxstale,
        )
        found[action.src] = request, action.charset
    return found


def _decode_scripts(compiled: _Compiled, scripts: Sequence[Resource]) -> dict[str, str]:
    wanted = compiled.scripts.items()
    return {
        src: resource.text(charset)
        for (src, (_, charset)), resource in zip(wanted, scripts, strict=True)
    }
