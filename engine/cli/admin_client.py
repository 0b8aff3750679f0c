"""Admin client of the commands: requests to the admin API of a platform that runs."""

import asyncio
from typing import Annotated, Any

import typer

from .api_client import UnreachableError, View, open_session, request_json
from .terminal import MISUSED, REFUSED, print_error

LIMIT_S = 15.0  # for the whole request

Token = Annotated[
    str, typer.Option(envvar="OUTRING_ADMIN_TOKEN", help="Token of the admin API.")
]


def ask_admin(url: str, token: str, method: str, path: str, **options: Any) -> View:
    """Send one request to the admin API at *url*, and return its JSON.

    *path* is that below ``/api/v1/admin``. If it is refused or not answered, the command
    ends with one sentence.
    """
    try:
        status, answer = asyncio.run(_ask(url, token, method, path, options))
    except UnreachableError as error:
        print_error(str(error))
        raise typer.Exit(MISUSED) from error
    if status != 200:
        print_error(str(answer.get("detail", f"The answer has the status {status}.")))
        raise typer.Exit(REFUSED)
    return answer


async def _ask(
    url: str, token: str, method: str, path: str, options: dict[str, Any]
) -> tuple[int, View]:
    headers = {"Authorization": f"Bearer {token}"}
    async with open_session(headers, LIMIT_S) as http:
        address = f"{url.rstrip('/')}/api/v1/admin/{path}"
        return await request_json(http, method, address, **options)
