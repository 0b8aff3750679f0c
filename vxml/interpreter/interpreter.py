"""Interpreter: goes from document to document, and through nested subdialogs."""

from collections.abc import Collection
from typing import Any

from vxml.document import document as d

from .active_grammars import ActiveGrammars
from .control_flow import (
    DialogTarget,
    Diversion,
    Ended,
    GotoDialog,
    Steps,
    Suspension,
    Thrown,
)
from .execution import Execution, Scene
from .fia import DialogRun, Handling, Parts
from .form_items import VISITS
from .input_collection import InputCollector
from .prompts import PromptQueue, Setting
from .properties import Properties, resolve_sounds
from .resources import Documents
from .session_state import SessionState


class Interpreter:
    """Interprets documents for one session."""

    def __init__(self, state: SessionState) -> None:
        self._state = state
        queue = PromptQueue(state)
        collector = InputCollector(state, queue)
        documents = Documents(state, collector)
        execution = Execution(state, queue, collector, documents)
        active_grammars = ActiveGrammars(documents, execution)
        self.parts = Parts(
            state=state,
            queue=queue,
            collector=collector,
            documents=documents,
            execution=execution,
            active_grammars=active_grammars,
        )
        self._document: d.Document | None = None
        self._root: d.Document | None = None

    def start(self, document: d.Document, dialog: str) -> Steps:
        """Interpret *document* from the beginning; ends by raising Ended or Thrown."""
        place = yield from self.parts.documents.resolve_root(document, dialog, None)
        yield from self._run(place, (), is_subdialog=False)

    def _run(
        self, place: DialogTarget, params: Collection[str], *, is_subdialog: bool
    ) -> Steps:
        while True:
            self._state.count_move()
            self._state.count_step()
            if self._state.is_pause_due:
                yield Suspension(until=self._state.now, is_patient=True)
            try:
                if place.document is not None:
                    yield from self._enter(place)
                document = self._document
                assert document is not None
                dialog = place.exactly or document.find_dialog(place.dialog)
                if dialog is None:
                    name = place.dialog[:60]
                    text = f"there is no dialog {name}: give a <form> or <menu> this id"
                    raise Ended(text if name else None)
                run = DialogRun(
                    self.parts,
                    dialog,
                    document,
                    self._root,
                    visits=VISITS,
                    call=self._call,
                    is_subdialog=is_subdialog,
                )
                yield from run.run(params, place.heard)
            except GotoDialog as to:
                place, params = to.place, ()

    def _enter(self, place: DialogTarget) -> Steps:
        """Enter a document: declare its variables, and those of its root if that is new."""
        document, root = place.document, place.root
        assert document is not None
        self._document, self._root = document, root
        variables = self._state.scopes
        if root is not None and not place.keeps_root:
            variables.enter_document(is_root=True)
            yield from self._declare(root, None, root.declarations)
        if root is None and place.keeps_root:
            variables.stay_in_root()
            return
        variables.enter_document(is_root=root is None)
        yield from self._declare(document, root, document.declarations)

    def _declare(
        self,
        document: d.Document,
        root: d.Document | None,
        declarations: tuple[Any, ...],
    ) -> Steps:
        catches = [document.catches, *([root.catches] if root else [])]
        settings = [
            resolve_sounds(place.properties, place.base)
            for place in (root, document)
            if place is not None
        ]
        setting = Setting(document.base, document.lang, Properties(*settings))
        scene = Scene(document, root, setting)
        try:
            yield from self.parts.execution.run(declarations, scene)
        except Thrown as thrown:
            event = thrown
        except Diversion:
            raise
        except Exception as defect:  # noqa: BLE001 - reported there
            event = self._state.contain(defect)
        else:
            return
        handling = Handling(self.parts, catches)
        yield from handling.handle(event, handling.events, (), scene)

    def _call(self, place: DialogTarget, params: Collection[str]) -> Steps:
        """Run a subdialog; ends by raising Returned, or what ends the session."""
        here = self._document, self._root
        self._state.go_down()
        try:
            with self._state.scopes.subdialog():
                yield from self._run(place, params, is_subdialog=True)
        finally:
            self._document, self._root = here
            self._state.go_up()
