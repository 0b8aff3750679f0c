"""Beeps of many kinds, as samples in and findings out: the native part and the rules together."""

import math
from array import array
from dataclasses import replace

import pytest

from engine.model.voicemail import USUAL_DETECTION
from sip.call_progress import CallProgressFinding, Detection, Detector, ProgressType
from tests.sip.meter import read_sounds
from tests.sip.test_meter import RATE, Samples, noise, silence, tone

DOCUMENTED = Detection(max_run_ms=60_000)
CAREFUL = replace(USUAL_DETECTION, max_run_ms=60_000)


def chirp(hertz: float, ms: int, drift: float) -> Samples:
    """A tone whose frequency changes by *drift*, a share of it, in a second."""
    times = (n / RATE for n in range(ms * RATE // 1000))
    turns = (hertz * (t + drift * t * t / 2) for t in times)
    return [3000 * math.sin(2 * math.pi * turn) for turn in turns]


def together(first: Samples, second: Samples) -> Samples:
    """Both at once."""
    return [(a + b) / 2 for a, b in zip(first, second, strict=True)]


def greeting(ms: int) -> Samples:
    """Words of 400 ms with gaps of 150 ms between them."""
    word = noise(400, 2000) + silence(150)
    return word * (ms // 550)


def when_beep(sound: Samples, detection: Detection) -> float | None:
    """When a beep was found in *sound* on a line with noise, in ms; None: never."""
    line = [a + b for a, b in zip(sound, noise(len(sound) // 8, 30), strict=False)]
    detector = Detector(detection)
    found: list[CallProgressFinding] = []
    for run in read_sounds(array("h", map(round, line)).tobytes(), detection):
        if not detector.is_over:
            found += detector.add(run)
    while not detector.is_over:
        found += detector.advance(detector.due_ms)
    beeps = (each.at_ms for each in found if each.type is ProgressType.BEEP)
    return next(beeps, None)


BEEPS = {
    "short": tone(1000, 80),
    "of a sharp pitch": tone(2000, 100),
    "long": tone(440, 1200),
    "rising": chirp(1000, 600, 0.1),
    "falling fast": chirp(1400, 600, -0.3),
    "wavering": tone(1000, 500, modulation=0.1),
    "quiet": tone(850, 300, 250),
    "of two tones": tone(800, 150) + tone(1000, 150),
    "three times": (tone(1000, 100) + silence(80)) * 3,
}


@pytest.mark.parametrize("shift", [0, 37, 80, 123], ids=lambda shift: f"+{shift}")
@pytest.mark.parametrize("beep", BEEPS.values(), ids=BEEPS)
def test_beeps_that_voicemail_finds(beep: Samples, shift: int) -> None:
    """Wherever frames begin in it."""
    before = greeting(6000) + [0.0] * (2400 + shift)
    at_ms = when_beep(before + beep + silence(600), CAREFUL)

    assert at_ms is not None
    assert at_ms > len(before) / 8


NO_BEEPS = {
    "ringing or busy, which are two frequencies at once": together(
        tone(440, 600), tone(480, 600)
    ),
    "a vowel, which is inside a word": noise(200, 2000) + tone(600, 80),
    "a click": tone(1000, 20),
    "speech": noise(600, 2000),
}


@pytest.mark.parametrize("sound", NO_BEEPS.values(), ids=NO_BEEPS)
def test_what_is_no_beep(sound: Samples) -> None:
    assert when_beep(greeting(6000) + silence(300) + sound + silence(600), CAREFUL) is (
        None
    )


def test_a_tone_below_the_documented_length_is_none_with_the_defaults() -> None:
    sound = greeting(6000) + silence(300) + tone(1000, 100) + silence(600)

    assert when_beep(sound, DOCUMENTED) is None


def test_a_beep_after_a_greeting_of_fifty_seconds() -> None:
    before = greeting(50_000) + silence(300)
    sound = before + tone(1000, 300) + silence(600)

    at_ms = when_beep(sound, DOCUMENTED)

    assert at_ms is not None
    assert at_ms > len(before) / 8
    assert when_beep(sound, Detection()) is None  # it is over after 18 s
