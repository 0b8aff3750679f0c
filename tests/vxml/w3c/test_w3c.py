"""The W3C's tests of VoiceXML 2.0, 2.1 and SRGS 1.0, as far as they can be had."""

from pathlib import Path

import pytest

from .caller import run
from .expectations import GRAMMARS_NOT_APPLICABLE, NOT_APPLICABLE
from .grammars import grammars, judge
from .page import PAGE, made_page
from .suite import FOLDER, Suite, suites

ENTRIES = [(suite, entry) for suite in suites() for entry in suite.entries]
is_there = pytest.mark.skipif(not ENTRIES, reason=f"{FOLDER} is not there")


@is_there
@pytest.mark.parametrize(
    ("suite", "entry"), ENTRIES, ids=[entry for _, entry in ENTRIES]
)
def test_document(suite: Suite, entry: str) -> None:
    if entry in NOT_APPLICABLE:
        pytest.skip(NOT_APPLICABLE[entry])

    verdict = run(suite, entry)

    assert verdict.has_passed, verdict.why


@is_there
@pytest.mark.parametrize("path", grammars(), ids=lambda path: path.name)
def test_grammar(path: Path) -> None:
    if path.name in GRAMMARS_NOT_APPLICABLE:
        pytest.skip(GRAMMARS_NOT_APPLICABLE[path.name])

    verdict = judge(path)

    assert verdict.has_passed, verdict.why


@is_there
def test_the_page_tells_what_is() -> None:
    assert PAGE.read_text() == made_page()


def test_a_wrong_verdict_fails() -> None:
    """The judge can say no: each test whose ``pass`` and ``fail`` are exchanged fails."""
    for suite, entry in ENTRIES[:10]:
        assert not run(_Exchanged(suite), entry).has_passed


class _Exchanged(Suite):
    def __init__(self, suite: Suite) -> None:
        super().__init__(suite.name, suite.version, suite.folder)

    def read(self, name: str) -> bytes | None:
        content = super().read(name)
        return content and content.replace(b"'pass'", b"'fail'")
