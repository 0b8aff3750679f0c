"""API requests of commands: each gets its JSON, or ends the command with one sentence."""

from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any

import typer

from .terminal import MISUSED, REFUSED, print_error

View = dict[str, Any]  # JSON of the API

LIMIT_S = 15.0  # for the whole request
IMPORT_LIMIT_S = 3600.0  # for one that sends a file
FILE_LIMIT_S = 3600.0  # for one that gets a file


def ask_admin(url: str, token: str, method: str, path: str, **options: Any) -> View:
    """Send one request to the admin API at *url*, and return its JSON.

    *path* is that below ``/api/v1/admin``, *options* those of ``request_json``. If it is
    refused or not answered, the command ends with one sentence.
    """
    return ask_api(url, method, f"/api/v1/admin/{path}", token=token, **options)


def ask_api(
    url: str,
    method: str,
    path: str,
    *,
    token: str | None = None,
    key: str | None = None,
    limit_s: float = LIMIT_S,
    **options: Any,
) -> View:
    """Send one request to the API at *url*, with the admin token, else the API key.

    It may take *limit_s* seconds.

    Returns its JSON. If it is refused or not answered, the command ends with one sentence.
    """
    headers = _headers(token, key)
    status, answer = send(
        f"{url.rstrip('/')}{path}", method, headers, limit_s, **options
    )
    _check(status, answer)
    return answer


def fetch_file(
    url: str, path: str, file: Path, *, token: str | None, key: str | None
) -> None:
    """Write what the API at *url* gives under *path* into *file*; see ``ask_api``."""
    from .api_client import download, open_session

    async def fetch() -> tuple[int, View]:
        async with open_session(_headers(token, key), FILE_LIMIT_S) as http:
            return await download(http, f"{url.rstrip('/')}{path}", file)

    try:
        _check(*_run(fetch()))
    except OSError as error:
        print_error(f"{file} cannot be written: {error.strerror}.")
        raise typer.Exit(MISUSED) from error


def _headers(token: str | None, key: str | None) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {"X-API-Key": key or ""}


def _check(status: int, answer: View) -> None:
    """End the command with a sentence unless *status* is one of success."""
    if not 200 <= status < 300:
        text = answer.get("detail") or answer.get("result")
        print_error(str(text or f"The answer has the status {status}."))
        raise typer.Exit(REFUSED)


def send(
    address: str,
    method: str,
    headers: Mapping[str, str],
    limit_s: float = LIMIT_S,
    **options: Any,
) -> tuple[int, View]:
    """Send one request; return the HTTP status and the JSON of the answer.

    Without an answer the command ends with one sentence.
    """
    from .api_client import open_session, request_json

    async def ask() -> tuple[int, View]:
        async with open_session(headers, limit_s) as http:
            return await request_json(http, method, address, **options)

    return _run(ask())


def _run(work: Coroutine[Any, Any, tuple[int, View]]) -> tuple[int, View]:
    """Return the answer to *work*; without one the command ends with one sentence."""
    import asyncio

    from .api_client import UnreachableError

    try:
        return asyncio.run(work)
    except UnreachableError as error:
        print_error(str(error))
        raise typer.Exit(MISUSED) from error
