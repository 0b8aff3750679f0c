"""No INVITE leaves before the record of its call is in the database."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import aiohttp
import pytest

from engine.model.disposition import EndRequester
from engine.records.record_writer import RecordWriter
from engine.store import Place, RecordFilter, StoreError
from tests.conftest import SETTLE_S, Dialer, View
from tests.counting_callee import listening
from tests.platform import KEY

WriteAhead = Callable[..., Awaitable[None]]


def recorder_of(dialer: Dialer) -> RecordWriter:
    """The writer of the dialer's records."""
    return dialer.process.recorder


class Gate:
    """Keeps what is written ahead back until it is opened."""

    def __init__(self, dialer: Dialer, monkeypatch: pytest.MonkeyPatch) -> None:
        self._write_ahead: WriteAhead = recorder_of(dialer).write_ahead
        self._asked, self._opened = asyncio.Event(), asyncio.Event()
        monkeypatch.setattr(recorder_of(dialer), "write_ahead", self._pass)

    async def _pass(self, *arguments: object) -> None:
        self._asked.set()
        await self._opened.wait()
        await self._write_ahead(*arguments)

    async def asked(self) -> None:
        """Wait until something is to be written ahead."""
        async with asyncio.timeout(SETTLE_S):
            await self._asked.wait()

    def open(self) -> None:
        """Let it through."""
        self._opened.set()


async def kept(dialer: Dialer, call_id: str) -> list[str | None]:
    """The results of the records of an INVITE."""
    records = await dialer.process.store.find_records(RecordFilter(call_id=call_id))
    return [record.result for record in records]


@pytest.fixture
async def late_turn(dialer: Dialer, monkeypatch: pytest.MonkeyPatch) -> None:
    """For a second from now only what is written ahead is written."""
    monkeypatch.setattr("engine.records.record_writer.SPACING_S", 1.0)
    await dialer.call("nobody")  # a refusal, whose record takes the turn of now
    async with asyncio.timeout(SETTLE_S):
        while recorder_of(dialer).pending:
            await asyncio.sleep(0.001)


@pytest.mark.usefixtures("late_turn")
async def test_the_record_is_there_when_the_invite_arrives(dialer: Dialer) -> None:
    async with listening() as callee:
        asking = asyncio.create_task(dialer.call(callee.uri("anna")))
        await callee.invited(1)
        (call_id,) = callee.called["anna"]
        assert await kept(dialer, call_id) == [None]
        (call,) = dialer.process.dialer.calls
        dialer.process.dialer.calls.hang_up(call, EndRequester.CLIENT)
        await asking


async def test_hung_up_before_its_record_is_written(
    dialer: Dialer, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(dialer, monkeypatch)
    async with listening() as callee:
        asking = asyncio.create_task(dialer.call(callee.uri("anna")))
        await gate.asked()
        (call,) = dialer.process.dialer.calls
        status, _ = await dialer.calls(call.application_uuid, "DELETE")
        gate.open()
        _, body = await asking
        view = await dialer.ended(body)

    assert status == 202
    assert (body["result"], body["sip"]["origin"]) == ("Call failed", "local-cancel")
    assert callee.called == {}
    assert (view["result"], view["terminationReason"]) == ("Call failed", "cancelled")
    assert "attempts" not in view


async def test_a_client_that_goes_away_before_its_record_is_written(
    dialer: Dialer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its application wants no call without it."""
    gate = Gate(dialer, monkeypatch)
    async with listening() as callee:
        request = {"to": callee.uri("anna"), "apiKey": "key-of-loyal-clients"}
        asking = asyncio.create_task(dialer.call(**request))
        await gate.asked()
        (call,) = dialer.process.dialer.calls
        asking.cancel()
        with suppress(asyncio.CancelledError):
            await asking
        async with asyncio.timeout(SETTLE_S):
            while not call.was_hung_up:
                await asyncio.sleep(0.005)
        gate.open()
        await asyncio.wait([call.slots_released], timeout=SETTLE_S)
        (record,) = await dialer.process.store.find_records_of(call.application_uuid)

    assert callee.called == {}
    assert record.result == "Call failed"
    assert record.ended is not None


async def test_nobody_is_rung_whose_record_cannot_be_written(
    dialer: Dialer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise StoreError("The database is away.")

    monkeypatch.setattr(recorder_of(dialer), "write_ahead", refuse)
    async with listening() as callee:
        status, body = await dialer.call(callee.uri("anna"))
        view = await dialer.ended(body)

    assert (status, body["result"]) == (500, "Internal Error")
    assert body["detail"] == "The call could not be recorded, so that it is not placed."
    assert callee.called == {}
    assert (view["result"], view["terminationReason"]) == ("Internal Error", "refused")


async def test_a_key_that_was_given_up_dials_nobody_and_may_come_again(
    dialer: Dialer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when others have taken this process for dead, and its keys for free."""
    write_ahead = recorder_of(dialer).write_ahead

    async def give_up(record: object, place: Place) -> None:
        monkeypatch.undo()
        await dialer.process.store.forget_request(place, record.application_uuid)  # type: ignore[attr-defined]
        await write_ahead(record, place)  # type: ignore[arg-type]

    monkeypatch.setattr(recorder_of(dialer), "write_ahead", give_up)
    async with listening() as callee:
        callee.is_busy = True
        first = await ask(dialer, callee.uri("anna"))
        assert callee.called == {}
        second = await ask(dialer, callee.uri("anna"))

    assert (first["result"], second["result"]) == ("Internal Error", "Call failed")
    assert first["applicationUUID"] != second["applicationUUID"]
    assert len(callee.called["anna"]) == 1


async def ask(dialer: Dialer, to: str) -> View:
    """Ask for a call under an Idempotency-Key."""
    request = {"action": "makeCall", "to": to, "apiKey": KEY}
    headers = {"Idempotency-Key": "given-up"}
    url = f"{dialer.process.url}/api/v1/bvr/outbound"
    response: aiohttp.ClientResponse
    async with dialer.http.post(url, json=request, headers=headers) as response:
        answer: View = await response.json()
        return answer
