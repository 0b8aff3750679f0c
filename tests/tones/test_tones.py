"""How well the tones of networks are told apart, and from speech."""

from random import Random

import pytest

from tests.callprogress.greetings import HELD_OUT
from tests.tones.speech import quiet_samples, speech_samples
from tests.tones.table import country_samples, judge, share_right, sit_samples, table

SPEECH = 20


@pytest.mark.slow
def test_every_tone_of_every_country() -> None:
    judgements = [judge(sample) for sample in country_samples(Random(1))]

    assert share_right(judgements) >= 0.98, table("countries", judgements)


def test_special_information_tones() -> None:
    judgements = [judge(sample) for sample in sit_samples(Random(1))]

    assert share_right(judgements) == 1, table("SIT", judgements)


@pytest.mark.slow
def test_speech_is_an_announcement_and_no_tone() -> None:
    made = speech_samples(Random(1), HELD_OUT, SPEECH)
    judgements = [judge(sample) for sample in made]

    assert share_right(judgements) >= 0.95, table("speech", judgements)


def test_silence_and_noise_are_nothing() -> None:
    judgements = [judge(sample) for sample in quiet_samples(Random(1), 9)]

    assert share_right(judgements) == 1, table("noise", judgements)
