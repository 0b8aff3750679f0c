"""Brings the tables of a database up to the schema of this program, with Alembic."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from .errors import StoreError
from .tables import SCHEMA

MIGRATIONS = Path(__file__).parent / "migrations"


def is_usable(revision: str | None) -> bool:
    """Return whether tables of *revision* serve this program as they are.

    They are its own, or those of a newer program that has only added to them. A revision says
    so itself: ``0009_since_0007`` has all that a program of revision 0007 or later asks for.
    """
    number, _, oldest = (revision or "").partition("_since_")
    own = SCHEMA.partition("_since_")[0]
    return revision == SCHEMA or (oldest != "" and oldest <= own < number)


def is_current(connection: Connection) -> bool:
    """Whether the tables have the schema of this program."""
    return is_usable(_read_revision(connection))


def upgrade(connection: Connection) -> None:
    """Run the migrations that are missing, in the caller's transaction.

    The caller must hold a lock, so that only one process migrates at a time. Raises
    StoreError if the database is newer than this program, and not usable by it.
    """
    if is_current(connection):  # another process was quicker
        return
    # Imported here, for it takes longer than all else that a command does.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {
        script.revision
        for script in ScriptDirectory.from_config(config).walk_revisions()
    }
    revision = _read_revision(connection)
    if revision is not None and revision not in known:
        raise StoreError(
            f"The database was written by a newer outring (schema {revision}); this one knows schema {SCHEMA}."
        )
    command.upgrade(config, SCHEMA)


def _read_revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(
        text("SELECT version_num FROM alembic_version")
    )
    return revision
