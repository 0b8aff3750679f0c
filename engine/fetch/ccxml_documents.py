"""CcxmlDocuments: loads CCXML documents with their scripts, and keeps them parsed."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ccxml import Document, Finding, ParseError, parse
from ccxml.document import Script
from ccxml.xml.uris import join_uri

from .document_cache import MAX_COUNT, DocumentCache
from .fetcher import Fetcher
from .request import ANYTHING, SCRIPT, XML, Request
from .resource import Resource
from .web_session import WebSession

MAX_BYTES = 128 * 2**20
MAX_SCRIPTS = 100
ACCEPT = f"application/ccxml+xml, {XML};q=0.9, {ANYTHING};q=0.1"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A document, and the content of each static script, by ``src`` as the document writes it."""

    document: Document
    texts: Mapping[str, str]


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
    """Loads CCXML documents through *fetcher*; none is parsed again that has not changed."""

    def __init__(self, fetcher: Fetcher, *, max_count: int = MAX_COUNT) -> None:
        self._fetcher = fetcher
        self._cache = DocumentCache(
            fetcher,
            _compile,
            accept=ACCEPT,
            max_bytes=MAX_BYTES,
            max_count=max_count,
        )

    async def load(self, request: Request, session: WebSession | None = None) -> Loaded:
        """Return the document that *request* of *session* finds, with its scripts.

        Raises FetchError and DocumentError.
        """
        resource, compiled = await self._cache.load(request, session)
        scripts = await self._fetch_all(
            [request for request, _ in compiled.scripts.values()], session
        )
        validators = tuple(script.validator for script in scripts)
        if compiled.loaded is None or compiled.validators != validators:
            compiled.loaded = Loaded(
                compiled.document, _decode_scripts(compiled, scripts)
            )
            compiled.validators = validators
            script_bytes = sum(len(script.body) for script in scripts)
            self._cache.keep(resource, compiled, script_bytes)
        return compiled.loaded

    async def _fetch_all(
        self, requests: Sequence[Request], session: WebSession | None
    ) -> list[Resource]:
        kept = [self._fetcher.find_cached(request, session) for request in requests]
        try:
            async with asyncio.TaskGroup() as group:
                tasks = {
                    at: group.create_task(self._fetcher.fetch(requests[at], session))
                    for at, resource in enumerate(kept)
                    if resource is None
                }
        except ExceptionGroup as group_of:
            raise group_of.exceptions[0] from None
        return [resource or tasks[at].result() for at, resource in enumerate(kept)]


def _compile(text: bytes | str, uri: str) -> _Compiled:
    document = parse(text, uri=uri)
    return _Compiled(document, _requests_of_scripts(document))


def _requests_of_scripts(document: Document) -> dict[str, tuple[Request, str | None]]:
    """Return the request and charset of each static script by ``src``; raises ParseError."""
    requests: dict[str, tuple[Request, str | None]] = {}
    for action in document.actions():
        if (
            not isinstance(action, Script)
            or action.src is None
            or action.src in requests
        ):
            continue
        if len(requests) == MAX_SCRIPTS:
            text = f"Use at most {MAX_SCRIPTS} scripts with a src."
            raise ParseError(
                [Finding(action.position.line, action.position.column, text)]
            )
        request = Request(
            join_uri(document.base, action.src),
            timeout_s=action.timeout_s,
            max_age_s=action.maxage,
            max_stale_s=action.maxstale,
            accept=SCRIPT,
        )
        requests[action.src] = request, action.charset
    return requests


def _decode_scripts(compiled: _Compiled, scripts: Sequence[Resource]) -> dict[str, str]:
    requested = compiled.scripts.items()
    return {
        src: resource.text(charset)
        for (src, (_, charset)), resource in zip(requested, scripts, strict=True)
    }
