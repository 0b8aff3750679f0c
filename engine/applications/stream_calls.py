"""StreamCalls: joins the calls of applications of type STREAM to their WebSockets."""

from typing import TYPE_CHECKING

from engine.admission.outbound_order import OutboundOrder
from engine.calls.call_session import CallSession
from engine.dialogs.streams.audio_streams import make_stream
from engine.fetch import FetchError, StreamLocation
from engine.model.result import RefusedError, Result

from .stream_call import StreamCall

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
