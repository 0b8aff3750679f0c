"""The events resource: what became of a call, or of all calls, listed or as a stream."""

import asyncio
import time
from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from engine.config.toml_file import InvalidError
from engine.events.event_feed import EventFeed
from engine.events.event_view import EventView, encode_event, event_view
from engine.events.request_progress import Gap, RequestProgress
from engine.model.event_entry import EventEntry
from engine.model.event_type import EventType
from engine.model.result import RefusedError, Result
from engine.records.record_search import moment
from engine.store import StoreError
from engine.store.database_refusal import database_refusal
from engine.store.events import EventFilter

from .admin import MAX_POSITION, check_members, read_whole_number
from .app_keys import DIALER, EVENTS
from .calls import application_of_client, identity_of, no_call
from .event_stream import Send, format_event, is_stream_wanted, open_event_stream
from .responses import Problem, json_response

MAX_EVENTS = 1000
MAX_PAGES = 200
"""So many times ``MAX_EVENTS`` are looked at for a list, however rare what it asks for is."""
MAX_STREAMS = 2000
"""Streams of this process at once."""
LINGER_S = 5.0
"""How long a stream of a request that is over waits for what may come behind."""
RETRY_AFTER_S = 5

routes = web.RouteTableDef()


class EventList(msgspec.Struct, omit_defaults=True):
    """Events in the order of the log."""

    events: list[EventView]
    next: Annotated[
        int,
        Meta(
            description="What to ask for as after to get those that follow, also where there "
            "are none here: the log may have more to look through. At its end it stays."
        ),
    ]
    gaps: Annotated[list[Gap] | None, Meta(description="What is missing.")] = None


def add_events(app: web.Application, feed: EventFeed) -> None:
    """Add the routes to *app*; the streams end when *app* shuts down."""

    async def end(_: web.Application) -> None:
        feed.tail.close()

    app[EVENTS] = feed
    app.add_routes(routes)
    app.on_shutdown.append(end)


@routes.get("/api/v1/bvr/calls/{applicationUUID}/events", allow_head=False)
async def get_call_events(request: web.Request) -> web.StreamResponse:
    """List or stream the events of a call or application, from the first on."""
    _check_query(request, {"after"})
    application, identity = await application_of_client(request), identity_of(request)
    after = _after(request, default=0)
    feed, is_stream = request.app[EVENTS], is_stream_wanted(request)
    # A stream reads them by itself: here it is only asked whose they are.
    limit = 1 if is_stream else MAX_EVENTS
    try:
        entries = await feed.events.read_request(identity, after=after, limit=limit)
    except StoreError as error:
        raise database_refusal(error) from error
    if entries:
        if application not in (None, entries[0].subject.application):
            raise no_call()
    elif await request.app[DIALER].lookup.show(identity, application) is None:
        raise no_call()
    progress = RequestProgress(is_from_start=after == 0)
    if is_stream:
        if after and not entries and await _is_over(feed, identity):
            return web.Response(status=204)  # a browser asks no more then
        return await _stream(request, feed.of_request(identity, after), progress)
    gaps = [gap for entry in entries if (gap := progress.note(entry)) is not None]
    return json_response(_list(entries, after, gaps))


@routes.get("/api/v1/events", allow_head=False)
async def get_events(request: web.Request) -> web.StreamResponse:
    """List or stream the events of an application, or for the admin of all of them."""
    _check_query(request, {"application", "account", "type", "since", "after"})
    criteria, feed = await _criteria(request), request.app[EVENTS]
    try:
        oldest, newest = await feed.events.read_positions()
        start = await _start(request, feed, oldest, newest)
        gap = Gap(start + 1, oldest - 1) if start + 1 < oldest else None
        if is_stream_wanted(request):
            return await _stream(request, feed.of_platform(criteria, start), None, gap)
        entries, position = await _read(feed, criteria, start, newest)
    except StoreError as error:
        raise database_refusal(error) from error
    return json_response(_list(entries, position, [gap] if gap else []))


async def _is_over(feed: EventFeed, identity: str) -> bool:
    progress = RequestProgress(is_from_start=True)
    for entry in await feed.events.read_request(identity):
        progress.note(entry)
    return progress.is_over


async def _read(
    feed: EventFeed, criteria: EventFilter, position: int, newest: int
) -> tuple[list[EventEntry], int]:
    """Read up to ``MAX_EVENTS`` events that match, in ``MAX_PAGES`` pages of the log; also the
    position that was reached.
    """
    found: list[EventEntry] = []
    for _ in range(MAX_PAGES):
        if position >= newest or found:
            break
        found, position = await feed.events.read_after(
            position, criteria, limit=MAX_EVENTS
        )
    return found, position


def _list(entries: list[EventEntry], position: int, gaps: list[Gap]) -> EventList:
    reached = entries[-1].position if entries else position
    views = [event_view(entry) for entry in entries]
    return EventList(views, max(reached, position), gaps or None)


def _check_query(request: web.Request, known: Collection[str]) -> None:
    """Raise RefusedError for a parameter that is not *known*: a filter that is misspelt must
    not let everything through.
    """
    try:
        check_members(request.query, known)
    except InvalidError as error:
        raise RefusedError(Result.INVALID_REQUEST, str(error)) from error


async def _criteria(request: web.Request) -> EventFilter:
    """What the query asks for, within what the client may see; raises RefusedError."""
    own = await application_of_client(request)
    application = request.query.get("application", own)
    if own not in (None, application):
        text = f"This key may see the events of application {own} only."
        raise web.HTTPForbidden(reason=text)
    types = request.query.getall("type", [])
    if unknown := sorted(set(types) - set(EventType)):
        text = f"There is no type {unknown[0]}; there are {', '.join(EventType)}."
        raise RefusedError(Result.INVALID_REQUEST, text)
    return EventFilter(
        application=application,
        account=request.query.get("account"),
        types=frozenset(types) or None,
    )


async def _start(
    request: web.Request, feed: EventFeed, oldest: int, newest: int
) -> int:
    """The position behind which to begin; raises RefusedError or StoreError.

    Without ``after``, ``since`` and Last-Event-ID a stream begins now, and a list with the
    oldest event. Whoever goes on may still say since when he wants events.
    """
    since = request.query.get("since")
    goes_on = request.headers.get("Last-Event-ID") or "after" in request.query
    if since is not None and not goes_on:
        try:
            at = moment(since, time.time())
        except ValueError as error:
            raise RefusedError(Result.INVALID_REQUEST, f"since: {error}.") from error
        return await feed.events.find_position_before(at)
    return _after(request, newest if is_stream_wanted(request) else oldest - 1)


def _after(request: web.Request, default: int) -> int:
    """The position behind which the client wants events; raises RefusedError."""
    text = request.headers.get("Last-Event-ID") or request.query.get("after")
    if text is None:
        return default
    try:
        return read_whole_number("after", text, MAX_POSITION, least=0)
    except InvalidError as error:
        raise RefusedError(Result.INVALID_REQUEST, str(error)) from error


async def _stream(
    request: web.Request,
    batches: AsyncGenerator[list[EventEntry], None],
    progress: RequestProgress | None,
    gap: Gap | None = None,
) -> web.StreamResponse:
    """Send *batches* until the client leaves, or the request that they tell of is over.

    *gap* is told first.
    """
    if request.app[EVENTS].tail.followers >= MAX_STREAMS:
        response = json_response(
            Problem(f"There are {MAX_STREAMS} streams already."), 503
        )
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
        return response
    stream = web.StreamResponse()
    async with open_event_stream(request, stream) as send:
        await send(_format_gap(gap) if gap is not None else b": events follow\n\n")
        async with aclosing(batches):
            await _send_all(send, batches, progress)
    return stream


async def _send_all(
    send: Send,
    batches: AsyncGenerator[list[EventEntry], None],
    progress: RequestProgress | None,
) -> None:
    while True:
        limit_s = LINGER_S if progress is not None and progress.is_over else None
        try:
            async with asyncio.timeout(limit_s):
                entries = await anext(batches)
        except (TimeoutError, StopAsyncIteration, StoreError):
            return  # its client asks again with what it has got last, if it wants more
        await send(_format(entries, progress) if entries else _HEARTBEAT)


def _format(entries: list[EventEntry], progress: RequestProgress | None) -> bytes:
    parts = []
    for entry in entries:
        gap = progress.note(entry) if progress is not None else None
        if gap is not None:
            parts.append(_format_gap(gap))
        parts.append(format_event(entry.type, encode_event(entry), entry.position))
    return b"".join(parts)


def _format_gap(gap: Gap) -> bytes:
    return format_event("gap", msgspec.json.encode(gap))


_HEARTBEAT = b": nothing new\n\n"
