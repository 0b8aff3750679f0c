"""API requests of commands: each gets its JSON, or ends the command with one sentence."""

from collections.abc import Mapping
from typing import Any

import typer

from .terminal import MISUSED, REFUSED, print_error

View = dict[str, Any]  # JSON of the API

LIMIT_S = 15.0  # for the whole request


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
    **options: Any,
) -> View:
    """Send one request to the API at *url*, with the admin token, else the API key.

    Returns its JSON. If it is refused or not answered, the command ends with one sentence.
    """
    headers = (
        {"Authorization": f"Bearer {token}"} if token else {"X-API-Key": key or ""}
    )
    status, answer = send(f"{url.rstrip('/')}{path}", method, headers, **options)
    if not 200 <= status < 300:
        text = answer.get("detail") or answer.get("result")
        print_error(str(text or f"The answer has the status {status}."))
        raise typer.Exit(REFUSED)
    return answer


def send(
    address: str, method: str, headers: Mapping[str, str], **options: Any
) -> tuple[int, View]:
    """Send one request; return the HTTP status and the JSON of the answer.

    Without an answer the command ends with one sentence.
    """
    import asyncio

    from .api_client import UnreachableError, open_session, request_json

    async def ask() -> tuple[int, View]:
        async with open_session(headers, LIMIT_S) as http:
            return await request_json(http, method, address, **options)

    try:
        return asyncio.run(ask())
    except UnreachableError as error:
        print_error(str(error))
        raise typer.Exit(MISUSED) from error
