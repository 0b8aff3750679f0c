"""A CCXML document as values: one immutable class for each element.

Attributes keep their names, with hyphens as underscores. Expressions stay text with
their position; whoever runs the document compiles them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from .event_patterns import EventPattern
from .xml.errors import Finding
from .xml.positions import Expression, Position, Target

NAMES_KEPT: Final = 256
"""Names of events whose transitions are kept, for they come again in each session."""
LONGEST_NAME_KEPT: Final = 200
TRANSITIONS_KEPT: Final = 100
"""Most transitions that are kept for a name, so that no document is many times as large."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """Base of all elements; *position* is where its tag begins."""

    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta(Element):
    """Data about the document; has a *name* or an *http_equiv*."""

    content: str
    name: str | None
    http_equiv: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata(Element):
    """Data about the document in another language, which is not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Var(Element):
    """Declares a variable in its scope; without *expr* it is undefined."""

    name: str
    expr: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign(Element):
    """Assigns a value to a declared variable or a property."""

    name: Target
    expr: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Script(Element):
    """Runs ECMAScript: from *src*, from the result of *fetchid*, or *content*.

    Exactly one of the three is given. *timeout_s*, *maxage* and *maxstale* are in
    seconds. *content_position* is where the text inside begins.
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
    """Writes to the platform's log."""

    expr: Expression
    label: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit(Element):
    """Ends the session."""

    expr: Expression | None
    namelist: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch(Element):
    """An ``if``, ``elseif`` or ``else`` with its actions; *cond* is None for else."""

    cond: Expression | None
    actions: "tuple[Action, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class If(Element):
    """Runs the first of its branches whose condition is true."""

    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch(Element):
    """Fetches a document or script; an event reports the result."""

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
    """Continues with a document that was fetched."""

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
    """Sends an event called *name*, or *content*: XML as text, with its namespaces declared."""

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
    """Cancels a delayed send."""

    sendid: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Move(Element):
    """Moves *source* (connection, dialog, conference) or *event* to another session."""

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
    """Redirects a caller."""

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
    """Connects the far ends of two calls with each other, outside the platform."""

    connectionid1: Expression
    connectionid2: Expression
    hints: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateConference(Element):
    """Creates a conference, or joins one by its name."""

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
    """Connects the media of two endpoints; half duplex: *id1* hears *id2*."""

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
    """Disconnects the media of two endpoints."""

    id1: Expression
    id2: Expression
    hints: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DialogPrepare(Element):
    """Prepares a dialog."""

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
    """Starts a dialog: *src*, or the prepared one called *prepareddialogid*."""

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
"""The elements that a transition may contain."""

Declaration = Var | Assign | Script
"""The elements that run when the document starts."""


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


@dataclass(frozen=True, kw_only=True)  # no slots: the cached property needs a __dict__
class EventProcessor(Element):
    """All transitions. Without *statevariable* the state is a variable ``state$``."""

    statevariable: str | None
    transitions: tuple[Transition, ...]

    def find_transitions(self, name: str) -> tuple[Transition, ...]:
        """Return the transitions for events of this name, in document order."""
        transitions = self.transitions_by_name.get(name)
        if transitions is None:
            transitions = tuple(
                transition
                for transition in self.transitions
                if transition.event.matches(name)
            )
            if len(self.transitions_by_name) >= NAMES_KEPT:  # names that senders invent
                self.transitions_by_name.clear()
            if len(name) <= LONGEST_NAME_KEPT and len(transitions) <= TRANSITIONS_KEPT:
                self.transitions_by_name[name] = transitions
        return transitions

    @cached_property
    def transitions_by_name(self) -> dict[str, tuple[Transition, ...]]:
        """The transitions that were found last, by the name of the event."""
        return {}


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
        """Yield every action, inside branches too, in document order."""
        yield from self.declarations
        for transition in self.event_processor.transitions:
            yield from walk(transition.actions)


def walk(actions: tuple[Action, ...]) -> Iterator[Action]:
    """Yield *actions* and the actions inside their branches."""
    for action in actions:
        yield action
        if isinstance(action, If):
            for branch in action.branches:
                yield from walk(branch.actions)
