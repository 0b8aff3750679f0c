"""How well what answers is told apart, with the defaults, on samples that have no owner."""

import pytest

from tests.callprogress.greetings import HELD_OUT, TUNING, Language
from tests.callprogress.samples import DOZENS, SEED, samples
from tests.callprogress.table import judge, share_right, table


@pytest.mark.slow
@pytest.mark.parametrize("languages", [HELD_OUT, TUNING], ids=["held out", "tuning"])
def test_95_of_100_are_right(languages: tuple[Language, ...]) -> None:
    judgements = [judge(sample) for sample in samples(SEED, languages, DOZENS)]

    text = table("samples", judgements)
    print(f"\n{text}")
    assert len(judgements) >= 150
    assert share_right(judgements) >= 0.95, text
