"""The database: platform objects, records, and answers kept for repeated requests.

SQLite or PostgreSQL by the same statements. It may use the platform's objects and the
model. Nothing else may know SQL, and it must never know what a record is written for.
"""

from .errors import InvalidValueError, StaleChangeError, StoreError
from .objects import KeyTimes
from .records import RecordFilter
from .requests import Claim, Place, StoredAnswer
from .store import ClaimChanges, Reader, Store, Written, open_store

__all__ = [
    "Claim",
    "ClaimChanges",
    "InvalidValueError",
    "KeyTimes",
    "Place",
    "Reader",
    "RecordFilter",
    "StaleChangeError",
    "Store",
    "StoreError",
    "StoredAnswer",
    "Written",
    "open_store",
]
