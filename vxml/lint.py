"""What a document may do, and hardly means to: looked for when it is loaded."""

from collections.abc import Iterator

from ccxml.report import Place

from .actions import Goto
from .document import Choice, Document, Field, Form, Link, Menu, actions

_VOICE = "It can only be said, and only keys are heard: give it dtmf."


def lint(document: Document) -> Iterator[tuple[Place, str]]:
    """Warnings on what leads nowhere, and on what nobody can key."""
    if not document.dialogs and not document.links and not document.catches:
        yield document.position, "Add a <form> or <menu>: without one nothing is done."
    known = {one.id for one in document.dialogs if one.id}
    for action in actions(document):
        if isinstance(action, Goto):
            yield from _nowhere(action, action.next, known)
    for link in document.links:
        yield from _nowhere(link, link.next, known)
    for dialog in document.dialogs:
        if isinstance(dialog, Menu):
            for choice in dialog.choices:
                yield from _choice(choice, dialog, known)
        else:
            yield from _form(dialog, known)


def _form(form: Form, known: set[str]) -> Iterator[tuple[Place, str]]:
    names = {one.name for one in form.items}
    for link in form.links:
        yield from _nowhere(link, link.next, known)
    for filled in form.filleds:
        for name in filled.namelist:
            if name not in names:
                yield filled.position, f"No form item is called {name[:60]}."
    for item in form.items:
        if not isinstance(item, Field):
            continue
        if not (item.type or item.grammars or item.options or form.grammars):
            text = "Give the field a type, a grammar or options: nothing can be keyed."
            yield item.position, text
        for option in item.options:
            if option.dtmf is None:
                yield option.position, _VOICE


def _choice(choice: Choice, menu: Menu, known: set[str]) -> Iterator[tuple[Place, str]]:
    if choice.dtmf is None and not menu.dtmf and not choice.grammars:
        yield choice.position, _VOICE
    yield from _nowhere(choice, choice.next, known)


def _nowhere(
    at: Goto | Link | Choice, uri: str | None, known: set[str]
) -> Iterator[tuple[Place, str]]:
    if uri and uri.startswith("#") and uri[1:] not in known:
        yield at.position, f"No dialog of this document has the id {uri[1:61]}."
