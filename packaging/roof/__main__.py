"""The command ``outring``, and ``python -m outring``."""

import sys
from pathlib import Path

import outring_pjsua2


def main() -> None:
    """Run the command line, with outring's own packages found before all others."""
    sys.path[:0] = [str(Path(__file__).parent), *outring_pjsua2.__path__]
    from engine.__main__ import main as run

    run()


if __name__ == "__main__":
    main()
