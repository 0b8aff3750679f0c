"""The database: platform objects, records, and answers kept for repeated requests."""

from .errors import ConflictError, StoreError, UnfitError
from .objects import KeyTimes
from .records import RecordFilter
from .requests import Claim, Place, StoredAnswer
from .store import Claims, Reader, Store, Written, open_store

__all__ = [
    "Claim",
    "Claims",
    "ConflictError",
    "KeyTimes",
    "Place",
    "Reader",
    "RecordFilter",
    "Store",
    "StoreError",
    "StoredAnswer",
    "UnfitError",
    "Written",
    "open_store",
]
