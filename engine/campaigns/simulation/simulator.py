"""A campaign in simulated time, event by event: the same rules, made-up people and agents."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from heapq import heappop, heappush
from itertools import count
from random import Random

from engine.campaigns.pacing import (
    CallHistory,
    CircuitBreaker,
    PaceFacts,
    counts_as_failure,
    pace_step,
)
from engine.campaigns.windows import Interval, Schedule, open_interval
from engine.model.campaign import AttemptOutcome, ContactEntry
from engine.platform.calendars import load_zone
from engine.platform.campaign_options import MeasuredFrom

from .contacts import NEVER, ContactQueue
from .fates import Fate, draw_duration, draw_fate
from .plan import SimulationPlan
from .tally import DAY_S, ShareWindow, Tally
from .team import Team

MS = 1000.0
STEP_S = 1.0
"""Between two steps of the pace, as on real calls."""


@dataclass(eq=False, slots=True)
class SimulatedCall:
    """A call that lives."""

    contact: ContactEntry
    fate: Fate
    begun: float


@dataclass(frozen=True, slots=True)
class SimulationResult:
    """What a simulation comes to."""

    plan: SimulationPlan
    tally: Tally
    finished_s: float | None
    """From the first call on, until nobody was left to call; None: the days were over before."""
    left: int
    """Contacts that were not done then."""


def simulate_campaign(plan: SimulationPlan) -> SimulationResult:
    """Simulate *plan* to its end."""
    return Simulator(plan).run()


class Simulator:
    """The state of a simulation. Times are seconds since 1970, as the rules take them."""

    def __init__(self, plan: SimulationPlan) -> None:
        """Be at the first midnight of *plan*, before anything has happened."""
        self._plan = plan
        self._random = Random(plan.seed)
        first = datetime.combine(
            date.fromisoformat(plan.begins), time(), load_zone(plan.staff.zone)
        )
        self._begin = self._now = first.timestamp()
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()
        self._contacts = ContactQueue(plan, self._random, self._now)
        self._team = Team(plan.staff.agents)
        self._shift = Interval(self._now, self._now)
        self._dialling: dict[SimulatedCall, None] = {}
        self._waiting: deque[SimulatedCall] = deque()
        self._history = CallHistory()
        self._window = ShareWindow(plan.pace.window_days)
        self._breaker = CircuitBreaker(plan.breaker)
        self._tokens = 0.0
        self._tally = Tally()

    def run(self) -> SimulationResult:
        """Let time pass until all contacts are done, or the days are over."""
        first: float | None = None
        while self._contacts.left and self._elapsed < self._plan.days * DAY_S:
            self._pass_events()
            self._change_shift()
            if self._step() and first is None:
                first = self._now
            self._now += STEP_S
            if not (self._events or self._is_due()):
                self._skip()
        done = not self._contacts.left and first is not None
        finished = self._now - first if done and first is not None else None
        return SimulationResult(self._plan, self._tally, finished, self._contacts.left)

    @property
    def _elapsed(self) -> float:
        return self._now - self._begin

    # -- time ------------------------------------------------------------------------------

    def _at(self, when: float, happen: Callable[[], None]) -> None:
        heappush(self._events, (when, next(self._numbers), happen))

    def _pass_events(self) -> None:
        """Have all happen that is due by now, each at its time."""
        now = self._now
        while self._events and self._events[0][0] <= now:
            self._now, _, happen = heappop(self._events)
            happen()
        self._now = now

    def _skip(self) -> None:
        """Go to the next second at which somebody may be called."""
        due = self._contacts.next_due(self._now)
        while due < float("inf"):
            shift = self._interval_at(due)
            later = self._contacts.next_due(max(due, shift.opens))
            if later < shift.closes:
                self._now = max(self._now, later)
                return
            due = later
        self._now = self._begin + self._plan.days * DAY_S

    def _is_due(self) -> bool:
        return self._team.is_open and self._contacts.next_due(self._now) <= self._now

    def _interval_at(self, when: float) -> Interval:
        staff = self._plan.staff
        return (
            open_interval((Schedule.of((staff.hours,)),), (staff.zone,), when) or NEVER
        )

    def _change_shift(self) -> None:
        if self._now >= self._shift.closes:
            self._team.close()
            self._shift = self._interval_at(self._now)
        if not self._team.is_open and self._shift.opens <= self._now:
            self._team.open()
        if not (self._team.is_open or self._dialling or self._waiting):
            self._team.dismiss()

    # -- calls -----------------------------------------------------------------------------

    def _step(self) -> int:
        """Begin as many calls as the pace says; returns how many."""
        self._count_time()
        step = pace_step(self._plan.pace, self._facts(), self._history, self._tokens)
        self._tokens = step.tokens
        allowed = self._breaker.allowance(self._now)
        calls = step.calls if allowed is None else min(step.calls, allowed)
        begun = 0
        while begun < calls and self._team.is_open and self._begin_call():
            begun += 1
        self._tokens -= begun
        return begun

    def _facts(self) -> PaceFacts:
        now = self._now
        return PaceFacts(
            passed_s=STEP_S,
            free_agents=self._team.free,
            dialling=[now - call.begun for call in self._dialling],
            waiting=len(self._waiting),
            busy=self._team.busy_for(now),
            talking=self._team.talks,
            share=self._window.share(self._elapsed),
        )

    def _begin_call(self) -> bool:
        contact = self._contacts.take(self._now)
        if contact is None:
            return False
        hour = datetime.fromtimestamp(
            self._now, load_zone(contact.zone or self._plan.staff.zone)
        ).hour
        invalid = self._contacts.is_invalid(contact)
        fate = draw_fate(self._random, self._plan.people, hour, is_invalid=invalid)
        call = SimulatedCall(contact, fate, self._now)
        self._dialling[call] = None
        self._breaker.note_begun(self._now)
        self._tally.at(self._elapsed).calls += 1
        self._at(self._now + fate.known_s, lambda: self._on_known(call))
        return True

    def _on_known(self, call: SimulatedCall) -> None:
        """It is known what a call is."""
        del self._dialling[call]
        outcome = call.fate.outcome
        is_person = outcome is AttemptOutcome.PERSON
        self._history.add_call(self._now - call.begun, is_person=is_person)
        failed = counts_as_failure(outcome, None)
        self._breaker.note_end(self._now, call.begun, failed=failed)
        if is_person:
            self._serve(call)
        else:
            self._tally.at(self._elapsed).lost += call.fate.is_human
            self._settle(call, outcome)

    def _serve(self, call: SimulatedCall) -> None:
        """Give a person to an agent, or have the person wait for one."""
        self._tally.at(self._elapsed).persons += 1
        self._window.count(self._elapsed, persons=1)
        if self._team.free:
            self._connect(call)
            return
        pace = self._plan.pace
        patience = pace.threshold_ms / MS
        if pace.measured_from is MeasuredFrom.ANSWER:
            patience = max(0.0, patience - call.fate.greeting_s)
        self._waiting.append(call)
        self._at(self._now + patience, lambda: self._on_threshold(call))

    def _on_threshold(self, call: SimulatedCall) -> None:
        """A person has waited as long as may be."""
        if call in self._waiting:
            self._waiting.remove(call)
            self._tally.at(self._elapsed).abandoned += 1
            self._window.count(self._elapsed, abandoned=1)
            self._settle(call, AttemptOutcome.ABANDONED)

    def _connect(self, call: SimulatedCall) -> None:
        agent = self._team.take(self._now, is_human=call.fate.is_human)
        self._at(self._now + call.fate.talk_s, lambda: self._on_hung_up(call, agent))

    def _on_hung_up(self, call: SimulatedCall, agent: int) -> None:
        """An agent has ended a call, and works on after it."""
        self._team.end_talk(agent)
        self._settle(call, AttemptOutcome.PERSON)
        wrap_up = draw_duration(self._random, self._plan.staff.wrap_up)
        self._at(self._now + wrap_up, lambda: self._on_work_done(agent))

    def _on_work_done(self, agent: int) -> None:
        """An agent has ended the work after a call."""
        self._history.add_handling(self._now - self._team.finish(agent))
        staff = self._plan.staff
        if self._random.random() < staff.pause_chance:
            self._team.send_away(agent)
            pause = draw_duration(self._random, staff.pause)
            self._at(self._now + pause, lambda: self._on_back(agent))
        self._serve_waiting()

    def _on_back(self, agent: int) -> None:
        """A pause is over."""
        self._team.come_back(agent)
        self._serve_waiting()

    def _serve_waiting(self) -> None:
        if self._waiting and self._team.free:
            self._connect(self._waiting.popleft())

    def _settle(self, call: SimulatedCall, outcome: AttemptOutcome) -> None:
        self._tally.outcomes[outcome] += 1
        self._contacts.settle(call.contact, outcome, self._now)

    def _count_time(self) -> None:
        slot = self._tally.at(self._elapsed)
        slot.staffed_s += self._team.present * STEP_S
        slot.talk_s += self._team.talks_to_persons * STEP_S
        lines = len(self._dialling) + len(self._waiting) + self._team.talks
        slot.line_s += lines * STEP_S
        slot.worked_s += STEP_S if self._team.present else 0.0
