"""What the parts of one session share: its clock, commands, keys, counts and variables."""

from collections import deque
from itertools import count

from vxml import commands as c

from .control_flow import Exceeded
from .limits import Counts, Limits
from .scopes import EVALUATION_S, Scopes

TYPED_AHEAD = 64  # keys that wait; the oldest are forgotten
RECORDINGS = 100  # that variables can stand for; the oldest are forgotten
STEPS_AT_ONCE = 20  # then the platform gets its turn
SHORTEST_EVALUATION_S = 0.005


class SessionState:
    """One session's clock, what it asks for, and what was keyed and waits."""

    def __init__(self, scopes: Scopes, limits: Limits) -> None:
        self.scopes = scopes
        self.limits = limits
        self.now = 0.0
        self.type_ahead: deque[str] = deque(maxlen=TYPED_AHEAD)
        self.is_hung_up = False
        self.ignored_key = ""
        """A key that was heard already, and will be told once more."""
        self.recordings: dict[str, c.Recording] = {}
        self._counts = Counts()
        self._numbers = count(1)
        self._commands: list[c.Command] = []

    def number(self) -> int:
        """A number for a command."""
        return next(self._numbers)

    def ask(self, command: c.Command) -> None:
        """Ask the platform for something."""
        self._commands.append(command)

    def ask_if_there(self, command: c.Command) -> None:
        """The same, unless the caller has gone, with whom it has ended anyway."""
        if not self.is_hung_up:
            self.ask(command)

    def take_commands(self) -> list[c.Command]:
        """What the platform shall do."""
        commands, self._commands = self._commands, []
        return commands

    def keep(self, recording: c.Recording) -> None:
        """A variable may stand for *recording* from now on."""
        self.recordings[recording.uri] = recording
        if len(self.recordings) > RECORDINGS:
            del self.recordings[next(iter(self.recordings))]

    # Limits

    def on_input(self, *, is_key: bool) -> None:
        """Something has come from outside, and after a key from the caller."""
        if self._counts.steps >= STEPS_AT_ONCE:
            self.scopes.limit_time(EVALUATION_S)
        self._counts.steps = 0
        if is_key:
            self._counts.moves = 0

    def step(self) -> bool:
        """An element is executed; whether it is the platform's turn; raises Exceeded.

        The more there were without a wait, the less time each evaluation has: so all of
        them together cannot take long.
        """
        self._counts.steps += 1
        if self._counts.steps > self.limits.steps:
            raise Exceeded(f"more than {self.limits.steps} steps without a wait")
        turns, rest = divmod(self._counts.steps, STEPS_AT_ONCE)
        if rest:
            return False
        limit_s = EVALUATION_S / (turns + 1)
        self.scopes.limit_time(max(limit_s, SHORTEST_EVALUATION_S))
        return True

    def move(self) -> None:
        """A dialog is entered; raises Exceeded."""
        self._counts.moves += 1
        if self._counts.moves > self.limits.moves:
            raise Exceeded(f"more than {self.limits.moves} dialogs without a key")

    def fetch(self) -> None:
        """Something is fetched; raises Exceeded."""
        self._counts.documents += 1
        if self._counts.documents > self.limits.documents:
            raise Exceeded(f"more than {self.limits.documents} fetches")

    def go_down(self) -> None:
        """A subdialog begins; raises Exceeded."""
        self._counts.depth += 1
        if self._counts.depth > self.limits.depth:
            raise Exceeded(
                f"more than {self.limits.depth} subdialogs inside each other"
            )

    def go_up(self) -> None:
        """A subdialog is over."""
        self._counts.depth -= 1
