"""The database: platform objects, records, and answers kept for repeated requests."""

from .errors import ConflictError, StoreError, UnfitError
from .objects import KeyTimes
from .records import RecordFilter
from .requests import StoredAnswer
from .store import Reader, Store, open_store

__all__ = [
    "ConflictError",
    "KeyTimes",
    "Reader",
    "RecordFilter",
    "Store",
    "StoreError",
    "StoredAnswer",
    "UnfitError",
    "open_store",
]
