"""What is kept of the INVITEs of a call: attempts, times, and how the last one ended."""

import pytest
from msgspec.structs import replace

from engine.admission.instant import Instant
from engine.calls.call_legs import CallLegs
from engine.platform.objects import Proxy
from engine.platform.trunks import Trunk
from sip.agent import Invite
from sip.events import Answered, Ended, Ending, LegId, Origin, Progress, Times
from sip.message import Response
from sip.name_addr import NameAddr
from sip.uri import SipUri
from tests.engine.calls.sessions import BUSY, OK, RINGING, make_ended

LEG = LegId("leg")
TARGET = SipUri.parse("sip:anna@callee.example")
TRUNK = Trunk.of(Proxy.model_validate({"id": "p", "address": "sip:192.0.2.1"}), {})
EPOCH = 1_700_000_000.0


def begun(times: Times | None = None) -> CallLegs:
    """A call of 100 s whose INVITE was sent; *times* are those of its leg."""
    legs = CallLegs("bvr", Instant(100.0, EPOCH))
    legs.prepare(Invite(LEG, TARGET), None)
    legs.begin(LEG, 101.5)
    legs.times = times or Times()
    return legs


def cancelled(times: Times) -> Ended:
    return Ended(LEG, 487, "Request Terminated", Origin.LOCAL_CANCEL, None, times)


def test_each_invite_is_an_attempt() -> None:
    legs = CallLegs("bvr", Instant(100.0, EPOCH))
    assert (legs.attempts, legs.current, legs.has_open) == ([], "", False)

    legs.prepare(Invite(LegId("1"), TARGET, caller_id="bob"), TRUNK)
    assert (legs.trunk, legs.caller_id, legs.has_open) == (TRUNK, "bob", True)
    from_ = NameAddr.parse("<sip:carol@r.example>")
    legs.prepare(Invite(LegId("2"), TARGET, from_=from_), None)
    assert (legs.trunk, legs.caller_id, legs.from_) == (None, "bvr", from_)

    assert [(sent.call_id, sent.address, sent.proxy) for sent in legs.attempts] == [
        ("1", "sip:anna@callee.example", "p"),
        ("2", "sip:anna@callee.example", None),
    ]
    legs.withdraw()
    assert [attempt.call_id for attempt in legs.attempts] == ["1"]


def test_a_new_leg_has_heard_nothing_yet() -> None:
    legs = begun()
    legs.note(Progress(LEG, RINGING, Times(invite=102.0, ringing=103.0)))
    assert (legs.times.ringing, legs.response) == (103.0, RINGING)

    legs.begin(LegId("next"), 107.0)

    assert (legs.current, legs.times, legs.response) == ("next", Times(), None)


def test_the_latest_response_stays_if_an_event_has_none() -> None:
    legs = begun()
    legs.note(Answered(LEG, OK, Times(answered=105.0)))
    assert legs.detail is None

    legs.note(Ending(LEG, None, "No RTP.", Origin.LOCAL_CANCEL, Times(bye=106.0)))

    assert (legs.response, legs.detail, legs.times.bye) == (OK, "No RTP.", 106.0)


def test_the_end_of_a_leg_is_that_of_its_attempt() -> None:
    legs = begun()
    end = replace(make_ended(LEG, BUSY), ladder="first ", reason="Occup\udce9")
    legs.close(end)
    legs.prepare(Invite(LegId("next"), TARGET), None)
    assert legs.has_open
    legs.close(replace(end, ladder="second"))

    attempt = legs.attempts[0]
    assert (attempt.status, attempt.reason) == (486, "Occupé")
    assert attempt.origin == "remote"
    assert (attempt.invite, attempt.ended) == (EPOCH + 2, EPOCH + 10)
    assert (legs.ladder, legs.has_open) == ("first second", False)


@pytest.mark.parametrize(
    ("times", "response", "status", "is_forced"),
    [
        (Times(), None, 487, False),  # nothing was sent
        (Times(invite=102.0), None, 487, True),
        (Times(invite=102.0), Response(199, b"SIP/2.0 199 x\r\n\r\n"), 487, True),
        (Times(invite=102.0), Response(300, b"SIP/2.0 300 x\r\n\r\n"), 487, True),
        (Times(invite=102.0), OK, 200, True),
    ],
)
def test_an_end_that_nobody_reports_keeps_the_status_of_the_answer(
    times: Times, response: Response | None, status: int, is_forced: bool
) -> None:
    legs = begun(times)
    legs.response = response

    end = legs.close_unreported(cancelled(times), 120.0)

    assert (end.status, end.forced, end.times.ended) == (status, is_forced, 120.0)
    assert (legs.times.ended, legs.attempts[0].status) == (120.0, status)
    assert end.response is (OK if status == 200 else None)
    assert end.reason == ("OK" if status == 200 else "Request Terminated")


def test_the_time_of_the_end_is_that_of_the_leg_if_it_has_told() -> None:
    told, untold = begun(Times(ended=110.0)), begun()
    told.end(120.0)
    untold.end(120.0)

    assert (told.times.ended, untold.times.ended) == (110.0, 120.0)


@pytest.mark.parametrize(
    ("times", "timings"),
    [
        (Times(), {}),
        (Times(invite=102.0), {"queued": 2000.0}),
        (Times(invite=99.0), {"queued": 0.0}),  # never less
        (Times(invite=102.0, ringing=102.5), {"queued": 2000.0, "setup": 500.0}),
        (
            Times(invite=102.0, answered=103.00016),
            {"queued": 2000.0, "answer": 1000.2},
        ),
    ],
)
def test_timings_are_those_that_are_known(
    times: Times, timings: dict[str, float]
) -> None:
    legs = begun()
    legs.note(Progress(LEG, RINGING, times))
    assert legs.timings_ms == timings


def test_an_attempt_has_the_times_since_its_own_invite_and_the_call_since_the_first() -> (
    None
):
    legs = begun()
    legs.close(make_ended(LEG, BUSY))
    legs.prepare(Invite(LegId("next"), TARGET), None)
    legs.begin(LegId("next"), 107.0)
    assert legs.attempts[1].invite is None
    times = Times(invite=110.0, ringing=111.0)
    legs.note(Progress(LEG, RINGING, times))
    assert (legs.attempts[1].setup, legs.attempts[1].status) == (1000.0, None)
    legs.note(Answered(LEG, OK, replace(times, answered=114.0)))

    first, second = legs.attempts
    assert (first.invite, first.setup, first.answer) == (EPOCH + 2, None, None)
    assert (second.invite, second.setup, second.answer) == (EPOCH + 10, 1000.0, 4000.0)
    assert (second.status, second.reason, second.origin) == (200, "OK", "remote")
    assert legs.has_open
    assert legs.timings_ms == {"queued": 2000.0, "setup": 9000.0, "answer": 12000.0}


def test_a_leg_that_was_left_ends_for_the_call_at_once() -> None:
    legs = begun()
    assert legs.is_current_open
    legs.leave("Too late.", 105.5)

    (attempt,) = legs.attempts
    assert not legs.is_current_open
    assert (attempt.status, attempt.origin) == (408, "local-timer")
    assert (attempt.detail, attempt.invite) == ("Too late.", legs.to_epoch(101.5))
    assert attempt.ended == legs.to_epoch(105.5)
    assert legs.first_invite == 101.5


def test_a_leg_that_was_left_changes_nothing_but_the_ladder() -> None:
    legs = begun()
    legs.leave("Too late.", 105.5)
    before = legs.attempts[0].ended, legs.times

    legs.close_left(replace(make_ended(LEG, BUSY), ladder="late"))

    assert (legs.attempts[0].ended, legs.times) == before
    assert (legs.ladder, legs.left) == ("late", {})
