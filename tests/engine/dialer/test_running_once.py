"""Which request under an Idempotency-Key does the work, and what all others get."""

import asyncio
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest

from engine.dialer.idempotency import Idempotency, place_of
from engine.dialer.reply import HttpReply
from engine.model.call_record import CallRecord
from engine.model.result import OutboundOutcome, RefusedError, Result
from engine.records.record_writer import RecordWriter
from engine.store import Place, Store, StoredAnswer, StoreError
from tests.engine.calls.sessions import make_order

PLACE: Place = ("digest", "key")
CONNECTED = OutboundOutcome(Result.CALL_CONNECTED, "uuid")


class Database:
    """What stands at the place, and what is written there."""

    def __init__(self, standing: StoredAnswer | None = None) -> None:
        self.store = Mock(spec=Store)
        self.store.find_request = AsyncMock(return_value=standing)
        self.store.find_records_of = AsyncMock(return_value=[])
        self.recorder = Mock(spec=RecordWriter)
        self.recorder.claim = AsyncMock(return_value=standing)

    def keys(self) -> Idempotency:
        """The keys of this process."""
        return Idempotency(self.store, self.recorder, "node")


async def run(keys: Idempotency, work: Any, **fields: Any) -> HttpReply:
    return await keys.run_once(make_order(**fields), PLACE, work)


def fingerprint_of(claim: Mock) -> bytes:
    """The fingerprint under which the request was claimed."""
    fingerprint: bytes = claim.await_args.args[0].fingerprint
    return fingerprint


async def test_the_first_request_does_the_work_and_keeps_its_reply() -> None:
    database, work = Database(), AsyncMock(return_value=CONNECTED)

    reply = await run(database.keys(), work)

    assert (reply.result, reply.is_replay) == ("Call connected", False)
    finish = database.store.finish_request
    finish.assert_awaited_once_with(PLACE, "uuid", reply.status, reply.body)


async def test_a_second_request_gets_the_reply_of_the_first() -> None:
    goes_on = asyncio.Event()

    async def work() -> OutboundOutcome:
        await goes_on.wait()
        return CONNECTED

    keys, never = Database().keys(), AsyncMock()
    first = asyncio.create_task(run(keys, work))
    await asyncio.sleep(0)
    second = asyncio.create_task(run(keys, never))
    await asyncio.sleep(0)
    goes_on.set()

    assert [(await reply).is_replay for reply in (first, second)] == [False, True]
    never.assert_not_awaited()


async def test_a_second_request_waits_no_longer_than_its_client() -> None:
    keys = Database().keys()
    first = asyncio.create_task(run(keys, asyncio.Event().wait, timeout=1))
    await asyncio.sleep(0)

    assert (await run(keys, AsyncMock(), timeout=1)).result == "Request timeout"
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)


async def test_another_request_under_the_same_key_is_refused() -> None:
    keys = Database().keys()
    first = asyncio.create_task(run(keys, asyncio.Event().wait))
    await asyncio.sleep(0)

    with pytest.raises(RefusedError, match="another request") as refused:
        await run(keys, AsyncMock(), callerId="4711")
    assert refused.value.http_status == 409
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)


async def test_a_refusal_frees_the_key() -> None:
    database = Database()
    work = AsyncMock(side_effect=RefusedError(Result.NUMBER_DENIED, "Not there."))

    with pytest.raises(RefusedError):
        await run(database.keys(), work)

    database.store.forget_request.assert_awaited_once_with(PLACE, "uuid")
    database.store.finish_request.assert_not_awaited()


async def test_whoever_waits_for_a_crash_gets_a_reply() -> None:
    keys, goes_on = Database().keys(), asyncio.Event()

    async def crash() -> OutboundOutcome:
        await goes_on.wait()
        raise ZeroDivisionError

    first = asyncio.create_task(run(keys, crash))
    await asyncio.sleep(0)
    second = asyncio.create_task(run(keys, AsyncMock()))
    await asyncio.sleep(0)
    goes_on.set()
    with pytest.raises(ZeroDivisionError):
        await first

    assert (await second).result == "Internal Error"


async def test_the_reply_that_another_process_has_written() -> None:
    stored = await stored_answer(status=404, body=b'{"result":"Call failed"}')
    never = AsyncMock()

    reply = await run(Database(stored).keys(), never)

    assert (reply.status, reply.result, reply.is_replay) == (404, "Call failed", True)
    never.assert_not_awaited()


async def test_a_process_that_died_before_its_reply_is_answered_for_by_its_record(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("engine.dialer.idempotency.POLL_S", 0.0)
    database = Database(await stored_answer())
    database.store.find_records_of.return_value = [
        CallRecord(
            id="uuid",
            received=1.0,
            node="n",
            application_uuid="uuid",
            result="Call failed",
            sip_status=486,
            sip_reason="Busy Here",
            sip_origin="remote",
        )
    ]

    reply = await run(database.keys(), AsyncMock())

    assert (reply.result, reply.is_replay) == ("Call failed", True)
    assert b'"status":486' in reply.body


async def test_a_key_that_another_process_has_given_up_is_claimed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("engine.dialer.idempotency.POLL_S", 0.0)
    database = Database(await stored_answer())
    database.store.find_request.return_value = None
    database.recorder.claim.side_effect = [database.recorder.claim.return_value, None]

    reply = await run(database.keys(), AsyncMock(return_value=CONNECTED))

    assert (reply.result, reply.is_replay) == ("Call connected", False)


async def test_a_claim_that_cannot_be_written_is_a_refusal() -> None:
    database = Database()
    database.recorder.claim.side_effect = StoreError("The database is away.")

    with pytest.raises(RefusedError) as refused:
        await run(database.keys(), AsyncMock())
    assert refused.value.result is Result.INTERNAL_ERROR


async def stored_answer(
    status: int | None = None, body: bytes | None = None
) -> StoredAnswer:
    """The first request, as another process has claimed it."""
    database = Database()
    await run(database.keys(), AsyncMock(return_value=CONNECTED))
    fingerprint = fingerprint_of(database.recorder.claim)
    return StoredAnswer(fingerprint, "uuid", status, body, 1.0)


@pytest.mark.parametrize(
    ("key", "place"),
    [(None, None), ("k", ("digest", "k")), ("x" * 255, ("digest", "x" * 255))],
)
def test_place_of_a_request(key: str | None, place: Place | None) -> None:
    assert place_of("digest", key) == place


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there"])
def test_keys_that_are_none(key: str) -> None:
    with pytest.raises(RefusedError, match="1 to 255 printable"):
        place_of("digest", key)
