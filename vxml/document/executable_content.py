"""Executable content: what blocks, filled and event handlers consist of (VoiceXML 2.0, 5.3)."""

from dataclasses import dataclass

from ccxml.xml.positions import Expression, Position, Target

from .prompt_content import Speech


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """Anything written as a tag."""

    position: Position


@dataclass(frozen=True, kw_only=True)  # no slots: some have two such bases
class Fetched(Element):
    """How something is fetched; *maxage* and *maxstale* are seconds too."""

    fetchaudio: str | None
    fetchhint: str | None
    fetchtimeout: float | None
    maxage: int | None
    maxstale: int | None


@dataclass(frozen=True, kw_only=True)  # no slots: some have two such bases
class Message(Element):
    """What is told with an event."""

    message: str | None
    messageexpr: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Var(Element):
    """Declares a variable where it stands; undefined without *expr*."""

    name: str
    expr: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign(Element):
    """Gives a declared variable, or a property, a value."""

    name: Target
    expr: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Clear(Element):
    """Takes values away: of variables, or without names of all form items."""

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
    """Writes to the log of the platform."""

    label: str | None
    expr: Expression | None
    speech: tuple[Speech, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt(Element):
    """Says something; what has no tag of its own is a prompt without attributes."""

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
    """An ``if``, ``elseif`` or ``else`` with what follows it; *cond* is None for else."""

    cond: Expression | None
    actions: "tuple[Action, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class If(Element):
    """Runs the first of its branches whose condition is true."""

    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreach(Element):
    """Executes its content with each item of a list in turn."""

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
    """Sends values, and goes to the document that is the answer."""

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
class Disconnect(Element):
    """Hangs up."""

    namelist: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reprompt(Element):
    """Lets prompts be said again after an event handler."""


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
    | Disconnect
    | Reprompt
)
