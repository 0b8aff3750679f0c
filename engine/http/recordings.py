"""The recordings resource: list, show, hear, delete, upload again; and those of live calls."""

import time
from typing import Annotated

import msgspec
from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from msgspec import Meta

from engine.model.recording import RecordingEntry, RecordingOrder
from engine.model.result import RefusedError, Result
from engine.recordings.catalogue import MAX_PAGE, read_byte_range, read_filter
from engine.recordings.recording_view import RecordingView, recording_view
from engine.records.record_search import moment

from .app_keys import DIALER, RECORDINGS
from .bodies import body_of
from .calls import application_of_client, identity_of, no_call
from .responses import json_response

CONTENT_TYPE = "audio/wav"
_MEMBER = "/api/v1/bvr/recordings/{id}"

routes = web.RouteTableDef()


class LocalSound(web.FileResponse):
    """A file, whatever the Range of a request is: a malformed one is ignored (RFC 9110 §14.2)."""

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """See aiohttp."""
        try:
            _ = request.http_range
        except ValueError:
            headers = request.headers.copy()
            del headers["Range"]
            request = request.clone(headers=headers)
        return await super().prepare(request)


class RecordingList(msgspec.Struct):
    """Recordings, the newest first."""

    recordings: list[RecordingView]


class RecordingOrderBody(msgspec.Struct):
    """How the recording of a call shall be; nothing happens if it is so."""

    state: Annotated[
        RecordingOrder,
        Meta(
            description="recording: both sides are recorded; paused: silence is, so that "
            "times stay those of the call; stopped: the file is complete."
        ),
    ]


_read_order = msgspec.json.Decoder(RecordingOrderBody).decode


@routes.put("/api/v1/bvr/calls/{applicationUUID}/recording")
async def put_call_recording(request: web.Request) -> web.Response:
    """Start, pause, resume or stop the recording of a live call."""
    application, identity = await application_of_client(request), identity_of(request)
    try:
        wanted = _read_order(await body_of(request))
    except msgspec.DecodeError as error:  # a ValidationError is one
        raise RefusedError(Result.INVALID_REQUEST, f"{error}.") from error
    lookup = request.app[DIALER].lookup
    status = await lookup.order_recording(identity, application, wanted.state)
    if status is None:
        raise no_call()
    return json_response(status)


@routes.get("/api/v1/bvr/recordings", allow_head=False)
async def get_recordings(request: web.Request) -> web.Response:
    """List the recordings that the query asks for, the newest first."""
    application, query = await application_of_client(request), request.query
    try:
        limit = _read_limit(query.get("limit", "100"))
        criteria = read_filter(query, application, lambda it: moment(it, time.time()))
    except ValueError as error:
        raise RefusedError(Result.INVALID_REQUEST, f"{error}.") from error
    found = await request.app[RECORDINGS].find_page(
        criteria, limit=limit, before=query.get("before")
    )
    return json_response(RecordingList([recording_view(entry) for entry in found]))


@routes.get(_MEMBER, allow_head=False)
async def get_recording(request: web.Request) -> web.Response:
    """Show one recording."""
    return json_response(recording_view(await _find(request)))


@routes.get(f"{_MEMBER}/audio", allow_head=False)
async def get_audio(request: web.Request) -> web.StreamResponse:
    """Give the sound of a recording, or the range of it that is asked for."""
    entry = await _find(request)
    disposition = f'attachment; filename="{entry.id}.wav"'
    headers = {"Content-Type": CONTENT_TYPE, "Content-Disposition": disposition}
    path = await request.app[RECORDINGS].local_file(entry)
    if path is not None:
        return LocalSound(path, headers=headers)
    return await _give_remote(request, entry, headers)


@routes.delete(_MEMBER)
async def delete_recording(request: web.Request) -> web.Response:
    """Have a recording deleted, wherever it is."""
    deleted = await request.app[RECORDINGS].delete(await _find(request))
    return json_response(recording_view(deleted), 202)


@routes.post(f"{_MEMBER}/upload")
async def post_upload(request: web.Request) -> web.Response:
    """Try an upload again that was given up."""
    waiting = await request.app[RECORDINGS].retry(await _find(request))
    return json_response(recording_view(waiting), 202)


async def _find(request: web.Request) -> RecordingEntry:
    application = await application_of_client(request)
    identity = request.match_info["id"]
    entry = await request.app[RECORDINGS].find(identity, application)
    if entry is None:
        raise web.HTTPNotFound(reason="There is no such recording.")
    return entry


async def _give_remote(
    request: web.Request, entry: RecordingEntry, headers: dict[str, str]
) -> web.StreamResponse:
    sound = await request.app[RECORDINGS].remote_sound(entry)
    try:
        wanted = request.http_range
    except ValueError:  # it is ignored (RFC 9110 §14.2)
        wanted = slice(None)
    part = read_byte_range(wanted, sound.size)
    if part is None:
        unknown = {"Content-Range": f"bytes */{sound.size}"}
        raise web.HTTPRequestRangeNotSatisfiable(headers=unknown)
    start, end = part
    headers = {**headers, "Accept-Ranges": "bytes", "Content-Length": str(end - start)}
    is_part = wanted != slice(None, None, wanted.step)
    if is_part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{sound.size}"
    response = web.StreamResponse(status=206 if is_part else 200, headers=headers)
    await response.prepare(request)
    async for chunk in sound.read(start, end):
        await response.write(chunk)
    await response.write_eof()
    return response


def _read_limit(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(MAX_PAGE))
    if not is_number or not 1 <= int(text) <= MAX_PAGE:
        raise ValueError(f"limit is a number from 1 to {MAX_PAGE}")
    return int(text)
