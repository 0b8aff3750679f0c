"""Memoize: keeps what is read of a text of a document, which is run again and again."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeVar

T = TypeVar("T")

TEXTS_AT_MOST: Final = 4096
LONGEST_KEPT: Final = 200


def memoize(read: Callable[[str], T]) -> Callable[[str], T]:
    """Return *read*, which keeps what it returned for the texts that came last.

    *read* must depend on its text alone and return what never changes. Texts of more than
    `LONGEST_KEPT` characters are read each time, so that little memory is kept.
    """
    kept = lru_cache(TEXTS_AT_MOST)(read)

    def recall(text: str) -> T:
        return kept(text) if len(text) <= LONGEST_KEPT else read(text)

    return recall
