"""What clients order on a live call of type STREAM: play a sound, send digits, transfer."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from engine.model.call_order import (
    MAX_DIGITS_OUT,
    CallOrder,
    DigitsOrder,
    PlayOrder,
    StopPlayOrder,
    TransferOrder,
    are_digits,
)
from engine.model.result import RefusedError, Result
from engine.model.voicemail import MOST_TEXT

from .app_keys import DIALER
from .bodies import body_of
from .calls import application_of_client, identity_of, no_call
from .responses import json_response

MAX_URI = 2048
_CALL = "/api/v1/bvr/calls/{applicationUUID}"

routes = web.RouteTableDef()


class PlayBody(msgspec.Struct, forbid_unknown_fields=True):
    """A sound to be played: either ``uri`` or ``text``."""

    uri: Annotated[
        Annotated[str, Meta(min_length=1, max_length=MAX_URI)] | None,
        Meta(description="Of a WAV file."),
    ] = None
    text: Annotated[
        Annotated[str, Meta(min_length=1, max_length=MOST_TEXT)] | None,
        Meta(description="To be spoken."),
    ] = None
    over: Annotated[
        bool,
        Meta(
            description="true: over what the server says; false: in its place, what the "
            "server says waits until the sound is over. The server hears the far end in "
            "both cases."
        ),
    ] = True

    def to_order(self) -> CallOrder:
        """Return the order; raises ValueError unless it names one sound."""
        if (self.uri is None) == (self.text is None):
            raise ValueError("Give either uri or text")
        return PlayOrder(self.uri, self.text, self.over)


class DigitsBody(msgspec.Struct, forbid_unknown_fields=True):
    """DTMF digits to be sent to the far end."""

    digits: Annotated[
        str,
        Meta(
            description="Of 0 to 9, *, #, and A to D.",
            pattern="^[0-9*#A-D]+$",
            max_length=MAX_DIGITS_OUT,
        ),
    ]

    def to_order(self) -> CallOrder:
        """Return the order; raises ValueError for what are no digits."""
        if not are_digits(self.digits):  # a line feed, which the pattern lets through
            raise ValueError("digits has what is no DTMF digit")
        return DigitsOrder(self.digits)


class TransferBody(msgspec.Struct, forbid_unknown_fields=True):
    """Whom the far end is to call instead."""

    to: Annotated[str, Meta(description="SIP URI.", min_length=1, max_length=MAX_URI)]

    def to_order(self) -> CallOrder:
        """Return the order."""
        return TransferOrder(self.to)


_Body = PlayBody | DigitsBody | TransferBody


@routes.post(f"{_CALL}/play")
async def post_play(request: web.Request) -> web.Response:
    """Play a sound on a live call, over its stream or in its place."""
    return await _order(request, PlayBody)


@routes.delete(f"{_CALL}/play")
async def delete_play(request: web.Request) -> web.Response:
    """Stop the sound that plays on a live call, and those that wait."""
    return await _give(request, await application_of_client(request), StopPlayOrder())


@routes.post(f"{_CALL}/digits")
async def post_digits(request: web.Request) -> web.Response:
    """Send DTMF digits to the far end of a live call."""
    return await _order(request, DigitsBody)


@routes.post(f"{_CALL}/transfer")
async def post_transfer(request: web.Request) -> web.Response:
    """Have the far end of a live call call somebody else."""
    return await _order(request, TransferBody)


async def _order(request: web.Request, kind: type[_Body]) -> web.Response:
    application = await application_of_client(request)
    try:
        order = msgspec.json.decode(await body_of(request), type=kind).to_order()
    except (msgspec.DecodeError, ValueError) as error:  # a ValidationError is one
        raise RefusedError(Result.INVALID_REQUEST, f"{error}.") from error
    return await _give(request, application, order)


async def _give(
    request: web.Request, application: str | None, order: CallOrder
) -> web.Response:
    lookup = request.app[DIALER].lookup
    taken = await lookup.order(identity_of(request), application, order)
    if taken is None:
        raise no_call()
    return json_response(taken, 202)
