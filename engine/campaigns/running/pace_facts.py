"""What the pace of a campaign is told: its calls, and its agents. Pure."""

from collections.abc import Sequence

from engine.campaigns.pacing import AbandonedShare, PaceFacts
from engine.model.campaign import AgentEntry, AgentState
from engine.platform.campaign_options import Pace, PaceMode

from .live_attempts import LiveAttempts

TAKEN = frozenset({AgentState.BUSY, AgentState.WRAP})


def asks_agents(pace: Pace) -> bool:
    """Whether *pace* depends on agents who report themselves."""
    return pace.agents is None and pace.mode is not PaceMode.FIXED


def facts_of(
    pace: Pace,
    live: LiveAttempts,
    agents: Sequence[AgentEntry],
    share: AbandonedShare,
    *,
    now: float,
    passed_s: float,
) -> PaceFacts:
    """Return what is known *now*, *passed_s* after the step before.

    Agents are *agents*, who report themselves, or so many calls as the application serves at
    once, each of which is taken from the moment it is known to be a person's.
    """
    persons = live.busy(now)
    if pace.agents is not None or not asks_agents(pace):
        free = max((pace.agents or 0) - len(persons), 0)
        busy, with_agent = persons, len(persons)
    else:
        free = sum(agent.state is AgentState.FREE for agent in agents)
        busy = [now - agent.since for agent in agents if agent.state in TAKEN]
        with_agent = sum(agent.call is not None for agent in agents)
    return PaceFacts(
        passed_s,
        free_agents=free,
        dialling=live.dialling(now),
        waiting=max(len(persons) - with_agent, 0),
        busy=busy,
        talking=min(with_agent, len(persons)) + live.machines,
        share=share,
    )
