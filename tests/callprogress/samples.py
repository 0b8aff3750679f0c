"""Telephone calls as their caller hears them, made by espeak-ng and SoX: PCMU, 8 kHz, mono.

All that differs from one sample to the next is drawn from a seed.
"""

import subprocess
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random

from tests.callprogress.greetings import VARIANTS, Language
from tests.sipp.rtp import LINEAR

SEED, DOZENS = 1, 15
"""Of the samples that the test judges, for each set of languages."""
RATE = 8000
LOWEST, HIGHEST = 300, 3400  # Hz, of a telephone line
_RAW = ("-t", "raw", "-r", str(RATE), "-c", "1", "-e", "signed", "-b", "16")
_PCMU = ("-t", "raw", "-r", str(RATE), "-c", "1", "-e", "mu-law", "-b", "8")
_SILENT = bytes(2)


@dataclass(frozen=True, slots=True)
class Sample:
    """One call from its answer on, and what should be found."""

    kind: str
    expected: str
    about: str
    pcmu: bytes
    tone_ms: float = 0
    """When the tone of a machine begins, if that is known."""


def human(draw: Random, languages: Sequence[Language]) -> Sample:
    """Somebody says a few words, and waits."""
    language = draw.choice(languages)
    text = draw.choice(language.people)
    said = _speech(draw, language, text)
    parts = [_silence(draw.uniform(0.0, 1.5)), said]
    about = text
    if draw.random() < 0.25:
        parts += [_silence(draw.uniform(1.6, 3.0)), said]
        about += " (twice)"
    return Sample("human", "human", about, _line(draw, [*parts, _silence(3)]))


def machine(draw: Random, languages: Sequence[Language]) -> Sample:
    """A recorded greeting that ends without a tone."""
    parts, about = _greeting(draw, languages)
    return Sample("machine", "machine", about, _line(draw, [*parts, _silence(4)]))


def beep(draw: Random, languages: Sequence[Language]) -> Sample:
    """A recorded greeting and its tone; then it records."""
    parts, about = _greeting(draw, languages)
    hertz, long_s = draw.choice(BEEPS), draw.uniform(0.15, 1.2)
    parts += [
        _silence(draw.uniform(0.1, 1.2)),
        _tone(hertz, long_s, draw.uniform(6, 18)),
    ]
    about = f"{about} [{hertz} Hz, {long_s:.2f} s]"
    return Sample("beep", "beep", about, _line(draw, [*parts, _silence(4)]))


def fax(draw: Random, languages: Sequence[Language]) -> Sample:
    """The tone of a fax that is called, or that calls (ITU-T T.30 §4.3.3.3)."""
    lead = _silence(draw.uniform(0.1, 2.0))
    level = draw.uniform(6, 25)
    if draw.random() < 0.5:
        hertz = 2100 + draw.uniform(-15, 15)
        parts = [lead, _tone(hertz, draw.uniform(2.6, 4.0), level)]
        about = f"CED {hertz:.0f} Hz"
    else:
        hertz = 1100 + draw.uniform(-38, 38)
        once = _tone(hertz, draw.uniform(0.425, 0.575), level)
        parts = [lead, once, _silence(3), once]
        about = f"CNG {hertz:.0f} Hz"
    return Sample("fax", "fax", about, _line(draw, [*parts, _silence(2)], gain=False))


def silence(draw: Random, languages: Sequence[Language]) -> Sample:
    """Nobody says anything; something may click."""
    parts = [_silence(draw.uniform(1, 5))]
    clicks = draw.choice((0, 0, 1, 3))
    for _ in range(clicks):
        parts += [_tone(900, 0.004, 3), _silence(draw.uniform(1, 4))]
    pcmu = _line(draw, parts, noise_db=draw.choice((None, None, -70, -65)), gain=False)
    return Sample("silence", "unknown", f"{clicks} clicks", pcmu)


def noise(draw: Random, languages: Sequence[Language]) -> Sample:
    """A noisy line on which nobody says anything."""
    noise_db = draw.uniform(-60, -38)
    parts = [_silence(18)]
    pcmu = _line(draw, parts, noise_db=noise_db, gain=False)
    return Sample("noise", "unknown", f"{noise_db:.0f} dB", pcmu)


LONGEST_S = 14.5
"""Of a greeting: detectors run for 18 seconds."""
BEEPS = (440, 500, 620, 800, 850, 950, 1000, 1400, 1620, 2000)
"""Hertz: none that a fax has."""

KINDS: dict[str, tuple[Callable[[Random, Sequence[Language]], Sample], int]] = {
    "human": (human, 3),
    "machine": (machine, 2),
    "beep": (beep, 3),
    "fax": (fax, 2),
    "silence": (silence, 1),
    "noise": (noise, 1),
}
"""Every kind of sample, and how many of it there are among twelve."""


def samples(seed: int, languages: Sequence[Language], dozens: int) -> Iterator[Sample]:
    """Twelve samples *dozens* times; the same for the same *seed*."""
    for kind, (make, share) in KINDS.items():
        for number in range(share * dozens):
            yield make(Random(f"{seed} {kind} {number}"), languages)


# -- sounds that were recorded, as PCM of 16 bits ---------------------------------


def pcm_of_pcmu(pcmu: bytes) -> bytes:
    """Decode *pcmu* (ITU-T G.711)."""
    return array("h", map(LINEAR.__getitem__, pcmu)).tobytes()


def coded(sound: bytes) -> bytes:
    """*sound* and the silence of somebody who waits, as PCMU."""
    return _run("sox", *_RAW, "-", *_PCMU, "-", stdin=sound + _silence(4))


def on_a_line(draw: Random, sound: bytes) -> bytes:
    """*sound* a little after the answer, fainter and with noise, as PCMU."""
    return _line(draw, [_silence(draw.uniform(0.0, 1.0)), sound, _silence(4)])


def before_a_beep(draw: Random, sound: bytes, about: str) -> Sample:
    """*sound* as the greeting of a machine, with its tone, over a line."""
    hertz, long_s = draw.choice(BEEPS), draw.uniform(0.15, 1.2)
    greeting = sound + _silence(draw.uniform(0.1, 1.2))
    tone_ = _tone(hertz, long_s, draw.uniform(6, 18))
    about = f"{about} [{hertz} Hz, {long_s:.2f} s]"
    pcmu = on_a_line(draw, greeting + tone_)
    return Sample("beep", "beep", about, pcmu, len(greeting) / 2 / RATE * 1000)


# -- parts: samples of 16 bits ---------------------------------------------------


def _greeting(draw: Random, languages: Sequence[Language]) -> tuple[list[bytes], str]:
    parts, about = _any_greeting(draw, languages)
    while sum(map(len, parts)) > LONGEST_S * RATE * 2:  # its end would not be heard
        parts, about = _any_greeting(draw, languages)
    return parts, about


def _any_greeting(
    draw: Random, languages: Sequence[Language]
) -> tuple[list[bytes], str]:
    language = draw.choice(languages)
    texts = [
        draw.choice(language.openings),
        *draw.sample(language.middles, draw.choice((0, 1, 1, 2))),
        draw.choice(language.endings),
    ]
    if draw.random() < 0.05:
        texts = texts[:1]  # as short as what people say
    voice = _voice(draw, language)
    parts = [_silence(draw.uniform(0.0, 1.0))]
    for text in texts:
        parts += [_said(text, *voice), _silence(draw.uniform(0.1, 0.9))]
    return parts[:-1], " ".join(texts)


def _speech(draw: Random, language: Language, text: str) -> bytes:
    return _said(text, *_voice(draw, language))


def _voice(draw: Random, language: Language) -> tuple[str, int, int]:
    speed, pitch = draw.randint(130, 190), draw.randint(30, 70)
    return language.voice + draw.choice(VARIANTS), speed, pitch


@cache
def _said(text: str, voice: str, speed: int, pitch: int) -> bytes:
    spoken = _run(
        "espeak-ng", "--stdout", "-v", voice, "-s", str(speed), "-p", str(pitch), text
    )
    trimmed = ("silence", "1", "0.01", "0.5%", "reverse") * 2
    band = ("rate", str(RATE), "sinc", f"{LOWEST}-{HIGHEST}")
    return _run(
        "sox", "-t", "wav", "-", *_RAW, "-", *band, "norm", "-1", *trimmed, stdin=spoken
    )


def _silence(seconds: float) -> bytes:
    return _SILENT * round(seconds * RATE)


def tone(hertz: float, seconds: float) -> bytes:
    """A tone alone, as PCMU."""
    raw = _tone(hertz, seconds, 12)
    return _run("sox", *_RAW, "-", *_PCMU, "-", stdin=raw)


def _tone(hertz: float, seconds: float, below_db: float) -> bytes:
    synth = (
        "synth",
        f"{seconds:.4f}",
        "sine",
        f"{hertz:.2f}",
        "gain",
        f"-{below_db:.1f}",
    )
    return _run("sox", "-n", *_RAW, "-", *synth)


def _line(
    draw: Random,
    parts: Sequence[bytes],
    *,
    noise_db: float | None = 0,
    gain: bool = True,
) -> bytes:
    """*parts* as they arrive: fainter, with noise, coded. *noise_db* 0: any; None: none."""
    sound = b"".join(parts)
    fainter = draw.uniform(0, 18) if gain else 0.0
    if noise_db == 0:
        noise_db = draw.uniform(-70, -48)
    colour = draw.choice(("whitenoise", "pinknoise", "brownnoise"))
    if noise_db is None:
        return _run(
            "sox", *_RAW, "-", *_PCMU, "-", "gain", f"-{fainter:.1f}", stdin=sound
        )
    seconds = len(sound) / 2 / RATE
    # Of a root mean square of noise_db: peaks are some 12 dB higher.
    synth = f"|sox -R -r {RATE} -n -p synth {seconds:.2f} {colour} sinc {LOWEST}-{HIGHEST} norm {noise_db + 12:.1f}"
    voice = 10 ** (-fainter / 20)
    mixed = ("-R", "-m", "-v", f"{voice:.4f}", *_RAW, "-", "-v", "1", synth)
    return _run("sox", *mixed, *_PCMU, "-", stdin=sound)


def _run(*command: str, stdin: bytes = b"") -> bytes:
    done = subprocess.run(
        command, input=stdin, capture_output=True, check=True, timeout=20
    )
    return done.stdout
