"""DocumentCache: loads VoiceXML documents with their roots and keeps them parsed."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urldefrag, urljoin

from ccxml.xml.errors import Finding, ParseError
from engine.fetch import DocumentError, Fetcher, Request, Resource
from engine.fetch.lru_cache import Lru
from engine.fetch.single_flight import SingleFlight

if TYPE_CHECKING:
    from vxml import Document  # it takes megabytes, and most processes have none

VOICEXML = "application/voicexml+xml"
MAX_COUNT = 1000
MAX_BYTES = 64 * 2**20
GROWTH = 20  # memory of a parsed document in bytes, per byte of its text
ASIDE_BYTES = 4096  # larger documents are parsed in a thread

Mistakes = tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class EntryDocument:
    """The document that a session starts with, the *dialog* in it (empty: the first),
    and its root.
    """

    document: "Document"
    dialog: str = ""
    roots: "Mapping[str, Document] | None" = None  # by URI


class DocumentCache:
    """Loads documents through *fetcher*. One that has not changed since is not parsed again.

    It holds at most ``MAX_COUNT`` documents and about ``MAX_BYTES``; a document with
    mistakes is kept as these.
    """

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self._kept: Lru[tuple[str, str], Document | Mistakes] = Lru(
            max_bytes=MAX_BYTES, max_count=MAX_COUNT
        )
        self._flights: SingleFlight[Document | Mistakes] = SingleFlight()

    async def load(self, request: Request) -> EntryDocument:
        """Load the document at *request* and its root (VoiceXML 2.0, 1.5.2).

        The fragment of the URI names the dialog. Raises FetchError or, for mistakes in
        a document and a dialog that does not exist, DocumentError.
        """
        document = await self.document(request)
        dialog = urldefrag(request.uri).fragment
        if dialog and document.dialog(dialog) is None:
            why = f"There is no dialog {dialog[:60]}."
            raise DocumentError(document.uri, (Finding(1, 1, why),))
        if document.application is None:
            return EntryDocument(document, dialog)
        uri = urldefrag(urljoin(document.base, document.application)).url
        root = await self.document(Request(uri, timeout_s=request.timeout_s))
        return EntryDocument(document, dialog, {uri: root})

    async def document(self, request: Request) -> "Document":
        """Load the one document at *request*; raises FetchError or DocumentError."""
        resource = await self._fetcher.fetch(request)
        key = resource.uri, resource.validator
        parsed = self._kept.get(key)
        if parsed is None:
            parsed = await self._flights.run(key, partial(self._parse, resource, key))
        if isinstance(parsed, tuple):
            raise DocumentError(resource.uri, parsed)
        return parsed

    async def _parse(
        self, resource: Resource, key: tuple[str, str]
    ) -> "Document | Mistakes":
        # The charset of the Content-Type goes before that of the XML (RFC 7303 §3).
        text = resource.text() if resource.charset else resource.body
        if len(text) > ASIDE_BYTES:
            parsed = await asyncio.to_thread(_parse_text, text, resource.uri)
        else:
            parsed = _parse_text(text, resource.uri)
        self._kept.put(key, parsed, GROWTH * len(text))
        return parsed


def _parse_text(text: bytes | str, uri: str) -> "Document | Mistakes":
    from vxml import parse

    try:
        return parse(text, uri=uri)
    except ParseError as error:
        return tuple(error.mistakes)
