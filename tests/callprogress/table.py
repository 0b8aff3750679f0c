"""What the detector makes of the samples, as a table of what is right and what is not."""

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sip.call_progress import (
    AnsweredBy,
    CallProgressFinding,
    Detection,
    Detector,
    ProgressType,
    verdict_of,
)
from tests.callprogress.samples import KINDS, Sample
from tests.sip.meter import read_sounds
from tests.sipp.rtp import LINEAR

DETECTION = Detection(finds_fax=True)
"""The defaults, with both detectors."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found of one sample."""

    sample: Sample
    found: tuple[ProgressType | None, ...]

    @property
    def verdict(self) -> str:
        """What has answered; of a machine, too, whether its beep was heard."""
        verdict = verdict_of([type_ for type_ in self.found if type_ is not None])
        if verdict is AnsweredBy.MACHINE and self.sample.kind == "beep":
            return "beep" if ProgressType.BEEP in self.found else "machine"
        return verdict or "nothing"

    @property
    def is_right(self) -> bool:
        """Whether that is so; the beep of a machine has to be heard, too."""
        return self.verdict == self.sample.expected


def judge(sample: Sample) -> Judgement:
    """Run the detector over *sample* and the silence after it, and return its findings."""
    pcm = array("h", map(LINEAR.__getitem__, sample.pcmu))
    detector = Detector(DETECTION)
    found: list[CallProgressFinding] = []
    for run in read_sounds(pcm.tobytes(), DETECTION):
        if not detector.is_over:
            found += detector.add(run)
    while not detector.is_over:
        found += detector.advance(detector.due_ms)
    return Judgement(sample, tuple(finding.type for finding in found))


def share_right(judgements: Sequence[Judgement]) -> float:
    """How many of them are right, 0 to 1."""
    return sum(judgement.is_right for judgement in judgements) / len(judgements)


def table(title: str, judgements: Sequence[Judgement]) -> str:
    """Kinds of samples below each other, and beside each what was found."""
    counts = Counter(
        (judgement.sample.kind, judgement.verdict) for judgement in judgements
    )
    names = ("human", "machine", "beep", "fax", "unknown")
    lines = [
        f"{title}: {len(judgements)} samples, {share_right(judgements):.1%} right",
        _line("", (*names, "right")),
    ]
    for kind in KINDS:
        of_kind = [
            judgement for judgement in judgements if judgement.sample.kind == kind
        ]
        cells = [str(counts[kind, name] or "") for name in names]
        lines.append(_line(kind, (*cells, f"{share_right(of_kind):.0%}")))
    wrong = [judgement for judgement in judgements if not judgement.is_right]
    return "\n".join([*lines, *(f"  {_describe(judgement)}" for judgement in wrong)])


def _line(kind: str, cells: Iterable[str]) -> str:
    return f"{kind:>9}" + "".join(f"{cell:>9}" for cell in cells)


def _describe(judgement: Judgement) -> str:
    found = " ".join(str(each) for each in judgement.found)
    return f"{judgement.sample.kind} taken for {judgement.verdict}: {judgement.sample.about} ({found})"
