"""What the store raises, and how the drivers' exceptions become it.

StoreError
├── StaleChangeError
├── InvalidValueError
├── MissingFileError     (sqlite_files.py)
└── ForeignFileError     (sqlite_files.py)
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

# Classes of SQLSTATE, the messages of which show values.
_DATA, _INTEGRITY = "22", "23"


class StoreError(Exception):
    """The database cannot be opened, reached or written. Its text is one sentence."""


class StaleChangeError(StoreError):
    """An object has changed since the change was planned; nothing was applied."""


class InvalidValueError(StoreError):
    """The database refuses a value, such as a NUL in a text or a number out of range."""


@contextmanager
def translate_errors(database: str) -> Iterator[None]:
    """Turn exceptions of the database drivers into StoreErrors that name *database*.

    They are raised without their cause, because drivers show the values that they were
    given.
    """
    try:
        yield
    except Exception as error:
        if (problem := _translate(database, error)) is None:
            raise
        raise problem from None


def _translate(database: str, error: BaseException) -> StoreError | None:
    if isinstance(error, DBAPIError) and error.orig is not None:
        error = error.orig.__cause__ or error.orig
    if isinstance(error, UnicodeEncodeError | OverflowError):
        return InvalidValueError(f"The database {database} does not take a value.")
    if _sqlstate_of(error).startswith(_DATA):
        return InvalidValueError(
            f"The database {database} does not take a value (SQLSTATE {_sqlstate_of(error)})."
        )
    if reason := _reason_of(error):
        return StoreError(f"The database {database} {reason}.")
    return None


def _reason_of(error: BaseException) -> str | None:
    if isinstance(error, TimeoutError):
        return "does not answer in time"
    if isinstance(error, OSError):
        return f"cannot be reached: {error.strerror or error}"
    if _sqlstate_of(error).startswith(_INTEGRITY) or isinstance(
        error, sqlite3.IntegrityError
    ):
        return "holds something that stands in the way of this"
    if isinstance(error, sqlite3.Error) or _is_of_asyncpg(error):
        first_line, _, _ = str(error).partition("\n")
        return f"says: {first_line.rstrip('.')}"
    if isinstance(error, SQLAlchemyError):
        return f"cannot be used: {type(error).__name__}"
    return None


def _sqlstate_of(error: BaseException) -> str:
    """Return the SQLSTATE of an error of PostgreSQL, or of asyncpg in its place; "" without one."""
    return getattr(error, "sqlstate", None) or ""


def _is_of_asyncpg(error: BaseException) -> bool:
    """Whether asyncpg raised *error*. Asked by name, because asyncpg need not be installed."""
    return type(error).__module__.partition(".")[0] == "asyncpg"
