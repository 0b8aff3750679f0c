"""A hundred thousand records: how long writing and finding them takes, and by which way.

The figures are printed (``pytest -s``); what is asserted is that no query looks at
more than it must, and that memory does not grow.
"""

import gc
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest
from sqlalchemy import Connection, make_url
from sqlalchemy.event import listen

from engine.model.call_record import Attempt, CallRecord
from engine.store import RecordFilter, Store, open_store, records
from engine.store.store import open_database

pytestmark = [pytest.mark.load, pytest.mark.timeout(300)]

NOW = 1_700_000_000.0
RECORDS = 100_000
LOADING = 1000
MEASURED = 4000
WARM = 20_000
GROWTH_LIMIT = 12 * 1024 * 1024  # bytes, from there to the last record
SLOW_S = 2.0  # an accident; usual is a hundredth of it


def report(line: str = "") -> None:
    """Print a figure, which is what this is for."""
    sys.stdout.write(f"{line}\n")


def opened(number: int) -> CallRecord:
    """A call that was answered."""
    return CallRecord(
        id=f"{number:032x}",
        received=NOW + number / 100,
        node=f"node-{number % 3}",
        application_uuid=f"{number:032x}",
        account=f"account-{number % 10}",
        application=f"application-{number % 50}",
        action="makeCall",
        to=f"sip:+4930{number}@example.com",
        from_uri="sip:outring@example.com",
        ani="outring",
        dnis=f"+4930{number}",
        result="Call connected",
        sip_status=200,
        sip_reason="OK",
        sip_origin="remote",
        headers={"Contact": "<sip:alice@192.0.2.1>", "User-Agent": "SIPp"},
        call_id=f"call-{number:032x}",
        attempts=[
            Attempt(
                call_id=f"call-{number:032x}",
                address=f"sip:+4930{number}@example.com",
                status=200,
                reason="OK",
                invite=NOW,
            )
        ],
        admitted=NOW,
        invite=NOW,
        trying=NOW,
        ringing=NOW,
        answered=NOW,
        ack=NOW,
    )


def ended(number: int) -> CallRecord:
    """The same at its end; the last one's result is rare."""
    result = "Internal Error" if number == 0 else "Call connected"
    return msgspec.structs.replace(
        opened(number), ended=NOW, bye=NOW, termination_reason="bye", result=result
    )


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """A store with RECORDS records."""
    filled = await open_store(url)
    process, warm = psutil.Process(), 0
    for first in range(0, RECORDS, LOADING):
        await filled.write([ended(n) for n in range(first, first + LOADING)])
        if first == WARM:
            gc.collect()
            warm = process.memory_info().rss
    gc.collect()
    assert process.memory_info().rss - warm < GROWTH_LIMIT
    yield filled
    await filled.aclose()


async def test_writing_and_finding(store: Store, url: str) -> None:
    kind = make_url(url).get_backend_name()
    report()
    for size in (20, 200):
        for what, make in (("opened", opened), ("ended", ended)):
            batch = [make(RECORDS + size * MEASURED + n) for n in range(MEASURED)]
            began = time.process_time(), time.perf_counter()
            for first in range(0, MEASURED, size):
                await store.write(batch[first : first + size])
            cpu = time.process_time() - began[0]
            wall = time.perf_counter() - began[1]
            report(
                f"{kind}: {what} in batches of {size}: {MEASURED / cpu:,.0f} rows per"
                f" second of CPU, {MEASURED / wall:,.0f} per second"
            )
    for name, find in questions(store):
        began_at = time.perf_counter()
        rows = await find()
        took = time.perf_counter() - began_at
        report(f"{kind}: {name}: {len(rows)} in {took * 1000:.1f} ms")
        assert took < SLOW_S


def questions(store: Store) -> Iterator[tuple[str, Callable[[], Awaitable[list[Any]]]]]:
    """What people ask; each with how it is asked."""
    middle = f"{RECORDS // 2:032x}"
    for name, criteria in {
        "newest": RecordFilter(),
        "of an account": RecordFilter(account="account-3"),
        "of a rare result": RecordFilter(result="Internal Error"),
        "of no account": RecordFilter(account="none"),
        "to part of an address": RecordFilter(to=f"4930{RECORDS // 2}@"),
        "to nobody": RecordFilter(to="nobody"),
        "live": RecordFilter(is_live=True),
        "live of an account": RecordFilter(is_live=True, account="none"),
        "by Call-ID": RecordFilter(call_id=f"call-{middle}"),
        "by application UUID": RecordFilter(application_uuid=middle),
        "by time": RecordFilter(since=NOW + 100, until=NOW + 101),
    }.items():
        yield name, lambda criteria=criteria: store.find_records(criteria)
    yield (
        "a page in the middle",
        lambda: store.find_records(RecordFilter(), before=middle),
    )
    yield "one call", lambda: store.find_records_of(middle)


@pytest.mark.parametrize(
    ("criteria", "before", "index"),
    [
        (RecordFilter(), None, "record_received"),
        (RecordFilter(), "one", "record_received"),
        (RecordFilter(account="a", since=1.0), None, "record_received"),
        (RecordFilter(is_live=True), None, "record_live"),
        (RecordFilter(is_live=True, account="a"), "one", "record_live"),
        (RecordFilter(call_id="x"), None, "record_call_id"),
        (RecordFilter(application_uuid="x"), None, "record_application_uuid"),
    ],
)
async def test_sqlite_goes_by_the_index(
    tmp_path: Path, criteria: RecordFilter, before: str | None, index: str
) -> None:
    url = f"sqlite:///{tmp_path}/outring.db"
    store = await open_store(url)
    await store.write([msgspec.structs.replace(opened(1), id="one")])
    await store.aclose()
    statements: list[tuple[str, Any]] = []

    def plan(connection: Connection) -> str:
        listen(connection, "before_cursor_execute", note)
        records.find_page(connection, criteria, 100, before)
        statement, parameters = statements[-1]
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return "; ".join(row.detail for row in rows)

    def note(
        _connection: object,
        _cursor: object,
        statement: str,
        parameters: Any,
        *_: object,
    ) -> None:
        statements.append((statement, parameters))

    database = await open_database(url)
    plan_text = await database.read(plan)
    await database.aclose()

    assert f"USING INDEX {index}" in plan_text
