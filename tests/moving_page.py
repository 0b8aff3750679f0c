"""The tables of ``docs/moving.md``, made of the habits that the code knows.

``python -m tests.moving_page`` writes them into the page.
"""

import re
from collections.abc import Iterator

from ccxml.habits import HABITS as CCXML
from ccxml.xml.habits import Habit, Platform
from tests.documented import ROOT
from vxml.document.habits import HABITS as VOICEXML

PAGE = ROOT / "docs/moving.md"
TABLE = re.compile(
    r"<!-- habits: (?P<of>\w+) -->\n.*?<!-- end of habits -->\n", re.DOTALL
)
OF_ALL = "all"
LANGUAGES = {"CCXML": CCXML, "VoiceXML": VOICEXML}


def made_page() -> str:
    """The page as it is, with its tables made anew."""
    return TABLE.sub(lambda table: make_table(table["of"]), PAGE.read_text())


def make_table(of: str) -> str:
    """The table of the habits of one platform, or of those that are of ``all``."""
    lines = "\n".join(_rows(of))
    head = "| habit | language | in a document | here | | what to do |\n|---|---|---|---|---|---|"
    return f"<!-- habits: {of} -->\n\n{head}\n{lines}\n\n<!-- end of habits -->\n"


def _rows(of: str) -> Iterator[str]:
    for language, habits in LANGUAGES.items():
        for habit in habits:
            if _is_of(habit, of):
                here, remedy = _escape(habit.here), _escape(habit.remedy)
                yield (
                    f"| `{habit.name}` | {language} | {habit.what} | {here} "
                    f"| {habit.effect} | {remedy} |"
                )


def _is_of(habit: Habit, of: str) -> bool:
    return not habit.platforms if of == OF_ALL else Platform(of) in habit.platforms


def _escape(text: str) -> str:
    """*text* with its tags as code, so that a page shows them."""
    return re.sub(r"<[^>]+>", r"`\g<0>`", text)


if __name__ == "__main__":
    PAGE.write_text(made_page())
