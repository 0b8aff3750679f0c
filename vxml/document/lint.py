"""Warnings about documents that are valid but hardly mean what they say."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from ccxml.xml.findings import Place, suggest
from vxml.grammar.builtins import parse_builtin
from vxml.grammar.grammar import GrammarError
from vxml.grammar.srgs import (
    TYPES,
    compile_grammar,
    find_doubtful_tags,
    find_references,
    is_xml,
    mode_of,
)

from .document import (
    Choice,
    Dialog,
    Document,
    Field,
    Form,
    FormItem,
    GrammarElement,
    Link,
    Menu,
    Property,
    actions_of,
)
from .executable_content import Goto
from .properties import DEFAULTS, WITHOUT_EFFECT

_VOICE = "It can only be said, and only keys are heard: give it dtmf."

Remark = tuple[Place, str]


def lint(document: Document) -> Iterator[Remark]:
    """Yield warnings about dead links, grammars that cannot match and bad properties."""
    if not document.dialogs and not document.links and not document.catches:
        yield document.position, "Add a <form> or <menu>: without one nothing is done."
    known = {dialog.id for dialog in document.dialogs if dialog.id}
    for action in actions_of(document):
        if isinstance(action, Goto):
            yield from _check_target(action, action.next, known)
    for dialog in document.dialogs:
        if isinstance(dialog, Menu):
            for choice in dialog.choices:
                yield from _check_choice(choice, dialog, known)
        else:
            yield from _check_form(dialog)
    for holder in _holders_in(document):
        for link in getattr(holder, "links", ()):
            yield from _check_target(link, link.next, known)
        for grammar in getattr(holder, "grammars", ()):
            yield from _check_grammar(grammar)
        for property_ in getattr(holder, "properties", ()):
            yield from _check_property(property_)


Holder = Document | Dialog | FormItem | Choice | Link


def _holders_in(document: Document) -> Iterator[Holder]:
    """Yield every element that may have grammars, links or properties."""
    holders: list[Holder] = [document, *document.dialogs]
    for dialog in document.dialogs:
        holders += dialog.items if isinstance(dialog, Form) else dialog.choices
    for holder in holders:
        yield holder
        yield from getattr(holder, "links", ())


def _check_form(form: Form) -> Iterator[Remark]:
    names = {item.name for item in form.items}
    for filled in form.filleds:
        for name in filled.namelist:
            if name not in names:
                yield (
                    filled.position,
                    f"No form item is called {name[:60]}: name one of this form.",
                )
    for item in form.items:
        if not isinstance(item, Field):
            continue
        if not (item.type or item.grammars or item.options or form.grammars):
            text = "Give the field a type, a grammar or options: nothing can be keyed."
            yield item.position, text
        if item.type is not None:
            yield from _try_use(item.position, partial(parse_builtin, item.type))
        for option in item.options:
            if option.dtmf is None:
                yield option.position, _VOICE


def _check_choice(choice: Choice, menu: Menu, known: set[str]) -> Iterator[Remark]:
    if menu.dtmf and choice.dtmf is not None and set(choice.dtmf) <= set("123456789"):
        text = (
            f'The menu gives its choices the keys from 1 on: leave out dtmf="{choice.dtmf}", '
            'or the dtmf="true" of the menu.'
        )
        yield choice.position, text
    if choice.dtmf is None and not menu.dtmf and not choice.grammars:
        yield choice.position, _VOICE
    yield from _check_target(choice, choice.next, known)


def _check_target(
    at: Goto | Link | Choice, uri: str | None, known: set[str]
) -> Iterator[Remark]:
    if uri and uri.startswith("#") and uri[1:] not in known:
        yield (
            at.position,
            f"No dialog has the id {uri[1:61]}: give a <form> or <menu> this id.",
        )


def _check_grammar(grammar: GrammarElement) -> Iterator[Remark]:
    """Yield what is wrong with a grammar, as far as it stands in the document."""
    if (grammar.type or "").strip() not in TYPES:
        yield (
            grammar.position,
            f"Grammars of {(grammar.type or '')[:60]} are not known: write SRGS in XML.",
        )
    elif grammar.src is not None and grammar.src.startswith("builtin:"):
        yield from _try_use(grammar.position, lambda: parse_builtin(grammar.src or ""))
    elif grammar.content is not None and not is_xml(grammar.content):
        yield (
            grammar.position,
            "Write the grammar as SRGS in XML: others are not known.",
        )
    elif grammar.content is not None and mode_of(grammar.content) == "dtmf":
        node = grammar.content
        for tag, sentence in find_doubtful_tags(node):
            yield tag.position, sentence
        # Referenced grammars are not loaded yet.
        if not list(find_references(node, "")):
            yield from _try_use(grammar.position, lambda: compile_grammar(node, "", {}))


def _try_use(at: Place, use: Callable[[], Any]) -> Iterator[Remark]:
    try:
        use()
    except GrammarError as error:
        yield error.at or at, f"{error.reason} ({error.event})"


def _check_property(property_: Property) -> Iterator[Remark]:
    known = {*DEFAULTS, *WITHOUT_EFFECT}
    is_of_others = "." in property_.name or "-" in property_.name
    if property_.name not in known and not is_of_others:
        text = f"There is no property {property_.name[:60]}: leave it out.{suggest(property_.name, known)}"
        yield property_.position, text
