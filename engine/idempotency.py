"""Idempotency: a request that is sent again gets the first one's answer, not a second call.

Held in memory: it protects against repeats to this process while it lives.
"""

import asyncio
import hashlib
import time
from collections import OrderedDict
from http import HTTPStatus

import msgspec

from .outbound import Fields
from .results import Answer, RefusedError, Result

KEPT_S = 24 * 3600.0
MAX_KEPT = 100_000
MAX_KEY_LENGTH = 255

Place = tuple[str, str]
"""An API key's hash and the Idempotency-Key used with it."""


class Entry:
    """The first request under a key; its answer, once there is one."""

    __slots__ = ("answer", "expires", "fingerprint")

    def __init__(self, fingerprint: bytes) -> None:
        self.fingerprint = fingerprint
        self.answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.expires = time.monotonic() + KEPT_S


class Idempotency:
    """Which requests were made under which key, for a day."""

    def __init__(self) -> None:
        self._entries: OrderedDict[Place, Entry] = OrderedDict()

    def find(self, place: Place, fields: Fields) -> Entry | None:
        """The first request at *place*; raises RefusedError if it was another one."""
        entry = self._entries.get(place)
        if entry is None or entry.expires <= time.monotonic():
            return None
        if entry.fingerprint != _fingerprint(fields):
            raise RefusedError(
                Result.INVALID_REQUEST,
                "This Idempotency-Key was used with another request.",
                HTTPStatus.CONFLICT,
            )
        return entry

    def begin(self, place: Place, fields: Fields) -> Entry:
        """Remember the request, before anything is sent."""
        entry = self._entries[place] = Entry(_fingerprint(fields))
        self._entries.move_to_end(place)
        if len(self._entries) > MAX_KEPT:
            self._entries.popitem(last=False)
        return entry

    def forget(self, place: Place) -> None:
        """The request was refused, so that nothing was dialled: it may come again."""
        self._entries.pop(place, None)


def place_of(key_digest: str, idempotency_key: str | None) -> Place | None:
    """Where a request is remembered; raises RefusedError for a key that cannot be."""
    if idempotency_key is None:
        return None
    if (
        not 1 <= len(idempotency_key) <= MAX_KEY_LENGTH
        or not idempotency_key.isprintable()
    ):
        raise RefusedError(
            Result.INVALID_REQUEST,
            f"An Idempotency-Key has 1 to {MAX_KEY_LENGTH} printable characters.",
        )
    return key_digest, idempotency_key


def _fingerprint(fields: Fields) -> bytes:
    return hashlib.sha256(msgspec.json.encode(fields, order="sorted")).digest()
