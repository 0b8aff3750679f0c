"""What the detector makes of the samples, as a table of what is right and what is not."""

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
from tests.callprogress.samples import KINDS, Sample, pcm_of_pcmu
from tests.sip.meter import read_sounds

DETECTION = Detection(finds_fax=True)
"""The defaults, with both detectors."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found of one sample."""

    sample: Sample
    findings: tuple[CallProgressFinding, ...]

    @property
    def found(self) -> list[ProgressType]:
        """The types of what was found, in order."""
        return [each.type for each in self.findings if each.type is not None]

    @property
    def verdict(self) -> str:
        """What has answered; of a machine, too, whether a beep was heard, and too early."""
        verdict = verdict_of(self.found)
        beeps = [each for each in self.findings if each.type is ProgressType.BEEP]
        if verdict is AnsweredBy.MACHINE and beeps:
            return "beep" if beeps[0].at_ms >= self.sample.tone_ms else "early"
        return verdict or "nothing"

    @property
    def is_right(self) -> bool:
        """Whether that is so; the beep of a machine has to be heard, too."""
        return self.verdict == self.sample.expected


def judge(sample: Sample, detection: Detection = DETECTION) -> Judgement:
    """Run the detector over *sample* and the silence after it, and return its findings."""
    detector = Detector(detection)
    found: list[CallProgressFinding] = []
    for run in read_sounds(pcm_of_pcmu(sample.pcmu), detection):
        if not detector.is_over:
            found += detector.add(run)
    while not detector.is_over:
        found += detector.advance(detector.due_ms)
    return Judgement(sample, tuple(found))


def share_right(judgements: Sequence[Judgement]) -> float:
    """How many of them are right, 0 to 1; of none, all."""
    right = sum(judgement.is_right for judgement in judgements)
    return right / len(judgements) if judgements else 1.0


def table(title: str, judgements: Sequence[Judgement]) -> str:
    """Kinds of samples below each other, and beside each what was found."""
    counts = Counter(
        (judgement.sample.kind, judgement.verdict) for judgement in judgements
    )
    names = ("human", "machine", "beep", "early", "fax", "unknown")
    lines = [
        f"{title}: {len(judgements)} samples, {share_right(judgements):.1%} right",
        _line("", (*names, "right")),
    ]
    for kind in KINDS:
        of_kind = [
            judgement for judgement in judgements if judgement.sample.kind == kind
        ]
        cells = [str(counts[kind, name] or "") for name in names]
        if of_kind:
            lines.append(_line(kind, (*cells, f"{share_right(of_kind):.0%}")))
    wrong = [judgement for judgement in judgements if not judgement.is_right]
    return "\n".join([*lines, *(f"  {_describe(judgement)}" for judgement in wrong)])


def _line(kind: str, cells: Iterable[str]) -> str:
    return f"{kind:>9}" + "".join(f"{cell:>9}" for cell in cells)


def _describe(judgement: Judgement) -> str:
    sample = judgement.sample
    why = describe_findings(judgement)
    return f"{sample.kind} taken for {judgement.verdict}: {sample.about} ({why})"


def describe_findings(judgement: Judgement) -> str:
    """What was found, and when, in milliseconds since the answer."""
    findings = judgement.findings
    return " ".join(f"{each.type or 'nothing'}@{each.at_ms:.0f}" for each in findings)


def details(judgements: Iterable[Judgement]) -> str:
    """A line for each sample: whether it is right, its verdict, and why."""
    return "\n".join(
        f"{'ok ' if each.is_right else 'BAD'} {each.verdict:>8}"
        f" {each.sample.about} ({describe_findings(each)})"
        for each in judgements
    )
