"""Remote administration: what ``Admin`` does with a database, through the API of a platform."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import quote

from engine.administration.admin import (
    AdminError,
    ConflictError,
    Fields,
    NotFoundError,
    View,
)
from engine.config.toml_file import ConfigMistake, InvalidError

from .api_client import open_session, request_json
from .contexts import Context

if TYPE_CHECKING:
    from engine.platform.objects import ObjectKind, Objects

T = TypeVar("T")
LIMIT_S = 15.0  # for a whole request


class RemoteAdmin:
    """Operations on the objects and records of the platform at a URL.

    The methods that ``Admin`` has, too, do the same and raise the same errors. All of them
    raise UnreachableError.
    """

    def __init__(self, platform: Context) -> None:
        self._url = f"{platform.url.rstrip('/')}/api/v1/admin"
        self._headers = {"Authorization": f"Bearer {platform.token}"}

    async def views(self, kind: "ObjectKind") -> list[View]:
        """See ``Admin.views``."""
        if not kind.identity:
            return [await self.view(kind, kind.table)]
        return cast(list[View], (await self.request("GET", kind.plural))[kind.plural])

    async def view(self, kind: "ObjectKind", identity: str) -> View:
        """See ``Admin.view``."""
        return await self.request("GET", _path(kind, identity))

    async def add(self, kind: "ObjectKind", fields: Fields) -> View:
        """See ``Admin.add``."""
        return await self.request("POST", kind.plural, fields)

    async def set(self, kind: "ObjectKind", identity: str, fields: Fields) -> View:
        """See ``Admin.set``."""
        return await self.request("PATCH", _path(kind, identity), fields)

    async def remove(self, kind: "ObjectKind", identity: str, *, force: bool) -> None:
        """See ``Admin.remove``."""
        query = "?force=true" if force else ""
        await self.request("DELETE", f"{_path(kind, identity)}{query}")

    async def pause(
        self, kind: "ObjectKind", identity: str, *, reason: str, by: str
    ) -> View:
        """See ``Admin.pause``."""
        path = f"{_path(kind, identity)}/{kind.pause}"
        return await self.request("POST", path, {"reason": reason, "by": by})

    async def resume(self, kind: "ObjectKind", identity: str) -> View:
        """See ``Admin.resume``."""
        return await self.request("POST", f"{_path(kind, identity)}/resume")

    async def apply(self, objects: "Objects", *, prune: bool, dry_run: bool) -> View:
        """Make the objects of the platform *objects*; return what changed, or would."""
        query = f"prune={_truth(prune)}&dry_run={_truth(dry_run)}"
        body = objects.model_dump(mode="json", exclude_defaults=True)
        return await self.request("POST", f"apply?{query}", body)

    async def request(
        self, method: str, path: str, body: object = None
    ) -> dict[str, Any]:
        """Send a request to *path* below the admin API; return the JSON of the answer."""
        options: dict[str, Any] = {} if body is None else {"json": body}
        async with open_session(self._headers, LIMIT_S) as http:
            address = f"{self._url}/{path}"
            status, answer = await request_json(http, method, address, **options)
        if status >= HTTPStatus.BAD_REQUEST:
            raise _error_of(status, answer)
        return answer


def run_remote(platform: Context, work: Callable[[RemoteAdmin], Awaitable[T]]) -> T:
    """Do *work* with the platform; an error ends the command with one sentence."""
    from .terminal import report_config_errors

    async def run() -> T:
        return await work(RemoteAdmin(platform))

    with report_config_errors():
        return asyncio.run(run())


def _error_of(status: int, answer: Mapping[str, Any]) -> Exception:
    text = str(answer.get("detail", f"The answer has the status {status}."))
    if mistakes := answer.get("mistakes"):
        return InvalidError([ConfigMistake(it["field"], it["text"]) for it in mistakes])
    kinds = {HTTPStatus.NOT_FOUND: NotFoundError, HTTPStatus.CONFLICT: ConflictError}
    return kinds.get(HTTPStatus(status), AdminError)(text)


def _path(kind: "ObjectKind", identity: str) -> str:
    return f"{kind.plural}/{quote(identity, safe='')}" if kind.identity else kind.plural


def _truth(value: object) -> str:
    return str(value).lower()
