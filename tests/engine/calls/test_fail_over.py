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
from engine.model.leg_state import LegState, Timer
from engine.model.result import RefusedError, Result
from engine.platform.trunks import Trunk
from engine.recordings.keeper import RecordingKeeper
from engine.records.record_writer import RecordWriter
from engine.telemetry.metrics import Metrics
from engine.telemetry.statistics import Statistics
from sip.events import Origin
from tests.engine.calls.sessions import (
    BUSY,
    make_agent,
    make_answered,
    make_candidate,
    make_ended,
    make_ringing,
    make_session,
    make_trunk,
)


@pytest.fixture
def calls() -> LiveCalls:
    """The calls of a process that records nothing."""
    recorder = Mock(spec=RecordWriter)
    return LiveCalls(
        *(Mock(spec=Ledger), recorder, Statistics(time.monotonic), Metrics()),
        keeper=Mock(spec=RecordingKeeper),
    )


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

    async def wait(_: Candidate, *, only_up: bool) -> None:
        assert not only_up  # its leg has ended
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


async def wait_silently(calls: LiveCalls, admission: Mock) -> CallSession:
    """A call whose first proxy has been silent for too long; the next one is sought."""
    candidate = make_candidate(failover=("local-timer", "503"))
    session = make_session(candidate, make_agent(), admission)
    calls.add(session)
    await calls.send(session, session.prepare(make_trunk("first")))
    calls._on_timer(session, Timer.FIRST_RESPONSE)
    return session


async def settle(calls: LiveCalls) -> None:
    """Wait until no proxy is sought."""
    await asyncio.gather(*calls._failing_over.values(), return_exceptions=True)


async def test_a_silent_proxy_is_left_for_the_next(calls: LiveCalls) -> None:
    acquire = AsyncMock(return_value=make_trunk("second"))
    session = await wait_silently(calls, Mock(spec=Admission, acquire_for_call=acquire))
    first = session.leg_id
    await settle(calls)
    calls.receive([make_answered(first)])  # it has crossed our BYE
    calls.receive([make_ringing(session.leg_id)])

    acquire.assert_awaited_once_with(session._candidate, only_up=True)
    assert [attempt.proxy for attempt in session.legs.attempts] == ["first", "second"]
    assert session.state is LegState.RINGING


async def test_without_a_next_proxy_it_waits_on(calls: LiveCalls) -> None:
    refused = RefusedError(Result.CALL_FAILED, "Every proxy has been tried.")
    acquire = AsyncMock(side_effect=refused)
    session = await wait_silently(calls, Mock(spec=Admission, acquire_for_call=acquire))
    await settle(calls)
    calls.receive([make_answered(session.leg_id)])

    assert (session.state, len(session.legs.attempts)) == (LegState.CONNECTED, 1)


class Sought:
    """An admission whose next proxy is found once the test says so."""

    def __init__(self) -> None:
        self.found: asyncio.Future[Trunk] = asyncio.get_running_loop().create_future()
        self.admission = Mock(spec=Admission, exchange=AsyncMock())
        self.admission.acquire_for_call = self.acquire

    async def acquire(self, _: Candidate, *, only_up: bool) -> Trunk:
        assert only_up
        return await self.found


async def test_an_answer_while_the_next_proxy_is_sought_wins(calls: LiveCalls) -> None:
    sought = Sought()
    session = await wait_silently(calls, sought.admission)
    await asyncio.sleep(0)
    calls.receive([make_answered(session.leg_id)])
    sought.found.set_result(make_trunk("second"))
    await settle(calls)

    assert (session.state, len(session.legs.attempts)) == (LegState.CONNECTED, 1)
    sought.admission.exchange.assert_awaited_once()


async def test_a_failure_while_the_next_proxy_is_sought_seeks_no_other(
    calls: LiveCalls,
) -> None:
    sought = Sought()
    session = await wait_silently(calls, sought.admission)
    first = session.leg_id
    await asyncio.sleep(0)
    calls.receive([make_ended(first, BUSY, origin=Origin.LOCAL_TIMER)])
    sought.found.set_result(make_trunk("second"))
    await settle(calls)

    assert (session.leg_id != first, len(session.legs.attempts)) == (True, 2)
    assert session.legs.attempts[0].detail is None  # it was not left


async def test_a_hang_up_while_the_next_proxy_is_sought_waits_for_its_leg(
    calls: LiveCalls,
) -> None:
    sought = Sought()
    session = await wait_silently(calls, sought.admission)
    await asyncio.sleep(0)
    calls.hang_up(session, EndRequester.CLIENT)
    assert not session.is_over
    sought.found.set_result(make_trunk("second"))
    await settle(calls)

    calls.receive([make_ended(session.leg_id, BUSY, origin=Origin.LOCAL_CANCEL)])
    assert (session.is_over, len(session.legs.attempts)) == (True, 1)


async def test_a_leg_that_was_left_may_outlive_its_call(calls: LiveCalls) -> None:
    acquire = AsyncMock(return_value=make_trunk("second"))
    session = await wait_silently(calls, Mock(spec=Admission, acquire_for_call=acquire))
    first = session.leg_id
    await settle(calls)
    calls.receive([make_ended(session.leg_id, BUSY)])
    assert session.is_over

    calls.receive([make_ended(first, ladder="late")])

    append_ladder = calls._recorder.append_ladder
    append_ladder.assert_called_once_with(session.leg_id, "late", session.id)  # type: ignore[attr-defined]
    assert calls._by_leg == {}
