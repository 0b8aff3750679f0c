"""Goes through files and folders, and checks each document in them."""

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from ccxml.xml.habits import Platform
from ccxml.xml.xml_tree import MAX_BYTES

from .document_check import (
    DocumentReview,
    is_document,
    refuse_document,
    review_text,
)
from .root_element import HEAD_BYTES

SUFFIXES = frozenset({".ccxml", ".vxml"})
"""How names of documents end."""


def find_files(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield *paths*, and in the place of a folder all regular files in it, by name.

    What is hidden in a folder is left out, and links to folders are not followed.
    """
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for folder, folders, files in os.walk(path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(files):
                file = Path(folder, name)
                if not name.startswith(".") and _is_regular(file):
                    yield file


def review_file(
    path: Path, platform: Platform | None = None, *, is_named: bool = False
) -> DocumentReview | None:
    """Check the file *path*; None if it is no document, and nothing says that it is one.

    That is what *is_named*, and a file whose name ends as those of documents.

    A file that cannot be read has that as its mistake, and so has what is no file, as a
    named pipe, which is not opened: that would wait for a writer.
    """
    try:
        if path.exists() and not _is_regular(path):
            sentence = "It is no document: name a file or folder."
            return refuse_document(_show(path), sentence)
        with path.open("rb") as file:
            text = file.read(HEAD_BYTES)
            is_expected = is_named or path.suffix.lower() in SUFFIXES
            if not is_expected and not is_document(text):
                return None
            text += file.read(MAX_BYTES + 1 - len(text))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return refuse_document(_show(path), f"It cannot be read: {reason}.")
    return review_text(_show(path), text, platform)


def _show(path: Path) -> str:
    """Return *path* as it can be printed, whatever bytes strangers have put in it."""
    return "".join(char if char.isprintable() else "?" for char in str(path))


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:  # a link to nowhere
        return False
