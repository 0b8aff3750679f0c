"""``python -m engine``, and the command ``outring``."""

import sys

from .cli import command_line


def main() -> None:
    """Run the command line."""
    command_line(only_serves=sys.argv[1:2] == ["serve"])()


if __name__ == "__main__":
    main()
