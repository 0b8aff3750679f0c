"""The database: platform objects, records, and answers kept for repeated requests.

SQLite or PostgreSQL by the same statements. It may use the platform's objects and the
model. Nothing else may know SQL, and it must never know what a record is written for.
"""

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
