"""A document that is played: keys and time in, commands out, as one line of text each."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from vxml import commands as c
from vxml import parse
from vxml.interpreter.control_flow import RecordingResult
from vxml.interpreter.limits import Limits
from vxml.interpreter.session import Session, SessionInfo

HEAD = '<vxml version="2.1" xmlns="http://www.w3.org/2001/vxml">'
HERE = "http://here.example/app/start.vxml"


class Call:
    """A session of a document, what it was asked for so far, and what it finds when it fetches.

    Prompts take no time: they are over when something else happens than a key. *files*
    are by URI; what is not there fails with 404. *moved* are redirects: the URIs at which
    other URIs are found.
    """

    def __init__(
        self,
        text: str,
        files: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        dialog: str = "",
        uri: str = HERE,
        moved: Mapping[str, str] | None = None,
        **info: Any,
    ) -> None:
        self.files = dict(files or {})
        self._moved = dict(moved or {})
        self.session = Session(
            parse(text, uri=uri),
            SessionInfo("S", **info),
            limits=limits,
            dialog=dialog,
        )
        self.now = 100.0
        self.log: list[str] = []
        self.commands: list[c.Command] = []
        self._playing: int | None = None
        self._waiting: int | None = None

    def start(self) -> "Call":
        """The caller is there."""
        self._take(self.session.start(self.now))
        return self

    # what happens

    def key(self, keys: str) -> None:
        """Keys are pressed, during a prompt if there is one."""
        for key in keys:
            self.log.append(f"> {key}")
            self._take(self.session.on_key(key, self.now))

    def silent(self) -> None:
        """All is said, and the next time limit passes without a key."""
        self.listen()
        self.log.append("> ...")
        self._timer()

    def listen(self) -> None:
        """All is said that there is to say."""
        while self._playing is not None:
            number, self._playing = self._playing, None
            self._take(self.session.on_played(number, self.now))

    def hang_up(self) -> None:
        """The caller has hung up."""
        self.log.append("> hangup")
        self._take(self.session.on_hung_up(self.now))

    def recorded(
        self, seconds: float = 2.0, key: str | None = None, *, cut: bool = False
    ) -> None:
        """Something was recorded."""
        self.log.append(f"> recorded {seconds:g}s")
        recording = c.Recording("recording:1", seconds, 16000)
        self._answer(self.session.on_recorded, RecordingResult(recording, key, cut))

    def not_recorded(self) -> None:
        """Nobody spoke."""
        self.log.append("> not recorded")
        self._answer(self.session.on_recorded, RecordingResult(None))

    def transferred(self, outcome: str, seconds: float = 0.0) -> None:
        """A transfer is over."""
        self.log.append(f"> transferred {outcome}".rstrip())
        number, self._waiting = self._waiting, None
        assert number is not None
        self._take(self.session.on_transferred(number, outcome, self.now, seconds))

    def stream_over(self, reason: str) -> None:
        """An audio stream is over."""
        self._answer(self.session.on_stream_over, reason)

    def stream_failed(self, event: str, reason: str) -> None:
        """An audio stream has failed."""
        number, self._waiting = self._waiting, None
        assert number is not None
        self._take(self.session.on_stream_failed(number, event, reason, self.now))

    def do(self, script: str) -> "Call":
        """What is scripted, one word for each: keys, ``...`` for silence, ``hangup``."""
        for word in script.split():
            if word == "...":
                self.silent()
            elif word == "hangup":
                self.hang_up()
            elif word == "listen":
                self.listen()
            elif word == "recorded":
                self.recorded()
            elif word == "silent":
                self.not_recorded()
            elif word.startswith("transferred"):
                self.transferred(word.partition(":")[2], 7.0)
            else:
                self.key(word)
        return self

    # what is seen

    @property
    def said(self) -> list[str]:
        """What was played, without the rest."""
        return [
            line.removeprefix("play ") for line in self.log if line.startswith("play ")
        ]

    @property
    def logged(self) -> list[str]:
        """What the document has logged."""
        return [
            command.text for command in self.commands if isinstance(command, c.WriteLog)
        ]

    @property
    def end(self) -> c.Exited | None:
        """How it ended."""
        ends = [command for command in self.commands if isinstance(command, c.Exited)]
        assert len(ends) <= 1
        return ends[0] if ends else None

    def the(self, kind: type[Any]) -> Any:
        """The last command of a kind."""
        return [command for command in self.commands if isinstance(command, kind)][-1]

    # inside

    def _answer(self, tell: Any, what: Any) -> None:
        number, self._waiting = self._waiting, None
        self._take(tell(number, what, self.now))

    def _timer(self) -> None:
        due = self.session.next_timer()
        if due is not None:
            self.now = max(due, self.now)
            self._take(self.session.handle_timer(self.now))

    def _take(self, commands: list[c.Command]) -> None:
        while commands or self._is_paused():
            if not commands:
                commands = self.session.handle_timer(self.now)
                continue
            command, *commands = commands
            self.commands.append(command)
            self.log.append(shown(command))
            if isinstance(command, c.Play):
                self._playing = command.number
            elif isinstance(command, c.StopPlaying):
                self._playing = None
            elif isinstance(command, c.Record | c.Transfer | c.JoinStream):
                self._waiting = command.number
            elif isinstance(command, c.Fetch):
                commands += self._fetched(command)

    def _fetched(self, command: c.Fetch) -> list[c.Command]:
        uri = self._moved.get(command.uri, command.uri)
        if uri in self.files:
            return self.session.on_fetched(
                command.number, self.files[uri], self.now, uri
            )
        return self.session.on_fetch_failed(command.number, "gone", self.now, 404)

    def _is_paused(self) -> bool:
        due = self.session.next_timer()
        return due is not None and due <= self.now


def shown(command: c.Command) -> str:
    """A command in one line."""
    match command:
        case c.Play():
            stops = "" if command.stops_on else " (to its end)"
            return f"play {' '.join(map(sound, command.items))}{stops}"
        case c.StopPlaying():
            return "stop"
        case c.Fetch():
            values = "".join(
                f" {name}={_value(value)}" for name, value in command.values.items()
            )
            return (
                f"fetch {command.kind} {command.method} {_short(command.uri)}{values}"
            )
        case c.Record():
            return f"record {command.max_s:g}s{' beep' if command.beep else ''}"
        case c.Transfer():
            return f"transfer {command.kind} {command.dest}"
        case c.WriteLog():
            return f"log {command.text}"
        case c.Disconnect():
            return f"disconnect{_values(command.values)}"
        case c.Exited():
            expr = "" if command.expr is None else f" {command.expr}"
            reason = f" ({command.reason})" if command.reason else ""
            return f"exit{expr}{_values(command.values)}{reason}"
        case _:
            return type(command).__name__


def sound(item: c.Item) -> str:
    """What is played in short."""
    match item:
        case c.Audio():
            otherwise = (
                f" or {' '.join(map(sound, item.otherwise))}" if item.otherwise else ""
            )
            return f"<{_short(item.uri)}{otherwise}>"
        case c.Silence():
            return f"({item.duration_s:g}s)"
        case c.Speech():
            return f'"{item.text}"'


def _short(uri: str) -> str:
    return uri.removeprefix("http://here.example/app/")


def _value(value: Any) -> str:
    return value.uri if isinstance(value, c.Recording) else str(value)


def _values(values: Mapping[str, Any]) -> str:
    return "".join(f" {name}={_value(value)}" for name, value in values.items())


@contextmanager
def calling(body: str, script: str = "", **options: Any) -> Iterator[Call]:
    """A call of the document with *body*, after what *script* does."""
    call = Call(f"{HEAD}{body}</vxml>", **options)
    try:
        yield call.start().do(script)
    finally:
        call.session.close()


def log_of(body: str, script: str = "", **options: Any) -> list[str]:
    """All that happens."""
    with calling(body, script, **options) as call:
        return call.log
