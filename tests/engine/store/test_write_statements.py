"""When the statements that write calls are compiled."""

import pytest

from engine.store import RecordFilter, open_store, write_statements


async def test_who_only_reads_compiles_nothing(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_statements, "_COMPILED", compiled := {})
    store = await open_store(url)

    await store.find_records(RecordFilter(), limit=1)
    after_reading = len(compiled)
    store.compile_statements()
    await store.aclose()

    assert (after_reading, len(compiled)) == (0, 1)
