"""The slots of a call go back once the record of its end is written, and not before."""

import time
from unittest.mock import Mock

import pytest

from engine.admission.ledger import Capacity
from engine.admission.memory_ledger import MemoryLedger
from engine.calls.call_session import CallSession
from engine.calls.live_calls import LiveCalls
from engine.model.result import Result
from engine.recordings.keeper import RecordingKeeper
from engine.records.record_writer import RecordWriter
from engine.telemetry.metrics import Metrics
from engine.telemetry.statistics import Statistics
from tests.engine.calls.sessions import (
    make_agent,
    make_answered,
    make_candidate,
    make_ended,
    make_session,
)

NODE = Capacity("node:node", 1, Result.BVR_CALL_LIMIT)


class Process:
    """A process with a single call, which records what the test lets it."""

    def __init__(self) -> None:
        self.ledger = MemoryLedger()
        self.recorder = Mock(spec=RecordWriter)
        self.calls = LiveCalls(
            *(self.ledger, self.recorder, Statistics(time.monotonic), Metrics()),
            keeper=Mock(spec=RecordingKeeper),
        )
        self.call = make_session(make_candidate(), make_agent())

    async def answer(self) -> CallSession:
        """Take the slot, place the call, and have it answered."""
        await self.ledger.acquire(self.call.lease, [NODE], [], 0.0)
        self.calls.add(self.call)
        await self.calls.send(self.call, self.call.prepare(None))
        self.calls.receive([make_answered(self.call.leg_id)])
        return self.call

    async def leases(self) -> int:
        """How many slots of the node are taken."""
        return await self.ledger.count_leases(NODE.name)


@pytest.fixture
async def process() -> Process:
    """A process whose call is answered."""
    process = Process()
    await process.answer()
    return process


async def test_the_record_of_an_answered_call_keeps_its_slot(process: Process) -> None:
    process.calls.on_recorded([process.call.record()])

    assert (await process.leases(), process.calls.count) == (1, 1)
    process.calls.end_without_agent()


async def test_an_end_that_is_not_written_yet_keeps_the_slot(process: Process) -> None:
    process.calls.receive([make_ended(process.call.leg_id)])

    assert (await process.leases(), process.calls.states()) == (1, {"ended": 1})
    assert list(process.calls) == []  # though it has ended


async def test_an_end_that_is_written_gives_the_slot_back(process: Process) -> None:
    process.calls.receive([make_ended(process.call.leg_id)])
    (record,) = process.recorder.enqueue.call_args.args
    process.calls.on_recorded([record])
    await process.call.slots_released

    assert record.ended is not None
    assert (await process.leases(), process.calls.count) == (0, 0)


async def test_an_end_of_an_observer_that_crashes_is_written(process: Process) -> None:
    process.call.observer = Mock(on_ended=Mock(side_effect=ZeroDivisionError))
    process.calls.receive([make_ended(process.call.leg_id)])

    (record,) = process.recorder.enqueue.call_args.args
    assert record.termination_reason == "far_end_disconnect"


async def test_a_record_that_cannot_be_made_keeps_no_slot(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.calls.live_calls.log_ended", lambda _: 1 / 0)
    process.calls.receive([make_ended(process.call.leg_id)])
    await process.call.slots_released

    assert (await process.leases(), process.calls.count) == (0, 0)
