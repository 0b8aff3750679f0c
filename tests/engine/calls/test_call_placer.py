"""What has to be there before an INVITE is sent, and what is left when it is not."""

import asyncio
import time
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest

from engine.admission.ledger import Capacity
from engine.admission.memory_ledger import MemoryLedger
from engine.calls.call_events import TimerStarted
from engine.calls.call_placer import CallPlacer
from engine.calls.call_session import CallSession, NodeFacts
from engine.calls.live_calls import LiveCalls
from engine.config.settings import CallSettings
from engine.dialer.call_executor import candidate_of
from engine.model.disposition import EndRequester
from engine.model.leg_state import Timer
from engine.model.result import RefusedError, Result
from engine.platform.objects import Account, Application, Objects
from engine.platform.snapshot import PlatformSnapshot
from engine.recordings.keeper import RecordingKeeper
from engine.records.record_writer import RecordWriter
from engine.store import StoreError
from engine.telemetry.metrics import Metrics
from engine.telemetry.statistics import Statistics
from sip.errors import SipError, TooManyCallsError
from tests.engine.calls.sessions import make_agent, make_answered, make_order

SETTINGS = CallSettings(
    ring_timeout_ms=30_000,
    max_duration_ms=3_600_000,
    max_duration_without_document_ms=60_000,
    max_queue_wait_ms=500,
)


class Node:
    """A node that places calls of up to two at a time; nothing of it is real but the rules."""

    def __init__(self, *, places_calls: bool = True) -> None:
        self.ledger = MemoryLedger()
        self.recorder = Mock(spec=RecordWriter, is_healthy=True)
        self.recorder.write_ahead = AsyncMock()
        metrics = Metrics()
        self.calls = LiveCalls(
            *(self.ledger, self.recorder, Statistics(time.monotonic), metrics),
            keeper=Mock(spec=RecordingKeeper),
        )
        self.placer = CallPlacer(
            self.calls,
            self.recorder,
            metrics,
            settings=SETTINGS,
            newest=AsyncMock(return_value=PlatformSnapshot(Objects())),
            facts=NodeFacts("node"),
            node_calls=2,
            places_calls=places_calls,
        )
        self.agent = make_agent()
        self.placer.attach(self.agent)

    async def originate(
        self, application: Application | None = None, **fields: Any
    ) -> CallSession:
        """Place the call of a request."""
        order = make_order(application, **fields)
        return await self.placer.originate(candidate_of(order), AsyncMock())

    async def is_empty(self) -> bool:
        """Whether no call and no slot is left."""
        await self.calls.wait_until_recorded(10)
        leases = await self.ledger.count_leases("node:node")
        return (leases, self.calls.count) == (0, 0)


async def test_the_record_is_written_before_the_invite() -> None:
    node = Node()
    node.recorder.write_ahead.side_effect = lambda *_: (
        node.agent.invite.assert_not_awaited()
    )

    call = await node.originate()

    node.recorder.write_ahead.assert_awaited_once_with(call, None)
    node.agent.invite.assert_awaited_once()


@pytest.mark.parametrize(
    ("application", "fields", "ring_s"),
    [
        ({}, {}, 30.0),
        ({"ring_timeout_ms": 20_000}, {}, 20.0),
        ({"ring_timeout_ms": 20_000}, {"hints": {"ring_timeout": 10_000}}, 10.0),
    ],
    ids=["settings", "application", "request"],
)
async def test_the_ring_limit_is_the_nearest_one(
    application: dict[str, Any], fields: dict[str, Any], ring_s: float
) -> None:
    node = Node()
    await node.originate(
        Application(id="hello", account="acme", **application), **fields
    )

    assert node.agent.invite.await_args.args[0].ring_limit_s == ring_s


@pytest.mark.parametrize(
    ("application", "fields", "duration_s"),
    [
        ({"uri": "http://127.0.0.1/a.ccxml"}, {}, 3600.0),
        ({}, {}, 60.0),
        ({"max_duration_ms": 20_000}, {}, 20.0),
        ({"max_duration_ms": 20_000}, {"hints": {"max_duration": 10_000}}, 10.0),
    ],
    ids=["settings", "no document", "application", "request"],
)
async def test_the_longest_time_is_the_nearest_one(
    application: dict[str, Any], fields: dict[str, Any], duration_s: float
) -> None:
    node = Node()
    call = await node.originate(
        Application(id="hello", account="acme", **application), **fields
    )
    timer = call.receive(make_answered(call.leg_id))[0]

    assert timer == TimerStarted(Timer.MAX_DURATION, duration_s)


async def test_a_turn_is_waited_for_as_long_as_the_settings_say() -> None:
    node = Node()  # for 500 ms
    owner = Account(id="acme", calls_per_second=0.1)
    platform = PlatformSnapshot(Objects(account=(owner,)))
    for name in ("first", "second"):
        candidate = candidate_of(make_order())
        candidate.order.platform, candidate.lease = platform, name
        if name == "first":
            await node.placer.originate(candidate, AsyncMock())
    with pytest.raises(RefusedError) as refused:
        await node.placer.originate(candidate, AsyncMock())

    assert refused.value.result is Result.ACCOUNT_CALL_LIMIT


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (TooManyCallsError("All calls are in use."), Result.BVR_CALL_LIMIT),
        (SipError("It is stopping."), Result.SERVER_SHUTDOWN),
    ],
)
async def test_a_user_agent_that_does_not_take_the_invite(
    error: SipError, result: Result
) -> None:
    node = Node()
    node.agent.invite.side_effect = error

    with pytest.raises(RefusedError) as refused:
        await node.originate()

    assert refused.value.result is result
    (closed,) = node.recorder.enqueue.call_args.args  # it may be in the database
    assert (closed.result, closed.termination_reason) == (result.text, "refused")
    assert closed.detail == str(error)
    assert closed.ended == pytest.approx(time.time(), abs=10)
    assert await node.is_empty()


async def test_without_a_record_there_is_no_invite() -> None:
    node = Node()
    node.recorder.write_ahead.side_effect = StoreError("The database is away.")

    with pytest.raises(RefusedError, match="could not be recorded"):
        await node.originate()

    node.agent.invite.assert_not_awaited()
    assert await node.is_empty()


async def test_a_database_that_is_away_is_not_waited_for() -> None:
    node = Node()
    node.recorder.is_healthy = False

    with pytest.raises(RefusedError, match="cannot be written"):
        await node.originate()

    node.recorder.write_ahead.assert_not_awaited()


async def test_what_fails_beside_the_slots_gives_them_back() -> None:
    node = Node()
    prepare = AsyncMock(side_effect=ZeroDivisionError)

    with pytest.raises(ZeroDivisionError):
        await node.placer.originate(candidate_of(make_order()), prepare)

    node.recorder.enqueue.assert_not_called()  # it has no record yet
    assert await node.is_empty()


async def test_nothing_comes_of_a_call_that_was_hung_up_and_then_not_placed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("engine.calls.call_session.HANG_UP_GUARD_S", 0.0)
    node, prepared = Node(), list[CallSession]()
    node.recorder.write_ahead.side_effect = StoreError("The database is away.")

    async def prepare(call: CallSession) -> None:
        prepared.append(call)
        node.calls.hang_up(call, EndRequester.CLIENT)

    with pytest.raises(RefusedError):
        await node.placer.originate(candidate_of(make_order()), prepare)
    await asyncio.sleep(0.01)

    (call,) = prepared
    assert not call.outcome.done()


def test_a_node_that_starts_drains_or_has_no_calls_has_no_capacity() -> None:
    ready, draining, front = Node(), Node(), Node(places_calls=False)
    starting = CallPlacer(
        ready.calls,
        ready.recorder,
        Metrics(),
        settings=CallSettings(),
        newest=AsyncMock(),
        facts=NodeFacts("node"),
        node_calls=2,
        places_calls=True,
    )
    draining.placer.is_draining = True

    assert ready.placer.capacity() == Capacity("node:node", 2, Result.BVR_CALL_LIMIT)
    assert [
        (capacity.limit, capacity.refusal, capacity.detail)
        for capacity in (
            starting.capacity(),
            draining.placer.capacity(),
            front.placer.capacity(),
        )
    ] == [
        (0, Result.SERVER_SHUTDOWN, "This node is starting."),
        (0, Result.SERVER_SHUTDOWN, "This node is stopping."),
        (0, Result.NO_BVR, "No node that runs has the capability outbound."),
    ]
