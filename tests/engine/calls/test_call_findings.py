"""What was heard of a call: which of it is recorded, told, and an event of the application."""

from engine.calls.call_findings import CallFindings
from engine.model.call_progress import CallProgressResult, ProgressOutcome
from engine.model.network_tones import ToneEvent
from sip.call_progress import AnsweredBy, ProgressType
from sip.events import CallProgress, LegId, ToneFound
from sip.network_tones import ToneType, ToneVerdict
from tests.engine.calls.sessions import make_order

LEG = LegId("leg")
HUMAN = CallProgress(LEG, ProgressType.HUMAN, 106.0, is_last=True)
BUSY_TONE = ToneFound(LEG, ToneType.BUSY, 103.0)
BOTH = {
    "bvr_callprogress": {"enabled": "amd", "events": "amd_human"},
    "early_media": {"events": "busy"},
}


def make_findings(**hints: object) -> CallFindings:
    """Those of a call whose request has *hints*."""
    return CallFindings(make_order(hints=hints).request)


async def test_each_goes_where_it_belongs() -> None:
    findings = make_findings(**BOTH)
    findings.analysis.start()

    assert [findings.add(BUSY_TONE, 3.0), findings.add(HUMAN, 6.0)] == [True, True]
    assert [findings.is_event(BUSY_TONE), findings.is_event(HUMAN)] == [True, True]
    assert findings.outcome(2.0, 5.0) == ProgressOutcome(
        AnsweredBy.HUMAN, (("amd_human", 1000.0),), (("busy", 1000.0),), "busy"
    )


async def test_nobody_wants_events() -> None:
    findings = make_findings()

    assert [findings.is_event(BUSY_TONE), findings.is_event(HUMAN)] == [False, False]


async def test_nothing_was_found() -> None:
    findings = make_findings(**BOTH)

    assert (findings.copy_result(), findings.outcome(2.0, None)) == (None, None)


async def test_tones_alone_are_a_result_that_stays_as_it_is() -> None:
    findings = make_findings(**BOTH)
    findings.add(BUSY_TONE, 3.0)
    result = findings.copy_result()
    findings.add(BUSY_TONE, 4.0)

    assert result == CallProgressResult(
        tones=[ToneEvent(ToneType.BUSY, 3.0)], tone_verdict=ToneVerdict.BUSY
    )
