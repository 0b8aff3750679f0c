"""VoiceXmlDocuments: loads VoiceXML documents with their roots and keeps them parsed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urldefrag

from ccxml.xml.errors import Finding
from ccxml.xml.uris import join_uri
from engine.fetch import DocumentCache, DocumentError, Fetcher, Request, WebSession
from engine.fetch.request import ANYTHING, XML

if TYPE_CHECKING:
    from vxml import Document  # it takes megabytes, and most processes have none

VOICEXML = "application/voicexml+xml"
MAX_BYTES = 64 * 2**20
ACCEPT = f"{VOICEXML}, {XML};q=0.9, {ANYTHING};q=0.1"


@dataclass(frozen=True, slots=True)
class EntryDocument:
    """The document that a session starts with, the *dialog* in it (empty: the first),
    and its root.
    """

    document: "Document"
    dialog: str = ""
    roots: "Mapping[str, Document] | None" = None  # by URI


class VoiceXmlDocuments:
    """Loads VoiceXML documents through *fetcher*; none is parsed again that has not changed."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._cache = DocumentCache(
            fetcher, _compile, accept=ACCEPT, max_bytes=MAX_BYTES
        )

    async def load(
        self, request: Request, web: WebSession | None = None
    ) -> EntryDocument:
        """Load the document that *request* of *web* finds, and its root (VoiceXML 2.0, 1.5.2).

        The fragment of the URI names the dialog. Raises FetchError or, for mistakes in
        a document and a dialog that does not exist, DocumentError.
        """
        document = await self.load_document(request, web)
        dialog = urldefrag(request.uri).fragment
        if dialog and document.find_dialog(dialog) is None:
            why = (
                f"No dialog has the id {dialog[:60]}: give a <form> or <menu> this id."
            )
            raise DocumentError(document.uri, (Finding(1, 1, why),))
        if document.application is None:
            return EntryDocument(document, dialog)
        uri = urldefrag(join_uri(document.base, document.application)).url
        root = await self.load_document(Request(uri, timeout_s=request.timeout_s), web)
        return EntryDocument(document, dialog, {uri: root})

    async def load_document(
        self, request: Request, web: WebSession | None = None
    ) -> "Document":
        """Load the one document at *request*; raises FetchError or DocumentError."""
        return (await self._cache.load(request, web))[1]


def _compile(text: bytes | str, uri: str) -> "Document":
    from vxml import parse

    return parse(text, uri=uri)
