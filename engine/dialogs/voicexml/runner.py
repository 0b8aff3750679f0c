"""VoiceXmlRunner: runs one VoiceXML session on a call.

The session decides; this carries it out.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import structlog

from engine.dialogs import dialog as d
from engine.dialogs.containment import contained, contained_task
from engine.dialogs.dialog_runner import TERMINATE_S, Call, DialogResult
from engine.dialogs.errors import DialogError
from engine.dialogs.recordings import BYTES_PER_MS, HEADER, Recordings
from engine.fetch import DocumentError, FetchError
from engine.tasks.background_tasks import BackgroundTasks
from sip.events import Digit, MediaEvent, Played
from sip.events import Recorded as LegRecorded
from sip.media import Recording, Sound, Stop
from vxml import commands as c
from vxml.interpreter.session import Recorded, Session

from .fetch import VoiceXmlFetcher, failure_of
from .prompts import VoiceXmlSounds

INBOX = 200  # steps that wait; above that, keys and events from outside are dropped
LAST_FETCHES_S = 30.0  # for a session to submit its values after the hang-up
LOG_CHARS = 2000  # what is logged of one ``log`` element; the rest is cut off
COMPLETE = (
    "dialog.transfer.complete"  # the application's event for the end of a transfer
)

Commands = list[c.Command]
Work = Callable[[float], Commands]

log = structlog.get_logger()


class VoiceXmlHost(Protocol):
    """The application that has started a VoiceXML session."""

    async def evaluate(self, work: Work, at: float) -> Commands:
        """Return what *work* returns for *at*, seconds of the loop's clock.

        Runs it beside the loop where the application's documents are slow.
        """

    def emit(self, name: str, **fields: Any) -> None:
        """Send the application the event *name* of the dialog."""

    def start_speaking(self) -> None:
        """Let the caller hear the dialog again instead of what it hears now."""

    def add_trace_step(self, event: str, commands: Commands) -> None:
        """Add a step of the session to its trace: what happened, and the commands that
        followed.
        """

    def on_ended(self, last: DialogResult) -> None:
        """The dialog has ended. Called exactly once, unless the runner is closed before."""


@dataclass(frozen=True, slots=True)
class VoiceXmlResources:
    """What a session plays, records and fetches with."""

    call: Call
    sounds: VoiceXmlSounds
    fetcher: VoiceXmlFetcher
    recordings: Recordings
    files: dict[str, Path]
    """Recordings, by the URI that the session has for them."""
    tasks: BackgroundTasks


@dataclass(slots=True)
class Playing:
    """A ``Play`` that has not ended; *playing* is its number on the call, once it is audible."""

    number: int
    loading: asyncio.Task[None] | None = None
    playing: int | None = None


@dataclass(slots=True)
class _Recording:
    """A ``Record`` that has not ended; *playing* is its number on the call, once it has begun."""

    number: int
    name: str
    playing: int | None = None
    key: str | None = None
    is_wanted: bool = True

    @property
    def uri(self) -> str:
        """The URI that the session has for it."""
        return f"recording:{self.name}"


class VoiceXmlRunner:
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
        self._loop = asyncio.get_running_loop()
        self._session = session
        self._resources = resources
        self._host = host
        self._name = name
        self._is_heard = is_heard
        self.hears = hears
        self._is_over = False
        self._inbox: deque[tuple[str, Work]] = deque()
        self._has_work = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._limit: asyncio.TimerHandle | None = None
        self._prompt: Playing | None = None
        self._music: asyncio.Task[None] | None = None
        self._music_played: int | None = None
        self._recording: _Recording | None = None
        self._recordings_begun = 0
        self._kept_files: set[str] = set()  # files that are not deleted at its end
        self._transfer: c.Transfer | None = None
        self._hang_up_deferred = False  # until the outcome of its transfer is known
        self._fetches: set[asyncio.Task[None]] = set()
        self._actions: Mapping[type[Any], Callable[[Any], None]] = {
            c.Play: self._play,
            c.StopPlaying: self._stop_playing,
            c.Fetch: self._fetch,
            c.Record: self._record,
            c.Transfer: self._ask_transfer,
            c.EndTransfer: self._end_transfer,
            c.Disconnect: self._disconnect,
            c.WriteLog: self._log,
            c.Exited: self._exit,
        }

    # -- events in ---------------------------------------------------------------

    def start(self) -> None:
        """Begin the session."""
        self._post("start", self._session.start)
        self._resources.tasks.start(self._run())

    @contained
    def on_media(self, event: MediaEvent) -> None:
        """Take a digit, or the end of something that was played or recorded."""
        if isinstance(event, Digit):
            self._on_key(event.digit)
        elif isinstance(event, Played):
            self._on_played(event)
        elif isinstance(event, LegRecorded):
            self._on_recorded(event)

    @contained
    def send(self, name: str, values: d.Values) -> None:
        """Give the session an event of its application; while too many wait, it is dropped."""
        if name == COMPLETE:
            self._on_transfer_done(values)
        elif len(self._inbox) < INBOX:
            text = str(values.get("message", ""))
            self._post(name, lambda now: self._session.receive(name, now, text))

    @contained
    def terminate(self) -> None:
        """Ask the session to end with its values; after ``TERMINATE_S`` seconds it ends
        without them.
        """
        self._end_conversation(TERMINATE_S, "terminated")

    @contained
    def on_hung_up(self) -> None:
        """Tell the session that the call has ended; it may go on for a while, see above."""
        self._end_conversation(LAST_FETCHES_S, "hangup")

    def _end_conversation(self, limit_s: float, result: str) -> None:
        if self._is_over:
            return
        self._is_heard = self.hears = False
        self._stop_talking()
        if self._recording is not None:
            self._stop_recording()
        self._set_limit(limit_s, d.ExitDialog({"result": result}))
        # A far end that was transferred away hangs up on us: the session has to learn of the
        # outcome of its transfer first.
        if self._transfer is not None and self._transfer.kind != "bridge":
            self._hang_up_deferred = True
        else:
            self._post("hung up", self._session.hung_up)

    @contained
    def mute(self) -> None:
        """Mute the dialog: the current prompt ends now, and later ones finish immediately."""
        self._is_heard = False
        prompt = self._prompt
        self._stop_talking()
        if prompt is not None:
            self._on_prompt_done(prompt.number)

    def close(self) -> None:
        """Stop everything and release it, without calling ``on_ended``.

        A second time does nothing.

        Recordings that are not among the values of its end are deleted.
        """
        if self._is_over:
            return
        self._is_over = True
        self._has_work.set()
        for handle in (self._timer, self._limit):
            if handle is not None:
                handle.cancel()
        self._stop_talking()
        for fetch in self._fetches:
            fetch.cancel()
        if self._recording is not None:
            self._stop_recording()
            self._resources.recordings.end(self._recording.name)
        self._resources.sounds.close()
        names = [path.name for path in self._resources.files.values()]
        left = self._resources.recordings.discard(set(names) - self._kept_files)
        self._resources.tasks.start(left)

    def _set_limit(self, limit_s: float, last: DialogResult) -> None:
        if self._limit is not None:
            self._limit.cancel()
        self._limit = self._loop.call_later(limit_s, self._end, last)

    def _end(self, last: DialogResult) -> None:
        if self._is_over:
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
        self._inbox.append((event, work))
        self._has_work.set()

    async def _run(self) -> None:
        try:
            while not self._is_over:
                if self._inbox:
                    await self._step(*self._inbox.popleft())
                else:
                    self._has_work.clear()
                    await self._has_work.wait()
        except Exception as error:  # noqa: BLE001 - logged there
            self.crash(error)
        finally:
            self._session.close()
            self._actions = {}  # bound methods: a cycle for the garbage collector otherwise

    async def _step(self, event: str, work: Work) -> None:
        commands = await self._host.evaluate(work, self._loop.time())
        if self._is_over:
            return
        if commands or event:
            self._host.add_trace_step(event, commands)
        for command in commands:
            self._actions[type(command)](command)
        if not self._is_over:
            self._set_timer(self._session.next_timer())

    def _set_timer(self, due: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if due is None else self._loop.call_at(due, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self._post("", self._session.handle_timer)

    # -- playing and keys --------------------------------------------------------

    def _on_key(self, digit: str) -> None:
        if not self.hears or len(self._inbox) >= INBOX:
            return
        if self._recording is not None:
            self._recording.key = digit
        self._post(f"key {digit}", lambda now: self._session.key(digit, now))

    def _play(self, play: c.Play) -> None:
        self._stop_talking()
        self._prompt = Playing(play.number)
        if not self._is_heard:
            self._loop.call_soon(self._on_prompt_done, play.number)
        elif (sounds := self._resources.sounds.if_loaded(play.items)) is not None:
            self._start_playing(self._prompt, sounds, play.stops_on)
        else:
            getting = self._load_and_play(self._prompt, play)
            self._prompt.loading = self._resources.tasks.start(getting)

    @contained_task
    async def _load_and_play(self, prompt: Playing, play: c.Play) -> None:
        sounds = await self._resources.sounds.load(play.items)
        if prompt is self._prompt and not self._is_over:
            self._start_playing(prompt, sounds, play.stops_on)

    def _start_playing(
        self, prompt: Playing, sounds: tuple[Sound, ...], stops_on: str
    ) -> None:
        prompt.loading = None
        if sounds:
            keys = stops_on if self.hears else ""
            prompt.playing = self._resources.call.play(sounds, stops_on=keys)
        else:
            self._loop.call_soon(self._on_prompt_done, prompt.number)

    def _on_played(self, event: Played) -> None:
        if event.stop is Stop.FAILED:
            log.info("prompt_failed", why=event.reason)
        if self._prompt is not None and event.number == self._prompt.playing:
            self._on_prompt_done(self._prompt.number)

    @contained
    def _on_prompt_done(self, number: int) -> None:
        if self._prompt is not None and self._prompt.number != number:
            return
        self._prompt = None
        self._post("", lambda now: self._session.played(number, now))

    def _stop_playing(self, stop: c.StopPlaying) -> None:
        if self._prompt is not None and self._prompt.number == stop.number:
            self._stop_talking()

    def _stop_talking(self) -> None:
        self._stop_music()
        prompt, self._prompt = self._prompt, None
        if prompt is None:
            return
        if prompt.loading is not None:
            prompt.loading.cancel()
        if prompt.playing is not None:
            self._resources.call.stop(prompt.playing)

    def _play_music(self, uri: str) -> None:
        """Load and play the sound at *uri* while a fetch or transfer runs
        (``fetchaudio``, ``transferaudio``).
        """
        self._stop_talking()
        if self._is_heard:
            self._music = self._resources.tasks.start(self._load_and_play_music(uri))

    @contained_task
    async def _load_and_play_music(self, uri: str) -> None:
        sounds = await self._resources.sounds.load([c.Audio(uri)])
        if sounds and self._is_heard and not self._is_over:
            self._music_played = self._resources.call.play(sounds)

    def _stop_music(self) -> None:
        if self._music is not None:
            self._music.cancel()
        if self._music_played is not None:
            self._resources.call.stop(self._music_played)
        self._music = self._music_played = None

    # -- recording ---------------------------------------------------------------

    def _record(self, command: c.Record) -> None:
        self._recordings_begun += 1
        name = f"{self._name}-{self._recordings_begun}.wav"
        self._recording = _Recording(command.number, name)
        self._resources.tasks.start(self._begin_recording(self._recording, command))

    @contained_task
    async def _begin_recording(self, recording: _Recording, command: c.Record) -> None:
        max_ms = max(round(command.max_s * 1000), 1)
        try:
            path = await self._resources.recordings.begin(recording.name, max_ms)
        except DialogError as error:
            self._fail_recording(recording, error.reason)
            return
        if self._is_over:
            self._resources.recordings.end(recording.name)
            return
        self._resources.files[recording.uri] = path
        if not (recording.is_wanted and self.hears):
            self._resources.recordings.end(recording.name)
            self._end_recording(recording, None)
            return
        recording.playing = self._resources.call.record_audio(
            Recording(
                path,
                max_ms=max_ms,
                start_ms=max(round(command.start_within_s * 1000), 1),
                silence_ms=round(command.silence_s * 1000) or None,
                stops_on=command.stops_on,
                beep=command.beep,
            )
        )

    def _on_recorded(self, event: LegRecorded) -> None:
        recording = self._recording
        if recording is None or event.number != recording.playing:
            return
        self._resources.recordings.end(recording.name)
        if event.stop is Stop.FAILED:
            self._fail_recording(recording, event.reason)
            return
        if event.stop is Stop.UNHEARD or not event.duration_ms:
            self._end_recording(recording, None)
            return
        audio = c.Recording(
            recording.uri,
            event.duration_ms / 1000,
            HEADER + event.duration_ms * BYTES_PER_MS,
        )
        key = recording.key if event.stop is Stop.DIGIT else None
        recorded = Recorded(
            audio,
            key,
            is_cut=event.stop is Stop.LIMIT,
            is_hung_up=event.stop is Stop.ASKED and recording.is_wanted,
        )
        self._end_recording(recording, recorded)

    def _end_recording(self, recording: _Recording, recorded: Recorded | None) -> None:
        self._recording = None
        self._post(
            "recorded",
            lambda now: self._session.recorded(recording.number, recorded, now),
        )

    def _fail_recording(self, recording: _Recording, reason: str) -> None:
        self._recording = None
        event = "error.noresource"
        self._post(
            event,
            lambda now: self._session.failed(recording.number, event, reason, now),
        )

    def _stop_recording(self) -> None:
        if self._recording is None:
            return
        self._recording.is_wanted = False
        if self._recording.playing is not None:
            self._resources.call.stop(self._recording.playing)

    # -- fetching ----------------------------------------------------------------

    def _fetch(self, command: c.Fetch) -> None:
        if command.audio is not None:
            self._play_music(command.audio)
        task = self._resources.tasks.start(self._fetch_and_post(command))
        self._fetches.add(task)
        task.add_done_callback(self._fetches.discard)

    @contained_task
    async def _fetch_and_post(self, command: c.Fetch) -> None:
        number = command.number
        try:
            content = await self._resources.fetcher.fetch(command)
        except (FetchError, DocumentError, OSError) as error:
            reason, status = failure_of(error)
            self._post(
                f"no {command.kind}",
                lambda now: self._session.fetch_failed(number, reason, now, status),
            )
        else:
            self._post(
                command.kind, lambda now: self._session.fetched(number, content, now)
            )
        self._stop_music()

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

    def _end_transfer(self, _: c.EndTransfer) -> None:
        self._host.emit("dialog.terminatetransfer")

    def _on_transfer_done(self, values: d.Values) -> None:
        """Tell the session the outcome of its transfer: *values* are ``result`` and
        ``duration`` in seconds.
        """
        transfer, self._transfer = self._transfer, None
        if transfer is None:
            return
        outcome, duration = str(values.get("result", "")), values.get("duration", 0)
        duration_s = float(duration) if isinstance(duration, int | float) else 0.0
        self._stop_music()
        if outcome and self.hears:
            self._is_heard = True
            self._host.start_speaking()
        self._post(
            f"transfer {outcome}",
            lambda now: self._session.transferred(
                transfer.number, outcome, now, duration_s
            ),
        )
        if self._hang_up_deferred:
            self._post("hung up", self._session.hung_up)

    def _disconnect(self, command: c.Disconnect) -> None:
        self._is_heard = self.hears = False
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
