"""Whether it is known who has answered, and which findings the application gets."""

import pytest

from engine.calls.call_progress_analysis import CallProgressAnalysis
from engine.model.call_progress import CallProgressRequest
from sip.call_progress import ProgressType
from sip.events import CallProgress, LegId

LEG = LegId("leg")
HUMAN = CallProgress(LEG, ProgressType.HUMAN, 106.0, is_last=False)
NOTHING = CallProgress(LEG, None, 107.0, is_last=True)
LONG = CallProgress(LEG, ProgressType.POTENTIAL_MACHINE, 106.0, is_last=False)
WANTED = CallProgressRequest(events=frozenset({ProgressType.HUMAN}))


async def test_nobody_wants_to_know() -> None:
    analysis = CallProgressAnalysis(None)

    assert analysis.start() is None
    assert not analysis.add(HUMAN, 6.0)
    assert not analysis.is_event(HUMAN)
    assert (analysis.result, analysis.outcome(5.0)) == (None, None)


async def test_before_the_answer_nothing_is_found() -> None:
    analysis = CallProgressAnalysis(WANTED)

    assert not analysis.add(HUMAN, 6.0)
    assert (analysis.result, analysis.known.done()) == (None, False)


@pytest.mark.parametrize(
    ("findings", "known"),
    [
        ((HUMAN, NOTHING), [True, False]),
        ((LONG, HUMAN), [False, True]),
        ((NOTHING,), [True]),
    ],
)
async def test_it_is_known_once_who_has_answered(
    findings: tuple[CallProgress, ...], known: list[bool]
) -> None:
    analysis = CallProgressAnalysis(WANTED)
    assert analysis.start() is WANTED.detection

    assert [analysis.add(finding, 6.0) for finding in findings] == known
    assert analysis.known.done()
    assert not analysis.end()


async def test_only_events_that_the_request_wants_reach_the_application() -> None:
    analysis = CallProgressAnalysis(WANTED)

    assert [analysis.is_event(finding) for finding in (HUMAN, LONG, NOTHING)] == [
        True,
        False,
        False,
    ]


async def test_the_outcome_counts_from_the_answer() -> None:
    analysis = CallProgressAnalysis(WANTED)
    analysis.start()
    analysis.add(HUMAN, 6.5)

    assert analysis.outcome(None) is None
    outcome = analysis.outcome(5.0)
    assert outcome is not None
    assert outcome.events == (("amd_human", 1500.0),)
