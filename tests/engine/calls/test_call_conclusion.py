"""What a call has come to, by its legs and by who has asked for its end."""

import pytest

from engine.calls.call_conclusion import (
    MAX_CAUSE_TEXT,
    HangUpRequest,
    conclude_unanswered,
    describe_unanswered,
    find_cause,
)
from engine.calls.call_legs import CallLegs
from engine.model.disposition import (
    Conclusion,
    Disposition,
    EndRequester,
    HangUpBy,
    HangUpCause,
)
from engine.model.result import SipOutcome
from sip.events import LegId, Origin, Times
from sip.message import Response
from sip.network_tones import ToneVerdict
from tests.engine.calls.sessions import BUSY, HANG_UP, OK, RECEIVED, make_ended

LEG = LegId("leg")
CANCELLED = SipOutcome(487, "Request Terminated", Origin.LOCAL_CANCEL)
OURS = HangUpRequest(
    EndRequester.APPLICATION, (("reason", 'Q.850;cause=16;text="Done"'),)
)


def legs_with(response: Response | None, times: Times | None = None) -> CallLegs:
    """The legs of a call whose last one has heard *response* at last."""
    legs = CallLegs("bvr", RECEIVED)
    legs.response, legs.times = response, times or Times()
    return legs


@pytest.mark.parametrize("heard", ToneVerdict)
def test_what_the_network_plays_is_the_disposition(heard: ToneVerdict) -> None:
    conclusion = conclude_unanswered(CANCELLED, legs_with(None), None, heard)

    assert conclusion.disposition.value == heard.value
    assert conclusion.hang_up_by is HangUpBy.PLATFORM


def test_a_response_with_its_cause() -> None:
    busy = SipOutcome(503, "Service Unavailable", Origin.REMOTE)

    assert conclude_unanswered(busy, legs_with(BUSY), None) == Conclusion(
        Disposition.BUSY, HangUpBy.CALLEE, HangUpCause(17)
    )


@pytest.mark.parametrize(
    ("legs", "is_silent"),
    [
        (legs_with(None), True),
        (legs_with(None, Times(trying=1.0)), False),
        (legs_with(BUSY), False),
    ],
)
def test_a_trunk_is_silent_until_anything_was_heard_of_it(
    legs: CallLegs, is_silent: bool
) -> None:
    assert describe_unanswered(CANCELLED, legs, None).is_silent == is_silent


def test_what_the_user_agent_could_not_use_was_given_up() -> None:
    legs = legs_with(OK)
    legs.detail = "The SDP of the answer cannot be used."

    assert conclude_unanswered(CANCELLED, legs, None).disposition == "failed"


def test_who_has_cancelled_stands_there() -> None:
    assert conclude_unanswered(CANCELLED, legs_with(None), HANG_UP) == Conclusion(
        Disposition.CANCELLED, HangUpBy.CALLER, end_requester=EndRequester.CLIENT
    )


def test_the_cause_of_a_bye_counts_before_that_of_a_response_and_before_ours() -> None:
    bye = make_ended(LEG, bye_reason='Q.850;cause=31;text="Gone"')
    silent = make_ended(LEG)

    assert find_cause(bye, legs_with(BUSY), OURS) == HangUpCause(31, "Gone")
    assert find_cause(silent, legs_with(BUSY), OURS) == HangUpCause(17)
    assert find_cause(silent, legs_with(OK), OURS) == HangUpCause(16, "Done")
    assert find_cause(silent, legs_with(OK), HANG_UP) is None
    assert find_cause(None, legs_with(None), None) is None


def test_a_text_is_cut_and_can_be_written() -> None:
    end = make_ended(LEG, bye_reason=f'Q.850;cause=1;text="\udce9{"x" * 300}"')
    cause = find_cause(end, legs_with(None), None)

    assert cause == HangUpCause(1, "é" + "x" * (MAX_CAUSE_TEXT - 1))
