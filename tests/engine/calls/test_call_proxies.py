"""When the next proxy of its group may take a call, and what admission hears of the last."""

from unittest.mock import AsyncMock, Mock

import pytest

from engine.admission.admission import Admission
from engine.calls.call_legs import CallLegs
from engine.calls.call_proxies import CallProxies
from engine.calls.response_waits import ResponseWaits
from engine.model.leg_state import Timer
from engine.platform.trunks import Trunk
from sip.agent import Invite
from sip.events import LegId
from tests.engine.calls.sessions import (
    BUSY,
    RECEIVED,
    make_agent,
    make_candidate,
    make_ended,
    make_ringing,
    make_trunk,
)

LEG = LegId("leg")
FIRST, SECOND = make_trunk("first"), make_trunk("second")
BEGUN, RING_ENDS = 100.0, 120.0
FAILOVER = ("503", "local-timer")


class Tried:
    """A call whose INVITE through FIRST was sent at BEGUN."""

    def __init__(
        self,
        failover: tuple[str, ...] | None = FAILOVER,
        trunk: Trunk | None = FIRST,
        *,
        is_silent: bool = True,
    ) -> None:
        self.admission = Mock(spec=Admission, exchange=AsyncMock())
        self.agent = make_agent()
        self.agent.is_silent.return_value = is_silent
        self.candidate = make_candidate(failover=failover)
        self.legs = CallLegs("bvr", RECEIVED)
        self.proxies = CallProxies(
            self.candidate,
            self.legs,
            ResponseWaits(RING_ENDS - BEGUN, 5.0),
            agent=self.agent,
            admission=self.admission,
        )
        self.legs.prepare(Mock(spec=Invite, leg=LEG, caller_id=None), trunk)
        self.proxies.begin(LEG, BEGUN)


@pytest.mark.parametrize(
    ("failover", "now", "may"),
    [
        (FAILOVER, BEGUN + 1, True),
        (("486",), BEGUN + 1, False),  # not of these
        (None, BEGUN + 1, False),  # it goes through no group
        (FAILOVER, RING_ENDS - 0.5, False),  # nobody could answer in time
    ],
)
def test_when_the_next_may_be_tried(
    failover: tuple[str, ...] | None, now: float, *, may: bool
) -> None:
    assert Tried(failover).proxies.may_try_next("503", now) is may


def test_none_is_tried_after_ringing() -> None:
    tried = Tried()
    tried.legs.note(make_ringing(LEG))

    assert not tried.proxies.may_try_next("503", BEGUN + 1)


@pytest.mark.parametrize(
    ("timer", "is_silent", "is_late"),
    [
        (Timer.FIRST_RESPONSE, True, True),
        (Timer.FIRST_RESPONSE, False, False),  # a 100 has come
        (Timer.PROGRESS, False, True),  # a 100 is no ringing response
    ],
)
def test_what_makes_a_leg_late(timer: Timer, *, is_silent: bool, is_late: bool) -> None:
    proxies = Tried(is_silent=is_silent).proxies

    assert proxies.seek_next(timer, BEGUN + 4) is is_late
    assert proxies.is_next_due is is_late


def test_a_late_leg_stays_where_its_group_forbids_the_next() -> None:
    proxies = Tried(("503",)).proxies

    assert not proxies.seek_next(Timer.FIRST_RESPONSE, BEGUN + 4)
    assert not proxies.is_next_due


def test_what_is_heard_meanwhile_keeps_the_leg() -> None:
    tried = Tried()
    tried.proxies.seek_next(Timer.FIRST_RESPONSE, BEGUN + 4)
    tried.agent.is_silent.return_value = False

    assert not tried.proxies.is_next_due


def test_the_next_is_due_once_the_leg_has_ended() -> None:
    tried = Tried()
    tried.legs.close(make_ended(LEG, BUSY))

    assert tried.proxies.is_next_due


@pytest.mark.parametrize("has_ended", [True, False])
async def test_beside_a_leg_that_lives_only_a_proxy_that_is_up_is_taken(
    *, has_ended: bool
) -> None:
    tried = Tried()
    if has_ended:
        tried.legs.close(make_ended(LEG, BUSY))
    await tried.proxies.acquire_next()

    acquire = tried.admission.acquire_for_call
    acquire.assert_awaited_once_with(tried.candidate, only_up=not has_ended)


async def test_beside_a_leg_through_a_proxy_that_was_down_any_other_is_taken() -> None:
    tried = Tried()
    tried.candidate.last_was_down = True
    await tried.proxies.acquire_next()

    acquire = tried.admission.acquire_for_call
    acquire.assert_awaited_once_with(tried.candidate, only_up=False)


@pytest.mark.parametrize("is_silent", [True, False])
def test_a_hang_up_that_nobody_confirms_tells_what_is_known(*, is_silent: bool) -> None:
    tried = Tried()
    tried.agent.is_silent.return_value = is_silent

    tried.proxies.note_unconfirmed()

    assert tried.legs.is_silent is is_silent
    assert tried.legs.timings_ms["queued"] >= 0
    assert tried.legs.attempts[-1].invite is not None


async def test_the_slot_of_a_proxy_that_is_not_needed_goes_back() -> None:
    tried = Tried()
    await tried.proxies.stay(SECOND)

    tried.admission.exchange.assert_awaited_once_with(tried.candidate, SECOND, FIRST)


async def test_without_a_proxy_there_is_no_slot_to_give_back() -> None:
    tried = Tried(trunk=None)
    await tried.proxies.stay(SECOND)

    tried.admission.exchange.assert_not_awaited()


def test_admission_hears_whether_anything_came() -> None:
    silent, heard = Tried(), Tried(is_silent=False)

    assert silent.proxies.report_first_response()
    silent.admission.report_silence.assert_called_once_with(FIRST, BEGUN)
    assert not heard.proxies.report_first_response()
    heard.admission.report_sign.assert_called_once_with(FIRST, BEGUN)


def test_admission_hears_nothing_of_a_call_without_a_proxy() -> None:
    tried = Tried(trunk=None)
    tried.proxies.report(make_ringing(LEG))

    assert not tried.proxies.report_first_response()
    assert tried.admission.method_calls == []


def test_admission_hears_the_end_of_a_leg_that_was_left() -> None:
    tried, end = Tried(), make_ended(LEG, BUSY)
    tried.legs.leave("late", BEGUN + 4)
    tried.proxies.close_left(end)

    tried.admission.report_leg_event.assert_called_once_with(FIRST, end)
