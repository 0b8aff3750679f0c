"""VoiceXmlRunner: runs one VoiceXML session on a call.

The session decides; this carries it out.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import structlog

from engine.dialogs import dialog as d
from engine.dialogs.containment import contain, contain_task
from engine.dialogs.dialog_runner import TERMINATE_S, DialogResult
from engine.dialogs.errors import DialogError
from engine.dialogs.playback import Playback, PlaybackCall, PlaybackOwner
from engine.dialogs.recordings import BYTES_PER_MS, HEADER, Recordings
from engine.dialogs.streams.runner import StreamRunner
from engine.dialogs.timers import DialogTimers
from engine.fetch import DocumentError, FetchError
from engine.tasks.background_tasks import BackgroundTasks
from sip.events import Digit, MediaEvent, Played, Recorded
from sip.media import Stop
from vxml import commands as c
from vxml.interpreter.control_flow import RecordingResult
from vxml.interpreter.session import Session

from .conversation import (
    CONNECTED,
    Conversation,
    ConversationAction,
    ConversationEvent,
    transition,
)
from .fetch import VoiceXmlFetcher, failure_of
from .prompts import VoiceXmlSounds

INBOX = 200  # steps that wait; above that, keys and events from outside are dropped
LAST_FETCHES_S = 30.0  # for a session to submit its values after the hang-up
MUSIC = (
    0  # number of what is played during a fetch or transfer; a session's begin with 1
)
LOG_CHARS = 2000  # what is logged of one ``log`` element; the rest is cut off
# The application's event for the end of a transfer.
COMPLETE = "dialog.transfer.complete"

Commands = list[c.Command]
Work = Callable[[float], Commands]

log = structlog.get_logger()


class VoiceXmlHost(Protocol):
    """The application that has started a VoiceXML session.

    A Protocol because applications stand above dialogs, and an import goes down only.
    """

    async def evaluate(self, work: Work, at: float) -> Commands:
        """Return what *work* returns for *at*, seconds of the loop's clock.

        Runs it beside the loop where the application's documents are slow.
        """

    def emit(self, name: str, **fields: Any) -> None:
        """Send the application the event *name* of the dialog."""

    def start_speaking(self) -> None:
        """Let the caller hear the dialog again instead of what it hears now."""

    async def make_stream(
        self,
        url: str,
        parameters: d.Values,
        on_ended: Callable[[DialogResult], None],
    ) -> StreamRunner:
        """Make what joins the caller to the WebSocket at *url*, which the runner starts.

        Raises DialogError if it must not be connected to, or the call has a stream.
        """

    def add_trace_step(self, event: str, commands: Commands) -> None:
        """Add a step of the session to its trace: what happened, and the commands that
        followed.
        """

    def on_ended(self, last: DialogResult) -> None:
        """The dialog has ended. Called exactly once, unless the runner is closed before."""


@dataclass(frozen=True, slots=True)
class VoiceXmlResources:
    """What a session plays, records and fetches with."""

    call: PlaybackCall
    sounds: VoiceXmlSounds
    fetcher: VoiceXmlFetcher
    recordings: Recordings
    files: dict[str, Path]
    """Recordings, by the URI that the session has for them."""
    tasks: BackgroundTasks


@dataclass(slots=True)
class _OpenRecord:
    """A ``Record`` that has not ended: its number, and the last key that was pressed."""

    number: int
    key: str | None = None


class VoiceXmlRunner(PlaybackOwner):
    """Runs a VoiceXML session until it exits or is closed; a ``DialogInput`` of its connection.

    It owns the session, its sounds and its recordings. One task runs the session's
    steps in the order in which events come. After a hang-up the session may go on for
    ``LAST_FETCHES_S`` seconds to submit its last values.
    """

    takes_events = True

    def __init__(
        self,
        session: Session,
        resources: VoiceXmlResources,
        host: VoiceXmlHost,
        *,
        name: str,
        is_heard: bool,
        hears: bool,
    ) -> None:
        """*name* stands in the names of its recordings and in the log.

        *is_heard*: the caller hears the dialog. *hears*: the caller's digits and voice
        go to it.
        """
        self._session = session
        self._resources = resources
        self._host = host
        self._name = name
        self._state = Conversation.HEARD if is_heard else Conversation.MUTED
        self._playback = Playback(
            self,
            resources.call,
            resources.sounds,
            resources.recordings,
            resources.tasks,
            is_heard=is_heard,
            hears=hears,
        )
        self._timers = DialogTimers()
        self._inbox: asyncio.Queue[tuple[str, Work]] = asyncio.Queue()
        self._recording: _OpenRecord | None = None
        self._recordings_begun = 0
        self._kept_files: set[str] = set()  # files that are not deleted at its end
        self._transfer: c.Transfer | None = None
        self._stream: StreamRunner | None = None
        self._fetches: set[asyncio.Task[None]] = set()

    @property
    def _is_closed(self) -> bool:
        return self._state is Conversation.CLOSED

    @property
    def hears(self) -> bool:
        """See ``Playback.hears``."""
        return self._playback.hears

    # -- events in ---------------------------------------------------------------

    def start(self) -> None:
        """Begin the session."""
        self._post("start", self._session.start)
        self._resources.tasks.start(self._run())

    @contain
    def on_media(self, event: MediaEvent) -> None:
        """Take a digit, or the end of something that was played or recorded."""
        if isinstance(event, Played | Recorded):
            self._playback.on_media(event)
        elif isinstance(event, Digit):
            self._on_key(event.digit)
        elif self._stream is not None:
            self._stream.on_media(event)

    @contain
    def send(self, name: str, values: d.Values) -> None:
        """Give the session an event of its application; while too many wait, it is dropped."""
        if name == COMPLETE:
            self._on_transfer_done(values)
        elif self._inbox.qsize() < INBOX:
            text = str(values.get("message", ""))
            self._post(name, lambda now: self._session.receive(name, now, text))

    @contain
    def terminate(self) -> None:
        """Ask the session to end with its values; after ``TERMINATE_S`` seconds it ends
        without them.
        """
        self._end_conversation(TERMINATE_S, "terminated")

    @contain
    def on_hung_up(self) -> None:
        """Tell the session that the call has ended; it may go on for a while, see above."""
        self._end_conversation(LAST_FETCHES_S, "hangup")

    def _end_conversation(self, limit_s: float, result: str) -> None:
        if self._is_closed:
            return
        self._playback.stop_playing()
        self._playback.stop_recording()
        self._close_stream()
        last = d.ExitDialog({"result": result})
        self._timers.set_limit(limit_s, partial(self._end, last))
        if self._transfer is None or self._transfer.kind == "bridge":
            self._advance(ConversationEvent.END)
        else:
            self._advance(ConversationEvent.END_IN_TRANSFER)

    @contain
    def mute(self) -> None:
        """Mute the dialog: the current prompt ends now, and later ones finish immediately."""
        self._advance(ConversationEvent.MUTE)
        self._playback.mute()
        if self._stream is not None:
            self._stream.mute()

    def _advance(self, event: ConversationEvent) -> None:
        self._state, action = transition(self._state, event)
        self._playback.is_heard = self._state is Conversation.HEARD
        if self._state not in CONNECTED:
            self._playback.hears = False
        match action:
            case ConversationAction.START_SPEAKING:
                self._host.start_speaking()
            case ConversationAction.REPORT_HANG_UP:
                self._post("hung up", self._session.on_hung_up)

    def close(self) -> None:
        """Stop everything and release it, without calling ``on_ended``.

        Recordings that are not among the values of its end are deleted. A second time
        does nothing.
        """
        if self._is_closed:
            return
        self._post("", self._session.handle_timer)  # ``_run`` must see that it is over
        self._advance(ConversationEvent.CLOSE)
        self._timers.cancel()
        for fetch in self._fetches:
            fetch.cancel()
        self._playback.close()
        self._close_stream()
        begun = {self._file_name(at) for at in range(1, self._recordings_begun + 1)}
        left = self._resources.recordings.discard(begun - self._kept_files)
        self._resources.tasks.start(left)

    def _end(self, last: DialogResult) -> None:
        if self._is_closed:
            return
        try:
            self.close()
        finally:  # even after a defect its application must learn of the end
            self._host.on_ended(last)

    def crash(self, error: Exception) -> None:
        """See ``CanCrash.crash``."""
        log.error("dialog_crashed", dialog=self._name, exc_info=error)
        self._end(d.FailDialog("Internal Error."))

    # -- steps -------------------------------------------------------------------

    def _post(self, event: str, work: Work) -> None:
        self._inbox.put_nowait((event, work))

    async def _run(self) -> None:
        try:
            while not self._is_closed:
                await self._step(*await self._inbox.get())
        except Exception as error:  # noqa: BLE001 - logged there
            self.crash(error)
        finally:
            self._session.close()
            # What was not taken refers to the runner: a cycle for the garbage collector.
            self._inbox = asyncio.Queue()

    async def _step(self, event: str, work: Work) -> None:
        if self._is_closed:
            return
        commands = await self._host.evaluate(work, self._timers.now())
        if self._is_closed:
            return
        if commands or event:
            self._host.add_trace_step(event, commands)
        for command in commands:
            self._do(command)
        if not self._is_closed:
            self._timers.set_timer(self._session.next_timer(), self._on_timer)

    def _on_timer(self) -> None:
        self._post("", self._session.handle_timer)

    def _do(self, command: c.Command) -> None:
        match command:
            case c.Play():
                self._playback.play(command.number, command.items, command.stops_on)
            case c.StopPlaying():
                self._playback.stop_playing(command.number)
            case c.Fetch():
                self._fetch(command)
            case c.Record():
                self._record(command)
            case c.Transfer():
                self._ask_transfer(command)
            case c.EndTransfer():
                self._host.emit("dialog.terminatetransfer")
            case c.JoinStream():
                self._begin_task(self._join_stream(command))
            case c.EndStream():
                self._close_stream()
            case c.Disconnect():
                self._disconnect(command)
            case c.WriteLog():
                self._log(command)
            case c.ReportDefect():
                trace = command.traceback
                log.error("dialog_crashed", dialog=self._name, exception=trace)
            case c.Exited():
                self._exit(command)

    # -- playing and keys --------------------------------------------------------

    def _on_key(self, digit: str) -> None:
        if not self.hears or self._inbox.qsize() >= INBOX:
            return
        if self._recording is not None:
            self._recording.key = digit
        self._post(f"key {digit}", lambda now: self._session.on_key(digit, now))

    @contain
    def on_prompt_done(self, number: int, done: d.PromptDone) -> None:
        if done.stop is Stop.FAILED:
            log.info("prompt_failed", why=done.reason)
        if number != MUSIC:
            self._post("", lambda now: self._session.on_played(number, now))

    def _play_music(self, uri: str) -> None:
        """Load and play the sound at *uri* while a fetch or transfer runs
        (``fetchaudio``, ``transferaudio``).
        """
        self._playback.play(MUSIC, [c.Audio(uri)])

    # -- recording ---------------------------------------------------------------

    def _file_name(self, number: int) -> str:
        return f"{self._name}-{number}.wav"

    def _record(self, command: c.Record) -> None:
        self._recordings_begun += 1
        self._recording = _OpenRecord(command.number)
        order = d.StartRecording(
            max_ms=max(round(command.max_s * 1000), 1),
            start_ms=max(round(command.start_within_s * 1000), 1),
            silence_ms=round(command.silence_s * 1000) or None,
            stops_on=command.stops_on,
            beep=command.beep,
        )
        self._playback.record(self._file_name(self._recordings_begun), order)

    @contain
    def on_recording_done(self, done: d.RecordingDone) -> None:
        recording, self._recording = self._recording, None
        assert recording is not None
        if done.stop is Stop.FAILED:
            event, number, reason = "error.noresource", recording.number, done.reason
            self._post(
                event,
                lambda now: self._session.on_record_failed(number, event, reason, now),
            )
            return
        recorded = self._result_of(recording, done)
        self._post(
            "recorded",
            lambda now: self._session.on_recorded(recording.number, recorded, now),
        )

    def _result_of(
        self, recording: _OpenRecord, done: d.RecordingDone
    ) -> RecordingResult:
        """What the session is told of a recording."""
        key = recording.key if done.stop is Stop.DIGIT else None
        # The call has ended, which is reported only after the end of its recording.
        is_hung_up = done.stop is Stop.ASKED and self._state in CONNECTED
        if done.is_quiet or done.stop is Stop.UNHEARD or not done.duration_ms:
            return RecordingResult(None, key, is_hung_up=is_hung_up)
        uri = f"recording:{done.name}"
        self._resources.files[uri] = self._resources.recordings.path_of(done.name)
        size = HEADER + done.duration_ms * BYTES_PER_MS
        return RecordingResult(
            c.Recording(uri, done.duration_ms / 1000, size),
            key,
            is_cut=done.stop is Stop.LIMIT,
            is_hung_up=is_hung_up,
        )

    # -- fetching ----------------------------------------------------------------

    def _fetch(self, command: c.Fetch) -> None:
        if command.audio is not None:
            self._play_music(command.audio)
        self._begin_task(self._fetch_and_post(command))

    def _begin_task(self, work: Coroutine[Any, Any, None]) -> None:
        """Start *work*, which is cancelled when the runner is closed."""
        task = self._resources.tasks.start(work)
        self._fetches.add(task)
        task.add_done_callback(self._fetches.discard)

    @contain_task
    async def _fetch_and_post(self, command: c.Fetch) -> None:
        number = command.number
        try:
            content, uri = await self._resources.fetcher.fetch(command)
        except (FetchError, DocumentError, OSError) as error:
            reason, status = failure_of(error)
            self._post(
                f"no {command.kind}",
                lambda now: self._session.on_fetch_failed(number, reason, now, status),
            )
        else:
            self._post(
                command.kind,
                lambda now: self._session.on_fetched(number, content, now, uri),
            )
        self._playback.stop_playing(MUSIC)

    # -- audio streams -----------------------------------------------------------

    @contain_task
    async def _join_stream(self, command: c.JoinStream) -> None:
        on_ended = partial(self._on_stream_over, command.number)
        try:
            stream = await self._host.make_stream(
                command.url, command.parameters, on_ended
            )
        except DialogError as error:
            on_ended(d.FailDialog(error.reason))
            return
        if self._state in CONNECTED:  # else its end is on the way
            self._stream = stream
            stream.start()

    @contain
    def _on_stream_over(self, number: int, last: DialogResult) -> None:
        self._stream = None
        if isinstance(last, d.ExitDialog):
            reason = str(last.values["reason"])
            self._post(
                f"stream {reason}",
                lambda now: self._session.on_stream_over(number, reason, now),
            )
        else:
            event, why = "error.badfetch", last.reason
            self._post(
                event,
                lambda now: self._session.on_stream_failed(number, event, why, now),
            )

    def _close_stream(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    # -- for the application -----------------------------------------------------

    def _ask_transfer(self, command: c.Transfer) -> None:
        self._transfer = command
        if command.audio is not None:
            self._play_music(command.audio)
        limits = {
            "maxtime": command.max_s,
            "connecttimeout": command.connect_timeout_s,
        }
        self._host.emit(
            "dialog.transfer",
            type=command.kind,
            uri=command.dest,
            aai=command.aai,
            **{name: None if s is None else f"{s:.3f}s" for name, s in limits.items()},
        )

    def _on_transfer_done(self, values: d.Values) -> None:
        """Tell the session the outcome of its transfer: *values* are ``result`` and
        ``duration`` in seconds.
        """
        transfer, self._transfer = self._transfer, None
        if transfer is None:
            return
        outcome, duration = str(values.get("result", "")), values.get("duration", 0)
        duration_s = float(duration) if isinstance(duration, int | float) else 0.0
        self._playback.stop_playing(MUSIC)
        self._post(
            f"transfer {outcome}",
            lambda now: self._session.on_transferred(
                transfer.number, outcome, now, duration_s
            ),
        )
        returns = outcome and self.hears
        self._advance(
            ConversationEvent.RETURNED if returns else ConversationEvent.TRANSFER_OVER
        )

    def _disconnect(self, command: c.Disconnect) -> None:
        self._advance(ConversationEvent.DISCONNECT)
        self._host.emit(
            "dialog.disconnect", values=self._to_json_values(command.values)
        )

    def _log(self, command: c.WriteLog) -> None:
        log.info(
            "dialog_log",
            dialog=self._name,
            label=command.label,
            text=command.text[:LOG_CHARS],
            line=command.line,
        )

    def _exit(self, exited: c.Exited) -> None:
        if exited.reason is not None:
            self._end(d.FailDialog(exited.reason))
            return
        values = self._to_json_values(exited.values)
        if exited.expr is not None:
            values["expr"] = exited.expr
        self._end(d.ExitDialog(values))

    def _to_json_values(self, values: c.Values) -> dict[str, Any]:
        """*values* for JSON. A recording among them becomes its file name and length,
        and is kept.
        """
        plain = dict(values)
        for name, value in values.items():
            if isinstance(value, c.Recording):
                file = value.uri.removeprefix("recording:")
                self._kept_files.add(file)
                length_ms = round(value.duration_s * 1000)
                plain[name] = {"name": file, "duration_ms": length_ms}
        return plain
