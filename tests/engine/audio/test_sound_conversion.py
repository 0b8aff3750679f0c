"""Any sound file becomes one that calls play."""

import sys
from io import BytesIO
from tempfile import TemporaryFile

import numpy
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from engine.audio import SoundError, sound_conversion
from engine.audio.sound_conversion import ConvertedSound, convert_sound
from engine.audio.wav import check, read_samples
from tests.engine.audio.conftest import wav

FORMATS = [
    ("WAV", "FLOAT"),
    ("WAV", "PCM_24"),
    ("WAV", "ULAW"),
    ("WAVEX", "PCM_16"),
    ("RF64", "PCM_16"),
    ("AIFF", "PCM_16"),
    ("FLAC", "PCM_16"),
    ("OGG", "VORBIS"),
    ("MP3", "MPEG_LAYER_III"),
]


def sound_file(
    hertz: tuple[float, ...] = (440, 440),
    *,
    rate: int = 44_100,
    level: float = 0.5,
    kind: tuple[str, str] = ("WAV", "FLOAT"),
) -> bytes:
    """A second of sound with a tone of *hertz* in each channel."""
    at = numpy.arange(rate) / rate
    channels = [level * numpy.sin(2 * numpy.pi * tone * at) for tone in hertz]
    file = BytesIO()
    soundfile.write(
        file, numpy.stack(channels, axis=1), rate, format=kind[0], subtype=kind[1]
    )
    return file.getvalue()


def convert(data: bytes, rate: int) -> ConvertedSound:
    with TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        return convert_sound(file, rate)


def strongest(data: bytes) -> list[int]:
    """The hertz in a WAV file that have a tenth of what the strongest have, or more."""
    rate, pcm = read_samples(data)
    bins = numpy.abs(numpy.fft.rfft(numpy.frombuffer(pcm, "<i2")[:rate]))
    return [int(hertz) for hertz in numpy.flatnonzero(bins > bins.max() / 10)]


@pytest.mark.parametrize("kind", FORMATS, ids=" ".join)
@pytest.mark.parametrize("rate", [8000, 16_000])
def test_what_is_made_is_played(kind: tuple[str, str], rate: int) -> None:
    sound = convert(sound_file(kind=kind), rate)

    assert check(BytesIO(sound.wav)).rate == rate
    assert sound.seconds == pytest.approx(1, abs=0.06)  # MP3 adds silence
    assert sound.peak_db == pytest.approx(-6, abs=1)
    assert sound.source == f"{kind[0]}, 44100 Hz, stereo"


def test_channels_are_mixed_and_what_a_telephone_cannot_carry_goes() -> None:
    sound = convert(sound_file((500, 1200, 6000)), 8000)

    assert strongest(sound.wav) == [500, 1200]
    assert sound.source == "WAV, 44100 Hz, 3 channels"


def test_what_is_too_loud_is_clipped() -> None:
    sound = convert(sound_file(level=2), 8000)

    _, pcm = read_samples(sound.wav)
    samples = numpy.frombuffer(pcm, "<i2")
    assert sound.peak == pytest.approx(2, abs=0.01)
    assert (samples.min(), samples.max()) == (-32768, 32767)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "It is no sound that can be read: "),
        (b"<html>", "It is no sound that can be read: "),
        (sound_file(kind=("FLAC", "PCM_16"))[:200], "It is no sound|nothing in it"),
        (wav(samples=b""), "There is nothing in it."),
        (wav(rate=400), "It has 400 Hz"),
    ],
)  # fmt: skip
def test_what_is_no_sound(data: bytes, why: str) -> None:
    with pytest.raises(SoundError, match=why):
        convert(data, 8000)


def test_a_long_sound_is_refused_whatever_it_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sound_conversion, "MAX_SECONDS", 60)
    minutes = sound_file(rate=8000) + bytes(61 * 8000 * 8)
    claims = minutes[:4] + b"\xff" * 4 + minutes[8:].replace(
        (8000 * 8).to_bytes(4, "little"), b"\xff" * 4
    )  # fmt: skip

    with pytest.raises(SoundError, match="It is longer than 1 minutes"):
        convert(claims, 8000)


@given(st.sampled_from(FORMATS), st.integers(0, 200), st.binary(max_size=12))
def test_whatever_stands_in_a_file(
    kind: tuple[str, str], at: int, wrong: bytes
) -> None:
    """It becomes a sound or not, and nothing else comes of it."""
    good = sound_file((440,), rate=8000, kind=kind)
    try:
        sound = convert(good[:at] + wrong + good[at + len(wrong) :], 8000)
    except SoundError:
        return
    check(BytesIO(sound.wav))


def test_the_extra_is_named_where_it_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "soxr", None)

    with pytest.raises(SoundError, match=r"pip install 'outring\[sounds\]'"):
        convert(wav(), 8000)
