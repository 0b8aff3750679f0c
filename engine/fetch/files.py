"""``file:`` URIs, within the folders of the settings."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from engine.fetch.errors import Failure, FetchError


def read(uri: str, folders: Sequence[Path], max_bytes: int) -> bytes:
    """What is in the file at *uri*; raises FetchError. Waits for the disk."""
    try:
        path = _path(uri, folders)
        # Neither waits for a FIFO, nor follows what was no link a moment ago.
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(path, flags), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise FetchError(Failure.INVALID_URI, uri, "it is not a file")
            body = file.read(max_bytes + 1)
    except OSError as error:
        why = f"it cannot be read ({error.strerror})"
        raise FetchError(Failure.INVALID_URI, uri, why) from error
    if len(body) > max_bytes:
        raise FetchError(Failure.FAILED, uri, f"it has more than {max_bytes} bytes")
    return body


def _path(uri: str, folders: Sequence[Path]) -> Path:
    """Where *uri* leads to, links followed; raises FetchError outside of *folders*."""
    try:
        parts = urlsplit(uri)
        path = Path(unquote(parts.path, errors="strict"))
        if parts.netloc not in ("", "localhost") or not path.is_absolute():
            raise ValueError  # noqa: TRY301 - all that is malformed is told below
        real = path.resolve()
    except (ValueError, RuntimeError):  # the latter: links in a circle
        raise FetchError(Failure.INVALID_URI, uri, "it is malformed") from None
    if not any(real.is_relative_to(folder) for folder in folders):
        # Also where nothing is there: nobody shall learn what is.
        raise FetchError(Failure.INVALID_URI, uri, "its folder is not allowed")
    return real
