"""What stands in the record of a call, at each moment of its life."""

import pytest

from engine.calls.call_conclusion import HangUpRequest
from engine.calls.session_record import termination_reason
from engine.model.call_progress import CallProgressResult
from engine.model.disposition import EndRequester
from engine.model.network_tones import ToneEvent
from engine.platform.objects import Proxy
from engine.platform.trunks import Trunk
from sip.call_progress import ProgressType
from sip.events import (
    CallProgress,
    Ended,
    Ending,
    LegId,
    Origin,
    Times,
    ToneFound,
)
from sip.network_tones import ToneType, ToneVerdict
from tests.engine.calls.sessions import (
    BUSY,
    dial,
    make_agent,
    make_answered,
    make_candidate,
    make_ended,
    make_ringing,
    make_session,
)

AT = 1_699_999_900.0
"""Zero of the monotonic clock, in seconds since 1970."""


async def test_before_its_invite() -> None:
    record = make_session(make_candidate(callerId="bob"), make_agent()).record()

    assert (record.id, record.application_uuid) == ("call", "uuid")
    assert (record.account, record.application) == ("acme", "hello")
    assert (record.ani, record.dnis) == ("bvr", "anna")  # no INVITE, so no caller yet
    assert (record.received, record.admitted) == (AT + 100, AT + 101)
    assert (record.result, record.ended) == (None, None)


async def test_while_it_rings() -> None:
    session = await dial(make_agent())
    session.receive(make_ringing(session.leg_id))
    record = session.record()

    assert (record.call_id, record.sip_status) == (session.leg_id, 180)
    assert (record.sip_reason, record.sip_origin) == ("Ringing", "remote")
    assert (record.invite, record.ringing) == (AT + 102, AT + 103)
    assert record.result is None


async def test_why_it_is_hung_up_stands_in_record_and_answer() -> None:
    session = await dial(make_agent())
    request = HangUpRequest(EndRequester.OPERATOR, detail="Fire.")
    session.hang_up(request)
    session.receive(make_ended(session.leg_id, origin=Origin.LOCAL_CANCEL))

    assert session.outcome.result().detail == "Fire."
    assert session.record().detail == "Fire."


async def test_when_it_is_answered() -> None:
    session = await dial(make_agent())
    session.receive(make_answered(session.leg_id))
    record = session.record()

    assert (record.result, record.sip_status) == ("Call connected", 200)
    assert record.headers == {"Server": "far end"}
    assert record.termination_reason is None


async def test_when_it_has_failed() -> None:
    session = await dial(make_agent())
    session.receive(make_ended(session.leg_id, BUSY))
    record = session.record()

    assert (record.result, record.termination_reason) == ("Call failed", "failed")
    assert (record.sip_status, record.sip_reason) == (486, "Busy Here")
    assert (record.q850_cause, record.sip_origin) == (17, "remote")
    assert record.ended == AT + 110
    assert record.attempts is not None
    assert record.attempts[0].status == 486


async def test_tones_of_the_network() -> None:
    hints = {"early_media": {}}
    session = await dial(make_agent(), make_candidate(hints=hints))
    assert session.record().call_progress is None

    session.receive(ToneFound(session.leg_id, ToneType.SIT_VACANT, 105.0))
    record = session.record()

    assert record.call_progress == CallProgressResult(
        tones=[ToneEvent(ToneType.SIT_VACANT, AT + 105)],
        tone_verdict=ToneVerdict.UNREACHABLE,
    )


async def test_every_time_of_the_leg_in_seconds_since_1970() -> None:
    session = await dial(make_agent())
    times = Times(102.0, 103.0, 104.0, 105.0, 106.0, 107.0, 108.0, 109.0)
    session.receive(make_ended(session.leg_id, times=times))
    record = session.record()

    assert [
        record.invite,
        record.trying,
        record.ringing,
        record.answered,
        record.ack,
        record.cancel,
        record.bye,
        record.ended,
    ] == [AT + at for at in range(102, 110)]


async def test_who_called_and_through_what() -> None:
    fields = {"headers": {"From": "<sip:carol@r.example>"}}
    session = make_session(make_candidate(**fields), make_agent())
    session.order.wait_ran_out = True
    proxy = Proxy.model_validate({"id": "p", "address": "sip:192.0.2.1"})
    invite = session.prepare(Trunk.of(proxy, {}))
    record = session.record()

    assert (record.from_uri, record.ani) == ("sip:carol@r.example", "carol")
    assert (record.call_id, record.proxy) == (invite.leg, "p")
    assert (record.action, record.to) == ("makeCall", "sip:anna@callee.example")
    assert (record.node, record.wait_ran_out, record.ladder) == ("node", True, None)


async def test_messages_of_all_legs() -> None:
    session = await dial(agent := make_agent())
    session.legs.ladder = "first "
    agent.ladder.side_effect = lambda leg: f"of {leg}"

    assert session.record().ladder == f"first of {session.leg_id}"


@pytest.mark.parametrize("is_answered", [True, False])
async def test_why_the_user_agent_has_ended_it(is_answered: bool) -> None:
    session = await dial(make_agent())
    if is_answered:
        session.receive(make_answered(session.leg_id))
    ending = Ending(session.leg_id, None, "No RTP.", Origin.LOCAL_CANCEL, Times())
    session.receive(ending)

    assert session.record().detail == "No RTP."


async def test_a_verdict_does_not_change_with_its_call() -> None:
    hints = {"bvr_callprogress": {"enabled": "amd"}}
    session = await dial(make_agent(), make_candidate(hints=hints))
    session.receive(make_answered(session.leg_id))
    before = session.record().call_progress
    session.receive(CallProgress(session.leg_id, ProgressType.HUMAN, 106.0, False))
    after = session.record().call_progress

    assert before is not None
    assert (before.events, before.verdict) == ([], None)
    assert after is not None
    assert (len(after.events), after.verdict) == (1, "human")


@pytest.mark.parametrize(("bye_reason", "cause"), [("", 17), ("Q.850;cause=31", 31)])
async def test_the_cause_is_that_of_bye_if_it_has_one(
    bye_reason: str, cause: int
) -> None:
    session = await dial(make_agent())
    more = {"forced": True, "answered_after_cancel": True, "bye_reason": bye_reason}
    session.receive(make_ended(session.leg_id, BUSY, **more))
    record = session.record()

    assert (record.forced, record.answered_after_cancel) == (True, True)
    assert record.q850_cause == cause


async def test_a_record_does_not_change_with_its_call() -> None:
    session = await dial(make_agent())
    before = session.record()
    session.receive(make_ended(session.leg_id, BUSY))

    assert before.attempts is not None
    assert before.attempts[0].status is None


async def test_a_call_that_ends_without_a_leg_has_an_end_that_stays() -> None:
    session = make_session(make_candidate(), make_agent())
    session.end_cancelled()

    assert session.record().ended == session.record().ended is not None


@pytest.mark.parametrize(
    ("origin", "is_answered", "detail", "reason"),
    [
        (Origin.REMOTE, True, "", "far_end_disconnect"),
        (Origin.LOCAL_CANCEL, True, "", "near_end_disconnect"),
        (Origin.LOCAL_TIMER, True, "", "connection_lost"),
        (Origin.LOCAL_TRANSPORT, True, "", "connection_lost"),
        (Origin.LOCAL_CANCEL, False, "", "cancelled"),
        (Origin.LOCAL_CANCEL, False, "No codec.", "failed"),
        (Origin.REMOTE, False, "", "failed"),
        (Origin.LOCAL_TIMER, False, "", "failed"),
    ],
)
def test_termination_reason(
    origin: Origin, *, is_answered: bool, detail: str, reason: str
) -> None:
    times = Times(ack=105.0 if is_answered else None)
    end = Ended(LegId("leg"), 0, "", origin, response=None, times=times, detail=detail)

    assert termination_reason(end, times) == reason


def test_an_answer_that_crossed_our_cancel_is_no_conversation() -> None:
    times = Times(ack=105.0)
    end = Ended(
        LegId("leg"),
        200,
        "OK",
        Origin.LOCAL_CANCEL,
        response=None,
        times=times,
        answered_after_cancel=True,
    )

    assert termination_reason(end, times) == "cancelled"
