"""What the store raises, and how the drivers' exceptions become it.

StoreError
├── ConflictError
└── UnfitError
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

# Classes of SQLSTATE, the messages of which show values.
_DATA, _INTEGRITY = "22", "23"


class StoreError(Exception):
    """The database cannot be opened, reached or written; the text is one sentence."""


class StaleChangeError(StoreError):
    """An object is not any more what the change was planned from."""


class InvalidValueError(StoreError):
    """The database does not take a value: a NUL in a text, a number that is too large."""


@contextmanager
def translate_errors(database: str) -> Iterator[None]:
    """Turn what the drivers raise into a StoreError that names *database*.

    The cause is left out: drivers show the values that they were given.
    """
    try:
        yield
    except Exception as error:
        if (problem := _problem(database, error)) is None:
            raise
        raise problem from None


def _problem(database: str, error: BaseException) -> StoreError | None:
    if isinstance(error, DBAPIError) and error.orig is not None:
        error = error.orig.__cause__ or error.orig
    if isinstance(error, UnicodeEncodeError | OverflowError):
        return InvalidValueError(f"The database {database} does not take a value.")
    if _state(error).startswith(_DATA):
        return InvalidValueError(
            f"The database {database} does not take a value (SQLSTATE {_state(error)})."
        )
    if reason := _reason(error):
        return StoreError(f"The database {database} {reason}.")
    return None


def _reason(error: BaseException) -> str | None:
    if isinstance(error, TimeoutError):
        return "does not answer in time"
    if isinstance(error, OSError):
        return f"cannot be reached: {error.strerror or error}"
    if _state(error).startswith(_INTEGRITY) or isinstance(
        error, sqlite3.IntegrityError
    ):
        return "holds something that stands in the way of this"
    if isinstance(error, sqlite3.Error) or _is_of_asyncpg(error):
        first_line, _, _ = str(error).partition("\n")
        return f"says: {first_line.rstrip('.')}"
    if isinstance(error, SQLAlchemyError):
        return f"cannot be used: {type(error).__name__}"
    return None


def _state(error: BaseException) -> str:
    """SQLSTATE of what PostgreSQL reports, or asyncpg in its place."""
    return getattr(error, "sqlstate", None) or ""


def _is_of_asyncpg(error: BaseException) -> bool:
    """Whether asyncpg raised *error*; asked by name, for asyncpg is not always there."""
    return type(error).__module__.partition(".")[0] == "asyncpg"
