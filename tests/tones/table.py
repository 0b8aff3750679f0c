"""What the detector of tones makes of samples, as a table of what is right and what is not."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

import pjsua2

from sip.country_tones import TYPES, international_tones, read_table, tones_of_country
from sip.network_tones import ToneDetector, ToneFinding, ToneInterval, ToneSet, ToneType

from .generator import RATE, Pcm, cadence, silence, sit, to_line, with_noise

HEARD_MS = 13_000
"""How much is heard of a tone: two cycles of the longest ringback."""
NOTHING = "nothing"
SIT_CASES = {  # Hz and ms of each segment
    ToneType.SIT: ((950, 330), (1400, 330), (1800, 330)),
    ToneType.SIT_INTERCEPT: ((913.8, 276), (1370.6, 276), (1776.7, 380)),
    ToneType.SIT_VACANT: ((985.2, 380), (1370.6, 276), (1776.7, 380)),
    ToneType.SIT_REORDER: ((913.8, 276), (1428.5, 380), (1776.7, 380)),
    ToneType.SIT_NO_CIRCUIT: ((985.2, 380), (1428.5, 380), (1776.7, 380)),
}


@dataclass(frozen=True, slots=True)
class Sample:
    """A sound of a network, and what should be found of it."""

    expected: str
    about: str
    samples: bytes
    tones: ToneSet


def intervals(samples: bytes) -> list[ToneInterval]:
    """Return what native code hears in *samples* (PCM of 16 bits, 8 kHz)."""
    return [ToneInterval(*each) for each in pjsua2.outring_tone_intervals(samples)]


def detect(samples: bytes, tones: ToneSet) -> list[ToneFinding]:
    """Return what is found of *samples*, one of *tones*."""
    detector = ToneDetector(tones)
    found = [
        finding for interval in intervals(samples) for finding in detector.add(interval)
    ]
    return [*found, *detector.advance(len(samples) / 2 / RATE * 1000)]


def country_samples(draw: Random) -> Iterator[Sample]:
    """Every tone of every country, with its own tones."""
    for country, row in read_table().items():
        for type_ in TYPES:
            for text in row.get(type_.value, ()):  # type: ignore[attr-defined]
                pcm = cadence(text, HEARD_MS, level=draw.uniform(600, 9000))
                expected = first_type(row, text, type_)
                about = f"{country} {type_} {text}"
                yield _sample(draw, expected, about, pcm, tones_of_country(country))


def first_type(row: object, text: str, usual: ToneType) -> ToneType:
    """The type that *text* is found as: some tones of a country sound like another."""
    assert isinstance(row, dict)
    return next((each for each in TYPES if text in row.get(each.value, ())), usual)


def sit_samples(draw: Random) -> Iterator[Sample]:
    """Every special information tone, with and without gaps."""
    for type_, segments in SIT_CASES.items():
        for gap_ms in (0, 30):
            pcm = [*sit(segments, gap_ms), *silence(1000)]
            yield _sample(
                draw, type_, f"gaps of {gap_ms} ms", pcm, international_tones()
            )


def _sample(
    draw: Random, expected: str, about: str, pcm: Pcm, tones: ToneSet
) -> Sample:
    lead = silence(draw.uniform(100, 700))
    noisy = with_noise([*lead, *pcm], draw, draw.uniform(0, 20))
    return Sample(expected, about, to_line(noisy), tones)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found of one sample."""

    sample: Sample
    found: tuple[ToneFinding, ...]

    @property
    def verdict(self) -> str:
        """What was found first."""
        return self.found[0].type if self.found else NOTHING

    @property
    def is_right(self) -> bool:
        """Whether that is so, and nothing else was found."""
        return self.verdict == self.sample.expected and len(self.found) <= 1


def judge(sample: Sample) -> Judgement:
    """Run the detector over *sample*."""
    return Judgement(sample, tuple(detect(sample.samples, sample.tones)))


def share_right(judgements: Sequence[Judgement]) -> float:
    """How many of them are right, 0 to 1."""
    return sum(judgement.is_right for judgement in judgements) / len(judgements)


def table(title: str, judgements: Sequence[Judgement]) -> str:
    """What was to be found below each other, and beside it what was."""
    counts = Counter((each.sample.expected, each.verdict) for each in judgements)
    rows = list(dict.fromkeys(each.sample.expected for each in judgements))
    columns = list(dict.fromkeys([*rows, *(each.verdict for each in judgements)]))
    lines = [
        f"{title}: {len(judgements)} samples, {share_right(judgements):.1%} right",
        f"{'':>15}" + "".join(f"{name:>16}" for name in columns),
    ]
    for row in rows:
        cells = [str(counts[row, column] or "") for column in columns]
        lines.append(f"{row:>15}" + "".join(f"{cell:>16}" for cell in cells))
    wrong = [each for each in judgements if not each.is_right]
    return "\n".join([*lines, *(f"  {_describe(each)}" for each in wrong)])


def _describe(judgement: Judgement) -> str:
    found = " ".join(f"{each.type}@{each.at_ms:.0f}" for each in judgement.found)
    return f"{judgement.sample.expected} ({judgement.sample.about}): {found or NOTHING}"
