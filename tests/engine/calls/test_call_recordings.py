"""Which calls are recorded, and what clients may order of a recording while the call lives."""

import asyncio
import time
from pathlib import Path
from unittest.mock import AsyncMock, Mock

import pytest

from engine.admission.ledger import Ledger
from engine.calls.call_recordings import CUT_SHORT, is_wanted
from engine.calls.call_session import CallSession
from engine.calls.live_calls import LiveCalls
from engine.model.recording import RecordingOrder, RecordingRules
from engine.model.result import RefusedError, Result
from engine.platform.objects import Application, RecordPolicy
from engine.recordings.keeper import RecordingKeeper
from engine.records.record_writer import RecordWriter
from engine.telemetry.metrics import Metrics
from engine.telemetry.statistics import Statistics
from sip.events import Recorded
from sip.media import Stop
from tests.engine.calls.sessions import (
    make_agent,
    make_answered,
    make_candidate,
    make_ended,
    make_session,
)

START, PAUSE, STOP = RecordingOrder


class Process:
    """A process with one call of an application of *policy*."""

    def __init__(self) -> None:
        self.keeper = Mock(spec=RecordingKeeper, node="n", rules=RecordingRules())
        self.keeper.begin = AsyncMock(return_value=Path("r.wav"))
        self.keeper.end = AsyncMock()
        self.recorder = Mock(spec=RecordWriter)
        self.calls = LiveCalls(
            *(Mock(spec=Ledger), self.recorder, Statistics(time.monotonic), Metrics()),
            keeper=self.keeper,
        )
        self.agent = make_agent()

    async def answer(
        self, policy: RecordPolicy, *, by_hint: bool = False
    ) -> CallSession:
        """A call that was answered."""
        call = await self.dial(policy, by_hint=by_hint)
        self.calls.receive([make_answered(call.leg_id)])
        await asyncio.sleep(0)
        return call

    async def dial(self, policy: RecordPolicy, *, by_hint: bool = False) -> CallSession:
        """A call whose INVITE was sent."""
        application = Application(id="hello", account="acme", record=policy)
        hints = {"record": "call"} if by_hint else {}
        candidate = make_candidate(application=application, hints=hints)
        call = make_session(candidate, self.agent)
        self.calls.add(call)
        await self.calls.send(call, call.prepare(None))
        return call

    async def order(self, call: CallSession, order: RecordingOrder) -> RecordingOrder:
        """How the recording stands after *order*."""
        return (await self.calls.recordings.order(call, order)).state

    def complete(self, call: CallSession, stop: Stop = Stop.ASKED) -> None:
        """The file of the recording is complete."""
        number = self.agent.record_call.call_args.args[1]
        self.calls.receive([Recorded(call.leg_id, number, stop, 700, "why")])


@pytest.fixture
def process() -> Process:
    return Process()


@pytest.mark.parametrize(
    ("policy", "by_hint", "wanted"),
    [
        (RecordPolicy.NEVER, False, False),
        (RecordPolicy.NEVER, True, False),
        (RecordPolicy.ON_REQUEST, False, False),
        (RecordPolicy.ON_REQUEST, True, True),
        (RecordPolicy.ALWAYS, False, True),
    ],
)
async def test_which_calls_are_recorded_from_the_answer_on(
    process: Process, policy: RecordPolicy, by_hint: bool, wanted: bool
) -> None:
    call = await process.answer(policy, by_hint=by_hint)
    assert is_wanted(call) is wanted
    assert process.agent.record_call.called is wanted


async def test_an_order_that_is_obeyed_already_changes_nothing(
    process: Process,
) -> None:
    call = await process.answer(RecordPolicy.ON_REQUEST)
    orders = (START, START, PAUSE, PAUSE, START, STOP)
    assert [await process.order(call, order) for order in orders] == list(orders)
    process.complete(call)
    assert await process.order(call, STOP) is STOP
    assert process.agent.record_call.call_count == 1
    pauses = process.agent.pause_recording.call_args_list
    assert [it.kwargs["is_to_pause"] for it in pauses] == [True, False]
    assert process.agent.stop.call_count == 1


async def test_a_second_recording_follows_the_first(process: Process) -> None:
    call = await process.answer(RecordPolicy.ON_REQUEST)
    first = await process.calls.recordings.order(call, START)
    process.complete(call)
    second = await process.calls.recordings.order(call, START)
    assert first.recording != second.recording
    process.calls.receive([make_ended(call.leg_id)])
    record = process.recorder.enqueue.call_args.args[0]
    assert record.recordings == [first.recording, second.recording]


async def test_a_second_waits_until_the_file_of_the_first_is_complete(
    process: Process,
) -> None:
    call = await process.answer(RecordPolicy.ON_REQUEST)
    await process.order(call, START)
    await process.order(call, STOP)
    waiting = [asyncio.create_task(process.order(call, START)) for _ in range(2)]
    await asyncio.sleep(0)
    assert process.agent.record_call.call_count == 1
    process.complete(call)
    assert await asyncio.gather(*waiting) == [START, START]
    assert process.agent.record_call.call_count == 2


@pytest.mark.parametrize("order", [PAUSE, STOP])
async def test_nothing_to_pause_or_to_stop(
    process: Process, order: RecordingOrder
) -> None:
    call = await process.answer(RecordPolicy.ON_REQUEST)
    with pytest.raises(RefusedError) as refused:
        await process.order(call, order)
    assert refused.value.http_status == 409


async def test_what_may_not_be_recorded(process: Process) -> None:
    call = await process.answer(RecordPolicy.NEVER)
    with pytest.raises(RefusedError) as refused:
        await process.order(call, START)
    assert refused.value.http_status == 403
    ringing = await process.dial(RecordPolicy.ALWAYS)
    with pytest.raises(RefusedError) as refused:
        await process.order(ringing, START)
    assert refused.value.http_status == 409


async def test_the_end_goes_to_the_keeper_and_to_no_dialog(process: Process) -> None:
    call = await process.answer(RecordPolicy.ALWAYS)
    call.observer = observer = Mock()
    process.complete(call, Stop.FAILED)
    await process.calls.recordings.wait_until_ended()
    assert process.keeper.end.call_args.kwargs == {
        "reason": "failed",
        "duration_ms": 700,
        "error": "why",
    }
    assert not observer.on_media.called


async def test_a_call_that_ends_without_the_end_of_its_recording(
    process: Process,
) -> None:
    call = await process.answer(RecordPolicy.ALWAYS)
    process.calls.receive([make_ended(call.leg_id)])
    await process.calls.recordings.wait_until_ended()
    assert process.keeper.end.call_args.kwargs["error"] == CUT_SHORT


async def test_a_call_that_ends_while_its_recording_is_prepared(
    process: Process,
) -> None:
    go = asyncio.Event()

    async def begin(_: object) -> Path:
        await go.wait()
        return Path("r.wav")

    process.keeper.begin = begin
    call = await process.answer(RecordPolicy.ALWAYS)
    process.calls.receive([make_ended(call.leg_id)])
    go.set()
    await process.calls.recordings.wait_until_ended()
    await process.calls.recordings.wait_until_ended()
    assert not process.agent.record_call.called
    assert process.keeper.end.call_args.kwargs["error"] == CUT_SHORT


async def test_a_recording_that_cannot_begin_costs_no_call(process: Process) -> None:
    text = "The recordings leave no room for another one."
    process.keeper.begin.side_effect = RefusedError(Result.INTERNAL_ERROR, text)
    call = await process.answer(RecordPolicy.ALWAYS)
    await process.calls.recordings.wait_until_ended()
    assert process.keeper.count_refused.called
    with pytest.raises(RefusedError, match="no room"):
        await process.order(call, START)
    assert not call.is_over
