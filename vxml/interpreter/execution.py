"""Execution: what each element of executable content does (VoiceXML 2.0, 5.3)."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ccxml.xml.uris import join_uri
from vxml import commands as c
from vxml.document import document as d
from vxml.document import executable_content as a
from vxml.document import prompt_content as s
from vxml.document.vocabulary import tag_of

from .control_flow import (
    HANG_UP,
    DialogTarget,
    Ended,
    GotoDialog,
    GotoItem,
    Returned,
    Steps,
    Suspension,
    Thrown,
)
from .data import as_text, as_tree
from .input_collection import InputCollector
from .prompts import PromptQueue, Setting
from .resources import Documents
from .scopes import UNDEFINED, ScriptError
from .session_state import SessionState


@dataclass(frozen=True, slots=True)
class Scene:
    """Where an element is executed.

    Attributes:
        root: the document of the application scope.
        names: the input items.
        items: all form items that have a name.
        clear: resets the counters of items with these names.
    """

    document: d.Document
    root: d.Document | None
    setting: Setting
    names: tuple[str, ...] = ()
    items: frozenset[str] = frozenset()
    clear: Callable[[Iterable[str]], None] = lambda _: None
    is_subdialog: bool = False


class Execution:
    """Runs elements for one session."""

    def __init__(
        self,
        state: SessionState,
        queue: PromptQueue,
        collector: InputCollector,
        documents: Documents,
    ) -> None:
        self._state = state
        self._scopes = state.scopes
        self._queue = queue
        self._collector = collector
        self._documents = documents
        self.has_reprompted = False
        """Set by ``reprompt``; whoever runs a handler resets it before."""

    def run(self, actions: Iterable[a.Action], scene: Scene) -> Steps:
        """Run *actions* in order; raises Thrown, and what diverts the flow."""
        for action in actions:
            self._state.count_step()
            if self._state.is_pause_due:
                yield Suspension(until=self._state.now, is_patient=True)
            line = action.position.line
            try:
                steps = _RUN[type(action)](self, action, scene)
                if steps is not None:
                    yield from steps
            except ScriptError as error:
                thrown = Thrown("error.semantic", str(error))
                thrown.locate(tag_of(action), line)
                raise thrown from error
            except Thrown as thrown:
                thrown.locate(tag_of(action), line)
                raise

    # -- values ------------------------------------------------------------------

    def text_of(self, given: str | None, expr: d.Expression | None) -> str | None:
        """Return the value of an attribute, or of the expression given instead of it.

        Raises ScriptError if the expression is undefined or null.
        """
        if expr is None:
            return given
        value = self._scopes.evaluate(expr.text)
        if value is UNDEFINED or value is None:
            raise ScriptError(
                f"{expr.text.strip()[:60]} has no value: assign one before"
            )
        return value if isinstance(value, str) else json.dumps(value)

    def values_of(self, names: Iterable[str]) -> dict[str, Any]:
        """Return variables by name; recordings are returned as such."""
        values = {name: self._scopes.evaluate(name) for name in names}
        return {
            name: self._state.recordings.get(value, value)
            if isinstance(value, str)
            else value
            for name, value in values.items()
            if value is not UNDEFINED
        }

    # -- variables and flow ------------------------------------------------------

    def _var(self, element: a.Var, _: Scene) -> None:
        self._scopes.declare(element.name, element.expr.text if element.expr else None)

    def _assign(self, element: a.Assign, _: Scene) -> None:
        self._scopes.assign(element.name.text, element.expr.text)

    def _clear(self, element: a.Clear, scene: Scene) -> None:
        for name in element.namelist or scene.items:
            if name in scene.items:
                self._scopes.set_item(name, UNDEFINED)
            else:
                self._scopes.assign_value(name, UNDEFINED)
        scene.clear(element.namelist or scene.items)

    def _script(self, element: a.Script, scene: Scene) -> Steps:
        src = self.text_of(element.src, element.srcexpr)
        content: Any = element.content
        if src is not None:
            uri = join_uri(scene.document.base, src)
            properties = scene.setting.properties
            content = yield from self._documents.fetch(
                "script", uri, element, properties, base=scene.document.base
            )
        self._scopes.run(as_text(content, element.charset) if content else "")

    def _data(self, element: a.Data, scene: Scene) -> Steps:
        uri = join_uri(
            scene.document.base, self.text_of(element.src, element.srcexpr) or ""
        )
        content = yield from self._documents.fetch(
            "data",
            uri,
            element,
            scene.setting.properties,
            base=scene.document.base,
            method=element.method,
            values=self.values_of(element.namelist),
            enctype=element.enctype,
        )
        if element.name is not None:
            self._scopes.declare_xml(element.name, as_tree(content))

    def _log(self, element: a.Log, _: Scene) -> None:
        said = [
            part.text
            if isinstance(part, s.Words)
            else self._scopes.log_text(part.expr.text)
            for part in element.speech
            if isinstance(part, s.Words | s.Value)
        ]
        text = " ".join("".join(said).split())
        if element.expr is not None:
            text = f"{text} {self._scopes.log_text(element.expr.text)}".strip()
        self._state.ask(c.WriteLog(element.label, text, element.position.line))

    def _prompt(self, element: a.Prompt, scene: Scene) -> None:
        if element.cond is None or self._scopes.is_true(element.cond.text):
            self._queue.add(element, scene.setting)

    def _reprompt(self, _: a.Reprompt, __: Scene) -> None:
        self.has_reprompted = True

    def _if(self, element: a.If, scene: Scene) -> Steps:
        for branch in element.branches:
            if branch.cond is None or self._scopes.is_true(branch.cond.text):
                yield from self.run(branch.actions, scene)
                return

    def _foreach(self, element: a.Foreach, scene: Scene) -> Steps:
        with self._scopes.loop(element.array.text) as count:
            for index in range(count):
                self._scopes.take_item(element.item, index)
                yield from self.run(element.actions, scene)

    # -- leaving -----------------------------------------------------------------

    def _goto(self, element: a.Goto, scene: Scene) -> Steps:
        item = self.text_of(element.nextitem, element.expritem)
        if item is not None:
            if item not in scene.items:
                raise Thrown(
                    "error.badfetch",
                    f"the form has no item {item[:60]}: name one of it",
                )
            raise GotoItem(item)
        uri = self.text_of(element.next, element.expr) or ""
        yield from self.go(uri, element, scene)

    def go(
        self, uri: str, how: a.Fetched, scene: Scene, document: d.Document | None = None
    ) -> Steps:
        """Go to *uri*: raises GotoDialog, or Thrown if there is no such dialog.

        *uri* stands in *document*, if not in that of *scene*: in the root of it, whose
        folder and dialogs count then.
        """
        document = document or scene.document
        if uri.startswith("#"):
            if document.find_dialog(uri[1:]) is None:
                raise Thrown(
                    "error.badfetch",
                    f"the document has no dialog {uri[1:61]}: give a <form> or <menu> this id",
                )
            if document is scene.document:
                raise GotoDialog(DialogTarget(uri[1:]))
            raise GotoDialog(DialogTarget(uri[1:], document=document, keeps_root=True))
        place = yield from self._documents.load_target(
            join_uri(document.base, uri),
            how,
            scene.setting.properties,
            scene.root,
            base=document.base,
        )
        raise GotoDialog(place)

    def _submit(self, element: a.Submit, scene: Scene) -> Steps:
        uri = join_uri(
            scene.document.base, self.text_of(element.next, element.expr) or ""
        )
        place = yield from self._documents.load_target(
            uri,
            element,
            scene.setting.properties,
            scene.root,
            base=scene.document.base,
            method=element.method,
            values=self.values_of(element.namelist or scene.names),
            enctype=element.enctype,
        )
        raise GotoDialog(place)

    def message_of(self, element: a.Message) -> str:
        """Return the message of an event."""
        return self.text_of(element.message, element.messageexpr) or ""

    def _throw(self, element: a.Throw, _: Scene) -> None:
        event = self.text_of(element.event, element.eventexpr) or ""
        raise Thrown(event, self.message_of(element), element.position.line)

    def _return(self, element: a.Return, scene: Scene) -> None:
        if not scene.is_subdialog:
            raise Thrown(
                "error.semantic", "<return> stands outside of a subdialog: use <exit>"
            )
        event = self.text_of(element.event, element.eventexpr)
        thrown = (
            None
            if event is None
            else Thrown(event, self.message_of(element), is_given=True)
        )
        self._scopes.begin_copies()
        for name in element.namelist:
            self._scopes.copy(name, name)
        raise Returned(thrown)

    def _exit(self, element: a.Exit, _: Scene) -> None:
        value = (
            None if element.expr is None else self._scopes.evaluate(element.expr.text)
        )
        raise Ended(
            None,
            None if value is UNDEFINED else value,
            self.values_of(element.namelist),
        )

    def _disconnect(self, element: a.DisconnectElement, _: Scene) -> Steps:
        values = self.values_of(element.namelist)
        yield from self._collector.play()
        if not self._state.is_hung_up:
            self._state.ask(c.Disconnect(values))
            self._state.is_hung_up = True
        raise Thrown(HANG_UP, line=element.position.line)


_RUN: Mapping[type[Any], Callable[[Execution, Any, Scene], Steps | None]] = {
    a.Var: Execution._var,
    a.Assign: Execution._assign,
    a.Clear: Execution._clear,
    a.Script: Execution._script,
    a.Data: Execution._data,
    a.Log: Execution._log,
    a.Prompt: Execution._prompt,
    a.Reprompt: Execution._reprompt,
    a.If: Execution._if,
    a.Foreach: Execution._foreach,
    a.Goto: Execution._goto,
    a.Submit: Execution._submit,
    a.Throw: Execution._throw,
    a.Return: Execution._return,
    a.Exit: Execution._exit,
    a.DisconnectElement: Execution._disconnect,
}
