"""The contacts of campaigns: imported as a stream, checked, searched, and why they are called."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from engine.administration.admin import ConflictError
from engine.campaigns.contact_lines import (
    ContactFormat,
    ReadLine,
    ReadLines,
    RefusedLine,
    csv_reader,
    read_ndjson,
)
from engine.campaigns.import_preview import ImportPreview, PreviewView
from engine.campaigns.line_cutter import LineCutter, check_length
from engine.model.campaign import CampaignState, ContactEnd, ContactState
from engine.platform.campaign_objects import Campaign
from engine.store import Store, StoreError
from engine.store.campaigns import ContactFilter
from engine.store.database_refusal import database_problem

from .admin import check_members, read_whole_number
from .app_keys import STORE
from .campaign_access import (
    MEMBER,
    campaign_errors,
    campaign_of,
    choice_of,
    desk_of,
    limit_of,
    wrong,
)
from .client_connection import ClientConnection
from .responses import Problem, json_response

BATCH = 1000
"""Lines whose contacts are stored in one transaction: all of them, or none."""
MAX_REFUSED = 1000
"""Refused lines that an answer names."""
MAX_LINES = 2**63 - 1
_CSV_TYPES = ("text/csv", "application/csv")
_CONTACT = f"{MEMBER}/contacts/{{key:[^/]+}}"

Lines = Sequence[tuple[int, bytes]]

routes = web.RouteTableDef()


class ImportResult(msgspec.Struct):
    """What became of the lines of an import."""

    accepted: Annotated[int, Meta(description="Contacts that are new.")] = 0
    replaced: Annotated[
        int, Meta(description="Contacts that have changed: they were not called yet.")
    ] = 0
    refused_count: Annotated[int, Meta(description="Lines without a contact.")] = 0
    refused: Annotated[
        list[RefusedLine],
        Meta(description=f"The first {MAX_REFUSED} of these lines, and why."),
    ] = []
    next_line: Annotated[
        int, Meta(description="The line behind the last one that was read.")
    ] = 1

    def refuse(self, lines: Sequence[RefusedLine]) -> None:
        """Count *lines*, and name them while there is room."""
        self.refused_count += len(lines)
        self.refused += lines[: max(MAX_REFUSED - len(self.refused), 0)]


class ImportStopped(Problem):
    """An import that ended before its last line."""

    taken: Annotated[
        ImportResult, Meta(description="Of the lines before; they are stored.")
    ]


@routes.post(f"{MEMBER}/contacts")
@campaign_errors
async def post_contacts(request: web.Request) -> web.Response:
    """Import contacts, lines of NDJSON or CSV, however many."""
    campaign = await campaign_of(request)
    store, result = request.app[STORE], ImportResult(refused=[])
    run = await store.campaigns.read_run(campaign.id)
    if run.state is CampaignState.CANCELLED:
        raise ConflictError("The campaign is cancelled: it takes no more contacts.")
    try:
        async for read, last in _read_batches(request):
            await _store(store, campaign, read, result)
            result.next_line = last + 1
    except StoreError as error:
        text = f"{database_problem(error)} Go on with from_line={result.next_line}."
        return json_response(ImportStopped(text, result), 503)
    return json_response(result)


@routes.post(f"{MEMBER}/validate")
@campaign_errors
async def post_validate(request: web.Request) -> web.Response:
    """Tell what of an import would be refused, and when the last contact would be called."""
    campaign = await campaign_of(request)
    policy = await desk_of(request).policy(campaign.id)
    preview, result = ImportPreview(policy, time.time()), ImportResult(refused=[])
    async for read, last in _read_batches(request):
        contacts = [line.contact for line in read if line.contact is not None]
        preview.add(contacts)
        result.accepted += len(contacts)
        result.refuse([line.refused() for line in read if line.contact is None])
        result.next_line = last + 1
    return json_response(Validation(result, preview.view()))


class Validation(msgspec.Struct):
    """What an import would do."""

    lines: ImportResult
    calls: PreviewView


@routes.get(f"{MEMBER}/contacts", allow_head=False)
@campaign_errors
async def get_contacts(request: web.Request) -> web.Response:
    """List contacts that the query asks for, by their keys."""
    campaign, query = await campaign_of(request), request.query
    check_members(query, {"key", "number", "state", "end", "after", "limit"})
    criteria = ContactFilter(
        key=query.get("key"),
        number=query.get("number"),
        state=choice_of("state", query.get("state"), ContactState),
        end=choice_of("end", query.get("end"), ContactEnd),
    )
    after, limit = query.get("after", ""), limit_of(request)
    page = await desk_of(request).contacts(
        campaign.id, criteria, after=after, limit=limit
    )
    return json_response(page)


@routes.get(_CONTACT, allow_head=False)
@campaign_errors
async def get_contact(request: web.Request) -> web.Response:
    """Show a contact, and all attempts on it."""
    campaign, key = await campaign_of(request), request.match_info["key"]
    return json_response(await desk_of(request).contact(campaign.id, key))


@routes.get(f"{_CONTACT}/why", allow_head=False)
@campaign_errors
async def get_why(request: web.Request) -> web.Response:
    """Tell whether a contact would be called now, and why not, rule by rule."""
    campaign, key = await campaign_of(request), request.match_info["key"]
    return json_response(await desk_of(request).why(campaign.id, key))


# -- import ------------------------------------------------------------------------------


async def _store(
    store: Store, campaign: Campaign, read: Sequence[ReadLine], result: ImportResult
) -> None:
    """Store the contacts of *read* in one transaction, and add them up in *result*."""
    contacts = [line.contact for line in read if line.contact is not None]
    counts = await store.contacts.import_contacts(campaign.id, contacts, time.time())
    result.accepted += counts.new
    result.replaced += counts.replaced
    late = frozenset(counts.refused)
    refused = [
        RefusedLine(line.number, f"The contact {line.contact.key} was called already.")
        if line.contact
        else line.refused()
        for line in read
        if line.contact is None or line.contact.key in late
    ]
    result.refuse(refused)


async def _read_batches(
    request: web.Request,
) -> AsyncIterator[tuple[list[ReadLine], int]]:
    """Read the body as batches of lines, each with the number of its last one.

    Lines before the ``from_line`` of the query are passed over. Raises InvalidError.
    """
    check_members(request.query, {"from_line", "format"})
    text = request.query.get("from_line", "1")
    first = read_whole_number("from_line", text, MAX_LINES)
    is_csv = _format_of(request) is ContactFormat.CSV
    reader: ReadLines | None = None if is_csv else read_ndjson
    async for lines in cut_lines(request):
        rows, last = lines, lines[-1][0]
        if reader is None:
            reader, rows = _read_header(lines[0][1]), lines[1:]
        wanted = [row for row in rows if row[0] >= first]
        # In another thread: a thousand lines take about ten milliseconds.
        yield await asyncio.to_thread(list, reader(wanted)), last


def _read_header(line: bytes) -> ReadLines:
    try:
        return csv_reader(check_length(line).decode("utf-8-sig").rstrip("\r\n"))
    except ValueError as error:  # a UnicodeDecodeError is one
        raise wrong("", str(error)) from None


async def cut_lines(request: web.Request) -> AsyncIterator[Lines]:
    """Cut the body of *request* into batches of lines; raises InvalidError.

    Its client has the time for a body again for each of them.
    """
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise wrong("", "Contacts are sent without a Content-Encoding.")
    connection, cutter = request.protocol, LineCutter()
    try:
        async for piece in request.content.iter_any():
            cutter.feed(piece)
            while len(cutter.lines) >= BATCH:
                yield cutter.take(BATCH)
                if isinstance(connection, ClientConnection):
                    connection.extend_body()
    except web.RequestPayloadError as error:
        raise wrong("", str(error)) from None
    cutter.end()
    if not cutter.count:
        raise wrong("", "The body has no lines.")
    while cutter.lines:
        yield cutter.take(BATCH)


def _format_of(request: web.Request) -> ContactFormat:
    given = request.query.get("format")
    if given is None and request.content_type in _CSV_TYPES:
        return ContactFormat.CSV
    chosen: ContactFormat = choice_of(
        "format", given or ContactFormat.NDJSON, ContactFormat
    )
    return chosen
