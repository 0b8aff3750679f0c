"""Plays the waiting prompts and collects keys (VoiceXML 2.0, 4.1.8 and appendix D)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from vxml import commands as c
from vxml.grammar.grammar import KEYS, Grammar, Interpretation, Match

from .control_flow import Done, Ended, InputResult, Key, Steps, Suspension, Thrown
from .prompts import Marked, PromptQueue, Queued
from .properties import Properties
from .scopes import Scopes
from .session_state import SessionState


@dataclass(frozen=True, slots=True)
class ActiveGrammar:
    """An active grammar; input that matches it is for *owner*."""

    grammar: Grammar
    owner: Any


@dataclass(slots=True)
class LastMark:
    """The last mark that was reached, and when."""

    name: str | None = None
    reached: float = 0.0

    def to_json(self, now: float) -> dict[str, Any]:
        """Return the mark as results show it; *marktime* is in milliseconds."""
        if self.name is None:
            return {}
        return {"markname": self.name, "marktime": round((now - self.reached) * 1000)}


@dataclass(slots=True)
class InputCollector:
    """Plays prompts and collects keys for one session."""

    state: SessionState
    queue: PromptQueue
    mark: LastMark = field(default_factory=LastMark)

    def play(self, *, hears: bool = False) -> Steps:
        """Play all waiting prompts; if *hears*, a key ends them where barge-in is allowed.

        That key is then in the type-ahead buffer.
        """
        state = self.state
        waiting = self.queue.take()
        self.mark.name = None
        if state.is_hung_up:
            return
        for is_interruptible, items, mark in _split_plays(waiting):
            if hears and is_interruptible and state.type_ahead:
                return
            if items:
                number = state.take_number()
                stops_on = KEYS if hears and is_interruptible else ""
                state.ask(c.Play(number, items, stops_on))
                if (yield from self._wait_until_played(number, stops_on)):
                    return
                if not is_interruptible:
                    state.type_ahead.clear()  # keys during such a prompt do not count for what follows
            if mark is not None:
                self.mark.name, self.mark.reached = mark, state.now

    def _wait_until_played(self, number: int, stops_on: str) -> Steps:
        """Wait for the end of a play; return whether a key has ended it."""
        while True:
            try:
                happened = yield Suspension(number, hears=True)
            except Thrown:
                self.state.ask_if_there(c.StopPlaying(number))
                raise
            if isinstance(happened, Done):
                return False
            if isinstance(happened, Key):
                self.state.type_ahead.append(happened.key)
                if stops_on:
                    self.state.ask(c.StopPlaying(number))
                    return True

    def end_after_hang_up(self) -> Steps:
        """Raise Ended after a hang-up, once the waiting events have been thrown."""
        yield Suspension(until=self.state.now)
        raise Ended

    def listen(self, active: Sequence[ActiveGrammar], properties: Properties) -> Steps:
        """Play all waiting prompts, then collect keys; return an InputResult or raise Thrown.

        Raises Ended after a hang-up.
        """
        timeout_s = self.queue.timeout_s
        if timeout_s is None:
            timeout_s = properties.seconds("timeout")
        hears = "dtmf" in properties.text("inputmodes").split()
        yield from self.play(hears=hears)
        if self.state.is_hung_up:
            yield from self.end_after_hang_up()
        keyed_input = KeyedInput(active if hears else (), properties)
        while True:
            until = self.state.now + (
                timeout_s if not keyed_input.keys else keyed_input.delay_s
            )
            if self.state.type_ahead and hears:
                key: str | None = self.state.type_ahead.popleft()
            else:
                happened = yield Suspension(hears=True, until=until)
                key = happened.key if isinstance(happened, Key) else None
                if key is not None and not hears:
                    continue
            if key is None and not keyed_input.keys:
                raise Thrown("noinput")
            if key is None or keyed_input.add_key(key):
                return keyed_input.result(self.state.scopes)


class KeyedInput:
    """One input in progress: its keys, and the matches of all active grammars."""

    def __init__(self, active: Sequence[ActiveGrammar], properties: Properties) -> None:
        self._matches = [(entry, entry.grammar.begin()) for entry in active]
        self._grammars = [entry.grammar for entry in active]
        self._end = properties.text("termchar")
        self._between_s = properties.seconds("interdigittimeout")
        self._after_s = properties.seconds("termtimeout")
        self._most = max(properties.number("maxnbest") or 1, 1)
        self.keys = ""

    def add_key(self, key: str) -> bool:
        """Take a key; return whether the input is over.

        Input that matches no grammar any more goes on until it is as long as any match
        could be: the caller's next keys belong to the same mistake.
        """
        if key == self._end and not any(match.takes(key) for match in self._all()):
            return True
        self.keys += key
        for match in self._all():
            match.feed(key)
        if any(match.may_go_on for match in self._all()):
            return False
        if any(match.is_complete for match in self._all()):
            return self._after_s == 0
        longest = _longest_of(self._grammars)
        return longest is not None and len(self.keys) >= longest

    @property
    def is_hopeless(self) -> bool:
        """Whether no grammar can match any more, whatever comes."""
        return not any(match.may_go_on or match.is_complete for match in self._all())

    @property
    def delay_s(self) -> float:
        """How long to wait for the next key, in seconds."""
        can_go_on = any(match.may_go_on for match in self._all())
        is_over = not can_go_on and not self.is_hopeless
        return self._after_s if is_over else self._between_s

    def result(self, scopes: Scopes) -> InputResult:
        """Return the meaning of the input, for which *scopes* run the programs of its tags.

        Raises NoMatch, and ScriptError if such a program fails.
        """
        matches = [
            (active.owner, meaning)
            for active, match in self._matches
            if (meaning := match.meaning()) is not None and self.keys
        ]
        if not matches:
            raise NoMatch(self.keys)
        (owner, meaning), *others = [
            (owner, scopes.interpret(meant.steps))
            if isinstance(meant, Interpretation)
            else (owner, meant)
            for owner, meant in matches[: self._most]
        ]
        return InputResult(owner, meaning, self.keys, tuple(others))

    def _all(self) -> Iterator[Match]:
        return (match for _, match in self._matches)


class NoMatch(Thrown):
    """The input matches no grammar."""

    def __init__(self, keyed: str) -> None:
        super().__init__("nomatch")
        self.keyed = keyed


def _longest_of(grammars: Sequence[Grammar]) -> int | None:
    lengths = [grammar.longest for grammar in grammars]
    if None in lengths:
        return None
    return max((length for length in lengths if length is not None), default=0)


def _split_plays(
    waiting: Sequence[Queued],
) -> Iterator[tuple[bool, tuple[c.Item, ...], str | None]]:
    """Split prompts into plays: each ends at a mark, or where barge-in changes."""
    items: list[c.Item] = []
    is_interruptible = True
    for prompt in waiting:
        if items and prompt.bargein != is_interruptible:
            yield is_interruptible, tuple(items), None
            items = []
        is_interruptible = prompt.bargein
        for item in prompt.items:
            if isinstance(item, Marked):
                yield is_interruptible, tuple(items), item.name
                items = []
            else:
                items.append(item)
    if items:
        yield is_interruptible, tuple(items), None
