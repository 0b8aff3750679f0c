"""VoicemailScreen: keeps a call from its application until it is no machine's."""

import asyncio
from collections.abc import Callable

import structlog

from engine.audio import Held, SoundError, Sounds
from engine.calls.call_session import CallObserver, CallSession
from engine.model.call_progress import VoicemailCue, VoicemailOutcome, VoicemailResult
from engine.model.disposition import EndRequester
from engine.model.voicemail import (
    CUES,
    Screening,
    VoicemailMessage,
    VoicemailRequest,
    screen,
)
from engine.tasks.background_tasks import BackgroundTasks
from sip.events import (
    CallProgress,
    Ended,
    MediaEvent,
    Played,
    Referred,
    StreamEvent,
)
from sip.media import Stop
from sip.message import Response

from .stream_call import StreamCall

_ENDED = "The call ended before the whole message was left."

log = structlog.get_logger()


class VoicemailScreen(CallObserver):
    """A ``CallObserver`` that does what a request wants done if a machine answers.

    Anybody else's call goes to *application* as if it were answered only then. A call
    without a document has none. What becomes of an audio stream it learns meanwhile, too.
    """

    def __init__(
        self,
        request: VoicemailRequest,
        application: CallObserver | None,
        sounds: Sounds,
        hang_up: Callable[[CallSession, EndRequester], None],
        tasks: BackgroundTasks,
    ) -> None:
        self._request = request
        self._application = application
        self._sounds = sounds
        self._hang_up = hang_up
        self._tasks = tasks
        self._response: Response | None = None  # of the answer
        self._undecided: asyncio.TimerHandle | None = None
        self._leaving: asyncio.Task[None] | None = None
        loop = asyncio.get_running_loop()
        self._cue: asyncio.Future[VoicemailCue] = loop.create_future()
        self._played: asyncio.Future[Played] = loop.create_future()

    # -- events of the call ------------------------------------------------------

    def on_progress(self, call: CallSession, response: Response) -> None:
        if self._application is not None:
            self._application.on_progress(call, response)

    def on_answered(self, call: CallSession, response: Response) -> None:
        self._response = response
        if isinstance(self._application, StreamCall):  # what is said now is kept for it
            self._application.open_early(call.leg_id)
        self._undecided = asyncio.get_running_loop().call_later(
            self._request.screen_s, self._on_undecided, call
        )

    def on_refer_outcome(self, event: Referred) -> None:
        """Nothing: nobody has the call yet."""

    def on_media(self, call: CallSession, event: MediaEvent) -> None:
        if isinstance(event, CallProgress):
            self._on_finding(call, event)
        elif isinstance(event, Played) and not self._played.done():
            self._played.set_result(event)
        elif isinstance(event, StreamEvent) and self._application is not None:
            self._application.on_media(call, event)

    def on_hang_up_unconfirmed(self, call: CallSession) -> None:
        if self._application is not None:
            self._application.on_hang_up_unconfirmed(call)

    def on_ended(self, call: CallSession, end: Ended) -> None:
        self._stop_timer()
        if self._leaving is not None:
            self._leaving.cancel()
            call.findings.analysis.conclude(
                VoicemailResult(VoicemailOutcome.NOT_LEFT, self._cue_given, _ENDED)
            )
        if self._application is not None:
            self._application.on_ended(call, end)

    # -- decisions ---------------------------------------------------------------

    def _on_finding(self, call: CallSession, finding: CallProgress) -> None:
        if self._undecided is not None:
            decision = screen(finding.type, self._request.passed)
            if decision is Screening.OTHER:
                self._give_to_application(call, finding)
            elif decision is Screening.MACHINE:
                self._on_machine(call)
        if finding.type in CUES and not self._cue.done():
            self._cue.set_result(CUES[finding.type])

    def _on_undecided(self, call: CallSession) -> None:
        try:
            if screen(None, self._request.passed) is Screening.OTHER:
                self._give_to_application(call, None)
            else:
                self._on_machine(call)
        except Exception:
            log.exception("call_crashed", applicationUUID=call.application_uuid)
            self._hang_up(call, EndRequester.DEFECT)

    def _give_to_application(
        self, call: CallSession, finding: CallProgress | None
    ) -> None:
        self._stop_timer()
        call.findings.analysis.release()
        call.observer, application = self._application, self._application
        if application is None or self._response is None:
            return
        application.on_answered(call, self._response)
        if (
            finding is not None
            and call.observer
            and call.findings.analysis.is_event(finding)
        ):
            call.observer.on_media(call, finding)

    def _on_machine(self, call: CallSession) -> None:
        self._stop_timer()
        message = self._request.message
        if message is None:
            call.findings.analysis.conclude(VoicemailResult(VoicemailOutcome.HUNG_UP))
            self._hang_up(call, self._request.requester)
        else:
            call.stream.close()
            self._leaving = self._tasks.start(self._leave(call, message))

    def _stop_timer(self) -> None:
        if self._undecided is not None:
            self._undecided.cancel()
            self._undecided = None

    # -- the message -------------------------------------------------------------

    @property
    def _cue_given(self) -> VoicemailCue | None:
        is_given = self._cue.done() and not self._cue.cancelled()
        return self._cue.result() if is_given else None

    async def _leave(self, call: CallSession, message: VoicemailMessage) -> None:
        """Leave *message* once the greeting is over, and hang up; cancelled when the call ends."""
        detail: str | None
        try:
            detail = await self._try_to_leave(call, message)
        except Exception:
            log.exception("voicemail_crashed", applicationUUID=call.application_uuid)
            detail = "The log says more."
        outcome = VoicemailOutcome.NOT_LEFT if detail else VoicemailOutcome.LEFT
        call.findings.analysis.conclude(
            VoicemailResult(outcome, self._cue_given, detail)
        )
        self._leaving = None
        self._hang_up(call, self._request.requester)

    async def _try_to_leave(
        self, call: CallSession, message: VoicemailMessage
    ) -> str | None:
        """Leave *message*; returns why it was not left, as a sentence, or None."""
        held: Held | None = None
        try:
            async with asyncio.timeout(message.max_wait_s):
                held = await self._load(call, message)
                await self._cue
            call.play((held.clip,))
            played = await self._played
        except TimeoutError:
            return f"Neither a beep nor silence came within {message.max_wait_s:g} s."
        except SoundError as error:
            return error.reason
        finally:
            if held is not None:
                held.release()
        return played.reason if played.stop is Stop.FAILED else None

    async def _load(self, call: CallSession, message: VoicemailMessage) -> Held:
        if message.sound is not None:
            base = call.order.application.uri or ""
            return await self._sounds.load_clip(message.sound, base)
        return await self._sounds.speak(message.text or "", message.voice)
