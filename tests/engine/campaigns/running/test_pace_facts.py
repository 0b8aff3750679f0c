import pytest

from engine.campaigns.pacing import AbandonedShare, PaceFacts
from engine.campaigns.running.live_attempts import LiveAttempts
from engine.campaigns.running.pace_facts import asks_agents, facts_of
from engine.model.campaign import AgentEntry, AgentState, AttemptEntry
from engine.model.event_data import CallAnsweredData
from engine.model.event_entry import EventEntry, EventSubject, encode_data
from engine.platform.campaign_options import Pace, PaceMode

NOW = 110.0
PROGRESSIVE = Pace(mode=PaceMode.PROGRESSIVE)


def live(dialled: int, answered: int) -> LiveAttempts:
    """Calls that were dialled at 100, and persons who have answered others at 105."""
    attempts = LiveAttempts(watches_progress=False)
    for number in range(dialled + answered):
        call = str(number)
        attempts.add([AttemptEntry(7, 1, "spring", "k", "+1", call, 100.0, "node")])
        if number < answered:
            data = CallAnsweredData(200, "OK", "leg")
            subject = EventSubject(call, 0.0, call)
            entry = EventEntry(subject, 1, 105.0, data.type.value, encode_data(data))
            attempts.apply(entry)
    return attempts


def agent(state: AgentState, call: str | None = None) -> AgentEntry:
    return AgentEntry("spring", state, state, 103.0, 200.0, call=call)


def facts(
    pace: Pace, attempts: LiveAttempts, *agents: AgentEntry
) -> tuple[int, int, int, int]:
    found: PaceFacts = facts_of(
        pace, attempts, agents, AbandonedShare(), now=NOW, passed_s=1.0
    )
    return found.free_agents, found.waiting, len(found.busy), found.lines


@pytest.mark.parametrize(
    ("mode", "agents", "expected"),
    [("fixed", None, False), ("progressive", None, True), ("progressive", 5, False)],
)
def test_agents_are_asked_for_where_they_count(
    mode: str, agents: int | None, expected: bool
) -> None:
    assert asks_agents(Pace(mode=PaceMode(mode), agents=agents)) is expected


def test_an_application_serves_so_many_at_once() -> None:
    pace = Pace(mode=PaceMode.PROGRESSIVE, agents=5)

    assert facts(pace, live(dialled=2, answered=3)) == (2, 0, 3, 5)


def test_agents_who_report_themselves_are_free_or_taken() -> None:
    agents = (
        agent(AgentState.FREE),
        agent(AgentState.BUSY, "0"),
        agent(AgentState.WRAP),
        agent(AgentState.AWAY),
    )

    assert facts(PROGRESSIVE, live(dialled=1, answered=1), *agents) == (1, 0, 2, 2)


def test_persons_without_an_agent_wait() -> None:
    busy = agent(AgentState.BUSY, "0")

    assert facts(PROGRESSIVE, live(dialled=0, answered=3), busy) == (0, 2, 1, 3)
