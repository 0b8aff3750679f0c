"""``outring sounds``: puts sound files where calls can play them, and lists what is there."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.text import Text

from .help_pages import GroupedCommand, make_group
from .listing import Csv, print_list
from .target import Config
from .terminal import (
    MISUSED,
    REFUSED,
    Json,
    make_printable,
    out,
    print_error,
    print_json,
    print_warning,
    report_config_errors,
)

if TYPE_CHECKING:
    from engine.audio.sound_folders import AddedSound, FoundSound
    from engine.config.settings import Settings

COLUMNS = ("uri", "seconds", "hertz", "flaw")

sounds = make_group(no_args_is_help=True)


@sounds.callback()
def group() -> None:
    """Sounds that documents name by file: add any sound file, list what can be played."""


@sounds.command(cls=GroupedCommand)
def add(
    files: Annotated[
        list[Path], typer.Argument(help="Sound files: WAV, FLAC, OGG, MP3 and others.")
    ],
    to: Annotated[
        Path | None,
        typer.Option("--to", help="Folder (else the first of media.folders)."),
    ] = None,
    rate: Annotated[
        Literal["8000", "16000"], typer.Option(help="Hertz of what is written.")
    ] = "8000",
    force: Annotated[
        bool, typer.Option("--force", "-f", help="Replace files that exist.")
    ] = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Convert sound files to what calls play, and say by which URI documents play them.

    That is WAV, mono, of 16 bits; channels are mixed. Exit status 0: all were written; 1:
    some were not; 2: wrong use or configuration.
    """
    settings = _load_settings(config)
    folder = to or _first_folder(settings)
    limit = settings.media.max_bytes
    added = [
        sound
        for file in files
        if (sound := _add(file, folder, int(rate), limit, replaces=force)) is not None
    ]
    if as_json:
        print_json([_view_added(sound) for sound in added])
    else:
        for sound in added:
            out.print(_describe_added(sound), soft_wrap=True)
    allowed = (*settings.media.folders, *settings.fetch.folders)
    if added and not any(folder.resolve().is_relative_to(place) for place in allowed):
        print_warning(
            f"documents cannot play from {folder}, unless media.folders has it"
        )
    if len(added) < len(files):
        raise typer.Exit(REFUSED)


@sounds.command("list", cls=GroupedCommand)
def list_sounds(
    config: Config = None,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """List the files in media.folders, and why those cannot be played that cannot."""
    from engine.audio.sound_folders import find_sounds

    settings = _load_settings(config)
    _first_folder(settings)
    found = find_sounds(settings.media.folders, settings.media.max_bytes)
    views = [_view_found(sound) for sound in found]
    if as_json:
        print_json(views)
        return
    rows = [
        ["" if value is None else str(value) for value in view.values()]
        for view in views
    ]
    print_list(COLUMNS, rows, as_csv=as_csv)


def _load_settings(config: Path | None) -> "Settings":
    from engine.config.settings import load_settings

    with report_config_errors():
        return load_settings(config)


def _first_folder(settings: "Settings") -> Path:
    if not settings.media.folders:
        print_error("media.folders is empty: no call may play a file.")
        raise typer.Exit(MISUSED)
    return settings.media.folders[0]


def _add(
    file: Path, folder: Path, rate: int, limit: int, *, replaces: bool
) -> "AddedSound | None":
    """Add one file; if it cannot be added, print why, and return None."""
    from engine.audio import SoundError
    from engine.audio.sound_folders import add_sound

    try:
        return add_sound(file, folder, rate=rate, max_bytes=limit, replaces=replaces)
    except SoundError as error:
        print_error(f"{make_printable(str(file))}: {error.reason}")
        return None


def _view_added(added: "AddedSound") -> dict[str, object]:
    sound = added.sound
    return {
        "uri": added.path.as_uri(),
        "seconds": round(sound.seconds, 2),
        "peakDbfs": round(sound.peak_db, 1) if sound.peak else None,
        "source": sound.source,
    }


def _describe_added(added: "AddedSound") -> Text:
    sound = added.sound
    peak = f"peak {sound.peak_db:.1f} dBFS" if sound.peak else "silent"
    clipped = ", clipped" if sound.peak > 1 else ""
    return Text(
        f"{added.path.as_uri()}  {sound.seconds:.2f} s, {peak}{clipped}, of {sound.source}"
    )


def _view_found(sound: "FoundSound") -> dict[str, object]:
    """The values of a file by ``COLUMNS``."""
    header = sound.header
    return {
        "uri": sound.path.as_uri(),
        "seconds": None if header is None else round(header.seconds, 2),
        "hertz": None if header is None else header.rate,
        "flaw": sound.flaw,
    }
