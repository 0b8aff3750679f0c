"""StreamCalls: joins the calls of applications of type STREAM to their WebSockets."""

import asyncio
from typing import TYPE_CHECKING

from engine.admission.outbound_order import OutboundOrder
from engine.audio import Held, SoundError
from engine.calls.call_session import CallSession
from engine.dialogs.streams.audio_streams import make_stream
from engine.fetch import FetchError, StreamLocation
from engine.model.call_order import (
    LOAD_S,
    CallOrder,
    DigitsOrder,
    PlayOrder,
    StopPlayOrder,
    TransferOrder,
)
from engine.model.leg_state import LegState
from engine.model.result import RefusedError, Result

from .stream_call import StreamCall
from .stream_control import StreamControl

if TYPE_CHECKING:
    from .session_context import ApplicationServices

STREAM_CAPABILITY = "stream"
"""What a node needs to carry such a call."""


class StreamCalls:
    """What a node does for calls whose request has a stream."""

    def __init__(
        self, services: "ApplicationServices", capabilities: frozenset[str]
    ) -> None:
        """*capabilities* are those of this node."""
        self._services = services
        self._capabilities = capabilities

    async def locate(self, order: OutboundOrder) -> StreamLocation:
        """Find the server for the call of *order*, before anybody is rung.

        Raises RefusedError: nobody is rung for a server that must not be connected to.
        """
        if STREAM_CAPABILITY not in self._capabilities:
            text = f"No node that runs has the capability {STREAM_CAPABILITY}."
            raise RefusedError(Result.NO_BVR, text)
        assert order.request.stream is not None
        try:
            return await self._services.fetcher.locate_stream(order.request.stream.url)
        except FetchError as error:
            raise RefusedError(Result.INVALID_URI, error.reason) from error

    def prepare(self, location: StreamLocation, call: CallSession) -> None:
        """Have *call*, which is not placed yet, joined to the server at *location*."""
        order = call.order
        account = order.platform.account_by_id(order.application.account)
        options, voicemail = order.application.stream_options, order.request.voicemail
        undecided_s = 0.0 if voicemail is None else voicemail.screen_s
        stream = make_stream(
            location, account, call.id, options, undecided_s=undecided_s
        )
        call.observer = StreamCall(call, stream, options, self._services)

    async def order(self, call: CallSession, order: CallOrder) -> None:
        """Carry out *order* of a client on *call*; returns once it was taken.

        A sound is loaded before, for up to ``LOAD_S`` seconds, and plays behind those that
        wait. Raises RefusedError if the call has no stream that runs, or the sound cannot
        be had.
        """
        control = control_of(call)
        match order:
            case PlayOrder(is_over=is_over):
                held = await self._load(order)
                try:
                    control_of(call).play(held, is_over=is_over)
                except RefusedError:
                    held.release()
                    raise
            case StopPlayOrder():
                control.stop_sounds()
            case DigitsOrder(digits=digits):
                control.send_digits(digits)
            case TransferOrder(to=to):
                control.transfer(to)

    async def _load(self, order: PlayOrder) -> Held:
        sounds = self._services.sounds
        try:
            async with asyncio.timeout(LOAD_S):
                if order.uri is not None:
                    return await sounds.load_clip(order.uri)
                return await sounds.speak(order.text or "")
        except SoundError as error:
            raise RefusedError(Result.INVALID_REQUEST, error.reason) from error
        except TimeoutError:
            text = f"The sound was not loaded within {LOAD_S:g} s."
            raise RefusedError(Result.REQUEST_TIMEOUT, text) from None


def control_of(call: CallSession) -> StreamControl:
    """Return what carries out orders on *call*; raises RefusedError if nothing does now."""
    if call.order.request.stream is None:
        raise RefusedError.conflict(
            "The call is steered by its document: it is not of type STREAM."
        )
    if call.state is not LegState.CONNECTED:
        raise RefusedError.conflict("The call is not answered, or has ended.")
    observer = call.observer
    if not isinstance(observer, StreamCall) or not observer.is_running:
        raise RefusedError.conflict("The stream of the call has not begun, or is over.")
    return observer.control
