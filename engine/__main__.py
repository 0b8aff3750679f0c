"""``python -m engine``, and the command ``outring``."""

from .commands import cli


def main() -> None:
    """Run the command line."""
    cli()


if __name__ == "__main__":
    main()
