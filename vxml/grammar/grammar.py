"""Grammars for keys as networks of states, and matching of input against them.

A match follows all paths through the network at once, with each key. So it takes time
linear in the number of states, whatever is keyed.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ccxml.xml.positions import Position

KEYS = "0123456789*#ABCD"
MAX_STATES = 5000  # of what a short grammar may become
MOST_STATES = 150_000  # of any grammar: 60 MB
STATES_FOR_EACH = 8  # element or code that is written: so that long lists fit


class GrammarError(Exception):
    """A grammar cannot be used; *event* is thrown in the document.

    *at* is where in its text, and *uri* the file that this is; empty for a grammar that
    stands in a document.
    """

    def __init__(
        self, event: str, reason: str, at: Position | None = None, uri: str = ""
    ) -> None:
        super().__init__(reason)
        self.event = event
        self.reason = reason
        self.at = at
        self.uri = uri

    def locate(self, at: Position, uri: str) -> None:
        """Say where it is, unless that is known."""
        if self.at is None:
            self.at, self.uri = at, uri

    @property
    def text(self) -> str:
        """The reason, behind file, line and column if it is of a file."""
        if not self.uri:
            return self.reason
        place = f":{self.at.line}:{self.at.column}" if self.at else ""
        return f"{self.uri}{place}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Literal:
    """A tag that is a text: the value of its rule (SISR 1.0, string literals)."""

    text: str


@dataclass(frozen=True, slots=True)
class Program:
    """A tag that is ECMAScript, and gives its rule a value (SISR 1.0, scripts)."""

    text: str


@dataclass(frozen=True, slots=True)
class RuleStart:
    """Where the rule *name* begins; *tags* of its grammar's head are run before all others."""

    name: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleEnd:
    """Where the rule ends that began last."""


Meaning = Literal | Program | RuleStart | RuleEnd
Steps = tuple[str | Meaning, ...]
"""A path through a grammar: its keys, and the meanings that it passes."""


@dataclass(frozen=True, slots=True)
class Interpretation:
    """Keys whose value the programs on their path give, once these are run."""

    steps: Steps


@dataclass(slots=True)
class State:
    """One of *keys* leads to the state *after*; *free* states follow without a key, in order."""

    keys: str = ""
    after: int = 0
    free: Sequence[int] = ()
    meaning: Meaning | None = None


class Network:
    """The states of a grammar, while it is built and when it is used.

    Building methods add states behind the state *of*, and return the last one.
    """

    def __init__(self, written: int = 0) -> None:
        """*written* is how many elements or codes the grammar consists of."""
        most = MAX_STATES + STATES_FOR_EACH * written
        self._most = min(most, MOST_STATES)
        self.states: list[State] = []
        self.start = 0
        self.end = 0

    def add(self, state: State) -> int:
        """Add a state and return its number; raises GrammarError if there are too many."""
        if len(self.states) >= self._most:
            text = (
                f"It needs more than {self._most} states: repeat less, or write fewer."
            )
            raise GrammarError("error.badfetch", text)
        self.states.append(state)
        return len(self.states) - 1

    def link(self, of: int, to: int) -> None:
        """Let the state *to* follow *of* without a key."""
        state = self.states[of]
        if isinstance(state.free, list):
            state.free.append(to)
        else:
            state.free = [*state.free, to]

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

    def add_code(
        self, of: int, keys: str, beginnings: dict[tuple[int, str], int]
    ) -> int:
        """Add *keys* in this order, sharing the states of codes that begin alike.

        *beginnings* are those of all codes that were added behind *of* so far.
        """
        for key in keys:
            after = beginnings.get((of, key))
            if after is None:
                after = beginnings[of, key] = self.add_choice(of, key)
            of = after
        return of

    def add_meaning(self, of: int, meaning: Meaning) -> int:
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

    @cached_property
    def longest(self) -> int | None:
        """The largest number of keys that match; None without a limit."""
        return _longest_path(self.network)


Trail = tuple[Any, ...] | None
"""Keys and meanings on the path to a state, the last one first: (step, rest)."""


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
            (states[at].after, (key, trail))
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
        """Return the meaning of the keys so far; None if they do not match the whole grammar.

        It is an ``Interpretation`` where programs have to be run for it.
        """
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
    """Return the meaning of a path through the network."""
    reversed_steps: list[Any] = []
    while trail is not None:
        step, trail = trail
        reversed_steps.append(step)
    steps = tuple(reversed(reversed_steps))
    if any(isinstance(step, Program) for step in steps):
        return Interpretation(steps)
    value = _literal_of(steps)
    return interpret(keyed) if value is None else value


def _literal_of(steps: Steps) -> str | None:
    """Return the value of a path on which no program stands, None without any tag.

    The value of a rule is that of its tags and of the rules that it refers to,
    whichever comes last; without any it is the keys themselves (SISR 1.0, string
    literals).
    """
    open_rules: list[str | None] = [None]
    for step in steps:
        if isinstance(step, Literal):
            open_rules[-1] = step.text
        elif isinstance(step, RuleStart):
            open_rules.append(None)
        elif isinstance(step, RuleEnd) and (meant := open_rules.pop()) is not None:
            open_rules[-1] = meant
    return open_rules[0]


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
