"""``python -m engine``, and the command ``outring``."""

from .cli import command_line


def main() -> None:
    """Run the command line."""
    command_line()(prog_name="outring")


if __name__ == "__main__":
    main()
