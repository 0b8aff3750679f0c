"""How interpretation waits for the outside, and how its flow is diverted.

Whatever may take time is a generator: it yields a Suspension, and is resumed with what
has happened.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any

from vxml.commands import Recording
from vxml.document.document import Dialog, Document

HANG_UP = "connection.disconnect.hangup"
"""The event of a call that has ended."""


@dataclass(frozen=True, slots=True)
class Suspension:
    """Suspend until the command *number* completes, a key comes, or it is *until*.

    A key counts only if the suspension *hears*. *until* is a time of the session's clock;
    None: without a limit. With *is_patient*, events of the platform wait until it is over.
    With *is_routine*, its end is no input from outside: what may be executed without any
    is counted on.
    """

    number: int | None = None
    hears: bool = False
    until: float | None = None
    is_patient: bool = False
    is_routine: bool = False


@dataclass(frozen=True, slots=True)
class Key:
    """The caller has pressed a key."""

    key: str


@dataclass(frozen=True, slots=True)
class Done:
    """A command has completed; *what* is its result, of a type that each command has.

    *uri* is where what was fetched was found; empty: where it was asked for.
    """

    what: Any = None
    uri: str = ""


Resumption = Key | Done | None
"""What ends a Suspension; None: its time has come."""

Steps = Generator[Suspension, Resumption, Any]


class Diversion(Exception):  # noqa: N818
    """Base of all that diverts the flow of a document; any other exception is a defect."""


class Thrown(Diversion):
    """An event of the document was thrown; *line* is where, if that is known.

    *is_given*: the message is of a document or came from outside, and stays as it is.
    """

    def __init__(
        self,
        event: str,
        message: str = "",
        line: int | None = None,
        *,
        is_given: bool = False,
    ) -> None:
        super().__init__(event)
        self.event = event
        self.message = message
        self.line = line
        self.is_given = is_given

    def locate(self, tag: str, line: int) -> None:
        """Say in which element it was thrown, unless that is known; our message says so, too."""
        if self.line is None:
            self.line = line
            if self.message and not self.is_given:
                reason = self.message.removesuffix(".")
                self.message = f"{reason}, in <{tag}> (line {line})"


class Ended(Diversion):
    """The session is over; *reason* is None if the document has ended it."""

    def __init__(
        self,
        reason: str | None = None,
        expr: Any = None,
        values: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.reason = reason
        self.expr = expr
        self.values = dict(values or {})


class Exceeded(Ended):
    """The session has exceeded a limit; its waiting prompts are not played any more."""


class Returned(Diversion):
    """A subdialog returns: with the values that were copied, or an event for its caller."""

    def __init__(self, thrown: Thrown | None = None) -> None:
        super().__init__()
        self.thrown = thrown


class GotoItem(Diversion):
    """``goto`` names an item of the same form."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


@dataclass(frozen=True, slots=True)
class InputResult:
    """Matched input: its *owner*, *meaning* and keys; *others* are further matches."""

    owner: Any
    meaning: Any
    keyed: str
    others: tuple[tuple[Any, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class RecordingResult:
    """The result of a recording; *recording* is None if nobody spoke.

    It ended by *key*, at its maximum length (*is_cut*), or with the call
    (*is_hung_up*); otherwise by silence.
    """

    recording: Recording | None
    key: str | None = None
    is_cut: bool = False
    is_hung_up: bool = False


@dataclass(frozen=True, slots=True)
class DialogTarget:
    """The dialog to go to: in *document*, or in the current document if that is None.

    Attributes:
        dialog: name of the dialog; empty for the first one.
        exactly: the dialog itself, if it need not have a name.
        root: the application root document, if the document has one.
        keeps_root: whether the variables of the root stay as they are.
        heard: input that has already matched a grammar of that dialog.
    """

    dialog: str = ""
    exactly: Dialog | None = None
    document: Document | None = None
    root: Document | None = None
    keeps_root: bool = False
    heard: InputResult | None = None


class GotoDialog(Diversion):
    """``goto``, ``submit``, a link or a choice leads to another dialog."""

    def __init__(self, place: DialogTarget) -> None:
        super().__init__()
        self.place = place
