"""DTMF in sound, as the native part hears it: telephones, lines, and what is no digit."""

from array import array
from random import Random

import pjsua2
import pytest

from tests.callprogress import samples
from tests.callprogress.greetings import HELD_OUT
from tests.sipp.rtp import LINEAR
from tests.tones.generator import LEVEL, Pcm, silence, to_line, tone, with_noise

ROWS, COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
KEYS = "123A456B789C*0#D"
TALK_OFF = 40
"""Greetings, each of some seconds, in none of which there may be a digit."""


def key(digit: str, ms: float = 80, twist_db: float = 0, level: float = LEVEL) -> Pcm:
    """A digit; its high tone is louder by *twist_db*."""
    row, column = divmod(KEYS.index(digit), 4)
    louder = 10 ** (twist_db / 40)
    low = tone((ROWS[row],), ms, level / 2 / louder)
    high = tone((COLUMNS[column],), ms, level / 2 * louder)
    return [a + b for a, b in zip(low, high, strict=True)]


def dialled(digits: str, ms: float = 80, gap_ms: float = 80) -> Pcm:
    pcm = silence(200)
    for digit in digits:
        pcm += [*key(digit, ms), *silence(gap_ms)]
    return [*pcm, *silence(200)]


def heard(pcm: Pcm) -> str:
    return pjsua2.outring_inband_digits(to_line(pcm))


def test_every_digit() -> None:
    assert heard(dialled(KEYS)) == KEYS


def test_the_same_digit_again_and_again() -> None:
    assert heard(dialled("1111222")) == "1111222"


@pytest.mark.parametrize("ms", [45, 50, 400, 3000])
def test_short_and_long_digits(ms: float) -> None:
    assert heard(dialled("159D", ms, gap_ms=50)) == "159D"


def test_what_is_too_short_is_no_digit() -> None:
    """ITU-T Q.24: up to 20 ms, here 15."""
    assert heard(dialled(KEYS, ms=15)) == ""


@pytest.mark.parametrize("twist_db", [-5, -3, 3, 6])
def test_one_tone_may_be_louder(twist_db: float) -> None:
    pcm = [each for digit in KEYS for each in (*key(digit, 80, twist_db), *silence(80))]

    assert heard(pcm) == KEYS


@pytest.mark.parametrize("twist_db", [-15, 15])
def test_too_much_louder_is_no_digit(twist_db: float) -> None:
    pcm = [each for digit in KEYS for each in (*key(digit, 80, twist_db), *silence(80))]

    assert heard(pcm) == ""


@pytest.mark.parametrize("level", [600, 3000, 28_000])
def test_faint_and_loud_digits(level: float) -> None:
    pcm = [each for digit in KEYS for each in (*key(digit, 80, 0, level), *silence(80))]

    assert heard(pcm) == KEYS


def test_digits_in_noise() -> None:
    assert heard(with_noise(dialled(KEYS), Random(2), 100)) == KEYS


@pytest.mark.parametrize("hertz", [(697,), (1336,), (350, 440), (425,), (1400,)])
def test_other_tones_are_no_digits(hertz: tuple[float, ...]) -> None:
    assert heard([*silence(100), *tone(hertz, 1000), *silence(100)]) == ""


def test_noise_is_no_digit() -> None:
    assert heard(with_noise(silence(20_000), Random(4), 3000)) == ""


def test_speech_is_no_digit() -> None:
    draw = Random("talk-off")
    made = [samples.machine(draw, HELD_OUT) for _ in range(TALK_OFF)]
    linear = [array("h", map(LINEAR.__getitem__, call.pcmu)).tobytes() for call in made]

    assert [pjsua2.outring_inband_digits(each) for each in linear] == [""] * TALK_OFF


@pytest.mark.parametrize(
    ("digits", "paths", "times_ms", "expected"),
    [
        ("123", "222", (0, 500, 1000), "123"),  # sound alone
        ("55", "22", (0, 500), "55"),  # pressed twice
        ("1122", "2020", (0, 40, 500, 540), "12"),  # each key both ways, events
        ("1122", "2121", (0, 300, 900, 1200), "12"),  # and INFO
        ("112", "200", (0, 40, 500), "12"),
        ("11", "20", (0, 1500), "11"),  # too late to be the same
        ("12", "20", (0, 40), "12"),
        ("11", "00", (0, 40), "11"),  # events are never compared
        ("12", "02", (0, 500), "1"),  # from then on sound does not count
    ],
)
def test_digits_that_come_both_ways(
    digits: str, paths: str, times_ms: tuple[int, ...], expected: str
) -> None:
    times = pjsua2.IntVector(times_ms)

    assert pjsua2.outring_new_digits(digits, paths, times) == expected
