"""``python -m engine``, and the command ``outring``."""

import sys
from io import TextIOWrapper

from .cli import command_line


def main() -> None:
    """Run the command line; what a terminal has no characters for is printed as ``?``."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and stream.encoding.lower() != "utf-8":
            stream.reconfigure(errors="replace")
    command_line()(prog_name="outring")


if __name__ == "__main__":
    main()
