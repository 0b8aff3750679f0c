"""Every result of the table from its real cause, in the order of checks, each with its record."""

import asyncio
import json
import socket
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from engine.model.call_record import CallRecord
from engine.model.result import Result
from engine.store import RecordFilter
from tests.conftest import Dialer, SippFactory
from tests.disk import fill
from tests.engine import process
from tests.engine.process import SETTINGS, configured, serving
from tests.platform import CANCEL_KEY, KEY
from tests.sipp.scenario import ack, answer, bye, cancel, hang_up, invite, pause, reply

NOBODY = "sip:1@127.0.0.1:1;transport=tcp"
CLOSED: dict[str, Any] = {
    "licence": {"calls": 0},
    "account": [{"id": "small", "call_limit": 0}],
    "application": [{"id": "small", "account": "small", "call_limit": 0}],
}
OPEN: dict[str, Any] = {
    "licence": {},
    "account": [{"id": "small"}],
    "application": [{"id": "small", "account": "small"}],
}


def request(**fields: Any) -> bytes:
    return json.dumps({"action": "makeCall", **fields}).encode()


SMALL = {"to": "sip:0900@127.0.0.1:1", "apiKey": "key-of-small-account"}
FREE = {**SMALL, "to": NOBODY}
# Each request is wrong in everything that is checked after what it is refused for.
PEELED: list[tuple[bytes, tuple[str, ...], Result]] = [
    (b"", (), Result.NO_REQUEST_BODY),
    (b"nonsense", (), Result.INVALID_JSON),
    (b"{}", (), Result.INVALID_ACTION),
    (request(timeout="x"), (), Result.MISSING_TO_VALUE),
    (request(to="0900", timeout="x"), (), Result.INVALID_REQUEST),
    (
        request(to="0900", apiKey="key-without-application", timeout="x"),
        (),
        Result.INVALID_REQUEST,
    ),
    (
        request(to="sip:0900@a", apiKey="key-without-application"),
        (),
        Result.NO_APPLICATION_FOUND,
    ),
    (
        request(to="sip:0900@a", apiKey="key-without-account"),
        (),
        Result.NO_ACCOUNT_FOUND,
    ),
    (
        request(action="startApplication", to="sip:0900@a", apiKey="key-of-a-voice"),
        (),
        Result.INVALID_APPLICATION_TYPE,
    ),
    (request(**SMALL), (), Result.NUMBER_DENIED),
    (request(**FREE), (), Result.LICENSE_LIMIT),
    (request(**FREE), ("licence",), Result.ACCOUNT_CALL_LIMIT),
    (request(**FREE), ("licence", "account"), Result.APPLICATION_CALL_LIMIT),
    (request(**FREE), ("licence", "account", "application"), Result.SERVER_SHUTDOWN),
]


@pytest.mark.parametrize(
    ("body", "lifted", "result"),
    PEELED,
    ids=[f"{number}-{row[2].name}" for number, row in enumerate(PEELED)],
)
async def test_order_of_checks(
    dialer: Dialer, body: bytes, lifted: tuple[str, ...], result: Result
) -> None:
    limits = {**CLOSED, **{name: OPEN[name] for name in lifted}}
    async with dialer.changed(**limits):
        dialer.process.parts.placer.is_draining = True
        try:
            status, answered = await dialer.post(body)
        finally:
            dialer.process.parts.placer.is_draining = False

    assert (status, answered["result"]) == (int(result.http_status), result.text)
    assert answered["detail"].endswith(".")
    record = await recorded(
        dialer, answered.get("applicationUUID"), result, answered["detail"]
    )
    assert record.termination_reason == "refused"
    assert record.invite is None


async def recorded(
    dialer: Dialer,
    application_uuid: str | None,
    result: Result,
    detail: str | None = None,
) -> CallRecord:
    """The newest record of a call that ended with this result, once it is there."""
    criteria = RecordFilter(
        application_uuid=application_uuid, result=result.text, is_live=False
    )
    async with asyncio.timeout(10):
        while True:
            for record in await dialer.process.store.find_records(criteria, limit=20):
                if record.detail == detail:
                    return record
            await asyncio.sleep(0.01)


async def test_number_denied_is_no_matter_of_case_or_form(dialer: Dialer) -> None:
    for to in ("sip:0900@a", "SIP:0900@A", "tel:0900", "0900"):
        _, body = await dialer.call(to, hints={"proxy_group": None})
        assert body["result"] in ("Number denied", "Invalid request"), to
    _, body = await dialer.call("tel:0900")
    assert body["result"] == "Number denied"


async def test_disabled_key(dialer: Dialer) -> None:
    _, body = await dialer.call(NOBODY, apiKey="key-that-is-off")

    assert body["result"] == "Invalid request"
    assert "applicationUUID" not in body


# -- results of calls ------------------------------------------------------------


@pytest.mark.sipp
async def test_call_connected(dialer: Dialer, sipp: SippFactory) -> None:
    end = hang_up('Reason: Q.850;cause=16;text="Normal call clearing"')
    async with sipp(invite(), reply(180), answer(), ack(), end) as callee:
        status, body = await dialer.call(callee.uri)
        await dialer.ended(body)

    record = await recorded(dialer, body["applicationUUID"], Result.CALL_CONNECTED)
    assert record.q850_cause == 16
    assert (status, body["result"]) == (200, "Call connected")
    assert (record.sip_status, record.sip_origin) == (200, "remote")
    assert record.termination_reason == "far_end_disconnect"
    times = [record.received, record.admitted, record.invite, record.ringing]
    times += [record.answered, record.ack, record.bye, record.ended]
    assert None not in times
    assert times == sorted(time or 0.0 for time in times)


@pytest.mark.sipp
async def test_call_failed(dialer: Dialer, sipp: SippFactory) -> None:
    busy = (
        'reason : SIP;text="Q.850;cause=9"',
        "Reason: Q.850;cause=17",
        "Retry-After: 5",
    )
    async with sipp(invite(), reply(486, *busy), ack()) as callee:
        status, body = await dialer.call(callee.uri)

    record = await recorded(dialer, body["applicationUUID"], Result.CALL_FAILED)
    assert (status, body["result"]) == (404, "Call failed")
    assert (record.sip_status, record.q850_cause) == (486, 17)
    assert record.headers is not None
    assert record.headers["Retry-After"] == "5"
    assert record.termination_reason == "failed"
    assert record.answered is None


@pytest.mark.sipp
async def test_request_timeout_and_the_call_goes_on(
    dialer: Dialer, sipp: SippFactory
) -> None:
    steps = (invite(), reply(180), pause(400), answer(), ack(), bye())
    async with sipp(*steps) as callee:
        status, body = await dialer.call(callee.uri, timeout=100)
        await dialer.until(body["applicationUUID"], "connected")
        await dialer.hang_up(body)
        view = await dialer.ended(body)

    assert (status, body["result"]) == (408, "Request timeout")
    record = await recorded(dialer, body["applicationUUID"], Result.CALL_CONNECTED)
    assert record.wait_ran_out
    assert view["waitRanOut"] is True
    assert record.termination_reason == "near_end_disconnect"


@pytest.mark.sipp
async def test_request_timeout_and_the_call_is_cancelled(
    dialer: Dialer, sipp: SippFactory
) -> None:
    steps = (invite(), reply(180), cancel(), reply(487), ack())
    async with sipp(*steps) as callee:
        _, body = await dialer.call(callee.uri, timeout=200, apiKey=CANCEL_KEY)
        record = await recorded(dialer, body["applicationUUID"], Result.CALL_FAILED)

    assert body["result"] == "Request timeout"
    assert record.wait_ran_out
    assert record.sip_origin == "local-cancel"
    assert record.termination_reason == "cancelled"


@pytest.mark.sipp
@pytest.mark.parametrize("key", [KEY, "key-of-loyal-clients"])
async def test_client_that_goes_away(
    dialer: Dialer, sipp: SippFactory, key: str
) -> None:
    """The call goes on, or is cancelled where its application wants that."""
    goes_on = key == KEY
    rest = (pause(500), answer(), ack(), bye()) if goes_on else ()
    end = () if goes_on else (cancel(), reply(487), ack())
    async with sipp(invite(), reply(180), *rest, *end) as callee:
        with pytest.raises(TimeoutError):
            await dialer.post(
                request(to=callee.uri, apiKey=key),
                timeout=aiohttp.ClientTimeout(total=0.3),
            )
        criteria = RecordFilter(to=callee.uri)
        async with asyncio.timeout(10):
            while not (records := await dialer.process.store.find_records(criteria)):
                await asyncio.sleep(0.01)
            uuid = records[0].application_uuid
            if goes_on:
                await dialer.until(uuid, "connected")
                await dialer.calls(uuid, "DELETE")
            while (
                record := (await dialer.process.store.find_records(criteria))[0]
            ).ended is None:
                await asyncio.sleep(0.01)

    assert record.result == ("Call connected" if goes_on else "Call failed")


# -- results of the node ---------------------------------------------------------


@asynccontextmanager
async def node(folder: Path, settings: str) -> AsyncIterator["Asked"]:
    async with (
        serving(configured(folder, settings)) as outring,
        aiohttp.ClientSession() as http,
    ):
        yield Asked(outring.url, http)


class Asked:
    """A process that is asked for calls."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self.url = url
        self._http = http

    async def call(self, to: str, **fields: Any) -> tuple[int, dict[str, Any]]:
        """Ask for a call; HTTP status and answer."""
        body = request(to=to, apiKey=process.KEY, **fields)
        url = f"{self.url}/api/v1/bvr/outbound"
        async with self._http.post(url, data=body) as response:
            return response.status, await response.json()

    async def hang_up(self, answer: dict[str, Any]) -> None:
        """End the call of *answer*, and wait until it has ended."""
        url = f"{self.url}/api/v1/bvr/calls/{answer['applicationUUID']}"
        headers = {"X-API-Key": process.KEY}
        async with self._http.delete(url, headers=headers), asyncio.timeout(10):
            state = None
            while state != "ended":
                await asyncio.sleep(0.01)
                async with self._http.get(url, headers=headers) as response:
                    state = (await response.json())["state"]

    async def until_ready(self, *, is_ready: bool) -> None:
        """Wait until it takes calls, or does not."""
        async with asyncio.timeout(20):
            while await self._is_ready() != is_ready:
                await asyncio.sleep(0.02)

    async def _is_ready(self) -> bool:
        async with self._http.get(f"{self.url}/readyz") as response:
            return response.status == 200


async def test_no_bvr_to_handle_outbound_api(tmp_path: Path) -> None:
    settings = SETTINGS + "\n[node]\ncapabilities = []\n"
    async with node(tmp_path, settings) as outring:
        status, body = await outring.call(NOBODY)

    assert (status, body["result"]) == (503, "No BVR to handle outbound API")
    assert body["detail"] == "No node that runs has the capability outbound."


@pytest.mark.sipp
async def test_bvr_call_limit(tmp_path: Path, sipp: SippFactory) -> None:
    settings = SETTINGS.replace("[sip]\n", "[sip]\nmax_calls = 1\n")
    steps = (invite(), reply(180), answer(), ack(), bye())
    async with sipp(*steps) as callee, node(tmp_path, settings) as outring:
        _, first = await outring.call(callee.uri)
        status, body = await outring.call(callee.uri)
        await outring.hang_up(first)

    assert first["result"] == "Call connected"
    assert (status, body["result"]) == (403, "BVR call limit")
    name = socket.gethostname()
    assert body["detail"] == f"All 1 calls of node {name} are in use."


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Another process writes into the database."""
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        holder.execute("COMMIT")
        holder.close()


@contextmanager
def full(file: Path) -> Iterator[None]:
    """There is no space for the database."""
    filler = file.parent / "filler"
    fill(filler)
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def moved(file: Path) -> Iterator[None]:
    """Somebody moves the database away, and back."""
    aside = file.parent / "aside"
    aside.mkdir()
    names = [path.name for path in file.parent.glob(f"{file.name}*")]
    for name in names:
        (file.parent / name).rename(aside / name)
    try:
        yield
        assert not file.exists()
    finally:
        for name in names:
            (aside / name).rename(file.parent / name)


@pytest.mark.sipp
@pytest.mark.parametrize("trouble", [locked, full, moved])
async def test_internal_error_while_the_database_is_locked_full_or_gone(
    small_disk: Path,
    sipp: SippFactory,
    trouble: Callable[[Path], AbstractContextManager[None]],
) -> None:
    """Calls in progress go on, and are recorded when it is back; new ones are refused."""
    steps = (invite(), reply(180), answer(), ack(), pause(3000), hang_up())
    file = small_disk / "outring.db"
    async with sipp(*steps) as callee, node(small_disk, SETTINGS) as outring:
        _, first = await outring.call(callee.uri)
        with trouble(file):
            await outring.until_ready(is_ready=False)
            status, body = await outring.call(callee.uri)
            await callee.finished()  # its BYE was answered all the while
        await outring.until_ready(is_ready=True)
        _, again = await outring.call(NOBODY)
        rows: dict[str, float] = {}
        reader = sqlite3.connect(file)
        async with asyncio.timeout(20):
            while len(rows) < 3 or None in rows.values():
                await asyncio.sleep(0.02)
                rows = dict(reader.execute("SELECT result, ended FROM record"))
        reader.close()

    assert first["result"] == "Call connected"
    assert (status, body["result"]) == (500, "Internal Error")
    assert "database" in body["detail"]
    assert again["result"] == "Call failed"
    assert rows.keys() == {"Call connected", "Internal Error", "Call failed"}
