"""SessionState: what the parts of one session share.

Its clock, commands, keys, counters and variables.
"""

from collections import deque
from itertools import count
from traceback import format_exception

from vxml import commands as c

from .control_flow import Exceeded, Thrown
from .limits import Limits, Usage
from .scopes import EVALUATION_S, Scopes

INTERNAL = "error.outring.internal"
TYPED_AHEAD = 64  # keys that may wait; the oldest are dropped
RECORDINGS = 100  # that variables can refer to; the oldest are dropped
STEPS_AT_ONCE = 20  # elements until the platform is given control
SHORTEST_EVALUATION_S = 0.005


class SessionState:
    """The clock of one session, its commands, and the keys that are waiting."""

    def __init__(self, scopes: Scopes, limits: Limits) -> None:
        self.scopes = scopes
        self.limits = limits
        self.now = 0.0
        self.type_ahead: deque[str] = deque(maxlen=TYPED_AHEAD)
        self.is_hung_up = False
        self.ignored_key = ""
        """A key that was already handled, and will be reported a second time."""
        self.recordings: dict[str, c.Recording] = {}
        self._has_crashed = False
        self._usage = Usage()
        self._numbers = count(1)
        self._commands: list[c.Command] = []

    def take_number(self) -> int:
        """Return a new number for a command."""
        return next(self._numbers)

    def ask(self, command: c.Command) -> None:
        """Add a command for the platform."""
        self._commands.append(command)

    def ask_if_there(self, command: c.Command) -> None:
        """Add a command, unless the call is over and what it would end has ended with it."""
        if not self.is_hung_up:
            self.ask(command)

    def take_commands(self) -> list[c.Command]:
        """Return the commands for the platform, and forget them."""
        commands, self._commands = self._commands, []
        return commands

    def keep(self, recording: c.Recording) -> None:
        """Keep *recording*, so that variables can stand for it; the oldest are forgotten."""
        self.recordings[recording.uri] = recording
        if len(self.recordings) > RECORDINGS:
            del self.recordings[next(iter(self.recordings))]

    def contain(self, defect: Exception) -> Thrown:
        """Report *defect*, and return the event that it is for the document.

        Only the first one: the handler of the document may be what leads to the second,
        which is raised.
        """
        if self._has_crashed:
            raise defect
        self._has_crashed = True
        reason = f"{type(defect).__name__}: {defect}"[:200]
        self.ask(c.ReportDefect(reason, "".join(format_exception(defect))))
        return Thrown(INTERNAL, "a defect of outring: the log has more")

    # Limits

    def on_input(self, *, is_key: bool) -> None:
        """Reset the counters that input from outside resets, and with *is_key* those of keys."""
        if self._usage.steps >= STEPS_AT_ONCE:
            self.scopes.limit_time(EVALUATION_S)
        self._usage.steps = 0
        if is_key:
            self._usage.moves = 0

    def count_step(self) -> None:
        """Count an executed element; raises Exceeded.

        The more elements run without a wait, the shorter each evaluation may take, so
        that all of them together cannot take long.
        """
        self._usage.steps += 1
        if self._usage.steps > self.limits.steps:
            raise Exceeded(
                f"more than {self.limits.steps} steps without a wait: let the caller press a key"
            )
        if self.is_pause_due:
            turns = self._usage.steps // STEPS_AT_ONCE
            limit_s = EVALUATION_S / (turns + 1)
            self.scopes.limit_time(max(limit_s, SHORTEST_EVALUATION_S))

    @property
    def is_pause_due(self) -> bool:
        """Whether to let the platform work before the next element."""
        return self._usage.steps % STEPS_AT_ONCE == 0

    def count_move(self) -> None:
        """Count an entered dialog; raises Exceeded."""
        self._usage.moves += 1
        if self._usage.moves > self.limits.moves:
            raise Exceeded(
                f"more than {self.limits.moves} dialogs without a key: let the caller press one"
            )

    def count_fetch(self) -> None:
        """Count a fetch; raises Exceeded."""
        self._usage.documents += 1
        if self._usage.documents > self.limits.documents:
            raise Exceeded(
                f"more than {self.limits.documents} fetches: end the session before"
            )

    def go_down(self) -> None:
        """Enter a subdialog; raises Exceeded."""
        self._usage.depth += 1
        if self._usage.depth > self.limits.depth:
            raise Exceeded(
                f"more than {self.limits.depth} subdialogs inside each other: return from them"
            )

    def go_up(self) -> None:
        """Leave a subdialog."""
        self._usage.depth -= 1
