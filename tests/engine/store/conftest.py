"""Stores on both databases; each test has a new one."""

import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from engine.store import Store, open_store
from tests.postgresql import Postgres, postgres_in


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The session's PostgreSQL server."""
    # Not in pytest's folders, which the user postgres may not enter.
    folder = Path(tempfile.gettempdir()) / f"outring-postgres-{os.getpid()}"
    try:
        with postgres_in(folder) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database that nothing has been written to."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/outring.db"
    server: Postgres = request.getfixturevalue("postgres")
    return server.create(f"test-{uuid.uuid4()}")


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """A store in it."""
    opened = await open_store(url)
    yield opened
    await opened.aclose()


@pytest.fixture
async def other(url: str, store: Store) -> AsyncIterator[Store]:
    """Another process's store in the same database, as far as databases can tell."""
    opened = await open_store(url)
    yield opened
    await opened.aclose()
