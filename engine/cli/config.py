"""``outring config``: the settings as a file."""

import sys
from typing import Annotated

import typer

from .target import Config
from .terminal import report_config_errors


def config(
    file: Config = None,
    prints_defaults: Annotated[
        bool,
        typer.Option(
            "--print-defaults", help="Those that hold where nothing is written."
        ),
    ] = False,
) -> None:
    """Print every setting with what it means, as a file that outring reads.

    What is commented out is the default. Without --print-defaults the file and the
    environment are read; what may hold a password is left out.
    """
    from engine.config.settings import load_settings
    from engine.config.settings_file import choose_changed, write_settings

    if prints_defaults:
        sys.stdout.write(write_settings({}))
        return
    with report_config_errors():
        chosen, secret = choose_changed(load_settings(file))
    for section, name in sorted(secret):
        sys.stdout.write(f"# {section}.{name} is set, and not shown.\n")
    sys.stdout.write(write_settings(chosen))
