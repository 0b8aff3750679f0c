"""Execution: what each element of executable content does (VoiceXML 2.0, 5.3)."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from vxml import commands as c
from vxml.document import document as d
from vxml.document import executable_content as a
from vxml.document import prompt_content as s

from .control_flow import (
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
from .prompts import PromptQueue, Setting, joined
from .resources import Documents
from .scopes import UNDEFINED, ScriptError
from .session_state import SessionState


@dataclass(frozen=True, slots=True)
class Scene:
    """Where something is executed.

    Attributes:
        root: the document of the application scope.
        names: the form items that have a value from outside.
        items: all form items that have a name.
        clear: forgets how often items with these names were visited.
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
        desk: SessionState,
        queue: PromptQueue,
        listener: InputCollector,
        documents: Documents,
    ) -> None:
        self._desk = desk
        self._scopes = desk.scopes
        self._queue = queue
        self._listener = listener
        self._documents = documents
        self.has_reprompted = False
        """Whether ``reprompt`` was executed since this was last made false."""

    def run(self, actions: Iterable[a.Action], scene: Scene) -> Steps:
        """Run *actions* in order; raises Thrown and what else diverts the flow."""
        for action in actions:
            if self._desk.step():
                yield Suspension(until=self._desk.now, is_patient=True)
            line = action.position.line
            try:
                steps = _RUN[type(action)](self, action, scene)
                if steps is not None:
                    yield from steps
            except ScriptError as error:
                raise Thrown("error.semantic", str(error), line) from error
            except Thrown as thrown:
                thrown.line = thrown.line or line
                raise

    # -- values ------------------------------------------------------------------

    def text(self, given: str | None, expr: d.Expression | None) -> str | None:
        """What an attribute says, or the expression instead of it."""
        if expr is None:
            return given
        value = self._scopes.evaluate(expr.text)
        if value is UNDEFINED or value is None:
            raise ScriptError(f"{expr.text} has no value")
        return value if isinstance(value, str) else json.dumps(value)

    def values(self, names: Iterable[str]) -> dict[str, Any]:
        """Variables by name; what is recorded stands for itself."""
        values = {name: self._scopes.evaluate(name) for name in names}
        return {
            name: self._desk.recordings.get(value, value)
            if isinstance(value, str)
            else value
            for name, value in values.items()
            if value is not UNDEFINED
        }

    # -- variables and flow ------------------------------------------------------

    def _var(self, one: a.Var, _: Scene) -> None:
        self._scopes.declare(one.name, one.expr.text if one.expr else None)

    def _assign(self, one: a.Assign, _: Scene) -> None:
        self._scopes.assign(one.name.text, one.expr.text)

    def _clear(self, one: a.Clear, scene: Scene) -> None:
        for name in one.namelist or scene.items:
            if name in scene.items:
                self._scopes.set_item(name, UNDEFINED)
            else:
                self._scopes.assign_value(name, UNDEFINED)
        scene.clear(one.namelist or scene.items)

    def _script(self, one: a.Script, scene: Scene) -> Steps:
        src = self.text(one.src, one.srcexpr)
        content: Any = one.content
        if src is not None:
            uri = joined(scene.document.base, src)
            properties = scene.setting.properties
            content = yield from self._documents.fetch("script", uri, one, properties)
        self._scopes.run(as_text(content, one.charset) if content else "")

    def _data(self, one: a.Data, scene: Scene) -> Steps:
        uri = joined(scene.document.base, self.text(one.src, one.srcexpr) or "")
        content = yield from self._documents.fetch(
            "data",
            uri,
            one,
            scene.setting.properties,
            method=one.method,
            values=self.values(one.namelist),
            enctype=one.enctype,
        )
        if one.name is not None:
            self._scopes.declare_xml(one.name, as_tree(content))

    def _log(self, one: a.Log, _: Scene) -> None:
        said = [
            part.text
            if isinstance(part, s.Words)
            else self._scopes.text(part.expr.text)
            for part in one.speech
            if isinstance(part, s.Words | s.Value)
        ]
        text = " ".join("".join(said).split())
        if one.expr is not None:
            value = self._scopes.evaluate(one.expr.text)
            is_made = isinstance(value, dict | list)
            shown = json.dumps(value) if is_made else self._scopes.text(one.expr.text)
            text = f"{text} {shown}".strip()
        self._desk.ask(c.WriteLog(one.label, text, one.position.line))

    def _prompt(self, one: a.Prompt, scene: Scene) -> None:
        if one.cond is None or self._scopes.is_true(one.cond.text):
            self._queue.add(one, scene.setting)

    def _reprompt(self, _: a.Reprompt, __: Scene) -> None:
        self.has_reprompted = True

    def _if(self, one: a.If, scene: Scene) -> Steps:
        for branch in one.branches:
            if branch.cond is None or self._scopes.is_true(branch.cond.text):
                yield from self.run(branch.actions, scene)
                return

    def _foreach(self, one: a.Foreach, scene: Scene) -> Steps:
        with self._scopes.loop(one.array.text) as count:
            for index in range(count):
                self._scopes.take_item(one.item, index)
                yield from self.run(one.actions, scene)

    # -- leaving -----------------------------------------------------------------

    def _goto(self, one: a.Goto, scene: Scene) -> Steps:
        item = self.text(one.nextitem, one.expritem)
        if item is not None:
            if item not in scene.items:
                raise Thrown("error.badfetch", f"there is no form item {item[:60]}")
            raise GotoItem(item)
        uri = self.text(one.next, one.expr) or ""
        yield from self.go(uri, one, scene)

    def go(self, uri: str, how: a.Fetched, scene: Scene) -> Steps:
        """Go to *uri*: raises ToPlace, or Thrown if there is no such place."""
        if uri.startswith("#"):
            if scene.document.dialog(uri[1:]) is None:
                raise Thrown("error.badfetch", f"there is no dialog {uri[1:61]}")
            raise GotoDialog(DialogTarget(uri[1:]))
        place = yield from self._documents.place(
            joined(scene.document.base, uri),
            how,
            scene.setting.properties,
            scene.root,
        )
        raise GotoDialog(place)

    def _submit(self, one: a.Submit, scene: Scene) -> Steps:
        uri = joined(scene.document.base, self.text(one.next, one.expr) or "")
        place = yield from self._documents.place(
            uri,
            one,
            scene.setting.properties,
            scene.root,
            method=one.method,
            values=self.values(one.namelist or scene.names),
            enctype=one.enctype,
        )
        raise GotoDialog(place)

    def message(self, one: a.Message) -> str:
        """What is told with an event."""
        return self.text(one.message, one.messageexpr) or ""

    def _throw(self, one: a.Throw, _: Scene) -> None:
        event = self.text(one.event, one.eventexpr) or ""
        raise Thrown(event, self.message(one), one.position.line)

    def _return(self, one: a.Return, scene: Scene) -> None:
        if not scene.is_subdialog:
            raise Thrown("error.semantic", "return stands outside of a subdialog")
        event = self.text(one.event, one.eventexpr)
        thrown = None if event is None else Thrown(event, self.message(one))
        raise Returned(self.values(one.namelist), thrown)

    def _exit(self, one: a.Exit, _: Scene) -> None:
        value = None if one.expr is None else self._scopes.evaluate(one.expr.text)
        raise Ended(
            None, None if value is UNDEFINED else value, self.values(one.namelist)
        )

    def _disconnect(self, one: a.Disconnect, _: Scene) -> Steps:
        values = self.values(one.namelist)
        yield from self._listener.play()
        if not self._desk.is_hung_up:
            self._desk.ask(c.Disconnect(values))
            self._desk.is_hung_up = True
        raise Thrown("connection.disconnect.hangup", line=one.position.line)


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
    a.Disconnect: Execution._disconnect,
}
