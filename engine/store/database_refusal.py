"""What clients are told while the database fails: that it does, and no details."""

import structlog

from engine.model.result import RefusedError, Result

from .errors import InvalidValueError, StoreError

log = structlog.get_logger()


def database_refusal(error: StoreError) -> RefusedError:
    """Return the refusal of a request that needed the database, and log *error*.

    Only the log names the database and the reason: a path or the address of a server is
    none of a client's business.
    """
    log.warning("database_failed", reason=str(error))
    return RefusedError(Result.INTERNAL_ERROR, database_problem(error))


def database_problem(error: StoreError) -> str:
    """Return one sentence about *error* that does not say where the database is."""
    if isinstance(error, InvalidValueError):
        return "The database does not take a value."
    return "The database cannot be read or written; the log says more."
