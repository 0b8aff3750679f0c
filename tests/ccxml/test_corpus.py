"""Documents of other projects load, or are refused, as they should.

They lie beside the repository, in ``../shared/ccxml-corpus`` (or ``CCXML_CORPUS``).
"""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from ccxml import ParseError, parse
from ccxml.document import CreateCall, DialogPrepare, Exit, Script

ROOT = Path(__file__).parents[2]
CORPUS = Path(os.environ.get("CCXML_CORPUS", ROOT.parent / "shared/ccxml-corpus"))

pytestmark = pytest.mark.skipif(
    not CORPUS.is_dir(), reason=f"no corpus of CCXML documents at {CORPUS}"
)

NAMESPACE = "Add xmlns="
ALIAS = "The attribute name of <transition>"
VENDOR = "The attribute voxeo-cpa-"
DATA = "The attribute data of <send>"
UNDECLARED = "Declare Message_Dlg with <var>"
NO_EVENT = "No event has such a name"


@dataclass(frozen=True)
class Expected:
    """What a document of the corpus is warned of, and how much it contains."""

    path: str
    transitions: int
    warnings: dict[str, int]
    is_strict: bool = False  # also loads in strict mode


DOCUMENTS = [
    Expected(
        "blueworx__bvr-samples/ccxml/call-progress-analysis/amd_fax.ccxml",
        27,
        {NAMESPACE: 1, ALIAS: 1},
    ),
    Expected(
        "blueworx__bvr-samples/ibm-voice-gateway/Simple.ccxml",
        10,
        {NAMESPACE: 1, ALIAS: 10},
    ),
    Expected(
        "blueworx__bvr-samples/ibm-voice-gateway/Transfer.ccxml",
        13,
        {NAMESPACE: 1, ALIAS: 13},
    ),
    Expected(
        "howethomas__voxeo-auto-dialer/ccxml/call_start_demo.xml",
        7,
        {VENDOR: 5, DATA: 1, UNDECLARED: 3},
    ),
    Expected(
        "RadishSystems__choiceview-webapi-voxeo-demo/VoxeoRadishDemo/ccxml/start.ccxml",
        38,
        {NO_EVENT: 1},
        is_strict=True,
    ),
    Expected("aporthos974__ccxml-test/static/index.ccxml", 5, {}, is_strict=True),
    Expected("w3.org__TR-ccxml-examples/teardown.asp", 1, {}, is_strict=True),
]


@pytest.mark.parametrize(
    "expected", DOCUMENTS, ids=lambda document: Path(document.path).stem
)
def test_document_of_another_project(expected: Expected) -> None:
    document = parse((CORPUS / expected.path).read_bytes(), uri=expected.path)
    texts = [warning.text for warning in document.warnings]

    assert len(document.event_processor.transitions) == expected.transitions
    assert len(texts) == sum(expected.warnings.values())
    for start, count in expected.warnings.items():
        assert sum(text.startswith(start) for text in texts) == count


@pytest.mark.parametrize(
    "expected", DOCUMENTS, ids=lambda document: Path(document.path).stem
)
def test_strict(expected: Expected) -> None:
    text = (CORPUS / expected.path).read_bytes()
    if expected.is_strict:
        parse(text, strict=True)
        return
    with pytest.raises(ParseError) as raised:
        parse(text, strict=True)
    assert len(raised.value.mistakes) == sum(
        count for start, count in expected.warnings.items() if start != UNDECLARED
    )


def count(path: str, kind: type[object]) -> int:
    """How many actions of a kind the document at *path* has."""
    document = parse((CORPUS / path).read_bytes())
    return sum(isinstance(action, kind) for action in document.actions())


def test_nothing_is_lost() -> None:
    radish = DOCUMENTS[4].path

    assert count(radish, DialogPrepare) == 9
    assert count(radish, Script) == 7
    assert count(radish, CreateCall) == 1
    assert count(DOCUMENTS[6].path, Exit) == 1


def test_every_document_of_the_corpus_is_read() -> None:
    found = {str(path.relative_to(CORPUS)) for path in CORPUS.rglob("*.*")}
    found = {path for path in found if (CORPUS / path).is_file()}

    assert found - {"SOURCES.md"} == {document.path for document in DOCUMENTS}
