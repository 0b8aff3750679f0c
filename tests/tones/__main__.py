"""Print how well the tones of networks are told apart, from each other and from speech.

python -m tests.tones [--seed N] [--speech N]
"""

import argparse
from random import Random

from tests.callprogress.greetings import HELD_OUT, TUNING
from tests.tones.speech import quiet_samples, speech_samples
from tests.tones.table import country_samples, judge, sit_samples, table


def main() -> None:
    """Make the samples, judge them, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speech", type=int, default=60, help="samples of speech")
    wanted = parser.parse_args()
    draw = Random(wanted.seed)
    languages = (*HELD_OUT, *TUNING)
    tables = {
        "Tones of countries": country_samples(draw),
        "Special information tones": sit_samples(draw),
        "Speech": speech_samples(draw, languages, wanted.speech),
        "Silence and noise": quiet_samples(draw, 9),
    }
    for title, made in tables.items():
        print(table(title, [judge(sample) for sample in made]), end="\n\n")


if __name__ == "__main__":
    main()
