"""Pages of ``docs/``: their sections, the rows of their tables, and what they have to name."""

import re
from pathlib import Path
from typing import Any, cast

from engine.http import make_app

ROOT = Path(__file__).parent.parent
Row = tuple[str, str, str, str]


class Page:
    """A page of ``docs/``."""

    def __init__(self, name: str) -> None:
        self.text = (ROOT / "docs" / name).read_text()
        self.named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", self.text)
        """Tests that it names: file and function."""

    def section(self, title: str) -> str:
        """The text under a heading, up to the next one of its rank."""
        rank = title.partition(" ")[0]
        _, _, rest = self.text.partition(f"\n{title}\n")
        assert rest, title
        end = re.compile(f"#{{1,{len(rank)}}} ")
        lines, is_code = [], False
        for line in rest.splitlines(keepends=True):
            is_code ^= line.startswith("```")
            if not is_code and end.match(line):
                break
            lines.append(line)
        return "".join(lines)

    def rows(self, title: str) -> list[Row]:
        """The four cells of each row of a section that begins with a name."""
        row = r"^\| `([^`]+)` \| (.*?) \| (.*?) \| ?(.*?) ?\|$"
        return re.findall(row, self.section(title), re.MULTILINE)


def level(cell: str) -> str:
    """``full``, ``partial`` or ``none``, before whatever is said of it."""
    found = re.match(r"(full|partial|none)(?=: |$)", cell)
    assert found, cell
    return found[1]


def is_shown(row: Row) -> bool:
    """Whether a row of name, cells, level and tests names a test, or is of what is not done."""
    _, _, cell, tests = row
    return level(cell) == "none" or "tests/" in tests


def paths() -> set[tuple[str, str]]:
    """Method and path of every route of the API."""
    app = make_app(*cast(Any, [None] * 10))
    return {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
