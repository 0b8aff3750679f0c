"""Print how well call progress detection tells people, machines and faxes apart.

python -m tests.callprogress [--dozens N] [--seed N]
"""

import argparse

from tests.callprogress.greetings import HELD_OUT, TUNING
from tests.callprogress.samples import DOZENS, SEED, samples
from tests.callprogress.table import judge, table


def main() -> None:
    """Make the samples, judge them, and print two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dozens", type=int, default=DOZENS, help="of each table")
    parser.add_argument("--seed", type=int, default=SEED)
    wanted = parser.parse_args()
    for title, languages in (("Held out", HELD_OUT), ("Tuning", TUNING)):
        made = samples(wanted.seed, languages, wanted.dozens)
        print(table(title, [judge(sample) for sample in made]), end="\n\n")


if __name__ == "__main__":
    main()
