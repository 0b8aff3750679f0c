"""What a process does when a part of it crashes that has to go on for ever."""

import asyncio
import signal
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from engine.model.call_record import CallRecord
from engine.store import RecordFilter, open_store
from tests.conftest import SippFactory
from tests.engine.cli.test_serve import post, readiness
from tests.engine.process import SETTINGS, Outring, configured, patched, serving
from tests.redis_server import RedisServer
from tests.scraping import Scraped, scraped
from tests.sipp.scenario import ack, answer, bye, invite

LIMIT_S = 30.0
CRASHED = 3  # the exit status
NOBODY = "sip:1@127.0.0.1:1;transport=tcp"
SHORT_DRAIN = SETTINGS + "\n[call]\ndrain_ms = 300\n"
MANY = """
[node]
name = "one"
[redis]
url = "{url}"
prefix = "{prefix}"
"""
BREAK = """
from importlib import import_module
from itertools import count
from pathlib import Path

def broken(place, numbers=(), file=None):
    # The method at *place* crashes at calls of these numbers, or once *file* exists.
    module, kind, name = place.split(":")
    kind = getattr(import_module(module), kind)
    method, calls = getattr(kind, name), count(1)

    def crashing(self, *arguments):
        if next(calls) in numbers or file and Path(file).exists():
            raise RuntimeError(place)
        return method(self, *arguments)

    setattr(kind, name, crashing)
"""

ALONE: Mapping[str, tuple[str, int]] = {
    "leases": ("engine.admission.memory_ledger:MemoryLedger:renew", 1),
    "overload": ("engine.admission.overload:Overload:_admit_waiting", 1),
    "pings": ("engine.admission.options_pinger:Pinger:_begin_due_pings", 1),
    "sessions": ("engine.applications:SessionRegistry:_check_all", 1),
    "samples": ("engine.monitoring:Samples:take", 1),
    "connections": ("engine.http.client_connection:ClientConnection:look", 1),
    "events": ("engine.events.event_tail:EventTail:run", 1),
    "webhooks": ("engine.webhooks.deliverer:Deliverer:update", 1),
    "campaigns": (
        "engine.campaigns.running.campaign_supervisor:CampaignSupervisor:_turn",
        1,
    ),
    "attempts": ("engine.campaigns.running.settler:Settler:settle", 1),
    "recordings": ("engine.recordings.keeper:RecordingKeeper:_turn", 1),
    "records": ("engine.records.pending_records:PendingRecords:drop_excess", 1),
}
SHARED = {
    **ALONE,
    # Not the renewal itself, as above: the task "ledger" renews leases, too.
    "leases": ("engine.calls.live_calls:LiveCalls:renew_leases", 1),
    "registry": ("engine.cluster.node_registry:Registry:announce", 2),
    "ledger": ("engine.cluster.redis_ledger:RedisLedger:beat", 1),
    "members": ("engine.cluster.member:Member:_refresh", 2),
    "mail": ("engine.cluster.mailbox:Mailbox:_read_some", 1),
    "orphans": ("engine.cluster.orphans:Orphans:_see_before", 1),
    "circuits": ("engine.cluster.shared_circuits:SharedCircuits:exchange", 2),
}
"""What each task does, and the call of it that crashes: the first ones may be at the start."""


async def restarts(http: aiohttp.ClientSession, url: str) -> dict[str, float]:
    """How often each task was started again."""
    told: Scraped = await scraped(http, url)
    name = "outring_background_restarts_total"
    return {
        dict(labels)["task"]: n
        for (of, labels), n in told.samples.items()
        if of == name
    }


@pytest.mark.parametrize("is_one_of_many", [False, True])
async def test_every_task_is_started_again(
    tmp_path: Path, redis_server: RedisServer, *, is_one_of_many: bool
) -> None:
    tasks = SHARED if is_one_of_many else ALONE
    changes = (
        BREAK
        + "import engine.calls.live_calls\nengine.calls.live_calls.RENEW_S = 0.1\n"
    )
    changes += "".join(f"broken({place!r}, [{n}])\n" for place, n in tasks.values())
    many = MANY.format(url=redis_server.url, prefix=f"test-{uuid.uuid4()}")
    settings = SETTINGS + many * is_one_of_many
    async with (
        serving(configured(tmp_path, settings), patched(changes)) as outring,
        aiohttp.ClientSession() as http,
        asyncio.timeout(LIMIT_S),
    ):
        while set((counts := await restarts(http, outring.url)).values()) != {1}:
            assert counts.keys() == tasks.keys()
            await asyncio.sleep(0.05)
        while not (ready := await readiness(outring.url))["ready"]:
            await asyncio.sleep(0.05)
        _, body = await post(outring.url, NOBODY)
        outring.signal(signal.SIGTERM)
        assert await outring.ended() == 0

    crashes = [entry for entry in outring.log if entry["event"] == "background_crashed"]
    assert sorted(crash["task"] for crash in crashes) == sorted(tasks)
    for crash in crashes:
        assert f"RuntimeError: {tasks[crash['task']][0]}" in crash["exception"]
        assert crash["again_in_s"] == 0.1
    assert ready["down"] == []
    assert body["result"] == "Call failed"


async def record_in(folder: Path) -> CallRecord:
    """The record of the one call."""
    store = await open_store(f"sqlite:///{folder / 'outring.db'}")
    try:
        (record,) = await store.find_records(RecordFilter())
    finally:
        await store.aclose()
    return record


async def down(outring: Outring) -> dict[str, Any]:
    """What ``/readyz`` tells as soon as it is not ready."""
    while (view := await readiness(outring.url))["ready"]:
        await asyncio.sleep(0.01)
    return view


@pytest.mark.sipp
@pytest.mark.parametrize(
    ("task", "place"),
    [
        ("overload", "engine.admission.overload:Overload:_admit_waiting"),
        ("records", "engine.records.housekeeping:Housekeeping:start_if_due"),
    ],
)
async def test_what_crashes_too_often_ends_the_process(
    tmp_path: Path, sipp: SippFactory, task: str, place: str
) -> None:
    """Its calls are hung up, and their records written."""
    lines = "from engine.records import record_writer\n"
    lines += "from engine.tasks import background\nbackground.FIRST_PAUSE_S = 0.05\n"
    file = tmp_path / "crash"
    broken = f"broken({place!r}, file={str(file)!r})"
    changes = f"{BREAK}{lines}record_writer.IDLE_PROBE_S = 0.1\n{broken}"
    async with (
        sipp(invite(), answer(), ack(), bye()) as callee,
        serving(configured(tmp_path, SHORT_DRAIN), patched(changes)) as outring,
        asyncio.timeout(LIMIT_S),
    ):
        _, body = await post(outring.url, callee.uri)
        file.touch()
        assert (await down(outring))["down"] == [task]
        assert await outring.ended() == CRASHED

    events = [entry["event"] for entry in outring.log]
    record = await record_in(tmp_path)
    assert body["result"] == "Call connected"
    assert events[: events.index("background_gave_up")].count("background_crashed") == 6
    assert [
        event
        for event in events
        if event in ("background_gave_up", "draining", "stopped")
    ] == [
        "background_gave_up",
        "draining",
        "stopped",
    ]
    assert (record.result, record.sip_status) == ("Call connected", 200)
    assert record.termination_reason == "near_end_disconnect"


@pytest.mark.sipp
async def test_a_crash_of_the_sip_thread_ends_the_process(
    tmp_path: Path, sipp: SippFactory
) -> None:
    changes = """
from sip.pjsip.stack import Stack

def sweep(self, now):
    if any(leg.is_connected for leg in self.legs.values()):
        raise RuntimeError("sweep")

Stack._sweep = sweep
"""
    async with (
        sipp(invite(), answer(), ack(), bye()) as callee,
        serving(configured(tmp_path), patched(changes)) as outring,
        asyncio.timeout(LIMIT_S),
    ):
        _, body = await post(outring.url, callee.uri)
        assert await outring.ended() == CRASHED

    (crash,) = [
        entry for entry in outring.log if entry["event"] == "sip_thread_crashed"
    ]
    (gave_up,) = [
        entry for entry in outring.log if entry["event"] == "background_gave_up"
    ]
    record = await record_in(tmp_path)
    assert "RuntimeError: sweep" in crash["exception"]
    assert gave_up["task"] == "sip"
    assert body["result"] == "Call connected"
    assert (record.result, record.sip_status) == ("Call connected", 200)
    assert record.sip_origin == "local-transport"
    assert record.termination_reason == "connection_lost"
    assert record.ended is not None
