"""Webhooks: deliveries listed, sent again, tried out; secrets replaced. A part of the admin API."""

import time
from http import HTTPStatus
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from engine.administration.admin import Admin, NotFoundError
from engine.config.toml_file import ConfigMistake, InvalidError
from engine.model.delivery import DeliveryState
from engine.model.iso_time import format_time
from engine.platform.objects import KINDS, Webhook
from engine.records.record_search import moment
from engine.store.deliveries import StoredDelivery

from .admin import (
    MAX_POSITION,
    check_members,
    read_whole_number,
    require_admin,
)
from .app_keys import STORE, WEBHOOKS
from .responses import json_response

MAX_DELIVERIES = 1000
_MEMBER = "/api/v1/admin/webhooks/{id:[^/]+}"
_KIND = KINDS["webhook"]

routes = web.RouteTableDef()


class DeliveryView(msgspec.Struct, rename="camel"):
    """An event that a webhook has not taken at the first try, and not yet."""

    event: Annotated[str, Meta(description="Its id.")]
    type: str
    call: str
    seq: int
    state: Annotated[
        DeliveryState,
        Meta(
            description="waiting: it is tried again, or stands behind one of its call; "
            "failed: it was given up."
        ),
    ]
    tries: int
    due: Annotated[
        str | None, Meta(description="When it is tried again at the latest; ISO 8601.")
    ]
    status: Annotated[int | None, Meta(description="HTTP status of the last answer.")]
    error: Annotated[str | None, Meta(description="Why it was not taken.")]
    position: Annotated[int, Meta(description="Its place in the log, for before.")]


class DeliveryList(msgspec.Struct):
    """Deliveries, those of the newest events first."""

    deliveries: list[DeliveryView]


class Replay(msgspec.Struct):
    """What is delivered again."""

    since: Annotated[
        str | None, Meta(description="All events from this time on; ISO 8601, UTC.")
    ] = None
    failed: Annotated[
        int | None, Meta(description="So many that had been given up.")
    ] = None


class NewSecret(msgspec.Struct):
    """A secret that a webhook has got beside its older one."""

    secret: Annotated[
        str, Meta(description="whsec_ and 32 bytes in base64; it is shown this once.")
    ]


class WebhookTrial(msgspec.Struct, rename="camel"):
    """What a webhook has answered to a sample event."""

    event: Annotated[str, Meta(description="The id of the sample.")]
    taken: Annotated[bool, Meta(description="Whether the answer was 2xx.")]
    status: Annotated[int | None, Meta(description="None: there was no answer.")]
    error: str | None
    elapsed_ms: float


@routes.get(f"{_MEMBER}/deliveries", allow_head=False)
@require_admin
async def get_deliveries(request: web.Request) -> web.Response:
    """List what the webhook has not taken yet."""
    webhook = await _webhook(request)
    query = request.query
    check_members(query, {"state", "limit", "before"})
    limit = read_whole_number("limit", query.get("limit", "100"), MAX_DELIVERIES)
    before = query.get("before")
    rows = await request.app[STORE].deliveries.find(
        webhook.id,
        _state(query.get("state")),
        limit=limit,
        before=None
        if before is None
        else read_whole_number("before", before, MAX_POSITION),
    )
    return json_response(DeliveryList([_view(row) for row in rows]))


@routes.post(f"{_MEMBER}/replay")
@require_admin
async def post_replay(request: web.Request) -> web.Response:
    """Deliver all events since a time again, or what was given up."""
    check_members(request.query, {"since"})
    webhook = await _webhook(request)
    deliveries, since = request.app[STORE].deliveries, request.query.get("since")
    if since is None:
        return json_response(Replay(failed=await deliveries.retry_failed(webhook.id)))
    try:
        at = moment(since, time.time())
    except ValueError as error:
        raise InvalidError([ConfigMistake("since", f"{error}.")]) from None
    await deliveries.replay_since(webhook.id, at)
    return json_response(Replay(since=format_time(at, "milliseconds")))


@routes.post(f"{_MEMBER}/test")
@require_admin
async def post_test(request: web.Request) -> web.Response:
    """Post a sample event to the webhook, and tell what it has answered."""
    webhook = await _webhook(request)
    began = time.monotonic()
    entry, answer = await request.app[WEBHOOKS].send_sample(webhook)
    elapsed_ms = round((time.monotonic() - began) * 1000, 1)
    return json_response(
        WebhookTrial(
            entry.id, answer.is_taken, answer.status, answer.error or None, elapsed_ms
        )
    )


@routes.post(f"{_MEMBER}/secrets")
@require_admin
async def post_secret(request: web.Request) -> web.Response:
    """Give the webhook a new secret beside the one that it has."""
    admin = Admin(request.app[STORE])
    secret = await admin.rotate_secret(request.match_info["id"])
    return json_response(NewSecret(secret), HTTPStatus.CREATED)


@routes.delete(f"{_MEMBER}/secrets")
@require_admin
async def delete_older_secret(request: web.Request) -> web.Response:
    """Have the webhook's deliveries signed by its newest secret alone."""
    await Admin(request.app[STORE]).end_rotation(request.match_info["id"])
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def _webhook(request: web.Request) -> Webhook:
    objects = await request.app[STORE].read_objects()
    name = request.match_info["id"]
    webhook = objects.find(_KIND, name)
    if not isinstance(webhook, Webhook):
        raise NotFoundError(f"There is no webhook {name}.")
    return webhook


def _state(text: str | None) -> DeliveryState | None:
    if text is None:
        return None
    try:
        return DeliveryState(text)
    except ValueError:
        known = " or ".join(DeliveryState)
        mistake = ConfigMistake("state", f"state is {known}.")
        raise InvalidError([mistake]) from None


def _view(row: StoredDelivery) -> DeliveryView:
    delivery, entry = row
    is_waiting = delivery.state is DeliveryState.WAITING
    return DeliveryView(
        event=entry.id,
        type=entry.type,
        call=entry.subject.call,
        seq=entry.seq,
        state=delivery.state,
        tries=delivery.tries,
        due=format_time(delivery.due, "milliseconds")
        if is_waiting and delivery.tries
        else None,
        status=delivery.status,
        error=delivery.error,
        position=delivery.position,
    )
