"""Rehearses a VoiceXML document: it runs for a caller whose words and keys follow a script.

Time is a number: nothing is played, and a prompt takes as long as its words would.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence

from engine.applications.trace_steps import TraceEnd, TraceStep, voicexml_step
from vxml import Document
from vxml import commands as c
from vxml.grammar.grammar import KEYS
from vxml.interpreter.control_flow import RecordingResult
from vxml.interpreter.session import Session, SessionInfo

TIMEOUT, HANG_UP, SPEAK = "timeout", "hangup", "speak"
OUTCOMES = (
    "busy",
    "noanswer",
    "network_busy",
    "near_end_disconnect",
    "far_end_disconnect",
    "network_disconnect",
    "maxtime_disconnect",
    "unknown",
    "transferred",
)
CALLER_ACTIONS = (TIMEOUT, HANG_UP, SPEAK, *OUTCOMES)
"""What a caller does besides pressing keys, and what becomes of a transfer."""

MAX_STEPS = 10_000
SILENCES = 20  # of a caller whose words are used up, before it hangs up
LETTER_S, SOUND_S, KEY_S, SPOKEN_S, BRIDGED_S = 0.07, 2.0, 0.3, 3.0, 10.0

Find = Callable[[c.Fetch], bytes | None]
"""Returns the content of a fetch; None: there is none."""


def is_word(word: str) -> bool:
    """Whether *word* is an action of a caller, or keys."""
    return word in CALLER_ACTIONS or (bool(word) and set(word) <= set(KEYS))


def rehearse(
    document: Document, info: SessionInfo, words: Sequence[str], find: Find
) -> Iterator[TraceStep | TraceEnd]:
    """Run *document* until it exits or for ``MAX_STEPS`` steps; the last item is the TraceEnd.

    *words* are what the caller does, one after another: keys, or one of
    ``CALLER_ACTIONS``. A caller without words left is silent, and at last hangs up.
    *find* returns what is fetched.
    """
    call = _ScriptedCall(Session(document, info), info.id, words, find)
    try:
        yield from call.steps()
    finally:
        call.session.close()


class _ScriptedCall:
    """A call whose caller does *words*; drives the session and keeps its time."""

    def __init__(
        self, session: Session, identity: str, words: Sequence[str], find: Find
    ) -> None:
        self.session = session
        self._id = identity
        self._find = find
        self._words = deque(words)
        self._keys: deque[str] = deque()
        self._silences = 0
        self._is_hung_up = False
        self._now = 0.0
        self._fetches: deque[c.Fetch] = deque()
        self._playing: c.Play | None = None
        self._recording: c.Record | None = None
        self._transfer: c.Transfer | None = None
        self._stream: c.JoinStream | None = None

    def steps(self) -> Iterator[TraceStep | TraceEnd]:
        """Run the session; the last item is the TraceEnd."""
        event, commands = "start", self.session.start(0.0)
        for _ in range(MAX_STEPS):
            self._handle(commands)
            at = round(self._now, 3)
            requested = tuple(
                command for command in commands if not isinstance(command, c.Exited)
            )
            if requested or not event.startswith("played"):
                yield voicexml_step(at, self._id, event, requested)
            if commands and isinstance(commands[-1], c.Exited):
                exited = commands[-1]
                yield TraceEnd.after_exit(at, exited.reason, exited.expr, exited.values)
                return
            event, commands = self._advance()
        yield TraceEnd(round(self._now, 3), f"not ended after {MAX_STEPS} steps")

    def _handle(self, commands: Sequence[c.Command]) -> None:
        for command in commands:
            match command:
                case c.Fetch():
                    self._fetches.append(command)
                case c.Play():
                    self._playing = command
                case c.StopPlaying():
                    self._playing = None
                case c.Record():
                    self._recording = command
                case c.Transfer():
                    self._transfer = command
                case c.JoinStream():
                    self._stream = command

    def _advance(self) -> tuple[str, list[c.Command]]:
        """Let the next thing happen; returns what it was, and the commands that followed."""
        if self._fetches:
            return self._fetch(self._fetches.popleft())
        due = self.session.next_timer()
        if due is not None and due <= self._now:
            return "goes on", self.session.handle_timer(self._now)
        if self._recording is not None and self._is_hung_up:
            return self._record(self._recording, HANG_UP)
        if self._keys:
            return self._press_key()
        if self._playing is not None:
            played, self._playing = self._playing, None
            self._now += sum(map(_duration_s, played.items))
            return "played", self.session.on_played(played.number, self._now)
        return self._act(self._words.popleft() if self._words else self._stay_silent())

    def _stay_silent(self) -> str:
        self._silences += 1
        return TIMEOUT if self._silences <= SILENCES else HANG_UP

    def _fetch(self, fetch: c.Fetch) -> tuple[str, list[c.Command]]:
        content = self._find(fetch)
        if content is None:
            failed = self.session.on_fetch_failed(fetch.number, "not found", self._now)
            return f"not found {fetch.uri}", failed
        return f"found {fetch.uri}", self.session.on_fetched(
            fetch.number, content, self._now
        )

    def _press_key(self) -> tuple[str, list[c.Command]]:
        key = self._keys.popleft()
        self._now += KEY_S
        return f"key {key}", self.session.on_key(key, self._now)

    def _act(self, word: str) -> tuple[str, list[c.Command]]:
        if word == HANG_UP:
            self._transfer = self._stream = None
            self._is_hung_up = True
            return "hung up", self.session.on_hung_up(self._now)
        if self._recording is not None:
            return self._record(self._recording, word)
        if self._transfer is not None:
            return self._end_transfer(self._transfer, word)
        if self._stream is not None:
            return self._end_stream(self._stream)
        if word not in CALLER_ACTIONS:
            self._keys.extend(word)
            return self._press_key()
        due = self.session.next_timer()
        self._now = max(self._now, due or 0.0)
        return "timeout", self.session.handle_timer(self._now)

    def _record(self, record: c.Record, word: str) -> tuple[str, list[c.Command]]:
        self._recording = None
        if word in (TIMEOUT, HANG_UP):
            self._now += record.start_within_s if word == TIMEOUT else 0.0
            return "nobody spoke", self.session.on_recorded(
                record.number, RecordingResult(None), self._now
            )
        key = word if word in record.stops_on and len(word) == 1 else None
        length = min(SPOKEN_S, record.max_s)
        self._now += length
        recording = c.Recording(
            f"recording:{record.number}", length, round(length * 16000)
        )
        if key is not None:
            self.session.on_key(key, self._now)
        recorded = RecordingResult(recording, key, is_cut=length == record.max_s)
        return "recorded", self.session.on_recorded(record.number, recorded, self._now)

    def _end_stream(self, stream: c.JoinStream) -> tuple[str, list[c.Command]]:
        """Whatever the caller does is for the server, which has closed the stream then."""
        self._stream = None
        self._now += BRIDGED_S
        return "stream closed", self.session.on_stream_over(
            stream.number, "closed", self._now
        )

    def _end_transfer(
        self, transfer: c.Transfer, word: str
    ) -> tuple[str, list[c.Command]]:
        self._transfer = None
        is_handed_over = transfer.kind != "bridge"
        outcome = word if word in OUTCOMES else "far_end_disconnect"
        if is_handed_over and outcome in ("transferred", "far_end_disconnect"):
            outcome = ""
        length = BRIDGED_S if outcome.endswith("_disconnect") else 0.0
        self._now += length
        return f"transfer {outcome or 'done'}", self.session.on_transferred(
            transfer.number, outcome, self._now, length
        )


def _duration_s(item: c.Item) -> float:
    match item:
        case c.Speech():
            return len(item.text) * LETTER_S
        case c.Silence():
            return item.duration_s
        case c.Audio():
            return SOUND_S
