"""Print how well call progress detection tells people, machines and faxes apart.

python -m tests.callprogress [--dozens N] [--seed N]
python -m tests.callprogress FOLDER [--lines N] [--beeps] [--details] [--hint JSON]

Without a folder, the samples are made up. With one, they are the recordings in it: below
folders named human, machine and beep, which say what should be found of them.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import msgspec

from engine.model.call_progress import ProgressHint, progress_of
from sip.call_progress import Detection
from tests.callprogress.greetings import HELD_OUT, TUNING
from tests.callprogress.recordings import recordings
from tests.callprogress.samples import DOZENS, SEED, samples
from tests.callprogress.table import details, judge, table


def main() -> None:
    """Make or read the samples, judge them, and print tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, help="recordings to judge")
    parser.add_argument("--dozens", type=int, default=DOZENS, help="of each table")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--lines", type=int, default=0, help="for each recording")
    parser.add_argument("--beeps", action="store_true", help="and with tones behind")
    parser.add_argument("--details", action="store_true", help="a line for each")
    parser.add_argument("--hint", default="{}", help="bvr_callprogress, as JSON")
    wanted = parser.parse_args()
    detection = _detection_of(wanted.hint)
    if wanted.folder is not None:
        judgements = [
            judge(sample, detection)
            for sample in recordings(
                wanted.folder,
                lines=wanted.lines,
                with_beeps=wanted.beeps,
                seed=wanted.seed,
            )
        ]
        if wanted.details:
            print(details(judgements), end="\n\n")
        print(table(str(wanted.folder), judgements))
        return
    for title, languages in (("Held out", HELD_OUT), ("Tuning", TUNING)):
        made = samples(wanted.seed, languages, wanted.dozens)
        judgements = [judge(sample, detection) for sample in made]
        print(table(title, judgements), end="\n\n")


def _detection_of(hint: str) -> Detection:
    detection = progress_of(msgspec.json.decode(hint, type=ProgressHint)).detection
    return replace(detection, finds_fax=True)


if __name__ == "__main__":
    main()
