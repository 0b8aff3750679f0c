"""What clients are told while the database fails: that it does, and nothing of it."""

import structlog

from engine.model.result import RefusedError, Result

from .errors import InvalidValueError, StoreError

log = structlog.get_logger()


def database_refusal(error: StoreError) -> RefusedError:
    """The refusal of a request for which the database was needed.

    The log alone names the database and says what is the matter: a path, or the address
    of a server, is no client's business.
    """
    log.warning("database_failed", reason=str(error))
    return RefusedError(Result.INTERNAL_ERROR, database_problem(error))


def database_problem(error: StoreError) -> str:
    """One sentence for a person who is not to know where the database is."""
    if isinstance(error, InvalidValueError):
        return "The database does not take a value."
    return "The database cannot be read or written; the log says more."
