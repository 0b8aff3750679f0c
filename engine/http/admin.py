"""The admin API: the platform's objects and the records, for clients with the admin token."""

import hmac
import time
from collections.abc import Collection
from functools import wraps
from http import HTTPStatus
from typing import Annotated, cast

import msgspec
import structlog
from aiohttp import web
from msgspec import Meta

from engine.administration.admin import (
    Admin,
    ChangeView,
    ConflictError,
    Fields,
    NotFoundError,
    change_view,
    check_member,
    objects_of,
)
from engine.config.toml_file import ConfigMistake, InvalidError
from engine.dialer.emergency_stop import StopScope
from engine.model.result import RefusedError
from engine.platform.changes import find_broken_references
from engine.platform.objects import KINDS, ObjectKind, digest_of
from engine.platform.pauses import MAX_BY, MAX_REASON
from engine.records.record_search import countable_column, matches, record_filter
from engine.records.record_view import record_view
from engine.store import Store, StoreError
from engine.store.database_refusal import database_problem

from .app_keys import ADMIN_TOKEN_SHA256, DIALER, PROXY_STATUS, STATUS, STORE
from .bodies import body_of
from .responses import Handler, Problem, json_response

MAX_ADMIN_BODY_BYTES = 16 << 20  # a whole platform
MAX_RECORDS = 1000
MAX_POSITION = 2**63 - 1
ADMIN = "the admin API"  # by whom, where a request does not say it
_BY_PLURAL = {kind.plural: kind for kind in KINDS.values() if kind.identity}
_COLLECTION = f"/api/v1/admin/{{plural:{'|'.join(_BY_PLURAL)}}}"
_MEMBER = f"{_COLLECTION}/{{id:[^/]+}}"
_LICENCE = KINDS["licence"]


log = structlog.get_logger()
routes = web.RouteTableDef()


class FieldMistake(msgspec.Struct):
    """One thing that is wrong."""

    field: Annotated[str, Meta(description="Member or parameter, if it lies in one.")]
    text: Annotated[str, Meta(description="One sentence for a person.")]


class Mistakes(Problem):
    """Everything that is wrong with what was asked for."""

    mistakes: list[FieldMistake]


class Applied(msgspec.Struct):
    """What changed, or would change."""

    changes: list[ChangeView]
    applied: Annotated[bool, Meta(description="False after a dry run.")]
    warnings: Annotated[
        list[str], Meta(description="References to what does not exist.")
    ]


def add_admin(app: web.Application, store: Store, token_sha256: str | None) -> None:
    """Add the routes of the admin API to *app*.

    *token_sha256* is the hash of the token in hex; if it is None all of them answer 403.
    """
    app[STORE] = store
    app[ADMIN_TOKEN_SHA256] = token_sha256
    app.add_routes(routes)


def is_admin(request: web.Request) -> bool:
    """Whether *request* carries the admin token, as a bearer token (RFC 6750 §2.1)."""
    expected = request.app.get(ADMIN_TOKEN_SHA256)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return (
        expected is not None
        and scheme.lower() == "bearer"
        and hmac.compare_digest(digest_of(token.strip()), expected)
    )


def require_admin(handler: Handler) -> Handler:
    """Wrap *handler* so that only requests with the admin token reach it.

    Errors of the administration and the database become JSON with the status for them.
    The body may have ``MAX_ADMIN_BODY_BYTES``.
    """

    @wraps(handler)
    async def only_admin(request: web.Request) -> web.StreamResponse:
        if request.app.get(ADMIN_TOKEN_SHA256) is None:
            text = (
                "The admin API is off: make a token with `outring token` and give its "
                "hash as token_sha256 under [admin]."
            )
            return json_response(Problem(text), 403)
        if not is_admin(request):
            response = json_response(Problem("The admin token is not right."), 401)
            response.headers["WWW-Authenticate"] = 'Bearer realm="outring"'
            return response
        return await administer(request.clone(client_max_size=MAX_ADMIN_BODY_BYTES))

    administer = answer_errors(handler)
    return only_admin


def answer_errors(handler: Handler) -> Handler:
    """Wrap *handler* so that errors of the administration and the database become JSON, with
    the status for them.
    """

    @wraps(handler)
    async def with_errors(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except InvalidError as error:
            return json_response(Mistakes(str(error), _mistakes(error.mistakes)), 400)
        except NotFoundError as error:
            return json_response(Problem(str(error)), 404)
        except ConflictError as error:
            return json_response(Problem(str(error)), 409)
        except StoreError as error:
            log.warning("database_failed", reason=str(error))
            return json_response(Problem(database_problem(error)), 503)

    return with_errors


@routes.post("/api/v1/admin/apply")
@require_admin
async def post_apply(request: web.Request) -> web.Response:
    """Make the platform's objects those of the body, or show what would change."""
    objects = objects_of(await _body(request))
    admin = _admin(request)
    planned = await admin.plan(objects, prune=_flag(request, "prune"))
    is_applied = not _flag(request, "dry_run")
    if is_applied:
        await admin.apply(planned)
    changes = [change_view(change) for change in planned.changes]
    warnings = [text for _, text in find_broken_references(planned.after)]
    return json_response(Applied(changes, is_applied, warnings))


@routes.get("/api/v1/admin/records", allow_head=False)
@require_admin
async def get_records(request: web.Request) -> web.Response:
    """List the records that the query asks for, the newest first."""
    query = dict(request.query)
    before = query.pop("before", None)
    limit = read_whole_number("limit", query.pop("limit", "100"), MAX_RECORDS)
    chosen = record_filter(query, time.time())
    records = await request.app[STORE].find_records(chosen, limit=limit, before=before)
    return json_response({"records": [record_view(record) for record in records]})


@routes.get("/api/v1/admin/records/changes", allow_head=False)
@require_admin
async def get_record_changes(request: web.Request) -> web.Response:
    """List records in the order in which they were written, after a position.

    Without *after* there is only the position from which changes can be followed.
    """
    query = dict(request.query)
    after = query.pop("after", None)
    chosen = record_filter(query, time.time())
    store = request.app[STORE]
    if after is None:
        view = {"records": [], "position": await store.read_position()}
        return json_response(view)
    start = read_whole_number("after", after, MAX_POSITION, least=0)
    changed, position = await store.read_records_after(start, MAX_RECORDS)
    views = [record_view(record) for record in changed if matches(chosen, record)]
    return json_response({"records": views, "position": position})


class RecordCount(msgspec.Struct):
    """How many records have a value."""

    value: Annotated[
        str | int | None,
        Meta(description="None: those without one, or all if nothing is counted by."),
    ]
    count: int


@routes.get("/api/v1/admin/records/count", allow_head=False)
@require_admin
async def count_records(request: web.Request) -> web.Response:
    """Count the records that the query asks for, for each value of what *by* names."""
    query = dict(request.query)
    by = query.pop("by", None)
    column = None if by is None else countable_column(by)
    chosen = record_filter(query, time.time())
    counts = await request.app[STORE].count_records(chosen, column)
    return json_response({"counts": [RecordCount(*pair) for pair in counts]})


class CallsEnded(msgspec.Struct):
    """What an emergency stop has ended."""

    calls: Annotated[
        int, Meta(description="That were live; each gets a CANCEL or BYE.")
    ]
    sessions: Annotated[int, Meta(description="Of applications.")]
    waiting: Annotated[
        int, Meta(description="Requests that are refused in their turn.")
    ]
    silent: Annotated[
        list[str], Meta(description="Processes that have not answered in time.")
    ]


@routes.post("/api/v1/admin/hangup")
@require_admin
async def post_hangup(request: web.Request) -> web.Response:
    """Hang up all calls of an application, of an account, or of the platform."""
    fields = await fields_of(request)
    check_members(fields, {"all", "account", "application", "reason", "by"})
    scope = await _stop_scope(request, fields)
    reason = check_member("reason", fields.get("reason", _NO_REASON), MAX_REASON)
    by = check_member("by", fields.get("by", ADMIN), MAX_BY)
    log.warning("hanging_up_all", by=by, reason=reason)
    text = f"an emergency stop by {by}: {reason}"
    tally = await request.app[DIALER].executor.hang_up_all(scope, text)
    return json_response(
        CallsEnded(tally.calls, tally.sessions, tally.waiting, list(tally.silent))
    )


_NO_REASON = "no reason was given"


async def _stop_scope(request: web.Request, fields: Fields) -> StopScope:
    """Read whose calls are meant; raises NotFoundError and InvalidError."""
    named = {"all", "account", "application"} & fields.keys()
    if len(named) != 1:
        raise _wrong("", "Give one of all, account and application.")
    (name,) = named
    value = fields[name]
    if name == "all":
        if value is not True:
            raise _wrong(name, "all is true.")
        return StopScope()
    if not isinstance(value, str):
        raise _wrong(name, f"{name} is a text.")
    await _admin(request).view(KINDS[name], value)  # does it exist?
    return StopScope(**{name: value})


class NodeStatus(msgspec.Struct, rename="camel"):
    """A node, and the calls that it carries."""

    id: str
    calls: int
    call_limit: int
    draining: Annotated[bool, Meta(description="It takes no new calls.")]


@routes.get("/api/v1/admin/nodes", allow_head=False)
@require_admin
async def get_nodes(request: web.Request) -> web.Response:
    """List the nodes of the platform, which carry its calls."""
    nodes = [
        NodeStatus(node.name, node.calls, node.call_limit, node.is_draining)
        for node in request.app[STATUS].nodes()
    ]
    return json_response({"nodes": nodes})


@routes.post("/api/v1/admin/nodes/{id:[^/]+}/drain")
@require_admin
async def post_node_drain(request: web.Request) -> web.Response:
    """Have a process take no new calls, and end after its last one, as at SIGTERM."""
    name = request.match_info["id"]
    if not await request.app[DIALER].executor.drain(name):
        raise NotFoundError(f"There is no process {name} that answers.")
    return json_response({"draining": name}, 202)


@routes.get("/api/v1/admin/status/proxies", allow_head=False)
@require_admin
async def get_proxy_status(request: web.Request) -> web.Response:
    """Show the state and the counters of each proxy on the whole platform."""
    return json_response({"proxies": await request.app[PROXY_STATUS].views()})


@routes.get("/api/v1/admin/licence", allow_head=False)
@require_admin
async def get_licence(request: web.Request) -> web.Response:
    """Show the licence."""
    return json_response(await _admin(request).view(_LICENCE, _LICENCE.table))


@routes.patch("/api/v1/admin/licence")
@require_admin
async def patch_licence(request: web.Request) -> web.Response:
    """Change the licence."""
    fields = await fields_of(request)
    return json_response(await _admin(request).set(_LICENCE, _LICENCE.table, fields))


@routes.get(_COLLECTION, allow_head=False)
@require_admin
async def get_objects(request: web.Request) -> web.Response:
    """List the objects of one kind."""
    kind = _kind(request)
    return json_response({kind.plural: await _admin(request).views(kind)})


@routes.post(_COLLECTION)
@require_admin
async def post_object(request: web.Request) -> web.Response:
    """Add an object."""
    view = await _admin(request).add(_kind(request), await fields_of(request))
    return json_response(view, 201)


@routes.get(_MEMBER, allow_head=False)
@require_admin
async def get_object(request: web.Request) -> web.Response:
    """Show an object."""
    view = await _admin(request).view(_kind(request), request.match_info["id"])
    return json_response(view)


@routes.patch(_MEMBER)
@require_admin
async def patch_object(request: web.Request) -> web.Response:
    """Change the fields of an object that the body names; null sets one to its default."""
    kind, identity = _kind(request), request.match_info["id"]
    view = await _admin(request).set(kind, identity, await fields_of(request))
    return json_response(view)


@routes.delete(_MEMBER)
@require_admin
async def delete_object(request: web.Request) -> web.Response:
    """Remove an object; with ``force`` even one that others refer to."""
    kind, identity = _kind(request), request.match_info["id"]
    await _admin(request).remove(kind, identity, force=_flag(request, "force"))
    return web.Response(status=204)


def _add_pauses(kind: ObjectKind) -> None:
    """Add the routes by which objects of *kind* take no new calls, and take them again."""
    member = f"/api/v1/admin/{kind.plural}/{{id:[^/]+}}"

    @routes.post(f"{member}/{kind.pause}")
    @require_admin
    async def post_pause(request: web.Request) -> web.Response:
        """Have an object take no new calls; those that live go on."""
        fields = await fields_of(request)
        check_members(fields, {"reason", "by"})
        view = await _admin(request).pause(
            kind,
            request.match_info["id"],
            reason=fields.get("reason"),
            by=fields.get("by", ADMIN),
        )
        return json_response(view)

    @routes.post(f"{member}/resume")
    @require_admin
    async def post_resume(request: web.Request) -> web.Response:
        """Have an object take calls again."""
        identity = request.match_info["id"]
        return json_response(await _admin(request).resume(kind, identity))


for _pausable in KINDS.values():
    if _pausable.pause:
        _add_pauses(_pausable)


def check_members(fields: Fields, known: Collection[str]) -> None:
    """Raise InvalidError if *fields*, of a body or a query, have others than those *known*."""
    mistakes = [
        ConfigMistake(name, f"{name} is not known here.")
        for name in sorted(fields.keys() - known)
    ]
    if mistakes:
        raise InvalidError(mistakes)


def _admin(request: web.Request) -> Admin:
    return Admin(request.app[STORE])


def _kind(request: web.Request) -> ObjectKind:
    return _BY_PLURAL[request.match_info["plural"]]


async def _body(request: web.Request) -> object:
    try:
        return msgspec.json.decode(await body_of(request))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _wrong("", "The body is not JSON.") from None
    except RefusedError as refused:
        if refused.http_status is not HTTPStatus.BAD_REQUEST:
            raise
        raise _wrong("", refused.detail) from None


async def fields_of(request: web.Request) -> Fields:
    """Return the JSON object that is the body of *request*; raises InvalidError."""
    body = await _body(request)
    if not isinstance(body, dict):
        raise _wrong("", "The body is not a JSON object.")
    return cast(Fields, body)


def _flag(request: web.Request, name: str) -> bool:
    text = request.query.get(name, "false")
    if text not in ("true", "false"):
        raise _wrong(name, f"{name} is true or false.")
    return text == "true"


def read_whole_number(name: str, text: str, most: int, *, least: int = 1) -> int:
    """Read *text* of the query parameter *name* as a number from *least* to *most*.

    Raises InvalidError.
    """
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(most))
    if not is_number or not least <= int(text) <= most:
        raise _wrong(name, f"{name} is a number from {least} to {most}.")
    return int(text)


def _wrong(field: str, text: str) -> InvalidError:
    return InvalidError([ConfigMistake(field, text)])


def _mistakes(mistakes: tuple[ConfigMistake, ...]) -> list[FieldMistake]:
    return [FieldMistake(mistake.place, mistake.text) for mistake in mistakes]
