"""Executable content: what blocks, filled and event handlers contain (VoiceXML 2.0, 5.3)."""

from dataclasses import dataclass

from ccxml.xml.positions import Expression, Position, Target

from .prompt_content import Speech


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """Base of all elements; *position* is where its tag begins."""

    position: Position


@dataclass(frozen=True, kw_only=True)  # no slots: some have two such bases
class Fetched(Element):
    """An element that fetches something; *maxage* and *maxstale* are seconds, too."""

    fetchaudio: str | None
    fetchhint: str | None
    fetchtimeout: float | None
    maxage: int | None
    maxstale: int | None


@dataclass(frozen=True, kw_only=True)  # no slots: some have two such bases
class Message(Element):
    """An element that may throw an event, with a message."""

    message: str | None
    messageexpr: Expression | None


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
class Clear(Element):
    """Resets variables and form items; without names all form items."""

    namelist: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Script(Fetched):
    """Runs ECMAScript: from *src*, *srcexpr* or *content*."""

    src: str | None
    srcexpr: Expression | None
    charset: str | None
    content: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Data(Fetched):
    """Fetches XML into a variable, without leaving the document."""

    name: str | None
    src: str | None
    srcexpr: Expression | None
    namelist: tuple[str, ...]
    method: str
    enctype: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Log(Element):
    """Writes to the platform's log."""

    label: str | None
    expr: Expression | None
    speech: tuple[Speech, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt(Element):
    """Plays speech and sounds; text outside of a prompt becomes one without attributes."""

    bargein: bool | None = None
    bargeintype: str | None = None
    cond: Expression | None = None
    count: int = 1
    timeout: float | None = None
    lang: str | None = None
    base: str | None = None
    speech: tuple[Speech, ...]


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
class Foreach(Element):
    """Runs its content for each item of a list."""

    item: str
    array: Expression
    actions: "tuple[Action, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Goto(Fetched):
    """Goes to another item, dialog or document."""

    next: str | None
    expr: Expression | None
    nextitem: str | None
    expritem: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit(Fetched):
    """Sends values to a server, and goes to the document that it answers with."""

    next: str | None
    expr: Expression | None
    namelist: tuple[str, ...]
    method: str
    enctype: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Throw(Message):
    """Throws an event."""

    event: str | None
    eventexpr: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Return(Message):
    """Ends a subdialog, with values or an event."""

    event: str | None
    eventexpr: Expression | None
    namelist: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit(Element):
    """Ends the session."""

    expr: Expression | None
    namelist: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DisconnectElement(Element):
    """Hangs up."""

    namelist: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reprompt(Element):
    """Repeats prompts after an event handler."""


Action = (
    Var
    | Assign
    | Clear
    | Script
    | Data
    | Log
    | Prompt
    | If
    | Foreach
    | Goto
    | Submit
    | Throw
    | Return
    | Exit
    | DisconnectElement
    | Reprompt
)
