"""Speech at the rate of calls sounds as it did."""

import math
import sys

import pytest

import sip.pjsip
from engine.audio import SoundError
from engine.audio.resampling import resample


@pytest.mark.parametrize("rate", [11_025, 22_050, 44_100, 48_000])
def test_another_rate(rate: int) -> None:
    """A tone stays that tone, and what a telephone cannot carry goes."""

    def tone(hertz: float, of: int) -> list[int]:
        return [
            round(9000 * math.sin(2 * math.pi * hertz * at / of)) for at in range(of)
        ]

    def energy(values: list[int]) -> float:
        middle = values[1000:-1000]
        return sum(value * value for value in middle) / len(middle)

    def through(hertz: float) -> list[int]:
        pcm = b"".join(
            sample.to_bytes(2, "little", signed=True) for sample in tone(hertz, rate)
        )
        return [*memoryview(resample(pcm, rate, 8000)).cast("h")]

    heard = through(1000)
    assert 8000 <= len(heard) <= 8000 + 100  # silence behind it
    late = next(at for at, sample in enumerate(heard) if abs(sample) > 1000)
    assert late <= 24
    wanted = tone(1000, 8000)
    fits = [
        energy([a - b for a, b in zip(heard[at:], wanted, strict=False)])
        for at in range(late, late + 8)  # samples of a wave
    ]
    assert min(fits) < energy(wanted) / 100_000
    assert energy(through(min(5000, rate / 2.1))) < energy(wanted) / 1000


def test_the_end_is_not_lost() -> None:
    pcm = bytes(2 * 22_040) + (9000).to_bytes(2, "little") * 10

    heard = memoryview(resample(pcm, 22_050, 8000)).cast("h")
    assert max(heard[-100:]) > 5000
    assert all(abs(sample) < 100 for sample in [*heard[:7000], *heard[-20:]])


@pytest.mark.parametrize("rate", [8001, 11_111, 16_000, 95_999])
def test_any_rate_and_length(rate: int) -> None:
    for count in (1, 7, rate // 3):
        heard = resample(bytes(2 * count), rate, 8000)
        assert len(heard) // 2 == (count + rate // 100) * 8000 // rate


def test_a_process_without_a_user_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pjsua2", None)
    monkeypatch.delitem(sys.modules, "sip.pjsip.resampling", raising=False)
    monkeypatch.delattr(sip.pjsip, "resampling", raising=False)

    with pytest.raises(SoundError, match="without pjsua2"):
        resample(bytes(100), 22_050, 8000)
