"""``outring say`` and ``outring voices``: what callers would hear, tried without a call."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from .listing import Csv, print_list
from .target import Config
from .terminal import (
    REFUSED,
    Json,
    out,
    print_error,
    print_json,
    report_config_errors,
)

if TYPE_CHECKING:
    from engine.config.settings import Settings

FROM_STDIN = "-"


def _complete_language(context: typer.Context, incomplete: str) -> list[str]:
    """Completion with the languages of the configured speech command."""
    import asyncio

    from engine.audio import SoundError
    from engine.audio.speech_voices import list_voices
    from engine.config.settings import load_settings
    from engine.config.toml_file import ConfigurationError

    try:
        speech = load_settings(context.params.get("config")).speech
        available = asyncio.run(list_voices(speech))
    except (ConfigurationError, SoundError):
        return []
    return [
        voice.language for voice in available if voice.language.startswith(incomplete)
    ]


def say(
    text: Annotated[str, typer.Argument(help="What to say; - reads standard input.")],
    file: Annotated[
        Path, typer.Option("--out", "-o", help="WAV file to write.", dir_okay=False)
    ],
    voice: Annotated[
        str | None,
        typer.Option(
            help="Language or voice (else speech.voice).",
            autocompletion=_complete_language,
        ),
    ] = None,
    is_ssml: Annotated[
        bool, typer.Option("--ssml", help="The text is SSML, <speak>…</speak>.")
    ] = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Write what callers would hear to a WAV file, by the speech command of the settings.

    Exit status 0: written; 1: it cannot be spoken; 2: wrong use or configuration.
    """
    import asyncio

    from engine.audio import SoundError
    from engine.config.settings import load_settings

    if text == FROM_STDIN:
        text = sys.stdin.read()
    with report_config_errors():
        settings = load_settings(config)
    try:
        asyncio.run(speak(settings, text, voice, file, is_ssml=is_ssml))
        duration_s = _measure_duration_s(file)
    except SoundError as error:
        print_error(error.reason)
        raise typer.Exit(REFUSED) from error
    except OSError as error:
        print_error(f"{file} cannot be written: {error.strerror}.")
        raise typer.Exit(REFUSED) from error
    if as_json:
        print_json({"file": str(file), "seconds": duration_s})
    else:
        out.print(Text(f"{file}: {duration_s} s"), soft_wrap=True)


def voices(
    language: Annotated[
        str, typer.Argument(help="Only of this language, as de.", show_default=False)
    ] = "",
    config: Config = None,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """List the voices of espeak-ng; each is named by its language."""
    import asyncio

    from engine.audio import SoundError
    from engine.audio.speech_voices import list_voices
    from engine.config.settings import load_settings

    with report_config_errors():
        speech = load_settings(config).speech
    try:
        available = asyncio.run(list_voices(speech))
    except SoundError as error:
        print_error(error.reason)
        raise typer.Exit(REFUSED) from error
    available = [voice for voice in available if _is_of(voice.language, language)]
    if as_json:
        print_json(
            [{"language": voice.language, "name": voice.name} for voice in available]
        )
        return
    rows = [(voice.language, voice.name) for voice in available]
    print_list(("language", "name"), rows, as_csv=as_csv)


def _is_of(language: str, tag: str) -> bool:
    tag = tag.lower()
    return not tag or language == tag or language.startswith(f"{tag}-")


async def speak(
    settings: "Settings",
    text: str,
    voice: str | None,
    file: Path,
    *,
    is_ssml: bool = False,
) -> None:
    """Speak *text* into *file*; raises SoundError and OSError.

    Past the configured cache, which belongs to the processes that serve.
    """
    import asyncio
    import shutil
    from tempfile import TemporaryDirectory

    from engine.audio import Sounds

    with TemporaryDirectory(prefix="outring-") as folder:
        media = settings.media.model_copy(update={"cache_dir": Path(folder)})
        sounds = Sounds(media, settings.speech, settings.fetch)
        try:
            with await sounds.speak(text, voice, is_ssml=is_ssml) as clip:
                await asyncio.to_thread(shutil.copyfile, clip.path, file)
        finally:
            await sounds.aclose()


def _measure_duration_s(file: Path) -> float:
    from engine.audio.wav import read_samples

    rate, pcm = read_samples(file.read_bytes())
    return round(len(pcm) / 2 / rate, 2)
