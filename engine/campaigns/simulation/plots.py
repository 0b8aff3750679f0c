"""Charts of simulations: their pace, their agents and their abandoned share over time."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from .chart import Panel, Series, draw_chart
from .simulator import SimulationResult
from .tally import DAY_S, SLOT_S, Slot

TITLE = "Simulated campaigns: calls, agents and abandoned calls over time"
MOST_SLOTS = 120  # with more of them there is a point for each day
HOUR_S = 3600
PERCENT = 100.0

Points = dict[int, Slot]


def plot(results: Sequence[SimulationResult]) -> str:
    """Return a chart of *results*, a line for each, as SVG.

    A point is a quarter of an hour with calls, or a day if that is too many.
    """
    length, parts = SLOT_S, [_calling(result.tally.slots) for result in results]
    if len(set().union(*parts)) > MOST_SLOTS:
        length, parts = DAY_S, [_calling(it.tally.by_day()) for it in results]
    numbers = sorted(set().union(*parts))

    def panel(title: str, value: Callable[[Slot], float]) -> Panel:
        lines = [
            Series(
                result.plan.pace.mode.value,
                [value(slots[at]) if at in slots else None for at in numbers],
            )
            for result, slots in zip(results, parts, strict=True)
        ]
        return Panel(title, lines)

    return draw_chart(
        TITLE,
        [_label(results[0], number, length) for number in numbers],
        [
            panel("Calls that begin in an hour, for each agent", _calls_an_hour),
            panel("Minutes that an agent talks in an hour", lambda it: it.talk_minutes),
            _abandoned(results, numbers, length),
        ],
    )


def _calling(slots: Points) -> Points:
    return {number: slot for number, slot in slots.items() if slot.calls}


def _calls_an_hour(slot: Slot) -> float:
    return slot.calls * HOUR_S / slot.staffed_s


def _label(result: SimulationResult, number: int, length: int) -> str:
    seconds = number * length
    day = date.fromisoformat(result.plan.begins) + timedelta(days=seconds // DAY_S)
    if length == DAY_S:
        return day.strftime("%d %b")
    hour, minute = divmod(seconds % DAY_S // 60, 60)
    return f"{hour:02}:{minute:02}"


def _abandoned(
    results: Sequence[SimulationResult], numbers: list[int], length: int
) -> Panel:
    lines = [
        Series(result.plan.pace.mode.value, _window_shares(result, numbers, length))
        for result in results
    ]
    pace = results[0].plan.pace
    title = f"Abandoned share of the last {pace.window_days} days, in per cent"
    return Panel(title, lines, pace.abandoned_target * PERCENT)


def _window_shares(
    result: SimulationResult, numbers: list[int], length: int
) -> list[float | None]:
    """Return the share of the window that ends with each point."""
    window = result.plan.pace.window_days * DAY_S // length
    shares = {
        number: slot.abandoned_share * PERCENT
        for number, slot in result.tally.windows(window, length)
    }
    return [shares.get(number) for number in numbers]
