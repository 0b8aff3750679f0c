"""The agents of campaigns: what each says of itself, again and again."""

import time
from http import HTTPStatus
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from engine.administration.admin import NotFoundError
from engine.campaigns.campaign_views import AgentView, agent_view
from engine.model.campaign import AgentEntry, AgentState
from sip.errors import SipError
from sip.uri import SipUri

from .app_keys import STORE
from .campaign_access import MEMBER, campaign_errors, campaign_of, read_body, wrong
from .responses import json_response

LEASE_S = 30
MAX_LEASE_S = 3600
MAX_ID = 128
_AGENT = f"{MEMBER}/agents/{{id:[^/]+}}"

routes = web.RouteTableDef()


class AgentBody(msgspec.Struct, forbid_unknown_fields=True):
    """What an agent does now."""

    state: AgentState
    endpoint: Annotated[
        str | None, Meta(description="SIP URI at which it is called.")
    ] = None
    lease_s: Annotated[
        int,
        Meta(
            description="Seconds for which that holds, unless it says more.",
            ge=1,
            le=MAX_LEASE_S,
        ),
    ] = LEASE_S


class AgentList(msgspec.Struct):
    """The agents of a campaign, by their ids."""

    agents: list[AgentView]


_read_agent = msgspec.json.Decoder(AgentBody)


@routes.put(_AGENT)
@campaign_errors
async def put_agent(request: web.Request) -> web.Response:
    """Take what an agent says of itself; it holds for as long as its lease."""
    campaign, body = await campaign_of(request), await read_body(request, _read_agent)
    now, identity = time.time(), request.match_info["id"]
    if len(identity) > MAX_ID or "\x00" in identity:
        raise wrong("id", f"An id has at most {MAX_ID} characters, and no NUL.")
    entry = AgentEntry(
        campaign=campaign.id,
        id=identity,
        state=body.state,
        since=now,
        expires=now + body.lease_s,
        endpoint=_endpoint(body.endpoint),
    )
    return json_response(agent_view(await request.app[STORE].agents.put(entry)))


@routes.get(f"{MEMBER}/agents", allow_head=False)
@campaign_errors
async def get_agents(request: web.Request) -> web.Response:
    """List the agents whose leases hold, by their ids."""
    campaign = await campaign_of(request)
    found = await request.app[STORE].agents.find_all(campaign.id, time.time())
    return json_response(AgentList([agent_view(it) for it in found]))


@routes.delete(_AGENT)
@campaign_errors
async def delete_agent(request: web.Request) -> web.Response:
    """Forget an agent."""
    campaign, identity = await campaign_of(request), request.match_info["id"]
    if not await request.app[STORE].agents.remove(campaign.id, identity):
        raise NotFoundError(f"The campaign has no agent {identity}.")
    return web.Response(status=HTTPStatus.NO_CONTENT)


def _endpoint(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        SipUri.parse(text)
    except SipError as error:
        raise wrong("endpoint", f"{error}.") from None
    return text
