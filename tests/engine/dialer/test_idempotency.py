"""The same request twice: one call, one answer, whatever dies in between."""

import asyncio
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from engine.store import RecordFilter, open_store
from tests.conftest import Dialer, SippFactory, View
from tests.counting_callee import listening
from tests.engine import process
from tests.engine.process import configured, serving
from tests.platform import KEY
from tests.sipp.scenario import ack, answer, hang_up, invite, pause, reply

NOBODY = "sip:1@127.0.0.1:1;transport=tcp"


async def ask(
    dialer: Dialer, key: str, to: str = NOBODY, **fields: Any
) -> tuple[int, View, bool]:
    """Ask under an Idempotency-Key: status, answer, and whether it was a replay."""
    url = f"{dialer.process.url}/api/v1/bvr/outbound"
    body = {"action": "makeCall", "to": to, "apiKey": KEY, **fields}
    async with dialer.http.post(
        url, json=body, headers={"Idempotency-Key": key}
    ) as response:
        is_replay = response.headers.get("Idempotency-Replayed") == "true"
        return response.status, await response.json(), is_replay


async def test_the_first_answer_again(dialer: Dialer) -> None:
    first = await ask(dialer, "first-again")
    second = await ask(dialer, "first-again")

    assert first[0] == second[0] == 404
    assert first[1] == second[1]
    assert (first[2], second[2]) == (False, True)
    records = await dialer.process.store.find_records_of(first[1]["applicationUUID"])
    assert len(records) == 1


async def test_another_body_under_the_same_key(dialer: Dialer) -> None:
    await ask(dialer, "other")
    status, body, is_replay = await ask(dialer, "other", callerId="4711")

    assert (status, body["result"], is_replay) == (409, "Invalid request", False)


async def test_another_api_key_has_keys_of_its_own(dialer: Dialer) -> None:
    first = await ask(dialer, "mine")
    second = await ask(dialer, "mine", apiKey="key-of-loyal-clients")

    assert first[1]["applicationUUID"] != second[1]["applicationUUID"]


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there"])
async def test_keys_that_are_none(dialer: Dialer, key: str) -> None:
    status, body, _ = await ask(dialer, key)

    assert (status, body["result"]) == (400, "Invalid request")


@pytest.mark.sipp
async def test_a_second_request_waits_for_the_first(
    dialer: Dialer, sipp: SippFactory
) -> None:
    steps = (invite(), reply(180), pause(300), answer(), ack(), hang_up())
    async with sipp(*steps) as callee:
        answers = await asyncio.gather(
            *(ask(dialer, "at-once", callee.uri) for _ in range(5))
        )
        await dialer.ended(answers[0][1])

    assert {status for status, _, _ in answers} == {200}
    assert len({body["applicationUUID"] for _, body, _ in answers}) == 1
    assert [is_replay for _, _, is_replay in answers].count(False) == 1


async def test_a_refused_request_leaves_no_trace(dialer: Dialer) -> None:
    async with dialer.changed(licence={"calls": 0}):
        refused = await ask(dialer, "refused")
    status, body, is_replay = await ask(dialer, "refused")

    assert refused[1]["result"] == "License limit"
    assert (status, body["result"], is_replay) == (404, "Call failed", False)


async def post(
    url: str, key: str, to: str, *, is_async: bool = False
) -> tuple[int, View, str | None]:
    fields = {"action": "makeCall", "to": to, "apiKey": process.KEY}
    async with (
        aiohttp.ClientSession() as http,
        http.post(
            f"{url}/api/v1/bvr/outbound",
            json={**fields, "async": True} if is_async else fields,
            headers={"Idempotency-Key": key},
        ) as response,
    ):
        replayed = response.headers.get("Idempotency-Replayed")
        return response.status, await response.json(), replayed


async def test_an_answer_outlives_its_process(tmp_path: Path) -> None:
    file = configured(tmp_path)
    async with serving(file) as outring:
        first = await post(outring.url, "kept", NOBODY)
        outring.signal(signal.SIGTERM)
        await outring.ended()
    async with serving(file) as outring:
        second = await post(outring.url, "kept", NOBODY)

    assert second == (*first[:2], "true")


@pytest.mark.sipp
async def test_a_call_of_a_process_that_was_killed_is_never_dialled_again(
    tmp_path: Path,
) -> None:
    """Its record says so; the same request gets that for an answer."""
    file = configured(tmp_path)
    async with listening() as callee:
        to = callee.uri("rings")
        async with serving(file) as outring:
            request = asyncio.create_task(post(outring.url, "killed", to))
            await callee.invited(1)
            outring.signal(signal.SIGKILL)
            await outring.ended()
            with pytest.raises(aiohttp.ClientError):
                await request
        async with serving(file) as outring:
            status, body, replayed = await post(outring.url, "killed", to)

    assert sum(map(len, callee.called.values())) == 1
    (record,) = await recorded(tmp_path, lambda records: records)
    assert (status, body["result"], replayed) == (500, "Internal Error", "true")
    assert body["applicationUUID"] == record.application_uuid
    assert body["detail"] == f"The node {record.node}, which had the call, has died."
    assert not {"sip", "headers"} & set(body)  # ringing is no outcome
    assert record.termination_reason == "node_lost"
    assert record.ended is not None


async def test_an_accepted_call_stays_accepted_though_its_process_was_killed(
    tmp_path: Path,
) -> None:
    file = configured(tmp_path)
    async with listening() as callee:
        to = callee.uri("rings")
        async with serving(file) as outring:
            first = await post(outring.url, "accepted", to, is_async=True)
            await callee.invited(1)
            outring.signal(signal.SIGKILL)
            await outring.ended()
        await forget_answers(tmp_path)
        async with serving(file) as outring:
            again = await post(outring.url, "accepted", to, is_async=True)

    assert (first[0], first[1]["result"]) == (202, "Request accepted")
    assert again == (*first[:2], "true")
    assert sum(map(len, callee.called.values())) == 1


async def forget_answers(folder: Path) -> None:
    """Have the database as if the process had died before it could store its answers."""
    database = sqlite3.connect(folder / "outring.db")
    with closing(database), database:
        database.execute("UPDATE request SET status = NULL, body = NULL")


@pytest.mark.sipp
async def test_an_answered_call_has_its_record_though_the_process_is_killed(
    tmp_path: Path, sipp: SippFactory
) -> None:
    file = configured(tmp_path)
    async with sipp(invite(), reply(180), answer(), ack(), pause(10)) as callee:
        async with serving(file) as outring:
            _, body, _ = await post(outring.url, "answered", callee.uri)
            await recorded(
                tmp_path, lambda records: records and records[0].answered is not None
            )
            outring.signal(signal.SIGKILL)
            await outring.ended()
        async with serving(file):
            pass

    (record,) = await recorded(tmp_path, lambda records: records)
    assert record.application_uuid == body["applicationUUID"]
    assert (record.result, record.termination_reason) == ("Call connected", "node_lost")


async def recorded(folder: Path, is_enough: Any) -> Any:
    """Records in the database of a process, once there is what is waited for."""
    store = await open_store(f"sqlite:///{folder / 'outring.db'}")
    try:
        async with asyncio.timeout(10):
            while not is_enough(records := await store.find_records(RecordFilter())):
                await asyncio.sleep(0.01)
        return records
    finally:
        await store.aclose()
