"""What the pace of campaigns comes to in simulated time: ``python -m tests.load.campaign_pace``.

It prints the table of ``docs/campaigns-pace.md``, and with ``--svg`` writes its chart. No call is
placed. It exits with 1 if predictive dialling abandons more than its target in any window.
"""

import argparse
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from engine.campaigns.simulation.plan import Population, SimulationPlan, Staff
from engine.campaigns.simulation.plots import plot
from engine.campaigns.simulation.report import SimulationSummary, summarize
from engine.campaigns.simulation.simulator import SimulationResult, simulate_campaign
from engine.platform.campaign_options import Pace, PaceMode

DAYS = 60
"""So that there are windows of 30 days from all days of the second half."""
TEAMS = (20, 5, 10, 50)
SEEDS = (1,)
CHARTED = 20  # agents
CONTACTS_OF_AGENT = 20_000
RATIO = 2.0
MODES = (PaceMode.PROGRESSIVE, PaceMode.POWER, PaceMode.PREDICTIVE)
TARGET = 0.03
HEAD = (
    "| mode | agents | persons | abandoned | worst 30 days | worst day | talk min/h |\n"
    "|---|---:|---:|---:|---:|---:|---:|"
)


def plan_of(mode: PaceMode, agents: int, seed: int, days: int) -> SimulationPlan:
    """A campaign that never runs out of contacts."""
    return SimulationPlan(
        days=days,
        seed=seed,
        pace=Pace(
            mode=mode, calls_per_second=50.0, ratio=RATIO, abandoned_target=TARGET
        ),
        people=Population(contacts=CONTACTS_OF_AGENT * agents),
        staff=Staff(agents=agents),
    )


def plans(
    teams: Sequence[int], seeds: Sequence[int], days: int
) -> Iterator[SimulationPlan]:
    """Each team with each mode, predictive with several seeds."""
    for agents in teams:
        for mode in MODES:
            for seed in seeds if mode is PaceMode.PREDICTIVE else seeds[:1]:
                yield plan_of(mode, agents, seed, days)


def row_of(total: SimulationSummary) -> str:
    """The row of the table."""
    mode = (
        f"power, ratio {RATIO:g}" if total.mode is PaceMode.POWER else total.mode.value
    )
    return (
        f"| {mode} | {total.agents} | {total.persons:,} | {total.abandoned_share:.2%} "
        f"| {total.worst_window:.2%} | {total.worst_day:.2%} | {total.talk_minutes:.1f} |"
    )


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--agents", type=int, nargs="+", default=TEAMS)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--svg", type=Path, help=f"draw {CHARTED} agents")
    parser.add_argument("--processes", type=int, default=1)
    return parser.parse_args()


def main() -> int:
    """Run all, print a row of each as it ends."""
    arguments = read_arguments()
    charted: dict[PaceMode, SimulationResult] = {}
    held = True
    print(HEAD)
    asked = plans(arguments.agents, arguments.seeds, arguments.days)
    with ProcessPoolExecutor(arguments.processes) as pool:
        for result in pool.map(simulate_campaign, asked):
            total = summarize(result)
            print(row_of(total), flush=True)
            if total.mode is PaceMode.PREDICTIVE:
                held &= total.worst_window <= TARGET
            if total.agents == CHARTED and total.mode is not PaceMode.POWER:
                charted.setdefault(total.mode, result)
    if arguments.svg and charted:
        arguments.svg.write_text(plot(list(charted.values())))
    return 0 if held else 1


if __name__ == "__main__":
    raise SystemExit(main())
