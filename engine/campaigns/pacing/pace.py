"""How many calls of a campaign begin in a step, in each mode."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.platform.campaign_options import Pace, PaceMode

from .call_history import CallHistory
from .predictive import AbandonedShare, allowed_risk, count_calls, forecast

MS = 1000.0


@dataclass(frozen=True, slots=True)
class PaceFacts:
    """What is known when a step begins; times are seconds."""

    passed_s: float
    """Since the step before."""
    free_agents: int = 0
    dialling: Sequence[float] = ()
    """Since the INVITE of each call of which it is not known yet whether it is a person."""
    waiting: int = 0
    """Persons for whom an agent is looked for."""
    busy: Sequence[float] = ()
    """Since each busy agent got the call; the work after it is part of it."""
    talking: int = 0
    """Calls with an agent or the application."""
    share: AbandonedShare = field(default_factory=AbandonedShare)

    @property
    def lines(self) -> int:
        """Calls that live."""
        return len(self.dialling) + self.waiting + self.talking


@dataclass(frozen=True, slots=True)
class PaceStep:
    """What a step decides."""

    calls: int
    """So many may begin now."""
    tokens: float
    """To be given to the next step, less the calls that have begun."""


def pace_step(
    pace: Pace, facts: PaceFacts, history: CallHistory, tokens: float
) -> PaceStep:
    """Return how many calls may begin now.

    *tokens* are the calls that could have begun since, a bucket that holds those of a second,
    and at least one call. It bounds every mode, as *lines* does.
    """
    most = max(1.0, pace.calls_per_second)
    tokens = min(most, tokens + pace.calls_per_second * facts.passed_s)
    room = int(tokens)
    if pace.lines is not None:
        room = min(room, pace.lines - facts.lines)
    return PaceStep(max(0, min(room, _wanted(pace, facts, history, room))), tokens)


def _wanted(pace: Pace, facts: PaceFacts, history: CallHistory, room: int) -> int:
    """Return how many calls the agents ask for; above *room* it is not counted on."""
    if pace.mode is PaceMode.FIXED:
        return room
    taken = len(facts.dialling) + facts.waiting
    ratio = pace.ratio if pace.mode is PaceMode.POWER else 1.0
    sure = int(ratio * facts.free_agents) - taken
    if pace.mode is PaceMode.PREDICTIVE and sure < room:
        return max(sure, _predict(pace, facts, history, room))
    return sure


def _predict(pace: Pace, facts: PaceFacts, history: CallHistory, room: int) -> int:
    """Return how many calls keep the abandoned share at its target, *room* at most."""
    risk = allowed_risk(facts.share, pace.abandoned_target)
    agents = facts.free_agents + len(facts.busy)
    if not risk or not agents:
        return 0
    outlook = forecast(history, facts.dialling, facts.busy, pace.threshold_ms / MS)
    spare = facts.free_agents - facts.waiting
    return count_calls(outlook, spare, history.person_chance(), risk, most=room)
