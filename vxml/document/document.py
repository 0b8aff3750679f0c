"""A VoiceXML document as values: one immutable class for each element.

Attributes keep their names, with hyphens as underscores (``xml:lang`` is ``lang``).
Times are in seconds. Expressions stay text with their position. The content of prompts
is in ``speech``, that of other elements in ``actions``.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ccxml.xml.errors import Finding
from ccxml.xml.positions import Expression, Position, Target
from ccxml.xml.xml_tree import Node

from .executable_content import (
    Action,
    Data,
    Element,
    Fetched,
    Foreach,
    If,
    Message,
    Prompt,
    Script,
    Var,
)
from .prompt_content import Speech

__all__ = ["Expression", "Position", "Target"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta(Element):
    """Data about the document; has no effect."""

    name: str | None
    http_equiv: str | None
    content: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Property(Element):
    """A setting of the platform, for its parent element and everything inside."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Catch(Element):
    """Handles events whose names begin with one of *event*; without names, all events."""

    event: tuple[str, ...]
    cond: Expression | None
    count: int
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GrammarElement(Fetched):
    """A grammar: at *src*, or *content* (SRGS)."""

    src: str | None
    srcexpr: Expression | None
    type: str | None
    mode: str | None
    scope: str | None
    root: str | None
    version: str | None
    lang: str | None
    base: str | None
    tag_format: str | None
    weight: str | None
    content: Node | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link(Fetched, Message):
    """Goes to a target, or throws an event, when one of its grammars matches."""

    next: str | None
    expr: Expression | None
    event: str | None
    eventexpr: Expression | None
    dtmf: str | None
    grammars: tuple[GrammarElement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Param(Element):
    """An argument for a subdialog or an object."""

    name: str
    expr: Expression | None
    value: str | None
    valuetype: str
    type: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Fetched, Message):
    """One choice of a menu."""

    dtmf: str | None
    accept: str | None
    next: str | None
    expr: Expression | None
    event: str | None
    eventexpr: Expression | None
    speech: tuple[Speech, ...]
    grammars: tuple[GrammarElement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Option(Element):
    """One possible value of a field."""

    dtmf: str | None
    accept: str
    value: str | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled(Element):
    """Actions that run when input items have been filled."""

    mode: str
    namelist: tuple[str, ...]
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormItem(Element):
    """An item that a form visits until its variable has a value.

    Without *name* the variable is internal.
    """

    name: str | None
    expr: Expression | None
    cond: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Block(FormItem):
    """Actions that run once."""

    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking(FormItem):
    """A form item that has prompts and handles events."""

    prompts: tuple[Prompt, ...]
    catches: tuple[Catch, ...]
    properties: tuple[Property, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Initial(Asking):
    """Asks for several fields at once."""

    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InputItem(Asking):
    """A form item whose value comes from the caller or the platform."""

    filleds: tuple[Filled, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(InputItem):
    """Collects keys that match its grammars."""

    type: str | None
    slot: str | None
    modal: bool
    grammars: tuple[GrammarElement, ...]
    options: tuple[Option, ...]
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordElement(InputItem):
    """Records the caller."""

    modal: bool
    beep: bool
    maxtime: float | None
    finalsilence: float | None
    dtmfterm: bool
    type: str | None
    dest: str | None
    grammars: tuple[GrammarElement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferElement(InputItem):
    """Connects the caller with somebody else."""

    dest: str | None
    destexpr: Expression | None
    bridge: bool
    type: str | None
    connecttimeout: float | None
    maxtime: float | None
    transferaudio: str | None
    aai: str | None
    aaiexpr: Expression | None
    grammars: tuple[GrammarElement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subdialog(InputItem, Fetched):
    """Calls another dialog, and receives its return values."""

    src: str | None
    srcexpr: Expression | None
    namelist: tuple[str, ...]
    method: str
    enctype: str
    params: tuple[Param, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Object(InputItem, Fetched):
    """A platform-specific object; this platform has that of an audio stream alone."""

    classid: str | None
    codebase: str | None
    codetype: str | None
    data: str | None
    type: str | None
    archive: str | None
    params: tuple[Param, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form(Element):
    """A dialog of form items.

    Attributes:
        parts: form items and declarations, in document order.
    """

    id: str | None
    scope: str
    parts: "tuple[FormItem | Var | Script | Data, ...]"
    filleds: tuple[Filled, ...]
    grammars: tuple[GrammarElement, ...]
    links: tuple[Link, ...]
    catches: tuple[Catch, ...]
    properties: tuple[Property, ...]

    @property
    def items(self) -> tuple[FormItem, ...]:
        """The form items, in document order."""
        return tuple(part for part in self.parts if isinstance(part, FormItem))


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu(Element):
    """A dialog of choices. With *dtmf*, choices without a key get the keys 1, 2, 3 and so on."""

    id: str | None
    scope: str
    dtmf: bool
    accept: str
    prompts: tuple[Prompt, ...]
    choices: tuple[Choice, ...]
    catches: tuple[Catch, ...]
    properties: tuple[Property, ...]


Dialog = Form | Menu


@dataclass(frozen=True, slots=True, kw_only=True)
class Document(Element):
    """The element ``vxml``.

    Attributes:
        uri: where the document came from.
        base: what relative URIs are resolved against.
        declarations: what is done when it is entered.
        warnings: what was accepted, but may not do what is meant.
    """

    version: str
    uri: str
    base: str
    lang: str | None
    application: str | None
    declarations: tuple[Var | Script | Data, ...]
    dialogs: tuple[Dialog, ...]
    links: tuple[Link, ...]
    catches: tuple[Catch, ...]
    properties: tuple[Property, ...]
    metas: tuple[Meta, ...]
    warnings: tuple[Finding, ...] = ()

    def find_dialog(self, name: str) -> Dialog | None:
        """Return the dialog called *name*, or the first one for an empty name; None without it."""
        for dialog in self.dialogs:
            if not name or dialog.id == name:
                return dialog
        return None


def actions_of(document: Document) -> Iterator[Action]:
    """Yield every action of *document*, wherever it stands."""
    yield from document.declarations
    holders: list[Document | Dialog | FormItem] = [document, *document.dialogs]
    for dialog in document.dialogs:
        if isinstance(dialog, Form):
            yield from (part for part in dialog.parts if not isinstance(part, FormItem))
            for filled in dialog.filleds:
                yield from walk(filled.actions)
            holders += dialog.items
    for holder in holders:
        for catch in getattr(holder, "catches", ()):
            yield from walk(catch.actions)
        for filled in getattr(holder, "filleds", ()):
            if not isinstance(holder, Form):
                yield from walk(filled.actions)
        if isinstance(holder, Block):
            yield from walk(holder.actions)


def walk(of: tuple[Action, ...]) -> Iterator[Action]:
    """Yield the actions *of*, and those inside their branches and loops."""
    for action in of:
        yield action
        if isinstance(action, If):
            for branch in action.branches:
                yield from walk(branch.actions)
        elif isinstance(action, Foreach):
            yield from walk(action.actions)
