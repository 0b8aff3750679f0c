"""Speech at the rate of calls sounds as it did."""

import math

import pytest

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
    assert abs(len(heard) - 8000) <= 2
    wanted = tone(1000, 8000)[: len(heard)]
    differs = [sample - other for sample, other in zip(heard, wanted, strict=False)]
    assert energy(differs) < energy(wanted) / 1000
    assert energy(through(min(5000, rate / 2.1))) < energy(wanted) / 1000
