"""The suppressions resource: numbers that campaigns must not call, by list."""

import time
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from engine.administration.admin import NotFoundError
from engine.campaigns.campaign_views import SuppressionView, suppression_view
from engine.campaigns.contact_lines import RefusedLine
from engine.campaigns.suppression_lines import (
    SuppressionBody,
    read_suppressions,
    to_suppression,
)
from engine.campaigns.zones import normalise_number
from engine.model.campaign import Suppression

from .admin import check_members
from .app_keys import STORE
from .calls import application_of_client
from .campaign_access import campaign_errors, limit_of, read_body, wrong
from .campaign_contacts import MAX_REFUSED, cut_lines
from .responses import json_response

PREFIX = "/api/v1/suppressions"
_LIST = f"{PREFIX}/{{list:[A-Za-z0-9._-]{{1,64}}}}"
_MEMBER = f"{_LIST}/{{number:[^/]+}}"

routes = web.RouteTableDef()


class SuppressionPage(msgspec.Struct, omit_defaults=True):
    """Entries of a list, by their numbers."""

    suppressions: list[SuppressionView]
    next: Annotated[
        str | None,
        Meta(description="What to ask for as after to get those that follow."),
    ] = None


class SuppressionCounts(msgspec.Struct):
    """How many numbers stand on each list."""

    lists: dict[str, int]


class SuppressionCheck(msgspec.Struct):
    """What a number stands on."""

    number: str
    suppressed: Annotated[
        bool, Meta(description="Whether it stands on a list now, of those asked for.")
    ]
    suppressions: list[SuppressionView]


class SuppressionImport(msgspec.Struct):
    """What became of the lines of an import."""

    accepted: int
    refused_count: int
    refused: Annotated[
        list[RefusedLine],
        Meta(description=f"The first {MAX_REFUSED} of these lines, and why."),
    ]


_read_body = msgspec.json.Decoder(SuppressionBody)


@routes.get(PREFIX, allow_head=False)
@campaign_errors
async def get_lists(request: web.Request) -> web.Response:
    """Count the numbers of each list that the client may see."""
    check_members(request.query, set())
    visible = await _lists_of_client(request)
    counts = await request.app[STORE].suppressions.count()
    shown = {
        name: n for name, n in counts.items() if visible is None or name in visible
    }
    return json_response(SuppressionCounts(shown))


@routes.get(f"{PREFIX}/check", allow_head=False)
@campaign_errors
async def get_check(request: web.Request) -> web.Response:
    """Tell which lists a number stands on."""
    check_members(request.query, {"number", "list"})
    number = _number(request.query.get("number", ""))
    visible, wanted = await _lists_of_client(request), request.query.get("list")
    now = time.time()
    found = [
        it
        for it in await request.app[STORE].suppressions.find(number)
        if (visible is None or it.list in visible) and wanted in (None, it.list)
    ]
    holds = any(it.until is None or it.until > now for it in found)
    views = [suppression_view(it) for it in found]
    return json_response(SuppressionCheck(number, holds, views))


@routes.get(_LIST, allow_head=False)
@campaign_errors
async def get_suppressions(request: web.Request) -> web.Response:
    """List the entries of a list, by their numbers."""
    check_members(request.query, {"after", "limit"})
    name, limit = await _list_of(request), limit_of(request)
    found = await request.app[STORE].suppressions.find_page(
        name, after=request.query.get("after", ""), limit=limit
    )
    following = found[-1].number if len(found) == limit else None
    views = [suppression_view(it) for it in found]
    return json_response(SuppressionPage(views, following))


@routes.post(_LIST)
@campaign_errors
async def post_suppressions(request: web.Request) -> web.Response:
    """Put many numbers on a list, as lines of NDJSON."""
    check_members(request.query, set())
    name, now = await _list_of(request), time.time()
    accepted, refused, count = 0, list[RefusedLine](), 0
    async for lines in cut_lines(request):
        entries, mistakes = read_suppressions(name, lines, now)
        await request.app[STORE].suppressions.put(entries)
        accepted, count = accepted + len(entries), count + len(mistakes)
        refused += _fitting(mistakes, MAX_REFUSED - len(refused))
    return json_response(SuppressionImport(accepted, count, refused))


@routes.put(_MEMBER)
@campaign_errors
async def put_suppression(request: web.Request) -> web.Response:
    """Put a number on a list; whatever is reserved from then on obeys it."""
    name, number = await _list_of(request), _number(request.match_info["number"])
    body = await read_body(request, _read_body)
    try:
        entry = to_suppression(name, number, body, time.time())
    except ValueError as error:
        raise wrong("until", str(error)) from None
    await request.app[STORE].suppressions.put([entry])
    return json_response(suppression_view(entry))


@routes.get(_MEMBER, allow_head=False)
@campaign_errors
async def get_suppression(request: web.Request) -> web.Response:
    """Show the entry of a number on a list."""
    name, number = await _list_of(request), _number(request.match_info["number"])
    return json_response(suppression_view(await _find(request, name, number)))


@routes.delete(_MEMBER)
@campaign_errors
async def delete_suppression(request: web.Request) -> web.Response:
    """Take a number off a list."""
    name, number = await _list_of(request), _number(request.match_info["number"])
    if not await request.app[STORE].suppressions.remove(name, number):
        raise _missing(name, number)
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def _lists_of_client(request: web.Request) -> frozenset[str] | None:
    """The lists of the campaigns of the key's application; None: all, for the admin."""
    application = await application_of_client(request)
    if application is None:
        return None
    objects = await request.app[STORE].read_objects()
    own = [it for it in objects.campaign if it.application == application]
    return frozenset(name for it in own for name in it.lists)


async def _list_of(request: web.Request) -> str:
    name, visible = request.match_info["list"], await _lists_of_client(request)
    if visible is not None and name not in visible:
        raise NotFoundError(f"No campaign of this key's application has a list {name}.")
    return name


async def _find(request: web.Request, name: str, number: str) -> Suppression:
    for entry in await request.app[STORE].suppressions.find(number):
        if entry.list == name:
            return entry
    raise _missing(name, number)


def _missing(name: str, number: str) -> NotFoundError:
    return NotFoundError(f"{number} does not stand on the list {name}.")


def _number(text: str) -> str:
    try:
        return normalise_number(text)
    except ValueError as error:
        raise wrong("number", str(error)) from None


def _fitting(mistakes: Sequence[RefusedLine], room: int) -> Sequence[RefusedLine]:
    return mistakes[: max(room, 0)]
