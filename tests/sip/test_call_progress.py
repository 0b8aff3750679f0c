"""The rules of call progress detection, as runs of sound in and findings out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.call_progress import (
    SILENCE,
    VOICE,
    AnsweredBy,
    CallProgressFinding,
    Detection,
    Detector,
    ProgressType,
    SoundInterval,
    verdict_of,
)

T = ProgressType
BEEP_HZ, CNG, CED = 1000, 1100, 2100
FAX = Detection(finds_fax=True)
FAX_ONLY = Detection(finds_machines=False, finds_fax=True)
TO_THE_END = Detection(ends_on=frozenset())


def heard(*sounds: tuple[int, float], detection: Detection = Detection()) -> str:  # noqa: B008 - it is frozen
    """What is found in *sounds* and their lengths in ms; the last one goes on for ever."""
    detector, at_ms = Detector(detection), 0.0
    found: list[CallProgressFinding] = []
    for sound, length_ms in sounds:
        if not detector.is_over:
            found += detector.add(SoundInterval(sound, at_ms))
        at_ms += length_ms
    while not detector.is_over:
        found += detector.advance(detector.due_ms)
    assert [finding.is_last for finding in found] == [False] * (len(found) - 1) + [True]
    return " ".join(f"{finding.type}@{finding.at_ms:.0f}" for finding in found)


CASES = {
    "silence": [
        ((SILENCE, 1),),
        "amd_unknown@18000",
    ],
    "hello": [
        ((SILENCE, 500), (VOICE, 600), (SILENCE, 1)),
        "amd_human@2100",
    ],
    "a gap below voiceofftime is part of the speech": [
        ((VOICE, 3000), (SILENCE, 900), (VOICE, 2000), (SILENCE, 1)),
        "amd_potentialmachine@5000 amd_machine@6900 amd_unknown@18000",
    ],
    "speech of amdtime is a human's": [
        ((VOICE, 4999), (SILENCE, 1)),
        "amd_human@5999",
    ],
    "longer speech is a machine's as soon as it goes on": [
        ((VOICE, 4800), (SILENCE, 500), (VOICE, 400), (SILENCE, 1)),
        "amd_potentialmachine@5400 amd_machine@6700 amd_unknown@18000",
    ],
    "a click is no speech": [
        ((SILENCE, 500), (VOICE, 80), (SILENCE, 1)),
        "amd_unknown@18000",
    ],
    "a click does not prolong speech": [
        ((VOICE, 500), (SILENCE, 900), (VOICE, 60), (SILENCE, 1)),
        "amd_human@1500",
    ],
    "after a machine nobody is a human": [
        ((VOICE, 6000), (SILENCE, 1500), (VOICE, 500), (SILENCE, 1)),
        "amd_potentialmachine@5000 amd_machine@7000 amd_unknown@18000",
    ],
    "speech without end": [
        ((VOICE, 1),),
        "amd_potentialmachine@5000 amd_unknown@18000",
    ],
    "greeting and beep": [
        ((VOICE, 6000), (SILENCE, 400), (BEEP_HZ, 500), (SILENCE, 1)),
        "amd_potentialmachine@5000 amd_potentialbeep@6520 amd_beep@7100",
    ],
    "a short greeting with a beep is a machine's": [
        ((VOICE, 2000), (SILENCE, 900), (BEEP_HZ, 500), (SILENCE, 1)),
        "amd_potentialbeep@3020 amd_beep@3600",
    ],
    "a tone below beepontime is speech": [
        ((VOICE, 200), (BEEP_HZ, 100), (VOICE, 200), (SILENCE, 1)),
        "amd_human@1500",
    ],
    "a tone before speech is no beep": [
        ((BEEP_HZ, 300), (SILENCE, 100), (VOICE, 500), (SILENCE, 1)),
        "amd_potentialbeep@120 amd_human@1900",
    ],
    "two tones are one beep": [
        ((BEEP_HZ, 300), (SILENCE, 100), (800, 300), (SILENCE, 1)),
        "amd_potentialbeep@120 amd_beep@900",
    ],
    "a fax that nobody looks for": [
        ((SILENCE, 500), (CED, 3000), (SILENCE, 1)),
        "amd_potentialbeep@620 amd_beep@3700",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("sounds", "expected"), CASES.values(), ids=CASES)
def test_with_the_defaults(
    sounds: tuple[tuple[int, float], ...], expected: str
) -> None:
    assert heard(*sounds) == expected


FAXES = {
    "cng": [((SILENCE, 500), (CNG, 500), (SILENCE, 3000), (CNG, 500)), "fax@880"],
    "ced": [((SILENCE, 500), (CED, 2700), (SILENCE, 1)), "fax@3040"],
    "off by 38 Hz": [((CNG + 38, 500), (SILENCE, 1)), "fax@380"],
    "off by 39 Hz": [
        ((CNG + 39, 500), (SILENCE, 1)),
        "amd_potentialbeep@120 amd_beep@700",
    ],
    "too short for ced": [
        ((CED, 2000), (SILENCE, 1)),
        "amd_potentialbeep@2000 amd_beep@2200",
    ],
    "too short for cng, and for a beep": [
        ((CNG, 100), (SILENCE, 1)),
        "amd_human@1100",
    ],
    "speech": [((VOICE, 500), (SILENCE, 1)), "amd_human@1500"],
}  # fmt: skip


@pytest.mark.parametrize(("sounds", "expected"), FAXES.values(), ids=FAXES)
def test_fax_beside_machines(
    sounds: tuple[tuple[int, float], ...], expected: str
) -> None:
    assert heard(*sounds, detection=FAX) == expected


def test_fax_alone() -> None:
    speech = ((VOICE, 6000), (SILENCE, 2000), (BEEP_HZ, 500), (SILENCE, 1))

    assert heard(*speech, detection=FAX_ONLY) == "None@18000"
    assert heard((CED, 2000), (SILENCE, 1), detection=FAX_ONLY) == "None@18000"
    assert heard((CED, 3000), detection=FAX_ONLY) == "fax@2540"


def test_events_that_do_not_end_it() -> None:
    speech = ((VOICE, 500), (SILENCE, 2000), (VOICE, 6000), (SILENCE, 2000))

    found = heard(*speech, (BEEP_HZ, 500), (SILENCE, 1), detection=TO_THE_END)

    assert found == (
        "amd_human@1500 amd_potentialmachine@7500 amd_machine@9500 "
        "amd_potentialbeep@10620 amd_beep@11200 amd_unknown@18000"
    )


@pytest.mark.parametrize("end", [T.POTENTIAL_MACHINE, T.MACHINE, T.POTENTIAL_BEEP])
def test_any_event_may_end_it(end: ProgressType) -> None:
    speech = ((VOICE, 6000), (SILENCE, 2000), (BEEP_HZ, 500), (SILENCE, 1))

    found = heard(*speech, detection=Detection(ends_on=frozenset((end,))))

    assert found.split()[-1].startswith(f"{end}@")


def test_own_limits() -> None:
    limits = Detection(
        voice_on_ms=300, voice_off_ms=500, amd_ms=1000, beep_on_ms=50, beep_off_ms=0
    )

    assert heard((VOICE, 250), (SILENCE, 1), detection=limits) == "amd_unknown@18000"
    assert heard((VOICE, 900), (SILENCE, 1), detection=limits) == "amd_human@1400"
    assert heard((BEEP_HZ, 60), (SILENCE, 1), detection=limits) == (
        "amd_potentialbeep@50 amd_beep@60"
    )


QUIET = Detection(silence_ms=3000)


@pytest.mark.parametrize(
    ("sounds", "expected"),
    [
        (
            ((VOICE, 6000), (SILENCE, 1)),
            "amd_potentialmachine@5000 amd_machine@7000 amd_silence@9000"
            " amd_unknown@18000",
        ),
        (  # the greeting goes on
            ((VOICE, 6000), (SILENCE, 2500), (VOICE, 500), (SILENCE, 1)),
            "amd_potentialmachine@5000 amd_machine@7000 amd_silence@12000"
            " amd_unknown@18000",
        ),
        (
            ((VOICE, 6000), (SILENCE, 2500), (BEEP_HZ, 500), (SILENCE, 1)),
            "amd_potentialmachine@5000 amd_machine@7000 amd_potentialbeep@8620"
            " amd_beep@9200",
        ),
        (((VOICE, 500), (SILENCE, 1)), "amd_human@1500"),
        (((SILENCE, 1),), "amd_unknown@18000"),
    ],
)
def test_a_machine_without_a_beep_falls_silent(
    sounds: tuple[tuple[int, float], ...], expected: str
) -> None:
    assert heard(*sounds, detection=QUIET) == expected


DOUBTS = Detection(doubt_ms=1500)


@pytest.mark.parametrize(
    ("sounds", "expected"),
    [
        (((VOICE, 1500), (SILENCE, 1)), "amd_human@2500"),
        (((VOICE, 1520), (SILENCE, 1)), "amd_human@4020"),
        (
            ((VOICE, 2000), (SILENCE, 1800), (BEEP_HZ, 400), (SILENCE, 1)),
            "amd_potentialbeep@3920 amd_beep@4400",
        ),
        (  # the pause is no speech: somebody has said hello twice
            ((VOICE, 2000), (SILENCE, 2000), (VOICE, 2000), (SILENCE, 1)),
            "amd_human@8500",
        ),
        (
            ((VOICE, 2000), (SILENCE, 2000), (VOICE, 3100), (SILENCE, 1)),
            "amd_potentialmachine@7000 amd_machine@8100 amd_unknown@18000",
        ),
        (
            ((VOICE, 6000), (SILENCE, 1)),
            "amd_potentialmachine@5000 amd_machine@7000 amd_unknown@18000",
        ),
    ],
)
def test_speech_of_doubtful_length_waits_for_a_beep(
    sounds: tuple[tuple[int, float], ...], expected: str
) -> None:
    assert heard(*sounds, detection=DOUBTS) == expected


SPOKEN = Detection(spoken_ms=2000)


@pytest.mark.parametrize(
    ("sounds", "expected"),
    [
        (  # three words with pauses
            ((VOICE, 600), (SILENCE, 800)) * 3 + ((SILENCE, 1),),
            "amd_human@4400",
        ),
        (
            ((VOICE, 900), (SILENCE, 200), (VOICE, 1200), (SILENCE, 1)),
            "amd_potentialmachine@2200 amd_machine@3300 amd_unknown@18000",
        ),
        (((VOICE, 1999), (SILENCE, 1)), "amd_human@2999"),
        (  # each speech has its own
            ((VOICE, 5500), (SILENCE, 1500), (VOICE, 1000), (SILENCE, 1)),
            "amd_potentialmachine@2000 amd_machine@6500 amd_unknown@18000",
        ),
    ],
)
def test_pauses_are_not_spoken(
    sounds: tuple[tuple[int, float], ...], expected: str
) -> None:
    assert heard(*sounds, detection=SPOKEN) == expected


SHORT_BEEPS = Detection(beep_on_ms=60)


def test_a_short_tone_is_a_beep_where_it_begins_in_silence() -> None:
    alone = ((VOICE, 600), (SILENCE, 300), (VOICE, 20), (BEEP_HZ, 80), (SILENCE, 1))
    vowel = ((VOICE, 600), (BEEP_HZ, 80), (SILENCE, 1))
    long = ((VOICE, 600), (BEEP_HZ, 120), (SILENCE, 1))

    assert heard(*alone, detection=SHORT_BEEPS).endswith("amd_beep@1200")
    assert heard(*vowel, detection=SHORT_BEEPS) == "amd_human@1680"
    assert heard(*long, detection=SHORT_BEEPS).endswith("amd_beep@920")


SOUNDS = st.tuples(
    st.sampled_from((SILENCE, VOICE, BEEP_HZ, CNG, CED)), st.integers(0, 4000)
)


@given(st.lists(SOUNDS), st.booleans(), st.sets(st.sampled_from(T)))
def test_whatever_is_heard(
    sounds: list[tuple[int, float]], finds_fax: bool, ends_on: set[ProgressType]
) -> None:
    detection = Detection(finds_fax=finds_fax, ends_on=frozenset(ends_on))

    found = heard(*sounds, detection=detection).split()

    types = [finding.partition("@")[0] for finding in found]
    times = [float(finding.partition("@")[2]) for finding in found]
    assert len(set(types)) == len(types)
    assert times == sorted(times)
    assert times[-1] <= 18_000
    assert types[-1] in {*ends_on, T.UNKNOWN}


VERDICTS = [
    ((), None),
    ((T.POTENTIAL_MACHINE, T.POTENTIAL_BEEP), None),
    ((T.HUMAN,), AnsweredBy.HUMAN),
    ((T.HUMAN, T.UNKNOWN), AnsweredBy.HUMAN),
    ((T.HUMAN, T.MACHINE), AnsweredBy.MACHINE),
    ((T.POTENTIAL_MACHINE, T.MACHINE, T.UNKNOWN), AnsweredBy.MACHINE),
    ((T.POTENTIAL_MACHINE, T.UNKNOWN), AnsweredBy.MACHINE),
    ((T.POTENTIAL_BEEP, T.UNKNOWN), AnsweredBy.MACHINE),
    ((T.BEEP,), AnsweredBy.MACHINE),
    ((T.BEEP, T.FAX), AnsweredBy.FAX),
    ((T.UNKNOWN,), AnsweredBy.UNKNOWN),
]


@pytest.mark.parametrize(("found", "verdict"), VERDICTS)
def test_verdict(found: tuple[ProgressType, ...], verdict: AnsweredBy | None) -> None:
    assert verdict_of(found) is verdict
