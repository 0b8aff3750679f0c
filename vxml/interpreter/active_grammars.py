"""Which grammars are active while a form item is visited (VoiceXML 2.0, 3.1.4)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from vxml.document import document as d
from vxml.grammar.builtins import grammar_of_keys, parse_builtin
from vxml.grammar.grammar import Grammar, GrammarError

from .control_flow import Steps, Thrown
from .execution import Execution, Scene
from .input_collection import ActiveGrammar
from .resources import Documents

_VOICE = "error.unsupported.language"


@dataclass(frozen=True, slots=True)
class ByItem:
    """Input is for the form item that is being visited."""


@dataclass(frozen=True, slots=True)
class ByForm:
    """Input is for the fields of the form."""


@dataclass(frozen=True, slots=True)
class ByDialog:
    """Input is for *owner* in another dialog; *in_root*: of the root document."""

    dialog: d.Dialog
    in_root: bool
    owner: Any


Owner = ByItem | ByForm | ByDialog | d.Link | d.Choice


class ActiveGrammars:
    """Finds the active grammars of one session, and fetches them."""

    def __init__(self, documents: Documents, execution: Execution) -> None:
        self._documents = documents
        self._execution = execution

    def find_active(
        self, item: d.FormItem | d.Menu, dialog: d.Dialog, scene: Scene
    ) -> Steps:
        """Return the active grammars for *item* of *dialog*, in order of precedence.

        Raises Thrown, also if all of them are grammars for speech.
        """
        active = yield from self.find_of_item(item, scene)
        if isinstance(item, d.TransferElement):
            return active
        if isinstance(item, d.Field | d.RecordElement) and item.modal:
            return active
        if isinstance(item, d.Field | d.Initial):
            active += yield from self._load_links(item.links, scene)
        if isinstance(dialog, d.Form):
            active += yield from self._load(dialog.grammars, ByForm(), scene)
            active += yield from self._load_links(dialog.links, scene)
        active += yield from self._load_document(scene.document, dialog, scene)
        if scene.root is not None:
            active += yield from self._load_document(scene.root, None, scene)
        return active

    def find_of_item(self, item: d.FormItem | d.Menu, scene: Scene) -> Steps:
        """Return the grammars of *item* itself."""
        if isinstance(item, d.Menu):
            return (yield from self._load_choices(item, scene))
        if not isinstance(item, d.Field | d.RecordElement | d.TransferElement):
            return []
        active: list[ActiveGrammar] = []
        if isinstance(item, d.Field):
            active = [
                ActiveGrammar(made, ByItem()) for made in _grammars_of_field(item)
            ]
        some = yield from self._load(
            item.grammars, ByItem(), scene, is_enough=bool(active)
        )
        return [*some, *active]

    def _load_document(
        self, document: d.Document, current: d.Dialog | None, scene: Scene
    ) -> Steps:
        in_root = document is scene.root
        # What stands in a root takes the root's base (VoiceXML 2.0, 1.5.1).
        scene = replace(scene, document=document)
        active = yield from self._load_links(document.links, scene)
        for dialog in document.dialogs:
            if dialog is current:
                continue
            if isinstance(dialog, d.Menu) and dialog.scope == "document":
                entries = yield from self._load_choices(dialog, scene)
            elif isinstance(dialog, d.Form):
                wide = [
                    grammar for grammar in dialog.grammars if _is_wide(grammar, dialog)
                ]
                entries = yield from self._load(wide, ByForm(), scene)
            else:
                continue
            active += [
                ActiveGrammar(entry.grammar, ByDialog(dialog, in_root, entry.owner))
                for entry in entries
            ]
        return active

    def _load_choices(self, menu: d.Menu, scene: Scene) -> Steps:
        active = [
            ActiveGrammar(grammar_of_keys({keys: keys}), choice)
            for choice, keys in keys_of(menu)
            if keys
        ]
        for choice in menu.choices:
            active += yield from self._load(
                choice.grammars, choice, scene, is_enough=bool(active)
            )
        return active

    def _load_links(self, links: Iterable[d.Link], scene: Scene) -> Steps:
        active: list[ActiveGrammar] = []
        for link in links:
            if link.dtmf:
                active.append(
                    ActiveGrammar(grammar_of_keys({link.dtmf: link.dtmf}), link)
                )
            active += yield from self._load(
                link.grammars, link, scene, is_enough=bool(link.dtmf)
            )
        return active

    def _load(
        self,
        grammars: Iterable[d.GrammarElement],
        owner: Owner,
        scene: Scene,
        *,
        is_enough: bool = False,
    ) -> Steps:
        """Load *grammars*, except those for speech; raises Thrown if none is left.

        With *is_enough* other grammars are active anyway, so that none need be left.
        """
        active: list[ActiveGrammar] = []
        refused: Thrown | None = None
        for grammar in grammars:
            uri = self._execution.text_of(grammar.src, grammar.srcexpr)
            try:
                made = yield from self._documents.load_grammar(
                    grammar, uri, scene.document.base, scene.setting.properties
                )
            except Thrown as thrown:
                if thrown.event != _VOICE:
                    raise
                refused = refused or thrown
            else:
                active.append(ActiveGrammar(made, owner))
        if refused is not None and not active and not is_enough:
            raise refused
        return active


def keys_of(menu: d.Menu) -> Iterator[tuple[d.Choice, str]]:
    """Yield the choices of a menu with their keys; the first nine without a key are numbered."""
    number = 0
    for choice in menu.choices:
        if choice.dtmf is None and menu.dtmf:
            number += 1
            yield choice, str(number) if number <= 9 else ""
        else:
            yield choice, choice.dtmf or ""


def _grammars_of_field(field: d.Field) -> Iterator[Grammar]:
    if field.type is not None:
        try:
            yield parse_builtin(field.type)
        except GrammarError as error:
            thrown = Thrown(error.event, error.text)
            thrown.locate("field", field.position.line)
            raise thrown from error
    by_keys = {
        option.dtmf: (option.text or option.dtmf)
        if option.value is None
        else option.value
        for option in field.options
        if option.dtmf
    }
    if by_keys:
        yield grammar_of_keys(by_keys)


def _is_wide(grammar: d.GrammarElement, form: d.Form) -> bool:
    return (grammar.scope or form.scope) == "document"
