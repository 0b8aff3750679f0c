"""A client learns that the database fails, and not where it is."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from engine.app.process_parts import ProcessParts
from engine.model.result import RefusedError, Result
from engine.records.record_writer import RecordWriter
from engine.store import Store, StoreError
from engine.store.current_platform import CurrentPlatform
from tests.engine.http.test_limits import FIELDS, NOBODY, Taking, engine_of_its_own

AWAY = StoreError("The database /secret/outring.db says: no such table: record.")
LEAK = re.compile("secret|outring.db|table")


async def fails(*_: Any) -> Any:
    """As the store does while the database is away."""
    raise AWAY


async def objects_that_cannot_be_read(engine: ProcessParts) -> None:
    """Nobody has read them yet."""
    reader = type("Reader", (), {"is_current": lambda _: False, "read_objects": fails})
    store = type("Store", (), {"make_reader": reader})
    await CurrentPlatform(cast(Store, store)).current()


async def a_call_that_is_looked_up(engine: ProcessParts) -> None:
    """It may be in the database."""
    await engine.dialer.lookup.show("0cc989cf-eb78-4969-a5a9-905e03591f23", None)


@pytest.mark.parametrize(
    "work", [objects_that_cannot_be_read, a_call_that_is_looked_up]
)
async def test_a_refusal_names_no_path(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    work: Callable[[ProcessParts], Awaitable[None]],
) -> None:
    async with engine_of_its_own(tmp_path, Taking()) as (engine, _):
        monkeypatch.setattr(Store, "find_records_of", fails)
        with capture_logs() as log, pytest.raises(RefusedError) as refused:
            await work(engine)

    assert refused.value.result is Result.INTERNAL_ERROR
    assert not LEAK.search(refused.value.detail)
    assert [
        event["reason"] for event in log if event["event"] == "database_failed"
    ] == [str(AWAY)]


async def test_an_idempotency_key_that_cannot_be_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with engine_of_its_own(tmp_path, agent := Taking()) as (engine, _):
        monkeypatch.setattr(RecordWriter, "claim", fails)
        reply = await engine.dialer.originate(
            {**FIELDS, "to": NOBODY}, api_key=None, idempotency_key="again"
        )

    assert (reply.result, reply.status) == ("Internal Error", 500)
    assert not LEAK.search(reply.body.decode())
    assert not agent.invited
