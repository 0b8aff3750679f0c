"""Both lock files, which are installed into one environment."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PINNED = re.compile(r"^([a-z0-9.-]+)==(\S+)", re.MULTILINE)


def test_what_both_name_is_of_the_same_version() -> None:
    first, second = (
        dict(PINNED.findall((ROOT / folder / "requirements.lock").read_text()))
        for folder in (".", "packaging")
    )
    both = first.keys() & second.keys()

    assert {name: first[name] for name in both} == {name: second[name] for name in both}
    assert both
