"""StreamCall: the call of an application of type STREAM, which is joined to a WebSocket."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from engine.audio import SoundError
from engine.calls.call_session import CallObserver, CallSession
from engine.dialogs.streams.audio_streams import header_parameters
from engine.dialogs.streams.stream_link import StreamLink
from engine.dialogs.streams.stream_plan import Finish
from engine.model.call_order import LOAD_S
from engine.model.call_record import ApplicationEnd, HowEnded
from engine.model.disposition import EndRequester
from engine.platform.stream_options import StreamConnect, StreamOptions
from sip.audio_stream import AudioStream, StreamEnd
from sip.call_progress import AnsweredBy
from sip.events import (
    CallProgress,
    Ended,
    MediaEvent,
    Played,
    Referred,
    StreamEvent,
)
from sip.message import Response

from .stream_control import StreamControl
from .stream_parameters import parameters_of_call, verdict_of_call

if TYPE_CHECKING:
    from .session_context import ApplicationServices

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Fallback:
    number: int
    played: asyncio.Future[Played]


class StreamCall(StreamLink, CallObserver):
    """A ``CallObserver`` that has the far end and the server of the application talk.

    The call is hung up when the stream is over, behind the fallback if there was no
    WebSocket at all.
    """

    def __init__(
        self,
        call: CallSession,
        stream: AudioStream,
        options: StreamOptions,
        services: "ApplicationServices",
    ) -> None:
        super().__init__(
            call.stream,
            stream,
            max_wait_s=options.max_wait_ms / 1000,
            has_fallback=options.fallback is not None,
        )
        self._call = call
        self._options = options
        self._services = services
        self._response: Response | None = None  # of the answer
        self._told: AnsweredBy | None = None  # of which the server knows
        self._falling_back: asyncio.Task[None] | None = None
        self._fallback: _Fallback | None = None  # that plays
        self.control = StreamControl(call, self, services.calls)
        """What clients order on the call."""

    # -- events of the call ------------------------------------------------------

    def on_progress(self, call: CallSession, response: Response) -> None:  # noqa: ARG002
        if self._options.connect is StreamConnect.RINGING:
            self.open_early(call.leg_id)

    def on_answered(self, call: CallSession, response: Response) -> None:
        self._response = response
        call.hear_inband_digits()
        self.start_link(call.leg_id)

    def on_refer_outcome(self, event: Referred) -> None:
        self.control.on_refer_outcome(event)

    def on_media(self, call: CallSession, event: MediaEvent) -> None:
        if isinstance(event, StreamEvent):
            self.on_stream_event(event)
        elif isinstance(event, CallProgress):
            self._tell_verdict(verdict_of_call(call))
        elif isinstance(event, Played):
            self._on_played(event)

    def on_hang_up_unconfirmed(self, call: CallSession) -> None:
        """Nothing: its end follows."""

    def on_ended(self, call: CallSession, end: Ended) -> None:  # noqa: ARG002
        if self._falling_back is not None:
            self._falling_back.cancel()
        self.control.close()
        self.close_link()
        if self.has_begun and call.application_end is None:
            call.application_end = ApplicationEnd(HowEnded.EXIT)

    def _on_played(self, event: Played) -> None:
        self.control.on_played(event)
        fallback = self._fallback
        if fallback is not None and fallback.number == event.number:
            fallback.played.set_result(event)

    # -- what the plan wants -----------------------------------------------------

    def parameters(self) -> Mapping[str, str]:
        call, options = self._call, self._options
        request = call.order.request
        hinted = {} if request.stream is None else request.stream.parameters
        answer = {} if self._response is None else self._response.printable_headers
        self._told = verdict_of_call(call)
        return {
            **options.parameters,
            **hinted,
            **header_parameters(options.sip_headers, answer.items(), request.headers),
            **parameters_of_call(call),
        }

    def finish(self, last: Finish) -> None:
        call, reason = self._call, last.failure
        how = HowEnded.EXIT if reason is None else HowEnded.ERROR
        call.application_end = ApplicationEnd(how, reason)
        if last.end is not StreamEnd.HANGUP:
            detail = None if reason is None else f"The stream failed: {reason}"
            self._services.calls.hang_up(call, EndRequester.APPLICATION, detail=detail)

    def play_fallback(self) -> None:
        self.control.close()
        self._falling_back = self._services.tasks.start(self._fall_back())

    def crash(self, error: Exception) -> None:
        uuid = self._call.application_uuid
        log.error("call_crashed", applicationUUID=uuid, exc_info=error)
        self._services.calls.hang_up(self._call, EndRequester.DEFECT)

    def _tell_verdict(self, verdict: AnsweredBy | None) -> None:
        """Tell the server of a verdict that has come behind the start."""
        if verdict not in (None, self._told):
            self._told = verdict
            self.send_event({"amd": verdict})

    async def _fall_back(self) -> None:
        """Play the fallback; cancelled when the call ends."""
        try:
            await self._try_to_fall_back(self._options.fallback or "")
        except (SoundError, TimeoutError) as error:
            log.warning("fallback_failed", reason=str(error))
        except Exception as error:  # noqa: BLE001 - logged there
            self.crash(error)
            return
        self._falling_back = None
        self.on_fallback_over()

    async def _try_to_fall_back(self, uri: str) -> None:
        async with asyncio.timeout(LOAD_S):
            held = await self._services.sounds.load_clip(uri)
        try:
            number = self._call.play((held.clip,))
            played = asyncio.get_running_loop().create_future()
            self._fallback = _Fallback(number, played)
            await played
        finally:
            held.release()
