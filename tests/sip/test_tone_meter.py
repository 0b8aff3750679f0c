"""What the native part hears of tones in samples: their frequencies, and when they begin."""

from random import Random

import pytest

from sip.network_tones import SILENCE, VOICE, ToneInterval
from tests.tones.generator import Pcm, silence, to_line, tone, with_noise
from tests.tones.table import intervals


def heard(*sounds: Pcm) -> list[ToneInterval]:
    return intervals(to_line([sample for sound in sounds for sample in sound]))


@pytest.mark.parametrize("hertz", [350, 400, 425, 450, 913.8, 985.2, 1428.5, 1800])
@pytest.mark.parametrize("level", [300, 3000, 25_000])
def test_a_tone_and_its_frequency(hertz: float, level: float) -> None:
    found, end = heard(silence(200), tone((hertz,), 400, level), silence(200))

    assert (found.begin_ms, found.another) == (200, 0)
    assert abs(found.sound - hertz) <= 3
    assert end == ToneInterval(SILENCE, 0, 600)


def test_two_tones_at_once() -> None:
    found, end = heard(silence(200), tone((480, 620), 500), silence(200))

    assert (found.begin_ms, end.begin_ms) == (200, 700)
    assert abs(found.sound - 480) <= 3
    assert abs(found.another - 620) <= 3


@pytest.mark.parametrize("pair", [(440, 480), (400, 450), (413, 438), (425, 480)])
def test_close_tones_are_the_one_between_them(pair: tuple[float, float]) -> None:
    found, end = heard(silence(200), tone(pair, 2000), silence(200))

    assert (found.begin_ms, end.begin_ms) == (200, 2200)
    assert (abs(found.sound - sum(pair) / 2) <= 5, found.another) == (True, 0)


@pytest.mark.parametrize("hertz", [(425,), (440, 480), (480, 620)])
def test_a_tone_in_noise(hertz: tuple[float, ...]) -> None:
    noisy = with_noise(
        [*silence(1000), *tone(hertz, 500, 2000), *silence(500)], Random(3), 60
    )

    tones = [each for each in heard(noisy) if each.sound > VOICE]
    assert len(tones) == 1
    assert 1000 <= tones[0].begin_ms <= 1060


def test_tones_one_after_another() -> None:
    runs = heard(
        tone((950,), 330), tone((1400,), 330), tone((1800,), 330), silence(100)
    )

    assert [round(each.sound, -1) for each in runs] == [950, 1400, 1800, 0]
    assert [each.begin_ms for each in runs] == [0, 340, 660, 1000]


def test_a_lost_packet_does_not_end_a_tone() -> None:
    lost = [*tone((425,), 200), *silence(20), *tone((425,), 200)]

    assert len(heard(lost, silence(100))) == 2


def test_noise_is_no_tone() -> None:
    noisy = with_noise(silence(3000), Random(5), 2000)

    assert {each.sound for each in heard(noisy)} <= {SILENCE, VOICE}


@pytest.mark.parametrize("hertz", [200, 2200, 3300])
def test_what_no_network_plays_is_no_tone(hertz: float) -> None:
    (found, end) = heard(silence(200), tone((hertz,), 400), silence(200))

    assert (found.sound, end.sound) == (VOICE, SILENCE)


def test_changes_are_rare_in_speech_like_sound() -> None:
    """A tone that changes every 60 ms, as vowels do: nobody is told of each."""
    pcm = [sample for at in range(50) for sample in tone((400 + 37 * (at % 7),), 60)]

    assert len(heard(pcm)) <= 20
