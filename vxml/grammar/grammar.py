"""Grammars of keys: what was keyed so far, what it means, and whether more may follow.

A grammar is a network of states without memory. A match walks it with every key, all
ways at once, so that it takes time linear in its states whatever is keyed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

KEYS = "0123456789*#ABCD"
MAX_STATES = 5000


class GrammarError(Exception):
    """A grammar cannot be used; *event* is what a document is told."""

    def __init__(self, event: str, reason: str) -> None:
        super().__init__(reason)
        self.event = event
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Tag:
    """What a state means: a *value*, of the whole or of the member *name*."""

    name: str | None
    value: Any


@dataclass(frozen=True, slots=True)
class Rule:
    """Where the meaning of a rule begins or ends, for what refers to it."""

    is_end: bool


Meaning = Tag | Rule | None


@dataclass(slots=True)
class State:
    """One of *keys* leads from it to *after*, or nothing to any of *free*, in this order."""

    keys: str = ""
    after: int = 0
    free: list[int] = field(default_factory=list)
    meaning: Meaning = None


class Network:
    """The states of a grammar, while it is built and when it is used."""

    def __init__(self) -> None:
        self.states: list[State] = []
        self.start = 0
        self.end = 0

    def add(self, state: State) -> int:
        """The number of a new state; raises GrammarError if there are too many."""
        if len(self.states) >= MAX_STATES:
            raise GrammarError("error.badfetch", f"More than {MAX_STATES} states.")
        self.states.append(state)
        return len(self.states) - 1

    def then(self, of: int, to: int) -> None:
        """Let *to* follow the state *of* without a key."""
        self.states[of].free.append(to)

    # Pieces: each takes the state from which it goes on, and gives the one it ends in.

    def any_of(self, of: int, keys: str) -> int:
        """One of *keys*."""
        here = self.add(State(keys))
        end = self.add(State())
        self.then(of, here)
        self.states[here].after = end
        return end

    def keys(self, of: int, keys: str) -> int:
        """One key after the other."""
        for key in keys:
            of = self.any_of(of, key)
        return of

    def means(self, of: int, meaning: Tag | Rule) -> int:
        """No key, but a meaning."""
        here = self.add(State(meaning=meaning))
        self.then(of, here)
        return here

    def repeat(
        self, of: int, piece: Callable[[int], int], least: int, most: int | None
    ) -> int:
        """*piece* so many times, or without a limit."""
        for _ in range(least):
            if (end := piece(of)) == of:  # there is nothing in it
                break
            of = end
        if most == least:
            return of
        end = self.add(State())
        if most is None:
            begin = self.add(State())
            self.then(of, begin)
            self.then(piece(begin), begin)
            self.then(begin, end)
            return end
        for _ in range(most - least):
            begin = self.add(State())
            self.then(of, begin)
            of = piece(begin)
            self.then(begin, end)
        self.then(of, end)
        return end


@dataclass(frozen=True)
class Grammar:
    """A network and what its keys mean where it says nothing else.

    *interpret* makes the value of the keys; None: they are no value after all.
    """

    network: Network
    interpret: Callable[[str], Any] = str

    def begin(self) -> "Match":
        """A match of which nothing was keyed."""
        return Match(self)

    @property
    def longest(self) -> int | None:
        """How many keys it takes at most; None: there is no limit."""
        return _longest(self.network)


Trail = tuple[Any, ...] | None
"""Meanings on the way to a state, the last one first: (what, the rest)."""


class Match:
    """What of one input fits a grammar."""

    def __init__(self, grammar: Grammar) -> None:
        self._grammar = grammar
        self._network = grammar.network
        self.keyed = ""
        self._here = self._expand([(self._network.start, None)])

    def feed(self, key: str) -> None:
        """The key that came next."""
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
        """Whether what was keyed is all that is needed."""
        return self.meaning() is not None

    def meaning(self) -> Any:
        """What was keyed means; None: nothing, for it is not complete."""
        for at, trail in self._here:
            if at == self._network.end:
                return _value(trail, self.keyed, self._grammar.interpret)
        return None

    def _expand(self, begins: Iterable[tuple[int, Trail]]) -> list[tuple[int, Trail]]:
        """All states that can be had without a key, each by the first way to it."""
        found: list[tuple[int, Trail]] = []
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
                found.append((at, trail))
            waiting += [(to, trail) for to in reversed(state.free)]
        return found


def _value(trail: Trail, keyed: str, interpret: Callable[[str], Any]) -> Any:
    """The meaning of a way through the network.

    A tag is the value of its rule, and so is what a rule means that it refers to,
    whichever comes last; without any it is what was keyed (SISR 1.0, literals).
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


def _longest(network: Network) -> int | None:
    """The longest way from start to end, in keys; loops have none."""
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
