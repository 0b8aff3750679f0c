"""A caller of the suite: does what each test asks of it, until the test has a verdict."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.vxml.playing import Call
from vxml import ParseError
from vxml import commands as c
from vxml.interpreter.control_flow import RecordingResult

from .expectations import HEARD, NOT_APPLICABLE, SILENT_ENDS, TRANSFERS
from .suite import PASSED, Suite, keys_asked_for, served_name

BASE = "http://localhost/vxml/"
MAX_ACTS = 60
CONNECTION = {
    "local": {"uri": "sip:us@suite.example"},
    "remote": {"uri": "sip:you@suite.example"},
    "protocol": {"name": "sip", "version": "2.0"},
}


@dataclass(frozen=True)
class Verdict:
    """What has become of a test."""

    has_passed: bool
    why: str = ""


class SuiteCall(Call):
    """A call of the test *entry*."""

    def __init__(self, suite: Suite, entry: str) -> None:
        self._suite = suite
        self._entry = entry
        self._asked: list[str] = []
        self._considered = 0
        text = suite.read(entry)
        assert text is not None
        super().__init__(text.decode(), connection=CONNECTION, uri=BASE + entry)

    def verdict(self) -> Verdict:
        """Play the test to its end."""
        self.start()
        for _ in range(MAX_ACTS):
            if self.end is not None:
                return self._judge(self.end)
            self._act()
        return Verdict(False, "it has no end")

    def _judge(self, end: c.Exited) -> Verdict:
        if end.reason:
            return Verdict(False, end.reason)
        if (expected := HEARD.get(self._entry)) is not None:
            heard = self._heard()
            order = ".*".join(map(re.escape, expected))
            return Verdict(re.search(order, heard) is not None, f"heard: {heard}")
        if self._entry in SILENT_ENDS:
            return Verdict(end.expr is None, str(end.expr))
        return Verdict(end.expr == PASSED, str(end.expr))

    def _heard(self) -> str:
        return " ".join(
            item.text if isinstance(item, c.Speech) else item.uri.removeprefix(BASE)
            for item in items_of(self.commands)
            if not isinstance(item, c.Silence)
        )

    def _act(self) -> None:
        """Do the next thing: what was asked for, or nothing."""
        self.listen()
        self._note_keys()
        if self.end is not None:
            return
        if self._waiting is not None:
            self._answer_wait()
        elif self._asked:
            self.key(self._asked.pop(0))
        else:
            self.silent()

    def _answer_wait(self) -> None:
        if not any(isinstance(command, c.Transfer) for command in self.commands):
            sound = c.Recording("recording:1", 2.0, 16000)
            self._answer(self.session.on_recorded, RecordingResult(sound, None, False))
        elif (outcome := TRANSFERS.get(self._entry, "noanswer")) == "hangup":
            self._waiting = None
            self.hang_up()
        else:
            self.transferred(outcome, 5.0)

    def _note_keys(self) -> None:
        """Note the keys that were asked for since the last act."""
        news, self._considered = self.commands[self._considered :], len(self.commands)
        self._asked += keys_asked_by(news)

    def _fetched(self, command: c.Fetch) -> list[c.Command]:
        path = urlsplit(command.uri).path.removeprefix("/vxml/")
        content = self._suite.read(served_name(path))
        if content is not None:
            return self.session.on_fetched(command.number, content, self.now)
        return self.session.on_fetch_failed(command.number, "gone", self.now, 404)


def items_of(commands: Iterable[c.Command]) -> list[c.Item]:
    """All that *commands* play."""
    plays = (command for command in commands if isinstance(command, c.Play))
    return [item for play in plays for item in play.items]


def keys_asked_by(commands: Iterable[c.Command]) -> str:
    """The keys that the prompts among *commands* ask for."""
    return "".join(
        keys_asked_for(item.text)
        for item in items_of(commands)
        if isinstance(item, c.Speech)
    )


def run(suite: Suite, entry: str) -> Verdict:
    """Play the test that begins with *entry*."""
    try:
        call = SuiteCall(suite, entry)
    except ParseError as error:
        return Verdict(False, f"it is refused: {error}")
    try:
        return call.verdict()
    finally:
        call.session.close()


def excuse(entry: str) -> str | None:
    """Why the test *entry* does not apply; None: it does."""
    return NOT_APPLICABLE.get(entry)
