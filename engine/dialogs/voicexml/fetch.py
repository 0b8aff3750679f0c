"""VoiceXmlFetcher: fetches what a VoiceXML session asks for."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.fetch import (
    DocumentError,
    Fetcher,
    FetchError,
    File,
    Request,
    WebSession,
)
from engine.fetch.request import ANYTHING, SCRIPT, XML
from vxml import Document
from vxml import commands as c

from .documents import VoiceXmlDocuments

_ACCEPT = {
    "script": SCRIPT,
    "grammar": f"application/srgs+xml, {XML};q=0.9, {ANYTHING};q=0.1",
    "data": f"{XML};q=0.9, {ANYTHING};q=0.1",
}


class VoiceXmlFetcher:
    """Fetches for one session: documents come parsed, everything else as bytes, or as
    text where the answer names its charset.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        documents: VoiceXmlDocuments,
        first: Mapping[str, Document],
        recordings: Mapping[str, Path],
        web: WebSession | None = None,
    ) -> None:
        """*first* are documents that are loaded already, by URI; each is used once.

        *recordings* are files by the URI that the session has for them. *web* has the
        session's cookies.
        """
        self._fetcher = fetcher
        self._documents = documents
        self._first = dict(first)
        self._recordings = recordings
        self._web = web

    async def fetch(self, command: c.Fetch) -> tuple[Document | bytes | str, str]:
        """Return what *command* asks for, and the URI where it was found, after redirects.

        Raises FetchError, DocumentError, or OSError for a lost recording.
        """
        if command.kind == "document" and not command.values:
            known = self._first.pop(command.uri, None)
            if known is not None:
                return known, known.uri
        request = Request(
            command.uri,
            command.method,
            await self._values(command),
            command.enctype,
            timeout_s=command.timeout_s,
            max_age_s=command.max_age,
            max_stale_s=command.max_stale,
            accept=_ACCEPT.get(command.kind, ANYTHING),
        )
        if command.kind == "document":
            document = await self._documents.load_document(request, self._web)
            return document, document.uri
        resource = await self._fetcher.fetch(request, self._web)
        return resource.content, resource.uri

    async def _values(self, command: c.Fetch) -> dict[str, Any]:
        """The values to submit. A recording goes as a file in ``multipart/form-data``,
        else as its URI.
        """
        takes_files = command.enctype.lower() == "multipart/form-data"
        values: dict[str, Any] = {}
        for name, value in command.values.items():
            if not isinstance(value, c.Recording):
                values[name] = value
            elif takes_files and value.uri in self._recordings:
                path = self._recordings[value.uri]
                content = await asyncio.to_thread(path.read_bytes)
                values[name] = File(f"{name}.wav", value.type, content)
            else:
                values[name] = value.uri
        return values


def failure_of(error: Exception) -> tuple[str, int | None]:
    """What a session is told of a fetch that has raised *error*: a sentence, and the
    HTTP status.
    """
    if isinstance(error, FetchError):
        return error.reason, error.status
    if isinstance(error, DocumentError):
        return str(error), None
    return "The recording is not there any more.", None
