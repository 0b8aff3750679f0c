"""Grammars for keys as networks of states, and matching of input against them.

A match follows all paths through the network at once, with each key. So it takes time
linear in the number of states, whatever is keyed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

KEYS = "0123456789*#ABCD"
MAX_STATES = 5000


class GrammarError(Exception):
    """A grammar cannot be used; *event* is thrown in the document."""

    def __init__(self, event: str, reason: str) -> None:
        super().__init__(reason)
        self.event = event
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Tag:
    """The meaning of a state: a *value*, for the whole rule or for its member *name*."""

    name: str | None
    value: Any


@dataclass(frozen=True, slots=True)
class RuleBoundary:
    """Marks where the meaning of a rule begins or ends, for rules that refer to it."""

    is_end: bool


Meaning = Tag | RuleBoundary | None


@dataclass(slots=True)
class State:
    """One of *keys* leads to the state *after*; *free* states follow without a key, in order."""

    keys: str = ""
    after: int = 0
    free: list[int] = field(default_factory=list)
    meaning: Meaning = None


class Network:
    """The states of a grammar, while it is built and when it is used.

    Building methods add states behind the state *of*, and return the last one.
    """

    def __init__(self) -> None:
        self.states: list[State] = []
        self.start = 0
        self.end = 0

    def add(self, state: State) -> int:
        """Add a state and return its number; raises GrammarError if there are too many."""
        if len(self.states) >= MAX_STATES:
            raise GrammarError("error.badfetch", f"More than {MAX_STATES} states.")
        self.states.append(state)
        return len(self.states) - 1

    def link(self, of: int, to: int) -> None:
        """Let the state *to* follow *of* without a key."""
        self.states[of].free.append(to)

    # Each of these takes the state that it continues, and returns its last state.

    def add_choice(self, of: int, keys: str) -> int:
        """Add a choice of one of *keys*."""
        here = self.add(State(keys))
        end = self.add(State())
        self.link(of, here)
        self.states[here].after = end
        return end

    def add_keys(self, of: int, keys: str) -> int:
        """Add *keys* in this order."""
        for key in keys:
            of = self.add_choice(of, key)
        return of

    def add_meaning(self, of: int, meaning: Tag | RuleBoundary) -> int:
        """Add a meaning, without a key."""
        here = self.add(State(meaning=meaning))
        self.link(of, here)
        return here

    def repeat(
        self, of: int, piece: Callable[[int], int], least: int, most: int | None
    ) -> int:
        """Add *piece* from *least* to *most* times; None for *most* is no limit."""
        for _ in range(least):
            if (end := piece(of)) == of:  # there is nothing in it
                break
            of = end
        if most == least:
            return of
        end = self.add(State())
        if most is None:
            begin = self.add(State())
            self.link(of, begin)
            self.link(piece(begin), begin)
            self.link(begin, end)
            return end
        for _ in range(most - least):
            begin = self.add(State())
            self.link(of, begin)
            of = piece(begin)
            self.link(begin, end)
        self.link(of, end)
        return end


@dataclass(frozen=True)
class Grammar:
    """A network, and the meaning of input to which no tag gives one.

    *interpret* converts the keys into a value; None means that they do not match after
    all.
    """

    network: Network
    interpret: Callable[[str], Any] = str

    def begin(self) -> "Match":
        """Return a new match without any keys."""
        return Match(self)

    @property
    def longest(self) -> int | None:
        """The largest number of keys that match; None without a limit."""
        return _longest_path(self.network)


Trail = tuple[Any, ...] | None
"""Meanings on the path to a state, the last one first: (meaning, rest)."""


class Match:
    """One input in progress, matched against one grammar."""

    def __init__(self, grammar: Grammar) -> None:
        self._grammar = grammar
        self._network = grammar.network
        self.keyed = ""
        self._here = self._expand([(self._network.start, None)])

    def feed(self, key: str) -> None:
        """Take the next key."""
        self.keyed += key
        states = self._network.states
        self._here = self._expand(
            (states[at].after, trail)
            for at, trail in self._here
            if key in states[at].keys
        )

    def takes(self, key: str) -> bool:
        """Whether *key* may come next."""
        states = self._network.states
        return any(key in states[at].keys for at, _ in self._here)

    @property
    def may_go_on(self) -> bool:
        """Whether any key may come next."""
        states = self._network.states
        return any(states[at].keys for at, _ in self._here)

    @property
    def is_complete(self) -> bool:
        """Whether the keys so far match the whole grammar."""
        return self.meaning() is not None

    def meaning(self) -> Any:
        """Return the meaning of the keys so far; None if they do not match the whole grammar."""
        for at, trail in self._here:
            if at == self._network.end:
                return _value_of(trail, self.keyed, self._grammar.interpret)
        return None

    def _expand(self, begins: Iterable[tuple[int, Trail]]) -> list[tuple[int, Trail]]:
        """Return all states that are reached without a key, each by the first path to it."""
        reached: list[tuple[int, Trail]] = []
        seen: set[int] = set()
        waiting = list(begins)[::-1]
        states, end = self._network.states, self._network.end
        while waiting:
            at, trail = waiting.pop()
            if at in seen:
                continue
            seen.add(at)
            state = states[at]
            if state.meaning is not None:
                trail = (state.meaning, trail)
            if state.keys or at == end:
                reached.append((at, trail))
            waiting += [(to, trail) for to in reversed(state.free)]
        return reached


def _value_of(trail: Trail, keyed: str, interpret: Callable[[str], Any]) -> Any:
    """Return the meaning of a path through the network.

    The value of a rule is that of its tags and of the rules that it refers to,
    whichever comes last; without any it is the keys themselves (SISR 1.0, string
    literals).
    """
    steps: list[Any] = []
    while trail is not None:
        step, trail = trail
        steps.append(step)
    open_rules: list[Any] = [None]
    for step in reversed(steps):
        if isinstance(step, Tag):
            open_rules[-1] = _apply_tag(open_rules[-1], step)
        elif not step.is_end:
            open_rules.append(None)
        elif (meant := open_rules.pop()) is not None:
            open_rules[-1] = meant
    return interpret(keyed) if open_rules[0] is None else open_rules[0]


def _apply_tag(value: Any, tag: Tag) -> Any:
    if tag.name is None:
        return tag.value
    members = value if isinstance(value, dict) else {}
    return {**members, tag.name: tag.value}


def _longest_path(network: Network) -> int | None:
    """Return the length of the longest path from start to end in keys; None with a loop."""
    states = network.states
    length: dict[int, int | None] = {}
    on_the_way: set[int] = set()
    waiting = [network.start]
    while waiting:
        at = waiting[-1]
        state = states[at]
        ways = [*state.free, *([state.after] if state.keys else [])]
        if at not in on_the_way and at not in length:
            on_the_way.add(at)
            if any(to in on_the_way for to in ways):
                return None
            waiting += [to for to in ways if to not in length]
            continue
        waiting.pop()
        if at in length:
            continue
        on_the_way.discard(at)
        step = 1 if state.keys else 0
        length[at] = max((step + (length[to] or 0) for to in ways), default=0)
    return length[network.start]
