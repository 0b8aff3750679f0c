"""Whole documents: what a caller does, and all that is said and asked for then.

Each ``documents/NAME.vxml`` has a ``NAME.log``: the script in its first line, and below it
what happens. Documents without one are fetched by others, as ``http://here.example/app/``.
"""

from pathlib import Path

import pytest

from vxml import parse

from .playing import Call

FOLDER = Path(__file__).parent / "documents"
FOUND = "http://here.example/app/"
LOGS = sorted(FOLDER.glob("*.log"))
APPDATA = {"to_hdr": "sip:ann@example.com", "day": "Monday"}


def files() -> dict[str, str]:
    """What can be fetched."""
    return {
        FOUND + path.name: path.read_text()
        for path in FOLDER.iterdir()
        if path.suffix != ".log"
    }


def played(document: Path, script: str) -> list[str]:
    """All that happens in *document* when *script* is done."""
    call = Call(document.read_text(), files(), appdata=APPDATA)
    try:
        return call.start().do(script).log
    finally:
        call.session.close()


def test_there_are_at_least_thirty() -> None:
    assert len(LOGS) >= 30


@pytest.mark.parametrize("log", LOGS, ids=lambda path: path.stem)
def test_document(log: Path) -> None:
    script, *expected = log.read_text().splitlines()

    assert played(log.with_suffix(".vxml"), script.removeprefix("script: ")) == expected


@pytest.mark.parametrize("log", LOGS, ids=lambda path: path.stem)
def test_it_ends(log: Path) -> None:
    last = log.read_text().splitlines()[-1]

    assert last.startswith("exit")


@pytest.mark.parametrize(
    "path", sorted(FOLDER.glob("*.vxml")), ids=lambda path: path.stem
)
def test_nothing_is_forbidden_in_it(path: Path) -> None:
    if path.stem != "mixed_audio":  # which shows what is taken nevertheless
        parse(path.read_bytes(), strict=True)
