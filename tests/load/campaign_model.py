"""Call a million contacts in simulated time: python -m tests.load.campaign_model [--contacts N]

They are in all zones, become due within a year, and are called until all are done. Every call
is compared with clocks, calendars, lists and books (tests/engine/campaigns/campaign_model.py);
the first that breaks a rule ends the run. The years are independent, and run on all cores.
"""

import argparse
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime

from engine.model.campaign import ContactEnd
from tests.engine.campaigns.simulated_year import SimulatedYear

CONTACTS_OF_A_YEAR = 50_000
BEGIN = datetime(2026, 1, 15, tzinfo=UTC).timestamp()
STEP_S = 60.0

Figures = Counter[str]


def call(contacts: int, seed: int) -> Figures:
    """Call *contacts* for a year; return what was counted."""
    year = SimulatedYear(contacts, BEGIN, seed=seed, step_s=STEP_S)
    year.run()
    ends = year.model.ends()
    assert None not in ends, "contacts that have no end"
    counts = {"decisions": year.decisions, "INVITEs": year.placed, "late": year.late}
    return Counter(counts) + Counter(
        {end.value: ends[end] for end in ContactEnd if end in ends}
    )


def years_of(contacts: int) -> Sequence[int]:
    """How many contacts each year has, so that there are *contacts* in all."""
    full, rest = divmod(contacts, CONTACTS_OF_A_YEAR)
    return [CONTACTS_OF_A_YEAR] * full + [rest] * (rest > 0)


def main() -> None:
    """Print what became of the contacts, and how long it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=None)
    given = parser.parse_args()
    began, years = time.monotonic(), years_of(given.contacts)
    seeds = [given.seed + number for number in range(len(years))]
    figures: Figures = Counter()
    with ProcessPoolExecutor(given.processes) as pool:
        for counted in pool.map(call, years, seeds):
            figures += counted
            print(".", end="", flush=True)
    print(f"\n{given.contacts} contacts, {time.monotonic() - began:.0f} s")
    for name, value in figures.items():
        print(f"{name:12}{value:12,}")


if __name__ == "__main__":
    main()
