"""What a call makes of what it is told: its rules, without a user agent or a clock."""

from unittest.mock import Mock

import pytest
from msgspec.structs import replace

from engine.admission.admission import Admission
from engine.calls.call_conclusion import HangUpRequest
from engine.calls.call_events import (
    CallEnded,
    FailOverNeeded,
    HangUpUnconfirmed,
    LegEnded,
    RecordChanged,
    TimerStarted,
)
from engine.calls.call_session import HANG_UP_GUARD_S
from engine.calls.challenge import describe_challenge
from engine.model.call_progress import ProgressOutcome
from engine.model.disposition import Disposition, EndRequester
from engine.model.leg_state import LegState, Timer
from engine.model.result import Result
from engine.platform.objects import Proxy
from engine.platform.trunks import Trunk
from sip.call_progress import ProgressType
from sip.errors import TooManyCallsError
from sip.events import (
    CallProgress,
    Ending,
    LegId,
    Origin,
    Referred,
    Times,
    ToneFound,
)
from sip.media import Recording
from sip.message import Response
from sip.network_tones import VERDICTS, ToneType
from sip.tone_watch import ToneListening
from tests.engine.calls.sessions import (
    BUSY,
    HANG_UP,
    LIMITS,
    OK,
    dial,
    make_agent,
    make_answered,
    make_candidate,
    make_ended,
    make_ringing,
    make_session,
)

GUARD = TimerStarted(Timer.HANG_UP_GUARD, HANG_UP_GUARD_S)


@pytest.fixture
def agent() -> Mock:
    """A user agent that takes everything."""
    return make_agent()


async def test_an_invite_that_nobody_answers_has_a_guard(agent: Mock) -> None:
    """Without a provisional response no CANCEL can be sent at the ring limit (RFC 3261 §9.1)."""
    session = make_session(make_candidate(), agent)
    invite = session.prepare(None)

    (timer,) = await session.send(invite)

    assert isinstance(timer, TimerStarted)
    assert timer.timer is Timer.HANG_UP_GUARD
    assert timer.delay_s == pytest.approx(LIMITS.ring_s + HANG_UP_GUARD_S)
    agent.invite.assert_awaited_once_with(invite)


async def test_an_invite_that_is_not_taken(agent: Mock) -> None:
    agent.invite.side_effect = TooManyCallsError("Too many.")
    session = make_session(make_candidate(), agent)

    with pytest.raises(TooManyCallsError):
        await session.send(session.prepare(None))


async def test_a_provisional_response_goes_to_the_observer(agent: Mock) -> None:
    """The first one is recorded, too; a far end may send as many as it likes."""
    session = await dial(agent)
    event = make_ringing(session.leg_id)

    assert session.receive(event) == (RecordChanged(), event)
    assert session.receive(event) == (event,)
    assert session.state is LegState.RINGING
    assert not session.outcome.done()


async def test_an_answer_starts_the_longest_time_and_is_the_outcome(
    agent: Mock,
) -> None:
    session = await dial(agent)
    event = make_answered(session.leg_id)

    assert session.receive(event) == (
        TimerStarted(Timer.MAX_DURATION, LIMITS.max_duration_s),
        event,
    )
    outcome = session.outcome.result()
    assert outcome.result is Result.CALL_CONNECTED
    assert outcome.timings_ms == {"queued": 2000, "setup": 1000, "answer": 3000}


async def test_the_longest_time_of_a_call_hangs_it_up(agent: Mock) -> None:
    session = await dial(agent)
    session.receive(make_answered(session.leg_id))

    assert session.on_timer(Timer.MAX_DURATION) == (GUARD,)
    agent.hang_up.assert_called_once_with(session.leg_id, ())
    assert session.hang_up_request == HangUpRequest(EndRequester.LIMIT)


async def test_a_hang_up_goes_to_the_user_agent_once(agent: Mock) -> None:
    session = await dial(agent)
    headers = (("X-Why", "bored"),)

    assert session.hang_up(replace(HANG_UP, headers=headers)) == (GUARD,)
    assert session.hang_up(replace(HANG_UP, headers=(("X-Why", "again"),))) == ()
    agent.hang_up.assert_called_once_with(session.leg_id, headers)
    assert (session.state, session.was_hung_up) == (LegState.ENDING, True)


async def test_an_answer_that_crosses_a_hang_up_is_hung_up_again(agent: Mock) -> None:
    session = await dial(agent)
    session.hang_up(HANG_UP)

    assert GUARD in session.receive(make_answered(session.leg_id))
    assert agent.hang_up.call_count == 2


async def test_a_hang_up_that_is_not_confirmed_answers_the_client(agent: Mock) -> None:
    session = await dial(agent)
    session.hang_up(HANG_UP)

    assert session.on_timer(Timer.HANG_UP_GUARD) == (HangUpUnconfirmed(),)
    sip = session.outcome.result().sip
    assert sip is not None
    assert (sip.status, sip.origin) == (487, Origin.LOCAL_CANCEL)
    assert not session.is_over


async def test_a_call_that_is_hung_up_before_its_invite(agent: Mock) -> None:
    session = make_session(make_candidate(), agent)
    session.prepare(None)
    session.hang_up(HANG_UP)

    (event,) = session.withdraw()

    assert isinstance(event, CallEnded)
    assert (event.end.status, event.end.origin) == (487, Origin.LOCAL_CANCEL)
    assert session.record().attempts == []


async def test_the_end_of_the_leg_is_that_of_the_call(agent: Mock) -> None:
    session = await dial(agent)
    end = make_ended(session.leg_id, BUSY)

    assert session.receive(end) == (LegEnded(session.leg_id), CallEnded(end))
    assert session.outcome.result().result is Result.CALL_FAILED
    assert session.is_over
    assert session.findings.analysis.known.done()


async def test_a_call_ends_once(agent: Mock) -> None:
    session = await dial(agent)
    session.receive(make_ended(session.leg_id))

    assert session.end_without_agent() == ()
    assert session.end_cancelled() == ()
    assert session.hang_up(HANG_UP) == ()
    assert session.record().end_requester is None


async def test_a_status_of_the_group_needs_the_next_proxy(agent: Mock) -> None:
    session = await dial(agent, make_candidate(failover=("486",)))
    end = make_ended(session.leg_id, BUSY)

    assert session.receive(end) == (LegEnded(session.leg_id), FailOverNeeded())
    assert not session.is_over
    assert session.on_no_next_proxy() == (CallEnded(end),)


@pytest.mark.parametrize("status", ["503", "local-timer"])
async def test_another_status_does_not(agent: Mock, status: str) -> None:
    session = await dial(agent, make_candidate(failover=(status,)))

    assert CallEnded in map(type, session.receive(make_ended(session.leg_id, BUSY)))


async def test_whoever_may_have_heard_it_ring_is_not_called_again(agent: Mock) -> None:
    session = await dial(agent, make_candidate(failover=("486",)))
    end = make_ended(session.leg_id, BUSY)
    end.times.ringing = 103.0

    assert session.receive(end)[-1] == CallEnded(end)


async def test_an_end_that_was_forced_needs_no_next_proxy(agent: Mock) -> None:
    session = await dial(agent, make_candidate(failover=("486",)))
    end = make_ended(session.leg_id, BUSY, forced=True)

    assert session.receive(end)[-1] == CallEnded(end)


@pytest.mark.parametrize("word", ["local-timer", "local-transport"])
async def test_an_end_of_our_own_side_is_named_by_its_origin(
    agent: Mock, word: str
) -> None:
    session = await dial(agent, make_candidate(failover=(word,)))
    end = make_ended(session.leg_id, BUSY, origin=Origin(word))

    assert session.receive(end)[-1] == FailOverNeeded()


async def test_who_was_answered_or_hung_up_is_not_called_again(agent: Mock) -> None:
    candidate = make_candidate(failover=("200", "486"))
    answered, hung_up = await dial(agent, candidate), await dial(agent, candidate)
    answered.receive(make_answered(answered.leg_id))
    hung_up.hang_up(HANG_UP)
    ends = make_ended(answered.leg_id), make_ended(hung_up.leg_id, BUSY)

    assert answered.receive(ends[0])[-1] == CallEnded(ends[0])
    assert hung_up.receive(ends[1])[-1] == CallEnded(ends[1])


async def test_hung_up_between_two_proxies(agent: Mock) -> None:
    session = await dial(agent, make_candidate(failover=("486",)))
    session.receive(make_ended(session.leg_id, BUSY))
    session.hang_up(HANG_UP)

    (event,) = session.on_no_next_proxy()

    assert isinstance(event, CallEnded)
    assert event.end.origin is Origin.LOCAL_CANCEL


async def test_a_user_agent_that_ends_the_call_itself(agent: Mock) -> None:
    session = await dial(agent)
    event = Ending(session.leg_id, OK, "No codec.", Origin.LOCAL_CANCEL, Times())

    assert session.receive(event) == (GUARD, event)
    outcome = session.outcome.result()
    assert (outcome.result, outcome.detail) == (Result.CALL_FAILED, "No codec.")


async def test_a_user_agent_that_is_gone_keeps_the_status_of_the_answer(
    agent: Mock,
) -> None:
    session = await dial(agent)
    session.receive(make_answered(session.leg_id))

    (event,) = session.end_without_agent()

    assert isinstance(event, CallEnded)
    assert (event.end.status, event.end.forced) == (200, True)


async def test_call_progress_that_nobody_wants_is_dropped(agent: Mock) -> None:
    session = await dial(agent)
    session.receive(make_answered(session.leg_id))
    finding = CallProgress(session.leg_id, ProgressType.HUMAN, 106.0, is_last=True)

    assert session.receive(finding) == ()
    agent.watch.assert_not_called()


async def test_call_progress_that_the_request_wants(agent: Mock) -> None:
    hints = {"bvr_callprogress": {"enabled": "amd", "events": "amd_human"}}
    session = await dial(agent, make_candidate(hints=hints))
    session.receive(make_answered(session.leg_id))
    finding = CallProgress(session.leg_id, ProgressType.HUMAN, 106.0, is_last=False)
    last = CallProgress(session.leg_id, None, 107.0, is_last=True)

    assert session.receive(finding) == (RecordChanged(), finding)
    assert session.receive(last) == ()  # it was known
    assert session.progress_outcome is not None
    assert session.progress_outcome.events == (("amd_human", 1000.0),)


async def test_nobody_listens_for_tones_unasked(agent: Mock) -> None:
    session = await dial(agent)
    session.receive(make_answered(session.leg_id))

    agent.listen_for_tones.assert_not_called()
    agent.hear_inband_digits.assert_not_called()


async def test_tones_are_listened_for_from_the_invite_on(agent: Mock) -> None:
    hints = {"early_media": {"country": "de", "events": "busy"}}
    session = await dial(agent, make_candidate(hints=hints))
    listening = ToneListening("de", frozenset(VERDICTS))
    agent.listen_for_tones.assert_called_once_with(session.leg_id, listening)

    ringback = ToneFound(session.leg_id, ToneType.RINGBACK, 104.0)
    busy = ToneFound(session.leg_id, ToneType.BUSY, 106.0)
    assert session.receive(ringback) == (RecordChanged(),)
    assert session.receive(busy) == (RecordChanged(), busy)


async def test_a_tone_that_ends_the_call_is_in_its_outcome(agent: Mock) -> None:
    session = await dial(agent, make_candidate(hints={"early_media": {}}))
    session.receive(make_ringing(session.leg_id))
    session.receive(ToneFound(session.leg_id, ToneType.BUSY, 105.0))
    times = Times(invite=102.0, ringing=103.0)
    detail, origin = "The network has played a tone: busy.", Origin.LOCAL_CANCEL
    session.receive(Ending(session.leg_id, None, detail, origin, times))
    outcome = session.outcome.result()

    assert (outcome.result, outcome.detail) == (Result.CALL_FAILED, detail)
    assert outcome.call_progress == ProgressOutcome(
        None, (), (("busy", 3000.0),), "busy"
    )
    assert outcome.conclusion is not None
    assert outcome.conclusion.disposition is Disposition.BUSY


async def test_digits_in_sound_are_heard_where_the_request_asks(agent: Mock) -> None:
    session = await dial(agent, make_candidate(hints={"inband_dtmf": True}))
    session.receive(make_answered(session.leg_id))

    agent.hear_inband_digits.assert_called_once_with(session.leg_id, always=True)


async def test_a_transfer_goes_to_the_observer(agent: Mock) -> None:
    session = await dial(agent)
    event = Referred(session.leg_id, 200, "OK", Times())

    assert session.receive(event) == (event,)


async def test_each_play_and_recording_has_a_number_of_its_own(agent: Mock) -> None:
    session = await dial(agent)

    first, second = session.play(()), session.play(())
    agent.play.assert_called_with(session.leg_id, second, (), stops_on="")
    recording = Mock(spec=Recording)
    third = session.record_audio(recording)
    assert len({first, second, third}) == 3
    agent.record.assert_called_once_with(session.leg_id, third, recording)
    session.stop(third)
    agent.stop.assert_called_once_with(session.leg_id, third)


async def test_digits_and_transfers_go_to_the_leg(agent: Mock) -> None:
    session, to = await dial(agent), LegId("other")
    session.send_digits("12#")
    session.refer(to, (("X-Why", "moved"),), limit_s=3.0)

    agent.send_digits.assert_called_once_with(session.leg_id, "12#")
    agent.refer.assert_called_once_with(
        session.leg_id, to, (("X-Why", "moved"),), limit_s=3.0
    )


async def test_each_event_of_a_leg_tells_of_its_proxy(agent: Mock) -> None:
    admission = Mock(spec=Admission)
    session = make_session(make_candidate(), agent, admission)
    proxy = Proxy.model_validate({"id": "p", "address": "sip:192.0.2.1"})
    await session.send(session.prepare(trunk := Trunk.of(proxy, {})))
    session.receive(event := make_ringing(session.leg_id))
    session.receive(Referred(session.leg_id, 200, "OK", Times()))

    admission.report_leg_event.assert_called_once_with(trunk, event)


async def test_a_user_agent_that_ends_the_call_before_any_response(agent: Mock) -> None:
    session = await dial(agent)
    session.receive(
        Ending(session.leg_id, None, "No port.", Origin.LOCAL_TRANSPORT, Times())
    )

    sip = session.outcome.result().sip
    assert sip is not None
    assert (sip.status, sip.reason) == (487, "Request Terminated")
    assert sip.origin is Origin.LOCAL_TRANSPORT


async def test_an_answer_gives_its_headers_to_the_client(agent: Mock) -> None:
    session = await dial(agent)
    session.receive(make_answered(session.leg_id))
    outcome = session.outcome.result()

    assert outcome.sip is not None
    assert (outcome.sip.status, outcome.sip.reason) == (200, "OK")
    assert outcome.sip.origin is Origin.REMOTE
    assert outcome.headers == {"Server": "far end"}
    assert session.progress_outcome is None


async def test_a_challenge_without_a_right_credential_names_its_realm(
    agent: Mock,
) -> None:
    session = await dial(agent)
    challenge = b'Proxy-Authenticate: Digest realm="trunk", nonce="1"'
    response = Response(407, b"SIP/2.0 407 Who are you\r\n" + challenge + b"\r\n\r\n")

    session.receive(make_ended(session.leg_id, response))

    detail = session.outcome.result().detail
    assert detail == describe_challenge(response)
