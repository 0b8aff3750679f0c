"""A call between two proxies: who ends it then, and with what."""

import asyncio
import time
from unittest.mock import AsyncMock, Mock

import pytest

from engine.admission.admission import Admission, Candidate
from engine.admission.ledger import Ledger
from engine.calls.call_session import CallSession
from engine.calls.live_calls import LiveCalls
from engine.model.disposition import EndRequester
from engine.model.leg_state import LegState
from engine.model.result import RefusedError, Result
from engine.records.record_writer import RecordWriter
from engine.telemetry.metrics import Metrics
from engine.telemetry.statistics import Statistics
from sip.events import Origin
from tests.engine.calls.sessions import (
    BUSY,
    make_agent,
    make_candidate,
    make_ended,
    make_ringing,
    make_session,
)


@pytest.fixture
def calls() -> LiveCalls:
    """The calls of a process that records nothing."""
    recorder = Mock(spec=RecordWriter)
    return LiveCalls(Mock(spec=Ledger), recorder, Statistics(time.monotonic), Metrics())


async def decline(calls: LiveCalls, admission: Mock) -> CallSession:
    """A call whose first proxy has declined it; *admission* gives the next one."""
    session = make_session(make_candidate(failover=("486",)), make_agent(), admission)
    calls.add(session)
    await calls.send(session, session.prepare(None))
    calls.receive([make_ended(session.leg_id, BUSY)])
    return session


async def test_the_next_proxy_gets_the_call(calls: LiveCalls) -> None:
    admission = Mock(spec=Admission, acquire_for_call=AsyncMock(return_value=None))
    session = await decline(calls, admission)
    first = session.leg_id
    while session.leg_id == first:
        await asyncio.sleep(0)
    calls.receive([make_ringing(first), make_ringing(session.leg_id)])

    assert [attempt.status for attempt in session.legs.attempts] == [486, None]
    assert session.state is LegState.RINGING


async def test_without_a_next_proxy_the_last_answer_counts(calls: LiveCalls) -> None:
    refused = RefusedError(Result.CALL_FAILED, "Every proxy has been tried.")
    admission = Mock(spec=Admission, acquire_for_call=AsyncMock(side_effect=refused))
    session = await decline(calls, admission)
    answer = await session.outcome

    assert answer.sip is not None
    assert (answer.sip.status, session.is_over) == (486, True)


async def test_a_hang_up_does_not_wait_for_the_next_proxy(calls: LiveCalls) -> None:
    has_ended = asyncio.Event()

    async def wait(_: Candidate) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            has_ended.set()

    session = await decline(calls, Mock(spec=Admission, acquire_for_call=wait))
    await asyncio.sleep(0)
    calls.hang_up(session, EndRequester.CLIENT)

    assert session.end is not None
    assert session.end.origin is Origin.LOCAL_CANCEL
    async with asyncio.timeout(10):
        await has_ended.wait()
