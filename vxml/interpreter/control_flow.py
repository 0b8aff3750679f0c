"""How the interpretation of a document waits, and how it is diverted.

Whatever may take time is a generator: it yields a Wait, and is sent what has happened.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any

from vxml.document.document import Dialog, Document


@dataclass(frozen=True, slots=True)
class Suspension:
    """Until a command is done, a key comes if it *hears*, or it is *until*.

    Events of the platform wait until one that is not *patient*.
    """

    number: int | None = None
    hears: bool = False
    until: float | None = None
    is_patient: bool = False


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the telephone."""

    key: str


@dataclass(frozen=True, slots=True)
class Done:
    """A command is done; *what* it has brought."""

    what: Any = None


Resumption = Key | Done | None
"""None: it is as late as was waited for."""

Steps = Generator[Suspension, Resumption, Any]


class Thrown(Exception):  # noqa: N818 - an event of the document
    """An event was thrown; *line* is where, as far as it is known."""

    def __init__(self, event: str, message: str = "", line: int | None = None) -> None:
        super().__init__(event)
        self.event = event
        self.message = message
        self.line = line


class Ended(Exception):  # noqa: N818 - nothing need be wrong
    """The session is over; *reason* is None if the document wants it so."""

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
    """A limit was met: nothing more is said either."""


class Returned(Exception):  # noqa: N818
    """A subdialog is over: with values, or with an event for its caller."""

    def __init__(self, values: Mapping[str, Any], thrown: Thrown | None = None) -> None:
        super().__init__()
        self.values = dict(values)
        self.thrown = thrown


class GotoItem(Exception):  # noqa: N818
    """``goto`` names an item of the same form."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


@dataclass(frozen=True, slots=True)
class InputResult:
    """What was keyed, and what it means to whom; *others* are further meanings."""

    owner: Any
    meaning: Any
    keyed: str
    others: tuple[tuple[Any, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class DialogTarget:
    """Where it goes on: in a dialog of *document*, or of the same one if that is None.

    Attributes:
        dialog: its name; the first one without.
        exactly: the dialog itself, where it need not have a name.
        root: the application root document, if the document has one.
        keeps_root: whether the variables of the root stay as they are.
        heard: what was keyed already, for a grammar of that dialog.
    """

    dialog: str = ""
    exactly: Dialog | None = None
    document: Document | None = None
    root: Document | None = None
    keeps_root: bool = False
    heard: InputResult | None = None


class GotoDialog(Exception):  # noqa: N818
    """``goto``, ``submit``, a link or a choice leads to another dialog."""

    def __init__(self, place: DialogTarget) -> None:
        super().__init__()
        self.place = place
