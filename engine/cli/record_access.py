"""Record access: the records of a database, or of a platform that runs, as JSON views."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import urlencode

from engine.administration.admin import Admin
from engine.config.toml_file import ConfigMistake, InvalidError
from engine.platform.objects import KINDS, ObjectKind
from engine.records.record_search import (
    countable_column,
    matches,
    record_filter,
    suggest,
)
from engine.records.record_view import record_view
from engine.store import Store
from engine.store.records import is_short_uuid

from .remote_admin import RemoteAdmin

View = dict[str, Any]
Texts = Mapping[str, str]
Counts = Sequence[tuple[object, int]]

FOLLOW_S = 0.5  # from one look for new records to the next
BATCH = 1000  # records read at once
NAMED = ("account", "application", "campaign", "proxy", "node")
"""Filters whose values are names, which may be misspelt."""


class RecordAccess(Protocol):
    """Where records are read; filters are texts as ``record_filter`` takes them.

    All methods raise InvalidError, and what reading the source may raise.
    """

    async def find(self, texts: Texts, limit: int) -> list[View]:
        """The newest *limit* records that match, the newest first, without ladders."""

    async def find_page(self, texts: Texts, before: str | None) -> list[View]:
        """The newest records that match, ``BATCH`` at most, the newest first.

        *before* is the callIndexFull of the last record of the previous page.
        """

    async def find_of(self, uuid: str) -> list[View]:
        """The records of one applicationUUID, the oldest first."""

    async def count(self, texts: Texts, by: str | None) -> Counts:
        """How many records match, for each value of *by*; without it there is one number."""

    async def read_position(self) -> int:
        """The position of the last change of records."""

    async def read_changes(self, texts: Texts, position: int) -> tuple[list[View], int]:
        """The first records that match and were written after *position*, in that order.

        The second value is the position of the last one that was looked at.
        """

    async def identities(self, kind: ObjectKind) -> list[str]:
        """What the objects of *kind* are found by."""


async def resolve_uuid(source: RecordAccess, text: str) -> str:
    """Return the applicationUUID that *text* is, or that begins with it in the newest records.

    Raises InvalidError if several do.
    """
    if not is_short_uuid(text):
        return text
    found = await source.find({"application_uuid": text}, BATCH)
    uuids = list(dict.fromkeys(view["applicationUUID"] for view in found))
    if len(uuids) > 1:
        mistake = f"{text} is the beginning of several: {', '.join(uuids)}."
        raise InvalidError([ConfigMistake("uuid", mistake)])
    return uuids[0] if uuids else text


class StoredRecords(RecordAccess):
    """The records of a database."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def find(self, texts: Texts, limit: int) -> list[View]:
        chosen = record_filter(texts, time.time())
        found = await self._store.find_records(chosen, limit=limit)
        return [record_view(record) for record in found]

    async def find_page(self, texts: Texts, before: str | None) -> list[View]:
        chosen = record_filter(texts, time.time())
        found = await self._store.find_records(chosen, limit=BATCH, before=before)
        return [record_view(record) for record in found]

    async def find_of(self, uuid: str) -> list[View]:
        return [record_view(it) for it in await self._store.find_records_of(uuid)]

    async def count(self, texts: Texts, by: str | None) -> Counts:
        column = None if by is None else countable_column(by)
        chosen = record_filter(texts, time.time())
        return await self._store.count_records(chosen, column)

    async def identities(self, kind: ObjectKind) -> list[str]:
        views = await Admin(self._store).views(kind)
        return [str(view[kind.identity]) for view in views]

    async def read_position(self) -> int:
        return await self._store.read_position()

    async def read_changes(self, texts: Texts, position: int) -> tuple[list[View], int]:
        chosen = record_filter(texts, time.time())
        changed, position = await self._store.read_records_after(position, BATCH)
        views = [record_view(record) for record in changed if matches(chosen, record)]
        return views, position


class RemoteRecords(RecordAccess):
    """The records of a platform, through its admin API, which shows no ladders."""

    def __init__(self, admin: RemoteAdmin) -> None:
        self._admin = admin

    async def find(self, texts: Texts, limit: int) -> list[View]:
        found: list[View] = []
        page: list[View] = []
        while len(found) < limit:
            before = page[-1]["callIndexFull"] if page else None
            wanted = min(limit - len(found), BATCH)
            page = await self._find_page(texts, before, wanted)
            found += page
            if len(page) < wanted:
                break
        return found

    async def find_page(self, texts: Texts, before: str | None) -> list[View]:
        return await self._find_page(texts, before, BATCH)

    async def _find_page(
        self, texts: Texts, before: str | None, limit: int
    ) -> list[View]:
        query = {**texts, "limit": str(limit)}
        if before is not None:
            query["before"] = before
        page: list[View] = (await self._request("records", query))["records"]
        return page

    async def find_of(self, uuid: str) -> list[View]:
        return (await self.find({"application_uuid": uuid}, BATCH))[::-1]

    async def count(self, texts: Texts, by: str | None) -> Counts:
        query = {**texts, **({} if by is None else {"by": by})}
        answer = await self._request("records/count", query)
        return [(it["value"], it["count"]) for it in answer["counts"]]

    async def read_position(self) -> int:
        answer = await self._request("records/changes", {})
        return int(answer["position"])

    async def read_changes(self, texts: Texts, position: int) -> tuple[list[View], int]:
        query = {**texts, "after": str(position)}
        answer = await self._request("records/changes", query)
        return answer["records"], answer["position"]

    async def identities(self, kind: ObjectKind) -> list[str]:
        return [str(it[kind.identity]) for it in await self._admin.views(kind)]

    async def _request(self, path: str, query: Texts) -> View:
        return await self._admin.request("GET", f"{path}?{urlencode(query)}")


async def follow(
    source: RecordAccess, texts: Texts, limit: int
) -> AsyncIterator[list[View]]:
    """Yield the newest records as ``find``, and then for ever those that end."""
    position = await source.read_position()
    newest = await source.find(texts, limit)
    yield newest
    printed = {view["callIndexFull"] for view in newest if "end" in view}
    while True:
        changed, last = await source.read_changes(texts, position)
        yield [
            view
            for view in reversed(changed)
            if "end" in view and view["callIndexFull"] not in printed
        ]
        if last == position:
            await asyncio.sleep(FOLLOW_S)
        position = last


async def check_names(source: RecordAccess, texts: Texts) -> None:
    """Refuse names that neither an object nor a record has; raises InvalidError.

    To be called when nothing matches, since a name of an object that was removed is right
    as long as there are records of it.
    """
    mistakes = []
    for name in NAMED:
        if (text := texts.get(name)) is None or await source.find({name: text}, 1):
            continue
        known = await source.identities(KINDS[name]) if name in KINDS else []
        if text not in known:
            nodes = [str(value) for value, _ in await source.count({}, "node")]
            likely = suggest(text, nodes if name == "node" else known)
            text = f"There is no {name} {text}, and no record of one{likely}."
            mistakes.append(ConfigMistake(name, text))
    if mistakes:
        raise InvalidError(mistakes)
