"""Watching a call of a running server, for ``outring ladder`` and ``outring ccxml trace``."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import quote

import typer

from .api_client import POLL_S, UnreachableError, View, open_session, request_json
from .terminal import MISUSED, REFUSED, print_error


class NotShownError(Exception):
    """There is nothing to show of the call; the text says why in one sentence."""


def watch_call(
    url: str, uuid: str, key: str, show: Callable[[View], bool], *, part: str = ""
) -> None:
    """Give *show* what the API at *url* tells of the call, until it returns that it has all.

    *part* is what follows the call's address, as ``/trace``. Ctrl-C ends it quietly.
    Errors are printed, and raise typer.Exit with the status that belongs to them.
    """
    place = f"{url.rstrip('/')}/api/v1/bvr/calls/{quote(uuid, safe='')}{part}"
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(_poll(place, key, show))
    except NotShownError as error:
        print_error(str(error))
        raise typer.Exit(REFUSED) from error
    except UnreachableError as error:
        print_error(str(error))
        raise typer.Exit(MISUSED) from error


async def _poll(url: str, key: str, show: Callable[[View], bool]) -> None:
    async with open_session({"X-API-Key": key}) as http:
        while True:
            status, view = await request_json(http, "GET", url)
            if status != 200:
                raise NotShownError(str(view.get("detail", view.get("result"))))
            if show(view):
                return
            await asyncio.sleep(POLL_S)
