"""What has become of a call: every status, cause and way to end, and who has ended it."""

import pytest
from msgspec.structs import replace

from engine.model.call_record import CallRecord
from engine.model.disposition import (
    Conclusion,
    Disposition,
    EndRequester,
    HangUpBy,
    UnansweredEnd,
    disposition_of_end,
    hang_up_by,
)
from engine.model.result import RefusedError, Result
from sip.events import Origin

# RFC 3261 §21, and RFC 3329, 4412, 5079, 5360, 5393, 5626, 5839, 6442, 8197, 8224, 8599,
# 8688, 8876. Of a class that is not named: 420 as 400, and so on (RFC 3261 §8.1.3.2).
OF_STATUS = {
    "busy": {486, 600, 699},
    "no_answer": {408, 480, 487},
    "rejected": {401, 402, 403, 407, 428, 433, 436, 437, 438, 488, 603, 606, 607, 608},
    "unreachable": {300, 301, 302, 305, 380, 399}
    | {404, 410, 414, 416, 430, 484, 485, 604},
    "congestion": {440, 482, 483, 500, 501, 502, 503, 504, 505, 513, 555, 580, 599},
    "failed": {400, 405, 406, 409, 411, 412, 413, 415, 417, 420, 421, 422, 423, 424}
    | {425, 429, 439, 469, 470, 481, 489, 491, 493, 494, 499}
    | {200, 299, 700, 0},  # no failures by RFC 3261, if they come to this at all
}
OF_CAUSE = {
    "busy": {17},
    "no_answer": {18, 19},
    "rejected": {21, 24, 52, 53, 54, 55, 57, 65, 87, 88},
    "unreachable": {1, 3, 4, 5, 20, 22, 23, 27, 28},
    "congestion": {2, 25, 34, 38, 41, 42, 44, 46, 47, 58, 63, 91, 102},
}


@pytest.mark.parametrize("expected", OF_STATUS)
def test_a_final_response_says_what_has_become_of_a_call(expected: str) -> None:
    for status in OF_STATUS[expected]:
        assert disposition_of_end(UnansweredEnd(status, Origin.REMOTE)) == expected


def test_the_cause_of_a_gateway_says_more_than_the_status() -> None:
    of_cause = {cause: word for word, causes in OF_CAUSE.items() for cause in causes}
    for cause in range(128):
        for status, usual in ((404, "unreachable"), (503, "congestion")):
            end = UnansweredEnd(status, Origin.REMOTE, cause=cause)
            assert disposition_of_end(end) == of_cause.get(cause, usual)


LOCAL_CANCEL = UnansweredEnd(487, Origin.LOCAL_CANCEL)


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (LOCAL_CANCEL, "no_answer"),  # the ring limit
        (replace(LOCAL_CANCEL, status=200), "no_answer"),  # the 2xx crossed our CANCEL
        (replace(LOCAL_CANCEL, is_silent=True), "congestion"),
        (replace(LOCAL_CANCEL, was_given_up=True), "failed"),
        (UnansweredEnd(408, Origin.LOCAL_TIMER), "congestion"),
        (UnansweredEnd(503, Origin.LOCAL_TRANSPORT), "congestion"),  # or no such name
        (UnansweredEnd(503, Origin.LOCAL_TRANSPORT, was_given_up=True), "congestion"),
    ],
)
def test_an_end_without_a_response(end: UnansweredEnd, expected: str) -> None:
    assert disposition_of_end(end) == expected


@pytest.mark.parametrize("requester", EndRequester)
def test_an_end_that_was_asked_for(requester: EndRequester) -> None:
    is_defect = requester is EndRequester.DEFECT
    end = replace(LOCAL_CANCEL, requester=requester, is_silent=True)
    assert disposition_of_end(end) == ("failed" if is_defect else "cancelled")

    crossed = UnansweredEnd(486, Origin.REMOTE, requester)
    assert disposition_of_end(crossed) == "busy"


def test_what_was_heard_says_more_than_any_end() -> None:
    for end in (LOCAL_CANCEL, UnansweredEnd(503, Origin.REMOTE, cause=34)):
        heard = replace(end, requester=EndRequester.CLIENT, heard=Disposition.BUSY)
        assert disposition_of_end(heard) == "busy"


@pytest.mark.parametrize(
    ("origin", "requester", "expected"),
    [
        (Origin.REMOTE, None, "callee"),
        (Origin.REMOTE, EndRequester.CLIENT, "callee"),  # it was quicker
        (Origin.LOCAL_CANCEL, EndRequester.CLIENT, "caller"),
        (Origin.LOCAL_CANCEL, EndRequester.APPLICATION, "caller"),
        (Origin.LOCAL_CANCEL, EndRequester.LIMIT, "platform"),
        (Origin.LOCAL_CANCEL, EndRequester.OPERATOR, "platform"),
        (Origin.LOCAL_CANCEL, EndRequester.STOP, "platform"),
        (Origin.LOCAL_CANCEL, EndRequester.DEFECT, "platform"),
        (Origin.LOCAL_CANCEL, None, "platform"),  # the ring limit, the media timeout
        (Origin.LOCAL_TIMER, None, "platform"),
        (Origin.LOCAL_TRANSPORT, None, "platform"),
    ],
)
def test_who_has_ended_a_call(
    origin: Origin, requester: EndRequester | None, expected: str
) -> None:
    assert hang_up_by(origin, requester) is HangUpBy(expected)


@pytest.mark.parametrize("result", Result, ids=lambda result: result.text)
def test_a_refusal_is_refused_unless_the_platform_failed(result: Result) -> None:
    failed = {
        "Internal Error",
        "Request timeout",
        "No account found",
        "No application found",
    }
    usual = "failed" if result.text in failed else "refused"
    expected = "congestion" if result is Result.CALL_FAILED else usual

    assert RefusedError(result, "Why.").conclusion == Conclusion(Disposition(expected))


def test_a_refusal_closes_a_record_with_all_that_is_known() -> None:
    record = CallRecord(id="1", received=1.0, node="n", detail="Before.")
    refused = RefusedError(Result.NUMBER_DENIED, "Why.", refused_by="rule:.*")
    refused.close(record, 2.0)

    assert (record.result, record.detail) == ("Number denied", "Why.")
    assert (record.disposition, record.refused_by) == ("refused", "rule:.*")
    assert (record.termination_reason, record.ended) == ("refused", 2.0)
    assert (record.hangup_by, record.end_requester) == (None, None)


def test_a_client_that_has_gone_has_cancelled() -> None:
    record = CallRecord(id="1", received=1.0, node="n")
    gone = Conclusion(
        Disposition.CANCELLED, HangUpBy.CALLER, end_requester=EndRequester.CLIENT
    )
    RefusedError(Result.CALL_FAILED, "Gone.", conclusion=gone).close(record, 2.0)

    assert (record.disposition, record.hangup_by) == ("cancelled", "caller")
    assert record.end_requester == "client"
