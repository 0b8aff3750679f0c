"""A CCXML document as values: one immutable class for each element.

Attributes keep their names (a hyphen becomes an underscore). Expressions stay
text with their place, to be compiled by whoever runs the document.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from .event_patterns import EventPattern
from .xml.errors import Finding
from .xml.positions import Expression, Position, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """Anything written as a tag."""

    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta(Element):
    """Data about the document; has a *name* or an *http_equiv*."""

    content: str
    name: str | None
    http_equiv: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata(Element):
    """Data about the document in a language of its own, which is not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Var(Element):
    """Declares a variable in the scope in which it stands; undefined without *expr*."""

    name: str
    expr: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign(Element):
    """Gives a declared variable, or a property, a value."""

    name: Target
    expr: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Script(Element):
    """Runs ECMAScript: from *src*, from what *fetchid* fetched, or *content*.

    Exactly one of the three is there. *timeout_s*, *maxage* and *maxstale* are
    in seconds. *content_position* is where the text inside begins.
    """

    src: str | None
    fetchid: Expression | None
    content: str | None
    content_position: Position
    timeout_s: float | None
    maxage: int | None
    maxstale: int | None
    charset: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Log(Element):
    """Writes to the log of the platform."""

    expr: Expression
    label: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit(Element):
    """Ends the session."""

    expr: Expression | None
    namelist: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch(Element):
    """An ``if``, ``elseif`` or ``else`` with what follows it; *cond* is None for else."""

    cond: Expression | None
    actions: "tuple[Action, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class If(Element):
    """Runs the first of its branches whose condition is true."""

    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch(Element):
    """Fetches a document or script; its outcome is an event."""

    next: Expression
    type: Expression
    namelist: tuple[str, ...]
    method: Expression
    fetchid: Target | None
    timeout: Expression | None
    maxage: Expression | None
    maxstale: Expression | None
    enctype: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Goto(Element):
    """Goes on with a document that was fetched."""

    fetchid: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCcxml(Element):
    """Starts another session."""

    next: Expression
    parameters: tuple[str, ...]
    namelist: tuple[str, ...]
    method: Expression
    sessionid: Target | None
    timeout: Expression | None
    maxage: Expression | None
    maxstale: Expression | None
    enctype: Expression
    fetchparam: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Send(Element):
    """Sends an event called *name*, or *content*: XML, as text with its namespaces."""

    target: Expression
    targettype: Expression
    name: Expression | None
    namelist: tuple[str, ...]
    delay: Expression
    sendid: Target | None
    hints: Expression | None
    content: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel(Element):
    """Takes back a send whose delay is not over."""

    sendid: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Move(Element):
    """Gives *source* (connection, dialog, conference) or *event* to another session."""

    sessionid: Expression
    source: Expression | None
    event: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCall(Element):
    """Places a call."""

    dest: Expression
    connectionid: Target | None
    callerid: Expression | None
    aai: Expression | None
    timeout: Expression | None
    hints: Expression | None
    joinid: Expression | None
    joindirection: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept(Element):
    """Accepts an incoming call."""

    connectionid: Expression
    hints: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject(Element):
    """Rejects an incoming call."""

    connectionid: Expression
    reason: Expression | None
    hints: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect(Element):
    """Sends a caller elsewhere."""

    dest: Expression
    connectionid: Expression
    reason: Expression | None
    hints: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnect(Element):
    """Ends a call."""

    connectionid: Expression
    reason: Expression | None
    hints: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge(Element):
    """Makes one call of two, outside of the platform."""

    connectionid1: Expression
    connectionid2: Expression
    hints: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateConference(Element):
    """Makes or finds a conference."""

    conferenceid: Target
    confname: Expression | None
    reservedtalkers: Expression | None
    reservedlisteners: Expression | None
    hints: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DestroyConference(Element):
    """Leaves or ends a conference."""

    conferenceid: Expression
    hints: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Join(Element):
    """Connects the media of two end points; half duplex: *id1* hears *id2*."""

    id1: Expression
    id2: Expression
    duplex: Expression
    hints: Expression | None
    entertone: Expression
    exittone: Expression
    autoinputgain: Expression
    autooutputgain: Expression
    dtmfclamp: Expression
    toneclamp: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Unjoin(Element):
    """Takes the media of two end points apart."""

    id1: Expression
    id2: Expression
    hints: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DialogPrepare(Element):
    """Gets a dialog ready to be started."""

    src: Expression
    type: Expression
    namelist: tuple[str, ...]
    parameters: tuple[str, ...]
    dialogid: Target | None
    connectionid: Expression | None
    conferenceid: Expression | None
    mediadirection: Expression
    maxage: Expression | None
    maxstale: Expression | None
    enctype: Expression
    method: Expression
    hints: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DialogStart(Element):
    """Starts a dialog: *src*, or the one that was prepared as *prepareddialogid*."""

    src: Expression | None
    prepareddialogid: Expression | None
    type: Expression
    namelist: tuple[str, ...]
    parameters: tuple[str, ...]
    dialogid: Target | None
    connectionid: Expression | None
    conferenceid: Expression | None
    mediadirection: Expression
    maxage: Expression | None
    maxstale: Expression | None
    enctype: Expression
    method: Expression
    hints: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DialogTerminate(Element):
    """Ends a dialog."""

    dialogid: Expression
    immediate: Expression
    hints: Expression | None


Action = (
    Var
    | Assign
    | Script
    | Log
    | Exit
    | If
    | Fetch
    | Goto
    | CreateCcxml
    | Send
    | Cancel
    | Move
    | CreateCall
    | Accept
    | Reject
    | Redirect
    | Disconnect
    | Merge
    | CreateConference
    | DestroyConference
    | Join
    | Unjoin
    | DialogPrepare
    | DialogStart
    | DialogTerminate
)
"""What a transition can do."""

Declaration = Var | Assign | Script
"""What is done when the document starts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition(Element):
    """What is done on an event.

    Attributes:
        event: which events it is for.
        state: values of the state variable; None is any.
        cond: must be true.
        alias: a second name of ``event$`` (``name`` in drafts of the standard).
        actions: what is done, in this order.
    """

    event: EventPattern
    state: tuple[str, ...] | None
    cond: Expression
    alias: str | None
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventProcessor(Element):
    """All transitions; without *statevariable* the state is ``state$`` of its own."""

    statevariable: str | None
    transitions: tuple[Transition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document(Element):
    """The element ``ccxml``.

    Attributes:
        version: of the language, ``1.0``.
        uri: where the document came from.
        base: what relative URIs are resolved against.
        metas: what it says of itself.
        declarations: what is done at the start, in this order.
        event_processor: its transitions.
        warnings: what was accepted, but may not do what is meant.
    """

    version: str
    uri: str
    base: str
    metas: tuple[Meta | Metadata, ...]
    declarations: tuple[Declaration, ...]
    event_processor: EventProcessor
    warnings: tuple[Finding, ...] = ()

    def actions(self) -> Iterator[Action]:
        """Everything that can be executed, in the order of the text within its part."""
        yield from self.declarations
        for transition in self.event_processor.transitions:
            yield from walk(transition.actions)


def walk(actions: tuple[Action, ...]) -> Iterator[Action]:
    """*actions*, and those inside their branches."""
    for action in actions:
        yield action
        if isinstance(action, If):
            for branch in action.branches:
                yield from walk(branch.actions)
