"""Tones of networks by frequency and cadence, as pure rules."""

from collections.abc import Iterator

import pytest

from sip.country_tones import (
    TYPES,
    country_of_number,
    international_tones,
    parse_cadence,
    read_table,
    tones_of_country,
)
from sip.network_tones import (
    ANNOUNCEMENT_MS,
    CONTINUOUS_MS,
    SILENCE,
    VOICE,
    ToneDetector,
    ToneFinding,
    ToneInterval,
    ToneSet,
    ToneType,
    find_sit,
)
from tests.tones.table import SIT_CASES, first_type

HEARD_MS = 14_000
LATE_MS = 20
"""Tones begin and end within a frame."""


def play(text: str, stretch: float = 1, late_ms: float = 0) -> Iterator[ToneInterval]:
    """A tone of the table, its steps longer by *stretch*, each second one by *late_ms*."""
    frequencies, steps = text.split()
    hertz = [round(float(part)) for part in frequencies.split("+")]
    if len(hertz) > 1 and hertz[1] - hertz[0] < 70:
        hertz = [sum(hertz) // 2]
    sounds = (hertz[0], hertz[1] if len(hertz) > 1 else 0)
    at_ms, count = 500.0, 0
    while at_ms < HEARD_MS:
        for step in steps.replace("on", str(HEARD_MS)).split("/"):
            is_off = count % 2
            yield ToneInterval(*((SILENCE, 0) if is_off else sounds), at_ms)
            at_ms += float(step) * stretch + (-late_ms if is_off else late_ms)
            count += 1


def detect(sounds: Iterator[ToneInterval], tones: ToneSet) -> list[ToneFinding]:
    detector = ToneDetector(tones)
    found = [each for interval in sounds for each in detector.add(interval)]
    return [*found, *detector.advance(HEARD_MS)]


ROWS = [
    (country, type_, text)
    for country, row in read_table().items()
    for type_ in TYPES
    for text in row.get(type_.value, ())  # type: ignore[attr-defined]
]


@pytest.mark.parametrize(("country", "type_", "text"), ROWS)
@pytest.mark.parametrize("late_ms", [-LATE_MS, 0, LATE_MS])
def test_tones_of_countries(
    country: str, type_: ToneType, text: str, late_ms: float
) -> None:
    found = detect(play(text, late_ms=late_ms), tones_of_country(country))

    expected = first_type(read_table()[country], text, type_)
    assert [each.type for each in found] == [expected]


def test_there_are_many_countries() -> None:
    assert len(read_table()) >= 40


def test_a_busy_tone_is_known_after_two_cycles() -> None:
    (found,) = detect(play("425 480/480"), tones_of_country("de"))

    assert found == ToneFinding(ToneType.BUSY, 500 + 2 * 960)


def test_ringback_is_known_when_it_begins_again() -> None:
    (found,) = detect(play("425 1000/4000"), tones_of_country("de"))

    assert found == ToneFinding(ToneType.RINGBACK, 5500)


def test_a_tone_without_an_end() -> None:
    (found,) = detect(play("400 on"), tones_of_country("gb"))

    assert found == ToneFinding(ToneType.UNOBTAINABLE, 500 + CONTINUOUS_MS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("425 500/500", [ToneType.BUSY]),
        ("400 375/375", [ToneType.BUSY]),
        ("480+620 500/500", [ToneType.BUSY]),
        ("425 240/240", [ToneType.CONGESTION]),
        ("480+620 250/250", [ToneType.CONGESTION]),
        ("440+480 2000/4000", [ToneType.RINGBACK]),
        ("400+450 400/200/400/2000", [ToneType.RINGBACK]),
        ("425 on", []),
        ("800 500/500", []),
        ("425 100/900", []),
    ],
)
def test_tones_of_a_country_that_is_not_known(
    text: str, expected: list[ToneType]
) -> None:
    found = detect(play(text), international_tones())

    assert [each.type for each in found] == expected


def test_another_frequency_is_another_tone() -> None:
    assert detect(play("350 480/480"), tones_of_country("de")) == []


def test_a_word_in_between_begins_anew() -> None:
    tones = list(play("425 480/480"))[:4]
    word = ToneInterval(VOICE, 0, tones[-1].begin_ms + 480)
    again = [
        ToneInterval(each.sound, 0, each.begin_ms + word.begin_ms) for each in tones
    ]

    assert detect(iter([*tones, word, *again]), tones_of_country("de")) == []


def test_a_rarer_cadence_is_not_taken_for_a_part_of_it() -> None:
    (found,) = detect(
        play("425 200/200/200/200/200/600"), tones_of_country("es")
    )  # fmt: skip

    assert found.type is ToneType.CONGESTION


@pytest.mark.parametrize("type_", SIT_CASES)
@pytest.mark.parametrize("gap_ms", [0, 40])
def test_special_information_tones(type_: ToneType, gap_ms: float) -> None:
    at_ms, sounds = 200.0, []
    for hertz, lasted_ms in SIT_CASES[type_]:
        sounds.append(ToneInterval(round(hertz), 0, at_ms))
        at_ms += lasted_ms
        if gap_ms:
            sounds.append(ToneInterval(SILENCE, 0, at_ms))
        at_ms += gap_ms
    found = detect(
        iter([*sounds, ToneInterval(VOICE, 0, at_ms)]), international_tones()
    )

    assert [each.type for each in found] == [type_, ToneType.ANNOUNCEMENT]


@pytest.mark.parametrize(
    "segments",
    [
        ((950, 330), (1400, 330)),
        ((950, 330), (1400, 330), (1600, 330)),
        ((1800, 330), (1400, 330), (950, 330)),
        ((950, 100), (1400, 330), (1800, 330)),
        ((950, 330), (1400, 330), (1800, 900)),
    ],
)
def test_what_is_no_special_information_tone(
    segments: tuple[tuple[int, float], ...],
) -> None:
    assert find_sit(segments) is None


def test_variants_that_differ_by_length_alone() -> None:
    low = ((914, 380), (1371, 380), (1777, 380))
    high = ((985, 276), (1371, 380), (1777, 380))

    assert find_sit(low) is ToneType.SIT_NO_CIRCUIT
    assert find_sit(high) is ToneType.SIT_REORDER


def test_an_announcement_is_a_second_and_a_half_of_speech() -> None:
    detector = ToneDetector(international_tones())
    for begin_ms in (0, 1000):
        assert detector.add(ToneInterval(VOICE, 0, begin_ms)) == []
        assert detector.add(ToneInterval(SILENCE, 0, begin_ms + 700)) == []
    detector.add(ToneInterval(VOICE, 0, 2000))

    due_ms = detector.due_ms
    assert due_ms == 2000 + ANNOUNCEMENT_MS - 2 * 700
    assert detector.advance(due_ms - 1) == []
    assert detector.advance(due_ms) == [ToneFinding(ToneType.ANNOUNCEMENT, due_ms)]


def test_clicks_are_no_announcement() -> None:
    detector = ToneDetector(international_tones())
    for begin_ms in range(0, 40_000, 1000):
        found = detector.add(ToneInterval(VOICE, 0, begin_ms))
        found += detector.add(ToneInterval(SILENCE, 0, begin_ms + 80))
        assert found == []


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("+4930123456", "de"),
        ("+12125551234", "us"),
        ("+420123456789", "cz"),
        ("+3531234567", "ie"),
        ("+999123", None),
        ("4930123456", None),
        ("+", None),
        ("", None),
    ],
)
def test_the_country_of_a_number(number: str, country: str | None) -> None:
    assert country_of_number(number) == country


def test_close_tones_are_read_as_the_one_between_them() -> None:
    cadence = parse_cadence(ToneType.RINGBACK, "440+480 2000/4000")

    assert cadence.hertz == ((435, 485),)
    assert cadence.steps_ms == ((1760, 2240), (3560, 4440))
