"""What a process does with its calls: finds them, tells their observers, times, renews."""

import asyncio
import time
from unittest.mock import Mock

import pytest

from engine.admission.ledger import Ledger, LedgerError
from engine.calls import live_calls
from engine.calls.call_session import CallObserver, CallSession
from engine.calls.live_calls import LiveCalls
from engine.model.leg_state import LegState
from engine.model.result import Result
from engine.recordings.keeper import RecordingKeeper
from engine.records.record_writer import RecordWriter
from engine.telemetry.metrics import Act, Metrics
from engine.telemetry.statistics import Statistics
from sip.errors import TooManyCallsError
from sip.events import (
    Digit,
    Ending,
    LateMessages,
    LegId,
    Origin,
    Referred,
    Times,
)
from sip.media import Dtmf
from tests.engine.calls.sessions import (
    BUSY,
    OK,
    RINGING,
    make_agent,
    make_answered,
    make_candidate,
    make_ended,
    make_ringing,
    make_session,
)
from tests.scraping import count_of


class Process:
    """A process whose calls are recorded at once, and whose ledger is nothing but asked."""

    def __init__(self) -> None:
        self.ledger = Mock(spec=Ledger)
        self.recorder = Mock(spec=RecordWriter)
        self.metrics, self.statistics = Metrics(), Statistics(time.monotonic)
        self.calls = LiveCalls(
            *(self.ledger, self.recorder, self.statistics, self.metrics),
            keeper=Mock(spec=RecordingKeeper),
        )

    async def dial(self, name: str = "call") -> CallSession:
        """A call *name* whose INVITE was sent, with an observer."""
        candidate = make_candidate()
        candidate.id, candidate.lease = name, f"lease of {name}"
        call = make_session(candidate, make_agent())
        call.observer = Mock(spec=CallObserver)
        self.calls.add(call)
        await self.calls.send(call, call.prepare(None))
        return call


@pytest.fixture
def process() -> Process:
    """A process without calls."""
    return Process()


async def test_a_call_is_found_until_it_is_removed(process: Process) -> None:
    calls = process.calls
    await calls.wait_until_idle()
    process.calls.hold_lease("lease of 1")
    first, second = await process.dial("1"), await process.dial("2")
    second.order.application_uuid = "another"

    assert (calls.held_leases, calls.count, list(calls)) == (0, 2, [first, second])
    assert (calls.find("1"), calls.find("3")) == (first, None)
    assert calls.calls_of_request("uuid") == [first]
    assert calls.states() == {"dialing": 2}
    calls.remove(first)
    calls.remove(first)
    idle = asyncio.create_task(calls.wait_until_idle())
    await asyncio.sleep(0)
    assert not idle.done()
    calls.remove(second)
    await idle
    assert (calls.count, calls.find("1")) == (0, None)


async def test_the_observer_gets_each_event_that_concerns_it(process: Process) -> None:
    call = await process.dial()
    observer, leg = call.observer, call.leg_id
    referred, digit = (
        Referred(leg, 200, "OK", Times()),
        Digit(leg, "5", Dtmf.RFC4733, 106.0),
    )
    end = make_ended(leg)
    events = [make_ringing(leg), make_answered(leg), referred, digit, end]
    process.calls.receive(events)
    process.calls.receive(events)  # late, for a leg that has ended

    assert observer.on_progress.call_args_list == [((call, RINGING),)]
    assert observer.on_answered.call_args_list == [((call, OK),)]
    assert observer.on_refer_outcome.call_args_list == [((referred,),)]
    assert observer.on_media.call_args_list == [((call, digit),)]
    assert observer.on_ended.call_args_list == [((call, end),)]
    assert call.observer is None


async def test_an_answer_is_recorded_and_counted(process: Process) -> None:
    call = await process.dial()
    process.calls.receive([make_ringing(call.leg_id)])
    process.recorder.enqueue.assert_called_once_with(call)
    process.calls.receive([make_answered(call.leg_id)])

    assert process.recorder.enqueue.call_count == 2
    assert process.statistics.outcomes == {
        (Result.CALL_CONNECTED.text, None, "answered"): 1
    }


async def test_a_user_agent_that_ends_a_call_is_recorded_but_no_connection(
    process: Process,
) -> None:
    call = await process.dial()
    ending = Ending(call.leg_id, OK, "No codec.", Origin.LOCAL_CANCEL, Times())
    process.calls.receive([ending])

    process.recorder.enqueue.assert_called_once_with(call)
    assert process.statistics.outcomes == {}
    assert process.statistics.counts().connected == 0


async def test_an_answered_call_counts_once_whoever_ends_it(process: Process) -> None:
    call = await process.dial()
    assert process.statistics.counts().active == 1
    ending = Ending(call.leg_id, OK, "No RTP.", Origin.LOCAL_CANCEL, Times())
    process.calls.receive([make_answered(call.leg_id), ending])
    process.calls.remove(call)

    counts = process.statistics.counts()
    assert (counts.connected, counts.active) == (1, 0)
    assert process.statistics.outcomes == {
        (Result.CALL_CONNECTED.text, None, "answered"): 1
    }


async def test_late_messages_go_to_the_record(process: Process) -> None:
    process.calls.receive([LateMessages(LegId("gone"), "ladder")])

    process.recorder.append_ladder.assert_called_once_with("gone", "ladder")


async def test_a_hang_up_that_nobody_confirms_is_counted(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.calls.call_session.HANG_UP_GUARD_S", 0.0)
    call = await process.dial()
    process.calls.hang_up_all()
    await call.outcome

    act = process.metrics.watchdog_acts[Act.HANG_UP_REPORT,]
    assert count_of(act) == 1
    assert (call.state, call.is_over) == (LegState.ENDING, False)


async def test_an_invite_that_is_not_taken_leaves_no_leg(process: Process) -> None:
    call = make_session(make_candidate(), agent := make_agent())
    agent.invite.side_effect = TooManyCallsError("Too many.")
    process.calls.add(call)
    invite = call.prepare(None)
    with pytest.raises(TooManyCallsError):
        await process.calls.send(call, invite)
    process.calls.receive([make_ringing(invite.leg)])

    assert call.state is LegState.DIALING


async def test_a_defect_ends_the_call_that_it_concerns(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    call, other = await process.dial("1"), await process.dial("2")
    assert call.observer is not None
    crash = Mock(side_effect=ZeroDivisionError)
    monkeypatch.setattr(call.observer, "on_progress", crash)
    process.calls.receive([make_ringing(call.leg_id), make_ringing(other.leg_id)])

    assert call.outcome.result().result is Result.INTERNAL_ERROR
    assert call.outcome.result().application_uuid == "uuid"
    assert (call.state, other.state) == (LegState.ENDING, LegState.RINGING)


async def test_a_defect_at_the_end_of_a_leg_ends_the_call_with_it(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = await process.dial()
    monkeypatch.setattr(call, "receive", Mock(side_effect=ZeroDivisionError))
    process.calls.receive([end := make_ended(call.leg_id, BUSY)])

    assert call.end is end


async def test_an_end_counts_by_who_wanted_it(process: Process) -> None:
    call = await process.dial()
    process.calls.hang_up_all()
    process.calls.receive([make_ended(call.leg_id, BUSY, origin=Origin.LOCAL_CANCEL)])

    assert count_of(process.metrics.failures["us",]) == 1


async def test_leases_of_live_calls_and_held_ones_are_renewed(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    await process.dial("1")
    process.calls.hold_lease("held")
    process.calls.hold_lease("given back")
    process.calls.release("given back")
    monkeypatch.setattr(live_calls, "RENEW_S", 0.0)
    away = LedgerError("Redis is away.")
    process.ledger.renew.side_effect = [away, *[None] * 100]
    renewing = asyncio.create_task(process.calls.renew_leases())
    async with asyncio.timeout(10):
        while process.ledger.renew.call_count < 2:
            await asyncio.sleep(0)
    renewing.cancel()

    assert process.ledger.renew.call_args_list[1] == ((["lease of 1", "held"],),)
    process.ledger.release.assert_called_once_with(["given back"])


async def test_it_is_waited_for_ends_but_not_for_ever(process: Process) -> None:
    call = await process.dial()
    await process.calls.wait_until_recorded(0.01)
    assert process.calls.count == 1

    released = asyncio.Event()

    async def release(_: object) -> None:
        await released.wait()

    process.ledger.release = release
    process.calls.receive([make_ended(call.leg_id)])
    (record,) = process.recorder.enqueue.call_args.args
    process.calls.on_recorded([record])
    await process.calls.wait_until_recorded(0.01)
    assert process.calls.count == 1  # its slots are not given back yet
    released.set()
    await process.calls.wait_until_recorded(10)
    assert (process.calls.count, call.slots_released.done()) == (0, True)
