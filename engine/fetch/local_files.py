"""Reads ``file:`` URIs, only within the folders of the settings."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from .errors import Failure, FetchError


def read(uri: str, folders: Sequence[Path], max_bytes: int) -> bytes:
    """Return the content of the file at *uri*; raises FetchError. Blocks on the disk."""
    with open_file(uri, folders) as file:
        try:
            body = file.read(max_bytes + 1)
        except OSError as error:
            raise _make_read_error(uri, error) from error
    if len(body) > max_bytes:
        raise too_big(uri, max_bytes)
    return body


def open_file(uri: str, folders: Sequence[Path]) -> BinaryIO:
    """Open the file at *uri* for reading; raises FetchError.

    Its ``name`` is the path with all links resolved.
    """
    path = _resolve_path(uri, folders)
    try:
        file = open(path, "rb", opener=_opener)  # noqa: SIM115 - closed by who asks
        if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return file
        file.close()
    except OSError as error:
        raise _make_read_error(uri, error) from error
    raise FetchError(Failure.INVALID_URI, uri, "it is not a file")


def too_big(uri: str, max_bytes: int) -> FetchError:
    """Return the error for a file of more than *max_bytes*."""
    return FetchError(Failure.FAILED, uri, f"it has more than {max_bytes} bytes")


def _opener(path: str, flags: int) -> int:
    # Neither waits for a FIFO, nor follows what was no link a moment ago.
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)


def _make_read_error(uri: str, error: OSError) -> FetchError:
    why = f"it cannot be read ({error.strerror})"
    return FetchError(Failure.INVALID_URI, uri, why)


def _resolve_path(uri: str, folders: Sequence[Path]) -> Path:
    """Return the path of *uri*, links followed; raises FetchError outside of *folders*."""
    try:
        parts = urlsplit(uri)
        path = Path(unquote(parts.path, errors="strict"))
        if parts.netloc not in ("", "localhost") or not path.is_absolute():
            raise ValueError  # noqa: TRY301 - reported below
        real = path.resolve()
    except (ValueError, RuntimeError):  # the latter: links in a circle
        raise FetchError(Failure.INVALID_URI, uri, "it is malformed") from None
    if not any(real.is_relative_to(folder) for folder in folders):
        # The same error for missing files: documents must not learn what exists.
        raise FetchError(Failure.INVALID_URI, uri, "its folder is not allowed")
    return real
