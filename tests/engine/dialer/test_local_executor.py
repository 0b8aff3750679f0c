"""How long a client waits for a call, and what becomes of the call when it waits no more."""

import asyncio
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
from msgspec.structs import replace

from engine.admission.admission import Admission
from engine.admission.outbound_order import CLIENT_GONE, OutboundOrder
from engine.applications import SessionRegistry
from engine.calls.call_placer import CallPlacer
from engine.calls.call_session import CallSession
from engine.calls.live_calls import LiveCalls
from engine.dialer.local_executor import LocalExecutor
from engine.model.call_progress import CallProgressResult
from engine.model.result import RefusedError, Result
from engine.platform.objects import Application, WhenClientStopsWaiting
from engine.records.record_writer import RecordWriter
from sip.call_progress import AnsweredBy
from tests.engine.calls.sessions import (
    BUSY,
    make_agent,
    make_answered,
    make_candidate,
    make_ended,
    make_order,
    make_session,
)

CANCEL = WhenClientStopsWaiting.CANCEL


class Process:
    """An executor whose call is placed at once; the test says what becomes of it."""

    def __init__(self, order: OutboundOrder) -> None:
        self.order = order
        candidate = make_candidate()
        candidate.order = order
        self.call = make_session(candidate, make_agent())
        self.calls = Mock(spec=LiveCalls)
        self.calls.find.return_value = self.call
        self.recorder = Mock(spec=RecordWriter)
        self.acquire = AsyncMock()
        admission = Mock(spec=Admission, acquire_for_application=self.acquire)
        self.placer = Mock(
            spec=CallPlacer, originate=self._originate, admission=admission
        )
        self.applications = applications = Mock(spec=SessionRegistry)
        self.executor = LocalExecutor(
            "node", self.recorder, self.placer, self.calls, applications
        )

    async def _originate(self, _: object, prepare: Any) -> CallSession:
        await prepare(self.call)
        await self.call.send(self.call.prepare(None))
        return self.call

    async def start(self) -> "asyncio.Task[Any]":
        """Execute the order up to where it waits for the outcome."""
        executing = asyncio.create_task(self.executor.execute(self.order))
        while not self.call.leg_id and not executing.done():
            await asyncio.sleep(0)
        return executing


def make_application(**options: Any) -> Application:
    return Application(id="hello", account="acme", **options)


async def test_the_answer_of_the_call_is_that_of_the_order() -> None:
    process = Process(make_order())
    executing = await process.start()
    process.call.receive(make_answered(process.call.leg_id))

    assert (await executing).result is Result.CALL_CONNECTED


async def test_a_failure_is_told_once_the_slots_are_free() -> None:
    process = Process(make_order())
    executing = await process.start()
    process.call.receive(make_ended(process.call.leg_id, BUSY))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not executing.done()
    process.call.slots_released.set_result(None)

    assert (await executing).result is Result.CALL_FAILED


@pytest.mark.parametrize("does_cancel", [False, True])
async def test_the_wait_runs_out(*, does_cancel: bool) -> None:
    application = make_application(**{"on_wait_timeout": CANCEL} if does_cancel else {})
    process = Process(make_order(application, timeout=1))
    outcome = await (await process.start())

    assert outcome.result is Result.REQUEST_TIMEOUT
    assert process.calls.hang_up.called is does_cancel
    (record,) = process.recorder.enqueue.call_args.args
    assert record.wait_ran_out


@pytest.mark.parametrize("does_cancel", [False, True])
async def test_a_client_that_disconnects(*, does_cancel: bool) -> None:
    options = {"on_client_disconnect": CANCEL} if does_cancel else {}
    process = Process(make_order(make_application(**options)))
    executing = await process.start()
    process.executor.on_client_disconnected(process.order)

    assert process.calls.hang_up.called is does_cancel
    process.call.receive(make_answered(process.call.leg_id))
    await executing


async def test_a_client_that_has_gone_before_there_is_a_call() -> None:
    process = Process(make_order(make_application(on_client_disconnect=CANCEL)))
    process.executor.on_client_disconnected(process.order)

    with pytest.raises(RefusedError, match=CLIENT_GONE):
        await (await process.start())
    assert process.order.cancel is None


async def test_a_client_that_wants_to_know_who_has_answered_waits_for_it() -> None:
    hints: dict[str, Any] = {"bvr_callprogress": {}}
    application = make_application(answer_after_call_progress=True)
    process = Process(make_order(application, hints=hints))
    executing = await process.start()
    process.call.receive(make_answered(process.call.leg_id))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not executing.done()
    process.call.findings.analysis.result = CallProgressResult([], AnsweredBy.HUMAN)
    process.call.findings.analysis.end()

    progress = (await executing).call_progress
    assert progress is not None
    assert progress.verdict == AnsweredBy.HUMAN.value


async def test_an_asynchronous_call_is_answered_once_it_is_placed() -> None:
    application = make_application(on_client_disconnect=CANCEL)
    process = Process(make_order(application, **{"async": True}))
    outcome = await (await process.start())
    process.executor.on_client_disconnected(process.order)

    assert outcome.result is Result.REQUEST_ACCEPTED
    assert process.call.record().client_result == "Request accepted"
    assert not process.calls.hang_up.called


async def test_an_asynchronous_call_that_cannot_be_placed_is_refused() -> None:
    process = Process(make_order(**{"async": True}))
    refused = RefusedError(Result.LICENSE_LIMIT, "All are in use.")
    process.placer.originate = Mock(side_effect=refused)

    with pytest.raises(RefusedError, match="in use"):
        await (await process.start())


async def test_an_asynchronous_start_is_answered_before_the_document_has_begun() -> (
    None
):
    fields = {"action": "startApplication", "hints": {"webhook": "crm"}, "async": True}
    process = Process(make_order(**fields))
    process.order.request = replace(process.order.request, traceparent="00-1-2-01")
    begins: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    process.applications.start = Mock(return_value=begins)
    outcome = await process.executor.execute(process.order)
    begins.set_exception(RefusedError(Result.CCXML_ERROR, "It is wrong."))
    while not process.recorder.enqueue.called:
        await asyncio.sleep(0)
    (record,) = process.recorder.enqueue.call_args.args

    assert outcome.result is Result.REQUEST_ACCEPTED
    assert (record.result, record.client_result) == ("CCXML error", "Request accepted")
    (event,) = process.recorder.append_event.call_args.args
    assert (event.type, event.seq, event.ends_record) == ("request.refused", 1, True)
    assert (event.subject.webhook, event.subject.traceparent) == ("crm", "00-1-2-01")


async def test_an_asynchronous_start_without_slots_is_refused() -> None:
    process = Process(make_order(action="startApplication", **{"async": True}))
    process.acquire.side_effect = RefusedError(Result.LICENSE_LIMIT, "All are in use.")

    with pytest.raises(RefusedError, match="in use"):
        await process.executor.execute(process.order)
