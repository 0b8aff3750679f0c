"""A bounded cache: the least recently used value is removed first."""

from typing import Generic, TypeVar

from cachetools import LRUCache

Key = TypeVar("Key")
Value = TypeVar("Value")


class Lru(Generic[Key, Value]):
    """Values by key, limited in their number and in the sum of their sizes."""

    def __init__(self, *, max_bytes: int, max_count: int) -> None:
        self._max_count = max_count
        self._entries: LRUCache[Key, tuple[Value, int]] = LRUCache(
            max_bytes, getsizeof=lambda entry: entry[1]
        )

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Key) -> Value | None:
        """Return the value of *key* and mark it as used, or None."""
        entry = self._entries.get(key)
        return None if entry is None else entry[0]

    def put(self, key: Key, value: Value, size: int) -> None:
        """Store *value* of *size* bytes under *key*, replacing what was there.

        If it is larger than the whole cache, nothing is stored.
        """
        self.drop(key)
        if size > self._entries.maxsize:
            return
        self._entries[key] = value, size
        if len(self) > self._max_count:
            self._entries.popitem()

    def drop(self, key: Key) -> None:
        """Remove *key*, if it is there."""
        self._entries.pop(key, None)
