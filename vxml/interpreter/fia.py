"""The form interpretation algorithm (VoiceXML 2.0, appendix C)."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from vxml.document import document as d
from vxml.document.executable_content import Data, Element, Script, Var
from vxml.document.prompt_content import Words
from vxml.document.vocabulary import tag_of

from . import event_handlers
from .active_grammars import ActiveGrammars, ByDialog, ByItem, keys_of
from .control_flow import (
    DialogTarget,
    Diversion,
    Ended,
    GotoDialog,
    GotoItem,
    InputResult,
    Steps,
    Suspension,
    Thrown,
)
from .execution import Execution, Scene
from .input_collection import InputCollector, NoMatch
from .prompts import Enumerable, PromptQueue, Setting, choose_prompts
from .properties import Properties, resolve_sounds
from .resources import Documents
from .scopes import UNDEFINED, ScriptError
from .session_state import SessionState


@dataclass(slots=True)
class Parts:
    """The parts that interpret one session together."""

    state: SessionState
    queue: PromptQueue
    collector: InputCollector
    documents: Documents
    execution: Execution
    active_grammars: ActiveGrammars


@dataclass(slots=True)
class Visited:
    """A form item or menu, with its counters of prompts and events."""

    item: d.FormItem | d.Menu
    name: str
    prompts: int = 0
    events: event_handlers.EventCounters = field(
        default_factory=event_handlers.EventCounters
    )


class Handling:
    """Runs event handlers for one dialog or document."""

    def __init__(self, parts: Parts, catches: Iterable[Iterable[d.Catch]]) -> None:
        self._parts = parts
        self._catches = list(catches)  # from the innermost scope
        self.events = event_handlers.EventCounters()

    def handle(
        self,
        thrown: Thrown,
        counts: event_handlers.EventCounters,
        inner: Iterable[d.Catch],
        scene: Scene,
    ) -> Steps:
        """Handle the event *thrown*, and count it in *counts* (VoiceXML 2.0, 5.2).

        The handlers of *inner*, those of the item that is visited, go before those of the
        dialog and the documents. The handler's elements are executed in *scene*. Returns
        whether prompts are to be repeated; raises whatever the handler raises.
        """
        event = thrown.event
        counts.add(event)
        scopes = [tuple(inner), *self._catches]
        execution, variables = self._parts.execution, self._parts.state.scopes
        execution.has_reprompted = False
        with variables.anonymous():
            variables.declare_value("_event", event)
            variables.declare_value("_message", thrown.message or UNDEFINED)
            catch = event_handlers.choose_handler(event, counts, scopes, self._holds)
            if catch is not None:
                yield from execution.run(catch.actions, scene)
        if catch is None:
            return self._handle_by_default(thrown)
        return execution.has_reprompted

    def _holds(self, cond: str) -> bool:
        try:
            return self._parts.state.scopes.is_true(cond)
        except ScriptError:
            # An event of its own would be handled by the same condition, without end.
            return False

    def _handle_by_default(self, thrown: Thrown) -> bool:
        """Do what the platform does with an event that has no handler (VoiceXML 2.0, 5.2.5)."""
        event = thrown.event
        if event == "cancel":
            return False
        if event in event_handlers.REPROMPTED:
            return True
        if event == "exit" or event_handlers.matches("connection.disconnect", event):
            raise Ended
        is_told = f"(line {thrown.line})" in thrown.message
        where = f" (line {thrown.line})" if thrown.line and not is_told else ""
        why = f": {thrown.message}" if thrown.message else ""
        raise Ended(f"{event}{why}{where}")


Call = Callable[[DialogTarget, Collection[str]], Steps]


class DialogRun:
    """One visit of a form or menu."""

    def __init__(
        self,
        parts: Parts,
        dialog: d.Dialog,
        document: d.Document,
        root: d.Document | None,
        *,
        visits: "Visits",
        call: Call,
        is_subdialog: bool,
    ) -> None:
        self.parts = parts
        self.call = call
        """Runs a subdialog; ends by raising Returned."""
        self._visits = visits
        self.dialog = dialog
        self.document = document
        self.root = root
        self._is_subdialog = is_subdialog
        outer = [root] if root is not None else []
        self._handling = Handling(
            parts,
            [dialog.catches, document.catches, *(doc.catches for doc in outer)],
        )
        self._settings = [
            *(resolve_sounds(doc.properties, doc.base) for doc in outer),
            resolve_sounds(document.properties, document.base),
            resolve_sounds(dialog.properties, document.base),
        ]
        items: tuple[d.FormItem | d.Menu, ...] = (
            dialog.items if isinstance(dialog, d.Form) else (dialog,)
        )
        self.visited = [
            Visited(item, _name_of(item) or f"item${number}")
            for number, item in enumerate(items, 1)
        ]
        self._next: Visited | None = None
        self._is_quiet = False

    # -- the algorithm -----------------------------------------------------------

    def run(self, params: Collection[str], heard: InputResult | None) -> Steps:
        """Visit items until the flow is diverted; raises Ended when no item is left.

        *params* are the names of a subdialog's arguments, whose values were copied.
        *heard* is input that has already matched.
        """
        state = self.parts.state
        state.scopes.enter_dialog()
        current: Visited | None = None
        pending = yield from self._try_to_initialise(set(params))
        while True:
            state.count_step()
            if state.is_pause_due:
                yield Suspension(until=state.now, is_patient=True)
            try:
                if pending is not None:
                    event, pending = pending, None
                    yield from self._handle(event, current)
                elif heard is not None:
                    known, heard = heard, None
                    yield from self.process(known, None)
                else:
                    current = self._select()
                    yield from self._visit(current)
            except Thrown as thrown:
                # Its traceback refers to this frame, and the frame to it: without the cut
                # only the garbage collector could free the two.
                pending = thrown.with_traceback(None)
                if thrown.message and not thrown.is_given:
                    element = current.item if current else self.dialog
                    pending.locate(tag_of(element), element.position.line)
            except ScriptError as error:
                element = current.item if current else self.dialog
                pending = _semantic_error(error, element)
            except GotoItem as to:
                self._next = next(item for item in self.visited if item.name == to.name)
                self._is_quiet = False
            except Diversion:
                raise
            except Exception as defect:  # noqa: BLE001 - reported there
                pending = state.contain(defect)

    def _try_to_initialise(self, params: set[str]) -> Steps:
        """Initialise, and return the event that this throws; None if it succeeds."""
        try:
            yield from self._initialise(params)
        except Thrown as thrown:
            return thrown.with_traceback(None)
        except ScriptError as error:
            return _semantic_error(error, self.dialog)
        return None

    def _initialise(self, params: set[str]) -> Steps:
        variables = self.parts.state.scopes
        waiting = iter(self.visited)
        for part in self.dialog.parts if isinstance(self.dialog, d.Form) else ():
            if isinstance(part, Var) and part.name in params:
                params.discard(part.name)
                variables.declare_copy(part.name)
            elif isinstance(part, Var | Script | Data):
                yield from self.parts.execution.run((part,), self.scene_of())
            else:
                expr = part.expr.text if part.expr else None
                with _errors_of(part):
                    variables.declare(next(waiting).name, expr)
        if params:
            text = f"no var of the subdialog is called {min(params)[:60]}: declare it there"
            raise Thrown("error.semantic", text)

    def _select(self) -> Visited:
        """Return the item to visit next; raises Ended if none is left."""
        chosen_item, self._next = self._next, None
        if chosen_item is not None:
            return chosen_item
        variables = self.parts.state.scopes
        for visited in self.visited:
            if isinstance(visited.item, d.Menu):
                return visited
            if not variables.is_undefined(visited.name):
                continue
            with _errors_of(visited.item):
                if visited.item.cond is None or variables.is_true(
                    visited.item.cond.text
                ):
                    return visited
        raise Ended

    def _visit(self, visited: Visited) -> Steps:
        """Visit one item: queue its prompts, collect input, and process that."""
        is_quiet, self._is_quiet = self._is_quiet, False
        if not is_quiet and isinstance(visited.item, d.Asking | d.Menu):
            visited.prompts += 1
            is_true = self.parts.state.scopes.is_true
            for prompt in choose_prompts(
                visited.item.prompts, visited.prompts, is_true
            ):
                self.parts.queue.add(prompt, self.scene_of(visited).setting)
        yield from self._visits[type(visited.item)](self, visited)

    def _handle(self, thrown: Thrown, current: Visited | None) -> Steps:
        if isinstance(thrown, NoMatch):
            self.show_result(InputResult(None, None, thrown.keyed))
        item = current.item if current else None
        inner = item.catches if isinstance(item, d.Asking) else ()
        counts = current.events if current else self._handling.events
        reprompts = yield from self._handling.handle(
            thrown, counts, inner, self.scene_of(current)
        )
        # After an event prompts are repeated only if it asks for that (2.0, 5.3.6).
        self._is_quiet = not reprompts

    # -- what was keyed ------------------------------------------------------------

    def listen(self, visited: Visited) -> Steps:
        """Play the waiting prompts and return the input; raises Thrown."""
        scene = self.scene_of(visited)
        active = yield from self.parts.active_grammars.find_active(
            visited.item, self.dialog, scene
        )
        properties = scene.setting.properties
        return (yield from self.parts.collector.listen(active, properties))

    def process(self, heard: InputResult, visited: Visited | None) -> Steps:
        """Process input; *visited* is the item that was visited for it."""
        self.show_result(heard)
        owner = heard.owner
        if isinstance(owner, ByDialog):
            self._leave(owner, heard)
        elif isinstance(owner, d.Link | d.Choice):
            yield from self._follow(owner, visited)
        elif isinstance(owner, ByItem) and visited is not None:
            self.fill(
                visited,
                self._slot_value(visited.item, heard.meaning),
                self._shadow_of(heard),
            )
            yield from self.run_filled([visited])
        else:
            yield from self.run_filled(self._fill_form(heard))

    def _slot_value(self, item: d.FormItem | d.Menu, meaning: Any) -> Any:
        slot = (isinstance(item, d.Field) and item.slot) or _name_of(item)
        return meaning.get(slot, meaning) if isinstance(meaning, dict) else meaning

    def _fill_form(self, heard: InputResult) -> list[Visited]:
        meaning = heard.meaning if isinstance(heard.meaning, dict) else {}
        filled = []
        for visited in self.visited:
            if isinstance(visited.item, d.Field):
                slot = visited.item.slot or visited.name
                if slot in meaning:
                    self.fill(visited, meaning[slot], self._shadow_of(heard))
                    filled.append(visited)
        if filled:
            for visited in self.visited:
                if isinstance(visited.item, d.Initial):
                    self.parts.state.scopes.set_item(visited.name, True)
        return filled

    def _leave(self, owner: ByDialog, heard: InputResult) -> None:
        known = InputResult(owner.owner, heard.meaning, heard.keyed)
        if owner.in_root and self.root is not None:
            place = DialogTarget(
                "", owner.dialog, self.root, keeps_root=True, heard=known
            )
        else:
            place = DialogTarget(exactly=owner.dialog, heard=known)
        raise GotoDialog(place)

    def _follow(self, owner: d.Link | d.Choice, visited: Visited | None) -> Steps:
        execution = self.parts.execution
        event = execution.text_of(owner.event, owner.eventexpr)
        if event is not None:
            message = execution.text_of(owner.message, owner.messageexpr) or ""
            raise Thrown(event, message, owner.position.line)
        uri = execution.text_of(owner.next, owner.expr) or ""
        document = self._document_of(owner)
        yield from execution.go(uri, owner, self.scene_of(visited), document)

    def _document_of(self, owner: d.Link | d.Choice) -> d.Document:
        """Return the document in which *owner* stands: the current one, or its root."""
        links = self.root.links if self.root is not None else ()
        is_of_root = any(link is owner for link in links)
        return self.root if is_of_root and self.root is not None else self.document

    def show_result(self, heard: InputResult) -> None:
        """Set ``application.lastresult$`` to this input."""
        results = [
            {**self._shadow_of(heard), "interpretation": meaning}
            for meaning in (heard.meaning, *(other for _, other in heard.others))
        ]
        self.parts.state.scopes.set_last_result(results)

    def _shadow_of(self, heard: InputResult) -> dict[str, Any]:
        return {
            "confidence": 1,
            "utterance": heard.keyed,
            "inputmode": "dtmf",
            "interpretation": heard.meaning,
            **self.parts.collector.mark.to_json(self.parts.state.now),
        }

    # -- what was filled -----------------------------------------------------------

    def fill(self, visited: Visited, value: Any, shadow: Mapping[str, Any]) -> None:
        """Set the variable of an item, and its shadow variable ``name$``."""
        variables = self.parts.state.scopes
        variables.set_item(visited.name, value)
        variables.set_item(f"{visited.name}$", dict(shadow))

    def fill_with_copies(self, visited: Visited) -> None:
        """Set the variable of a subdialog to an object of all that it has returned."""
        variables = self.parts.state.scopes
        variables.set_item_to_copies(visited.name)
        variables.set_item(f"{visited.name}$", {})

    def run_filled(self, now: list[Visited]) -> Steps:
        """Run the filled actions for the items that were filled *now* (appendix C, process)."""
        if not isinstance(self.dialog, d.Form):
            return
        variables = self.parts.state.scopes
        names = {visited.name for visited in now}
        inputs = [
            visited.name
            for visited in self.visited
            if isinstance(visited.item, d.InputItem)
        ]
        for visited in now:
            if isinstance(visited.item, d.InputItem):
                for filled in visited.item.filleds:
                    yield from self._run(filled, visited)
        for filled in self.dialog.filleds:
            required = filled.namelist or tuple(inputs)
            is_full = all(
                name in inputs and not variables.is_undefined(name) for name in required
            )
            if names & set(required) and (filled.mode == "any" or is_full):
                yield from self._run(filled, None)

    def _run(self, filled: d.Filled, visited: Visited | None) -> Steps:
        with self.parts.state.scopes.anonymous():
            yield from self.parts.execution.run(filled.actions, self.scene_of(visited))

    # -- where it is ---------------------------------------------------------------

    def scene_of(self, visited: Visited | None = None) -> Scene:
        """Return the Scene in which elements of an item, or of the dialog, are executed."""
        item = visited.item if visited else None
        setting = Setting(
            self.document.base,
            self.document.lang or (self.root.lang if self.root else None),
            Properties(
                *self._settings,
                resolve_sounds(item.properties, self.document.base)
                if isinstance(item, d.Asking | d.Menu)
                else (),
            ),
            tuple(_enumerables(item)),
        )
        named = [visited for visited in self.visited if _name_of(visited.item)]
        return Scene(
            self.document,
            self.root,
            setting,
            names=tuple(
                visited.name
                for visited in named
                if isinstance(visited.item, d.InputItem)
            ),
            items=frozenset(visited.name for visited in self.visited),
            clear=self._forget,
            is_subdialog=self._is_subdialog,
        )

    def _forget(self, names: Iterable[str]) -> None:
        for visited in self.visited:
            if visited.name in names:
                visited.prompts = 0
                visited.events.clear()


Visits = Mapping[type[Any], Callable[[DialogRun, Visited], Steps]]
"""How each kind of form item is visited."""


def _name_of(item: d.FormItem | d.Menu) -> str | None:
    return item.name if isinstance(item, d.FormItem) else None


def _enumerables(item: d.FormItem | d.Menu | None) -> Iterable[Enumerable]:
    if isinstance(item, d.Menu):
        return (Enumerable(choice.speech, keys) for choice, keys in keys_of(item))
    if isinstance(item, d.Field):
        return (
            Enumerable((Words(text=option.text),), option.dtmf or "")
            for option in item.options
        )
    return ()


@contextmanager
def _errors_of(element: Element) -> Iterator[None]:
    """Throw errors of expressions in this block as events of *element*."""
    try:
        yield
    except ScriptError as error:
        raise _semantic_error(error, element) from error


def _semantic_error(error: ScriptError, element: Element) -> Thrown:
    thrown = Thrown("error.semantic", str(error))
    thrown.locate(tag_of(element), element.position.line)
    return thrown
