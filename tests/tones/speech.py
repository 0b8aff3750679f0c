"""What is no tone: announcements and greetings, silence, noise."""

from array import array
from collections.abc import Iterator, Sequence
from random import Random

from sip.country_tones import international_tones
from sip.network_tones import ToneType
from tests.callprogress import samples as calls
from tests.callprogress.greetings import Language
from tests.sipp.rtp import LINEAR

from .generator import silence, to_line, with_noise
from .table import NOTHING, Sample


def speech_samples(
    draw: Random, languages: Sequence[Language], count: int
) -> Iterator[Sample]:
    """Greetings of machines, which are announcements, with the tones of any country."""
    made = (calls.machine(draw, languages) for _ in range(count))
    for call in made:
        pcm = array("h", map(LINEAR.__getitem__, call.pcmu))
        yield Sample(
            ToneType.ANNOUNCEMENT, call.about, pcm.tobytes(), international_tones()
        )


def quiet_samples(draw: Random, count: int) -> Iterator[Sample]:
    """Silence and noise."""
    for number in range(count):
        level = 10 * 1.5**number
        pcm = with_noise(silence(6000), draw, level)
        yield Sample(NOTHING, f"noise {level:.0f}", to_line(pcm), international_tones())
