"""What is counted of a call: responses of legs, acts of the watchdog, results, faults."""

import time
from typing import Any

import pytest
from msgspec.structs import replace

from engine.calls.call_conclusion import HangUpRequest
from engine.calls.call_counter import MAX_REASON, CallCounter
from engine.calls.call_events import LegLeft
from engine.calls.call_session import CallSession
from engine.model.disposition import EndRequester
from engine.model.fault import Fault
from engine.model.leg_state import Timer
from engine.model.result import Result
from engine.telemetry.metrics import Act, Metrics
from engine.telemetry.statistics import Statistics
from sip.events import Origin, Times
from tests.engine.calls.sessions import (
    BUSY,
    HANG_UP,
    dial,
    make_agent,
    make_answered,
    make_candidate,
    make_ended,
    make_ringing,
    make_session,
    make_trunk,
)
from tests.scraping import count_of


class Counted:
    """A counter with what it has counted."""

    def __init__(self) -> None:
        self.metrics, self.statistics = Metrics(), Statistics(time.monotonic)
        self.counter = CallCounter(self.statistics, self.metrics)

    async def receive(self, *events: Any) -> CallSession:
        """A call that has taken *events*, which are made for its leg."""
        session = await dial(make_agent())
        for make in events:
            session.receive(event := make(session.leg_id))
            self.counter.on_leg_event(session, event)
        return session

    def values(self, name: str) -> dict[Any, float]:
        """The counters of a family that are not 0."""
        family = getattr(self.metrics, name)
        counts = {key: count_of(family[key]) for key in family}
        return {"/".join(key): count for key, count in counts.items() if count}

    @property
    def latencies(self) -> tuple[float, float]:
        """How many latencies were measured, and their sum."""
        (family,) = self.metrics.latencies.request_to_invite.collect()
        found = {sample.name.split("_")[-1]: sample.value for sample in family.samples}
        return found["count"], found["sum"]


@pytest.mark.parametrize(
    ("events", "responses"),
    [
        ((make_ringing,), {}),
        ((make_ringing, make_answered), {"200/remote": 1}),
        ((make_answered, make_ended), {"200/remote": 1}),  # the end has none of its own
        ((lambda leg: make_ended(leg, BUSY),), {"486/remote": 1}),
    ],
)
async def test_each_leg_has_one_final_response(
    events: tuple[Any, ...], responses: dict[str, int]
) -> None:
    counted = Counted()
    await counted.receive(*events)

    assert counted.values("responses") == responses
    assert counted.latencies == (len(responses), 2.0 * len(responses))


async def test_a_proxy_that_was_silent_until_we_hung_up_has_told_nothing() -> None:
    counted, trunk = Counted(), make_trunk("first")
    session = await dial(make_agent(), trunk=trunk)
    end = make_ended(session.leg_id, origin=Origin.LOCAL_CANCEL)
    end = replace(end, response=None, times=Times(invite=102.0, ended=103.0))
    session.receive(end)
    counted.counter.on_leg_event(session, end)

    (error,) = counted.metrics.proxies.errors(trunk.proxy.id)
    assert (error.status, error.reason) == (408, "No response")


async def test_only_the_first_leg_shows_how_long_a_request_waits() -> None:
    counted, session = Counted(), await dial(make_agent())
    end = make_ended(session.leg_id, BUSY)
    counted.counter.on_leg_event(session, replace(end, times=Times()))  # never sent
    session.prepare(None)
    counted.counter.on_leg_event(session, end)
    assert counted.latencies == (0, 0)

    other, early = await dial(make_agent()), Times(invite=99.0)  # by another clock
    end = replace(end, leg=other.leg_id, times=early)
    counted.counter.on_leg_event(other, end)
    assert counted.latencies == (1, 0)


@pytest.mark.parametrize(
    ("origin", "forced", "acts"),
    [
        (Origin.REMOTE, True, {Act.LOST_END.value: 1}),
        (Origin.LOCAL_CANCEL, True, {Act.FORCED_END.value: 1}),
        (Origin.REMOTE, False, {}),
    ],
)
async def test_ends_that_the_watchdog_has_forced(
    origin: Origin, forced: bool, acts: dict[str, int]
) -> None:
    counted = Counted()
    await counted.receive(
        lambda leg: make_ended(leg, BUSY, origin=origin, forced=forced)
    )

    assert counted.values("watchdog_acts") == acts


@pytest.mark.parametrize("is_late", [True, False])
async def test_an_answer_that_comes_too_late_is_no_result(is_late: bool) -> None:
    counted = Counted()
    session = await dial(make_agent())
    if is_late:  # for the client, who was told of the hang-up
        session.hang_up(HANG_UP)
        session.on_timer(Timer.HANG_UP_GUARD)
    session.receive(make_answered(session.leg_id))
    counted.counter.on_answered(session)

    assert counted.values("outcomes") == ({} if is_late else {"hello/answered": 1})
    assert counted.statistics.counts("acme", "hello").connected == 1
    outcomes = {} if is_late else {(Result.CALL_CONNECTED.text, None, "answered"): 1}
    assert counted.statistics.outcomes == outcomes


@pytest.mark.parametrize(
    ("origin", "requester", "disposition", "fault"),
    [
        (Origin.REMOTE, None, "busy", Fault.CALLEE),
        (Origin.LOCAL_CANCEL, None, "no_answer", Fault.CALLEE),  # it rang too long
        (Origin.LOCAL_CANCEL, EndRequester.CLIENT, "cancelled", Fault.CLIENT),
        (Origin.LOCAL_CANCEL, EndRequester.STOP, "cancelled", Fault.PLATFORM),
        (Origin.LOCAL_TIMER, EndRequester.STOP, "congestion", Fault.TRUNK),
    ],
)
async def test_what_becomes_of_a_call_and_whose_fault_that_is(
    origin: Origin, requester: EndRequester | None, disposition: str, fault: Fault
) -> None:
    counted, session = Counted(), await dial(make_agent())
    session.receive(make_ringing(session.leg_id))
    if requester is not None:
        session.hang_up(HangUpRequest(requester))
    session.receive(make_ended(session.leg_id, BUSY, origin=origin))
    counted.counter.on_ended(session)

    assert counted.values("failures") == {fault.value: 1}
    assert counted.values("outcomes") == {f"hello/{disposition}": 1}
    assert counted.statistics.outcomes == {
        (Result.CALL_FAILED.text, 486, disposition): 1
    }


async def test_an_answered_call_and_one_without_a_leg_are_nobodys_fault() -> None:
    counted, answered = Counted(), await dial(make_agent())
    answered.receive(make_answered(answered.leg_id))
    answered.receive(make_ended(answered.leg_id))
    unsent = make_session(make_candidate(), make_agent())
    unsent.end_cancelled()

    for session in (answered, unsent):
        counted.counter.on_ended(session)

    assert counted.values("failures") == {}
    assert counted.statistics.outcomes == {
        (Result.CALL_FAILED.text, 487, "congestion"): 1
    }


def test_the_reason_of_an_error_is_cut_where_it_can_be_seen() -> None:
    counted = Counted()

    counted.counter.on_leg_left(LegLeft("east", "x" * (MAX_REASON + 1)))

    (error,) = counted.metrics.proxies.errors("east")
    assert error.reason == "x" * (MAX_REASON - 1) + "…"
