"""What the native part hears in samples: silence, voice and tones, by their energy."""

import math
from array import array
from random import Random

import pytest

from sip.call_progress import SILENCE, VOICE, Detection, SoundInterval, ThresholdMode
from tests.sip.meter import read_sounds

RATE = 8000
FIXED, RATIO = ThresholdMode.FIXED, ThresholdMode.RATIO
Samples = list[float]


def tone(hertz: float, ms: int, level: float = 3000, modulation: float = 0) -> Samples:
    """A sine; its level falls by *modulation* ten times a second."""
    return [
        level
        * (1 - modulation * (n % 800 >= 400))
        * math.sin(2 * math.pi * hertz * n / RATE)
        for n in range(ms * RATE // 1000)
    ]


def noise(ms: int, level: float) -> Samples:
    """White noise of this level (root mean square)."""
    draw = Random(7)
    return [draw.gauss(0, level) for _ in range(ms * RATE // 1000)]


def silence(ms: int) -> Samples:
    """Nothing."""
    return [0.0] * (ms * RATE // 1000)


def heard(*sounds: Samples, detection: Detection = Detection()) -> list[SoundInterval]:  # noqa: B008 - it is frozen
    samples = [sample for sound in sounds for sample in sound]
    return read_sounds(array("h", map(round, samples)).tobytes(), detection)


@pytest.mark.parametrize("hertz", [360, 440, 1000, 1100, 1850, 2000, 2100, 2590])
@pytest.mark.parametrize("level", [300, 3000, 30_000])
def test_a_tone_and_its_frequency(hertz: int, level: int) -> None:
    runs = heard(silence(200), tone(hertz, 400, level), silence(200))

    tones = [run for run in runs if run.sound > VOICE]
    assert [run.begin_ms for run in tones] == [200]
    assert abs(tones[0].sound - hertz) <= 5
    assert runs[-1] == SoundInterval(SILENCE, 600)


@pytest.mark.parametrize("hertz", [100, 300, 2700, 3900])
def test_what_is_too_low_or_too_high_is_no_tone(hertz: int) -> None:
    runs = heard(tone(hertz, 400, 3000), silence(200))

    assert [run.sound for run in runs] == [VOICE, SILENCE]


def test_a_tone_in_noise() -> None:
    runs = heard(noise(1000, 100), [a + b for a, b in zip(
        tone(850, 500, 500), noise(500, 100), strict=True)], noise(500, 100))  # fmt: skip

    (found,) = [run for run in runs if run.sound > VOICE]
    assert 1000 <= found.begin_ms <= 1100
    assert abs(found.sound - 850) <= 20


def test_two_tones_at_once_are_none() -> None:
    both = [a + b for a, b in zip(tone(941, 400), tone(1336, 400), strict=True)]

    assert [run.sound for run in heard(both, silence(200))] == [VOICE, SILENCE]


def test_one_tone_after_another() -> None:
    runs = heard(tone(1400, 300), tone(2000, 300), silence(100))

    assert [run for run in runs if run.sound > VOICE] == [
        SoundInterval(1400, 0),
        SoundInterval(2000, 320),  # its first frame passes for a lost one
    ]


def test_a_lost_frame_does_not_end_a_tone() -> None:
    first, second = tone(1100, 200), tone(1100, 200)

    assert [run.sound for run in heard(first, silence(20), second, silence(100))] == [
        *(VOICE, 1100, SILENCE)
    ]


@pytest.mark.parametrize(("percent", "is_tone"), [(10, False), (30, True)])
def test_a_tone_keeps_its_energy(percent: float, is_tone: bool) -> None:
    """A tenth of the level is a fifth of the energy."""
    shaky = tone(1000, 500, modulation=0.1)
    runs = heard(shaky, detection=Detection(beep_modulation=percent))

    (last,) = [run for run in runs if run.sound > VOICE][-1:]
    assert (len(runs) == 2) is is_tone, runs
    assert last.sound == 1000


def test_noise_of_any_level_is_silence() -> None:
    for level in (20, 60, 150, 300):
        assert heard(noise(4000, level)) == [], level


def test_what_exceeds_noise_is_voice_at_once() -> None:
    runs = heard(noise(1000, 100), noise(300, 500), noise(1000, 100))

    assert runs == [SoundInterval(VOICE, 1000), SoundInterval(SILENCE, 1300)]


def test_noise_that_begins_later_is_silence_after_four_seconds_at_most() -> None:
    runs = heard(noise(1000, 20), noise(9000, 250))

    assert runs[0] == SoundInterval(VOICE, 1000)
    assert runs[-1].sound == SILENCE
    assert runs[-1].begin_ms <= 5200


def test_speech_from_the_first_frame_on_is_no_noise() -> None:
    runs = heard(noise(2000, 2000), silence(200))

    assert runs[0].sound == VOICE
    assert runs[0].begin_ms <= 20
    assert runs[-1] == SoundInterval(SILENCE, 2000)


def test_a_short_gap_is_none() -> None:
    loud = noise(200, 2000)

    assert heard(loud, silence(40), loud, silence(100))[-1] == SoundInterval(
        SILENCE, 440
    )
    assert SoundInterval(SILENCE, 200) in heard(loud, silence(60), loud)


def test_fixed_threshold() -> None:
    fixed = Detection(threshold_mode=FIXED, threshold=1_000_000)

    assert heard(noise(500, 800), silence(100), detection=fixed) == []
    assert heard(noise(500, 1300), silence(100), detection=fixed) == [
        SoundInterval(VOICE, 0),
        SoundInterval(SILENCE, 500),
    ]


def test_threshold_between_the_least_and_the_greatest() -> None:
    quarter = Detection(threshold_mode=RATIO, threshold=25)

    runs = heard(
        noise(500, 100), noise(500, 2000), noise(500, 800), noise(500, 1200),
        detection=quarter,
    )  # fmt: skip

    assert runs[-3:] == [
        SoundInterval(VOICE, 500),
        SoundInterval(SILENCE, 1000),
        SoundInterval(VOICE, 1500),
    ]


def test_what_is_no_whole_frame_is_left_out() -> None:
    assert read_sounds(b"", Detection()) == []
    assert read_sounds(b"\x7f" * 319, Detection()) == []
    with pytest.raises(TypeError):
        read_sounds("text", Detection())  # type: ignore[arg-type]
