"""The campaigns resource: put, change, show, remove; start, pause, cancel; attempts, report."""

import csv
import io
import time
from http import HTTPStatus
from typing import Annotated, Literal, cast

import msgspec
from aiohttp import web
from msgspec import Meta

from engine.administration.admin import (
    Admin,
    ConflictError,
    Fields,
    NotFoundError,
    validate_fields,
)
from engine.campaigns.campaign_desk import REPORT_DAYS, read_place
from engine.campaigns.campaign_views import CampaignList, report_rows
from engine.config.toml_file import NO_NUL
from engine.model.campaign import CampaignState
from engine.platform.campaign_objects import Campaign
from engine.platform.objects import KINDS
from engine.platform.pauses import MAX_REASON
from engine.store.campaigns import AttemptPlace

from .admin import check_members, fields_of, read_whole_number
from .app_keys import DIALER, STORE
from .calls import application_of_client
from .campaign_access import (
    MEMBER,
    PREFIX,
    campaign_errors,
    campaign_of,
    check_lists,
    desk_of,
    limit_of,
    moment_of,
    read_body,
    wrong,
)
from .responses import json_response

MAX_REPORT_DAYS = 366
CSV_TYPE = "text/csv"
_KIND = KINDS["campaign"]

routes = web.RouteTableDef()


class PauseBody(msgspec.Struct, forbid_unknown_fields=True):
    """Why a campaign is paused."""

    reason: Annotated[
        Annotated[str, Meta(min_length=1, max_length=MAX_REASON, pattern=NO_NUL)]
        | None,
        Meta(description="For people."),
    ] = None


class CancelBody(msgspec.Struct, forbid_unknown_fields=True):
    """Why a campaign is cancelled, and what becomes of its calls."""

    live: Annotated[
        Literal["keep", "hangup"],
        Meta(description="Whether calls that live go on, or are hung up."),
    ] = "keep"
    reason: Annotated[
        Annotated[str, Meta(min_length=1, max_length=MAX_REASON, pattern=NO_NUL)]
        | None,
        Meta(description="For people."),
    ] = None


_read_pause = msgspec.json.Decoder(PauseBody)
_read_cancel = msgspec.json.Decoder(CancelBody)


@routes.get(PREFIX, allow_head=False)
@campaign_errors
async def get_campaigns(request: web.Request) -> web.Response:
    """List the campaigns of the key's application, or all of them for the admin."""
    check_members(request.query, set())
    application = await application_of_client(request)
    return json_response(CampaignList(await desk_of(request).list_all(application)))


@routes.put(MEMBER)
@campaign_errors
async def put_campaign(request: web.Request) -> web.Response:
    """Make the campaign what the body says: 201 if it is new, 409 for another while it runs."""
    name = request.match_info["name"]
    application = await application_of_client(request)
    fields = await fields_of(request)
    if fields.get("id", name) != name:
        raise wrong("id", "The id is another than that of the path.")
    wanted = _campaign_of({"application": application, **fields, "id": name})
    if application not in (None, wanted.application):
        raise wrong("application", "The API key is of another application.")
    await check_lists(request, application, wanted)
    before = await _find(request)
    if before is None:
        await Admin(request.app[STORE]).add(_KIND, wanted.model_dump())
        status = HTTPStatus.CREATED
    else:
        if application not in (None, before.application):
            raise ConflictError(f"The campaign {name} is of another application.")
        await _replace(request, before, wanted)
        status = HTTPStatus.OK
    return json_response(await desk_of(request).show(name), status)


@routes.patch(MEMBER)
@campaign_errors
async def patch_campaign(request: web.Request) -> web.Response:
    """Change the members of the campaign that the body names, whatever its state."""
    before, fields = await campaign_of(request), await fields_of(request)
    if fields.get("application", before.application) != before.application:
        raise wrong("application", "The application of a campaign cannot change.")
    wanted = _campaign_of({**before.model_dump(), **fields})
    await check_lists(request, await application_of_client(request), wanted)
    await Admin(request.app[STORE]).set(_KIND, before.id, fields)
    return json_response(await desk_of(request).show(before.id))


@routes.get(MEMBER, allow_head=False)
@campaign_errors
async def get_campaign(request: web.Request) -> web.Response:
    """Show the campaign, how it runs, and how far it has come."""
    campaign = await campaign_of(request)
    return json_response(await desk_of(request).show(campaign.id))


@routes.delete(MEMBER)
@campaign_errors
async def delete_campaign(request: web.Request) -> web.Response:
    """Remove the campaign with its contacts; calls that live go on."""
    campaign = await campaign_of(request)
    run = await request.app[STORE].campaigns.read_run(campaign.id)
    if run.state is CampaignState.RUNNING:
        raise ConflictError("The campaign is running: pause or cancel it first.")
    await Admin(request.app[STORE]).remove(_KIND, campaign.id)
    return web.Response(status=HTTPStatus.NO_CONTENT)


# -- state -----------------------------------------------------------------------------


@routes.post(f"{MEMBER}/start")
@campaign_errors
async def post_start(request: web.Request) -> web.Response:
    """Have the campaign call, or go on."""
    campaign = await campaign_of(request)
    return json_response(await desk_of(request).start(campaign.id))


@routes.post(f"{MEMBER}/pause")
@campaign_errors
async def post_pause(request: web.Request) -> web.Response:
    """Have the campaign place no more calls until it is started again."""
    campaign = await campaign_of(request)
    body = await read_body(request, _read_pause)
    return json_response(await desk_of(request).pause(campaign.id, body.reason))


@routes.post(f"{MEMBER}/cancel")
@campaign_errors
async def post_cancel(request: web.Request) -> web.Response:
    """End the campaign for good; its calls go on, or are hung up."""
    campaign = await campaign_of(request)
    body = await read_body(request, _read_cancel)
    view, live = await desk_of(request).cancel(campaign.id, body.reason)
    if body.live == "hangup":
        for call in live:
            await request.app[DIALER].lookup.end(call, campaign.application)
    return json_response(view)


# -- what came of it ---------------------------------------------------------------------


@routes.get(f"{MEMBER}/attempts", allow_head=False)
@campaign_errors
async def get_attempts(request: web.Request) -> web.Response:
    """List attempts in the order in which they were reserved."""
    campaign, query = await campaign_of(request), request.query
    check_members(query, {"since", "after", "limit"})
    since = moment_of("since", query.get("since"), time.time()) or 0.0
    after = AttemptPlace(since, 0, 0)
    if (text := query.get("after")) is not None:
        try:
            after = read_place(text)
        except ValueError as error:
            raise wrong("after", str(error)) from None
    page = await desk_of(request).attempts(
        campaign.id, after=after, limit=limit_of(request)
    )
    return json_response(page)


@routes.get(f"{MEMBER}/report", allow_head=False)
@campaign_errors
async def get_report(request: web.Request) -> web.Response:
    """Count attempts by day and outcome, as JSON or CSV."""
    campaign, query = await campaign_of(request), request.query
    check_members(query, {"days", "format"})
    text = query.get("days", str(REPORT_DAYS))
    days = read_whole_number("days", text, MAX_REPORT_DAYS)
    wanted = query.get("format", "json")
    if wanted not in ("json", "csv"):
        raise wrong("format", "format is json or csv.")
    report = await desk_of(request).report(campaign.id, days)
    if wanted == "json":
        return json_response(report)
    table = io.StringIO()
    csv.writer(table).writerows(report_rows(report))
    return web.Response(text=table.getvalue(), content_type=CSV_TYPE)


# -- parts -------------------------------------------------------------------------------


async def _find(request: web.Request) -> Campaign | None:
    try:
        return await desk_of(request).find(request.match_info["name"])
    except NotFoundError:
        return None


async def _replace(request: web.Request, before: Campaign, wanted: Campaign) -> None:
    if wanted == before:
        return
    run = await request.app[STORE].campaigns.read_run(before.id)
    if run.state is CampaignState.RUNNING:
        text = "The campaign is running with another body: PATCH it, or pause it first."
        raise ConflictError(text)
    await Admin(request.app[STORE]).set(_KIND, before.id, wanted.model_dump())


def _campaign_of(fields: Fields) -> Campaign:
    """Return the campaign that *fields* make; raises InvalidError."""
    return cast(Campaign, validate_fields(_KIND, fields))
