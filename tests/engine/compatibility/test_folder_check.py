"""Folders are gone through for documents, whatever else is in them."""

import os
from pathlib import Path

import pytest

from engine.compatibility import DocumentVerdict, find_files, review_file

VOICEXML = '<vxml version="2.1" xmlns="http://www.w3.org/2001/vxml"><form/></vxml>'


def test_what_is_looked_at(tmp_path: Path) -> None:
    for name in ("b.vxml", "a/c.txt", "a/.d", ".git/e.vxml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(VOICEXML)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")

    names = [str(path.relative_to(tmp_path)) for path in find_files([tmp_path])]
    assert names == ["b.vxml", "a/c.txt"]


def test_a_file_that_is_named_is_looked_at(tmp_path: Path) -> None:
    file = tmp_path / ".hidden"

    assert list(find_files([file])) == [file]


def test_files_that_are_no_documents(tmp_path: Path) -> None:
    file = tmp_path / "readme.md"
    file.write_text("Write <vxml> first.")

    assert review_file(file) is None
    named = review_file(file, is_named=True)
    assert named is not None
    assert named.findings.verdict is DocumentVerdict.BLOCKED


@pytest.mark.parametrize("name", ["a.vxml", "a.CCXML"])
def test_a_file_that_is_called_a_document_is_one(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.touch()

    review = review_file(file)
    assert review is not None
    assert review.findings.verdict is DocumentVerdict.BLOCKED


def test_a_document_behind_a_long_comment(tmp_path: Path) -> None:
    file = tmp_path / "a.vxml"
    file.write_text(f"<!--{'x' * 60_000}-->{VOICEXML}<!--{'x' * 60_000}-->")

    review = review_file(file)
    assert review is not None
    assert (review.language, review.findings.mistakes) == ("VoiceXML", ())


def test_what_cannot_be_read(tmp_path: Path) -> None:
    review = review_file(tmp_path / "nothing.vxml")

    assert review is not None
    assert review.findings.mistakes[0].text == (
        "It cannot be read: No such file or directory."
    )


def test_names_that_no_terminal_should_see(tmp_path: Path) -> None:
    file = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\x1b[31m.vxml"))
    file.write_text(VOICEXML)

    review = review_file(file)
    assert review is not None
    assert review.path == f"{tmp_path}/??[31m.vxml"


def test_a_named_pipe_is_no_document_and_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    review = review_file(pipe, is_named=True)
    assert review is not None
    assert [finding.text for finding in review.findings.mistakes] == ["It is no document: name a file or folder."]  # fmt: skip
