"""What is told of a simulation: one row for all of it, and rows by hour and by day."""

from collections.abc import Iterator
from datetime import date, timedelta

import msgspec

from engine.platform.campaign_options import PaceMode

from .simulator import SimulationResult
from .tally import DAY_S, SLOT_S, Slot, sum_slots

HOUR_S = 3600


class SimulationSummary(msgspec.Struct, frozen=True, rename="camel"):
    """All of a simulation; shares are of the calls that were recognised as persons."""

    mode: PaceMode
    agents: int
    calls: int
    persons: int
    abandoned: int
    abandoned_share: float
    worst_window: float
    """The highest abandoned share of a window that ends with any quarter of an hour."""
    worst_day: float
    lost_persons: int
    """Persons taken for machines, whom nobody can count on real calls."""
    talk_minutes: float
    """That an agent talks with persons in an hour at work."""
    lines: float
    """Calls that live, on average while agents are at work."""
    finished_hours: float | None
    """From the first call until nobody was left to call; None: it has not come to that."""
    left: int
    outcomes: dict[str, int]


class SimulatedHour(msgspec.Struct, frozen=True, rename="camel"):
    """An hour of the day in the zone of the agents, over all days."""

    hour: int
    calls: float
    """On a day."""
    persons: float
    abandoned_share: float
    talk_minutes: float
    lines: float


class SimulatedDay(msgspec.Struct, frozen=True, rename="camel"):
    """A day, and the window that ends with it."""

    day: date
    calls: int
    persons: int
    abandoned_share: float
    window_share: float
    talk_minutes: float


def summarize(result: SimulationResult) -> SimulationSummary:
    """Return the row of all of *result*."""
    total, tally = result.tally.total(), result.tally
    plan = result.plan
    outcomes = {name.value: count for name, count in tally.outcomes.most_common()}
    finished = result.finished_s
    return SimulationSummary(
        mode=plan.pace.mode,
        agents=plan.staff.agents,
        calls=total.calls,
        persons=total.persons,
        abandoned=total.abandoned,
        abandoned_share=total.abandoned_share,
        worst_window=_worst(result, plan.pace.window_days * DAY_S // SLOT_S, SLOT_S),
        worst_day=_worst(result, 1, DAY_S),
        lost_persons=total.lost,
        talk_minutes=total.talk_minutes,
        lines=total.lines,
        finished_hours=None if finished is None else finished / HOUR_S,
        left=result.left,
        outcomes=outcomes,
    )


def by_hour(result: SimulationResult) -> list[SimulatedHour]:
    """Return the hours at which somebody was called."""
    slots: dict[int, list[tuple[int, Slot]]] = {}
    for number, slot in sorted(result.tally.slots.items()):
        seconds = number * SLOT_S
        hour = seconds % DAY_S // HOUR_S
        slots.setdefault(hour, []).append((seconds // DAY_S, slot))
    hours = [_hour(hour, parts) for hour, parts in sorted(slots.items())]
    return [hour for hour in hours if hour.calls]


def by_day(result: SimulationResult) -> list[SimulatedDay]:
    """Return the days on which a person was reached."""
    return list(_days(result))


def _worst(result: SimulationResult, count: int, length: int) -> float:
    windows = result.tally.windows(count, length)
    return max((window.abandoned_share for _, window in windows), default=0.0)


def _hour(hour: int, parts: list[tuple[int, Slot]]) -> SimulatedHour:
    total = sum_slots(slot for _, slot in parts)
    days = len({day for day, _ in parts})
    return SimulatedHour(
        hour,
        calls=total.calls / days,
        persons=total.persons / days,
        abandoned_share=total.abandoned_share,
        talk_minutes=total.talk_minutes,
        lines=total.lines,
    )


def _days(result: SimulationResult) -> Iterator[SimulatedDay]:
    first = date.fromisoformat(result.plan.begins)
    days = result.tally.by_day()
    for number, window in result.tally.windows(result.plan.pace.window_days):
        slot = days[number]
        yield SimulatedDay(
            first + timedelta(days=number),
            slot.calls,
            slot.persons,
            slot.abandoned_share,
            window.abandoned_share,
            slot.talk_minutes,
        )
