"""Ends of calls that nobody reports, and ends in which something of ours crashes."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from engine.app.process_parts import ProcessParts
from engine.calls.call_log import log_ended
from engine.calls.call_session import CallSession
from engine.model.call_record import CallRecord
from engine.store import RecordFilter, open_store
from sip.events import Answered, Ended, LegId, Origin, Times
from sip.message import Response
from tests.engine.http.test_limits import FIELDS, Taking, engine_of_its_own

OK = Response(200, b"SIP/2.0 200 OK\r\n\r\n")


async def answer_call(engine: ProcessParts, agent: Taking) -> CallSession:
    """A call of a request that was answered a second ago."""
    request = asyncio.create_task(engine.dialer.originate(FIELDS, api_key=None))
    async with asyncio.timeout(10):
        while not agent.invited:
            await asyncio.sleep(0)
    (session,) = engine.calls
    invited = time.monotonic()
    times = Times(invite=invited, answered=invited, ack=invited)
    engine.calls.receive([Answered(session.leg_id, OK, times)])
    await request
    return session


def make_ended(leg: LegId, times: Times) -> Ended:
    """The far end has hung up."""
    times.ended = time.monotonic()
    return Ended(leg, 200, "OK", Origin.REMOTE, response=OK, times=times)


async def record_in(folder: Path) -> CallRecord:
    """The record of the one call."""
    store = await open_store(f"sqlite:///{folder / 'outring.db'}")
    try:
        (record,) = await store.find_records(RecordFilter())
    finally:
        await store.aclose()
    return record


async def test_a_user_agent_that_forgets_an_answered_call(tmp_path: Path) -> None:
    async with engine_of_its_own(tmp_path, agent := Taking()) as (engine, _):
        await answer_call(engine, agent)
        engine.calls.end_without_agent()
    record = await record_in(tmp_path)
    assert record.attempts is not None
    (attempt,) = record.attempts

    assert (record.sip_status, record.sip_origin) == (200, "local-cancel")
    assert (record.forced, record.termination_reason) == (True, "near_end_disconnect")
    assert (attempt.status, attempt.reason) == (200, "OK")
    assert attempt.ended == record.ended is not None


async def test_an_application_that_crashes_at_the_end_costs_no_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def on_ended(self, _call: Any, _end: Any) -> None:
            raise RuntimeError

    async with engine_of_its_own(tmp_path, agent := Taking()) as (engine, ledger):
        session = await answer_call(engine, agent)
        monkeypatch.setattr(session, "observer", Broken())
        engine.calls.receive([make_ended(session.leg_id, session.legs.times)])
        await engine.calls.wait_until_recorded(10)
        assert (await ledger.count_leases("node:node"), engine.calls.count) == (0, 0)
    record = await record_in(tmp_path)

    assert (record.sip_status, record.sip_origin) == (200, "remote")
    assert record.termination_reason == "far_end_disconnect"


async def test_a_record_that_cannot_be_made_costs_no_slot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(session: CallSession) -> None:
        log_ended(session)
        raise RuntimeError

    async with engine_of_its_own(tmp_path, agent := Taking()) as (engine, ledger):
        session = await answer_call(engine, agent)
        monkeypatch.setattr("engine.calls.live_calls.log_ended", crash)
        engine.calls.receive([make_ended(session.leg_id, session.legs.times)])
        await engine.calls.wait_until_recorded(10)
        assert (await ledger.count_leases("node:node"), engine.calls.count) == (0, 0)
