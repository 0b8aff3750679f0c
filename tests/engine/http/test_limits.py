"""Limits over HTTP: who is refused, with what, and that nothing leaks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from engine.admission.memory_ledger import MemoryLedger
from engine.app.process_parts import ProcessParts
from engine.app.wiring import compose
from engine.config.settings import FetchSettings, NodeSettings, Settings
from engine.platform.objects import Objects
from engine.records.record_writer import RecordWriter
from engine.store import open_store
from sip.agent import Invite
from tests.cancelling import CancelledRequest
from tests.conftest import Dialer, SippFactory
from tests.platform import KEY, key, make_objects, store_objects
from tests.retention import FOREVER
from tests.sipp.scenario import ack, answer, bye, invite, reply

NOBODY = "sip:1@127.0.0.1:1;transport=tcp"


@pytest.mark.sipp
@pytest.mark.parametrize(
    ("key", "result"),
    [
        ("key-of-small-account", "Account call limit"),
        ("key-of-small-application", "Application call limit"),
    ],
)
async def test_limit_in_use(
    dialer: Dialer, sipp: SippFactory, key: str, result: str
) -> None:
    steps = (invite(), reply(180), answer(), ack(), bye())
    async with sipp(*steps, calls=2) as callee:
        for _ in range(2):  # the second round shows that the slot came back
            _, first = await dialer.call(callee.uri, apiKey=key)
            status, refused = await dialer.call(callee.uri, apiKey=key)
            assert first["result"] == "Call connected"
            assert (status, refused["result"]) == (403, result)
            assert "1 calls" in refused["detail"]
            dialer.process.dialer.calls.hang_up_all()
            await gone(dialer)


async def gone(dialer: Dialer) -> None:
    async with asyncio.timeout(10):
        while dialer.process.dialer.calls.count:
            await asyncio.sleep(0.01)


async def test_licence(dialer: Dialer) -> None:
    async with dialer.changed(licence={"calls": 0}):
        status, refused = await dialer.call(NOBODY)

    assert (status, refused["result"]) == (403, "License limit")


async def test_licence_comes_before_account_and_application(dialer: Dialer) -> None:
    key = "key-of-small-account"
    closed: dict[str, Any] = {
        "account": [{"id": "small", "call_limit": 0}],
        "application": [{"id": "small", "account": "small", "call_limit": 0}],
    }
    async with dialer.changed(**closed):
        _, refused = await dialer.call(NOBODY, apiKey=key)
        assert refused["result"] == "Account call limit"
        async with dialer.changed(licence={"calls": 0}):
            _, refused = await dialer.call(NOBODY, apiKey=key)
            assert refused["result"] == "License limit"
    async with dialer.changed(application=closed["application"]):
        _, refused = await dialer.call(NOBODY, apiKey=key)
        assert refused["result"] == "Application call limit"


@pytest.mark.parametrize(
    ("to", "result"),
    [
        ("sip:0900123@127.0.0.1:1;transport=tcp", "Number denied"),
        ("sip:0900-please@127.0.0.1:1;transport=tcp", "Call failed"),
        ("sip:" + "a" * 500 + "@127.0.0.1:1;transport=tcp", "Number denied"),
    ],
)
async def test_number_rules(dialer: Dialer, to: str, result: str) -> None:
    _, body = await dialer.call(to)

    assert body["result"] == result


async def test_calls_per_second_wait_for_their_turn(dialer: Dialer) -> None:
    key = "key-of-slow-application"  # two calls per second
    answers = await asyncio.gather(*(dialer.call(NOBODY, apiKey=key) for _ in range(3)))

    waits = sorted(
        [
            (await dialer.calls(body["applicationUUID"], key=key))[1]
            for _, body in answers
        ],
        key=lambda view: view["times"]["ended"],
    )
    ends = [datetime.fromisoformat(view["times"]["ended"]) for view in waits]
    assert ends[2] - ends[0] > timedelta(seconds=0.9)  # two turns of half a second
    assert {body["result"] for _, body in answers} == {"Call failed"}


async def test_calls_per_second_beyond_the_patience(dialer: Dialer) -> None:
    key = "key-of-slow-application"
    url = f"{dialer.process.url}/api/v1/bvr/outbound"
    request = {"action": "makeCall", "to": NOBODY, "apiKey": key, "timeout": 100}

    async def ask() -> tuple[int, str, str | None]:
        async with dialer.http.post(url, json=request) as response:
            body = await response.json()
            return response.status, body["result"], response.headers.get("Retry-After")

    await dialer.call(
        NOBODY, apiKey=key
    )  # takes the turn, having waited for it if need be
    assert await ask() == (403, "Application call limit", "1")


class Refusing:
    """A user agent that takes nothing, after a while."""

    forced_ends = 0

    def measure_lag_s(self) -> float:
        """It is never late."""
        return 0.0

    async def invite(self, _: Any) -> None:
        """Never come back."""
        await asyncio.sleep(0)
        await asyncio.Event().wait()

    def hang_up(self, leg: Any, headers: Any = ()) -> None:
        """Nothing to do."""

    def ladder(self, _: Any) -> str:
        """Nothing has been sent."""
        return ""


class Taking(Refusing):
    """A user agent that takes everything, and says nothing about it."""

    def __init__(self) -> None:
        self.invited: list[Invite] = []

    async def invite(self, invite: Invite) -> None:
        """Take it."""
        await asyncio.sleep(0)
        self.invited.append(invite)


@asynccontextmanager
async def engine_of_its_own(
    tmp_path: Path, agent: Any
) -> AsyncIterator[tuple[ProcessParts, MemoryLedger]]:
    """A process with everything real but its user agent."""
    url = f"sqlite:///{tmp_path / 'outring.db'}"
    document = tmp_path / "document.ccxml"
    document.write_text(DOCUMENT)
    objects = make_objects()
    more = Objects.model_validate(
        {
            "application": [
                {"id": "document", "account": "acme", "uri": document.as_uri()}
            ],
            "key": [key("key-with-document", "document")],
        }
    )
    objects = objects.model_copy(
        update={
            "application": objects.application + more.application,
            "key": objects.key + more.key,
        }
    )
    await store_objects(url, objects)
    store = await open_store(url)
    recorder = RecordWriter(store, waiting_limit=1000, retention=FOREVER)
    writing = asyncio.create_task(recorder.run())
    ledger = MemoryLedger()
    settings = Settings(
        node=NodeSettings(name="node"), fetch=FetchSettings(folders=(tmp_path,))
    )
    engine = compose(settings, store, recorder, ledger)
    engine.attach(agent)
    try:
        yield engine, ledger
    finally:
        await engine.applications.aclose(10)
        engine.calls.end_without_agent()
        await engine.calls.wait_until_recorded(10)
        await recorder.stop(writing, 10)
        await engine.fetcher.aclose()
        await store.aclose()


FIELDS: dict[str, object] = {"action": "makeCall", "to": NOBODY, "apiKey": KEY}


WITH_DOCUMENT: dict[str, object] = {**FIELDS, "apiKey": "key-with-document"}
DOCUMENT = """<ccxml version="1.0" xmlns="http://www.w3.org/2002/09/ccxml">
<eventprocessor><transition event="ccxml.loaded"><exit/></transition></eventprocessor>
</ccxml>"""


@pytest.mark.parametrize("is_idempotent", [False, True])
@pytest.mark.parametrize(
    "fields",
    [FIELDS, WITH_DOCUMENT, {**WITH_DOCUMENT, "action": "startApplication"}],
    ids=["call", "call with document", "application"],
)
async def test_cancelling_a_request_at_every_await_leaks_no_slot(
    tmp_path: Path, fields: dict[str, object], *, is_idempotent: bool
) -> None:
    async with engine_of_its_own(tmp_path, Refusing()) as (engine, ledger):
        for number in count(1):
            again = f"try-{number}" if is_idempotent else None
            request = engine.dialer.originate(
                fields, api_key=None, idempotency_key=again
            )
            cancelled = CancelledRequest(number, 0.2)
            await cancelled.run(request)
            async with asyncio.timeout(10):
                await engine.applications.wait_until_idle()
            await engine.calls.wait_until_recorded(10)
            assert (await ledger.count_leases("node:node"), engine.calls.count) == (
                0,
                0,
            )
            if not cancelled.was_cancelled:
                break
    assert number >= 2


async def test_a_client_that_goes_away_while_its_call_rings_keeps_the_slot(
    tmp_path: Path,
) -> None:
    agent = Taking()
    async with engine_of_its_own(tmp_path, agent) as (engine, ledger):
        request = asyncio.create_task(engine.dialer.originate(FIELDS, api_key=None))
        async with asyncio.timeout(10):
            while not agent.invited:
                await asyncio.sleep(0)
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
        assert (await ledger.count_leases("node:node"), engine.calls.count) == (1, 1)

        engine.calls.end_without_agent()
        await engine.calls.wait_until_recorded(10)
        assert (await ledger.count_leases("node:node"), engine.calls.count) == (0, 0)


async def test_a_client_that_goes_away_before_the_call_is_placed_may_ask_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was dialled, so that nothing is left: no slot, and no trace of its key."""
    agent = Taking()
    fields = {**FIELDS, "apiKey": "key-of-loyal-clients"}
    asks, goes_on = asyncio.Event(), asyncio.Event()
    async with engine_of_its_own(tmp_path, agent) as (engine, ledger):
        acquire = ledger.acquire

        async def hesitant(*arguments: Any) -> Any:
            asks.set()
            await goes_on.wait()
            return await acquire(*arguments)

        monkeypatch.setattr(ledger, "acquire", hesitant)
        ask = partial(
            engine.dialer.originate, fields, api_key=None, idempotency_key="again"
        )
        request = asyncio.create_task(ask())
        async with asyncio.timeout(10):
            await asks.wait()
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
        goes_on.set()
        async with asyncio.timeout(10):
            await engine.dialer.wait_until_answered()
        await engine.calls.wait_until_recorded(10)
        assert (await ledger.count_leases("node:node"), agent.invited) == (0, [])

        second = asyncio.create_task(ask())
        async with asyncio.timeout(10):
            while not agent.invited:
                await asyncio.sleep(0)
        engine.calls.end_without_agent()
        assert not (await second).is_replay
