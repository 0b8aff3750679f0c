"""Scopes: the variables of one session, in nested scopes (VoiceXML 2.0, 5.1.2)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from ccxml.ecmascript.engine import Engine, Scoping, read_program
from ccxml.ecmascript.values import UNDEFINED, ScriptError, Undefined
from vxml.grammar.grammar import Literal, Meaning, Program, RuleEnd, RuleStart
from vxml.grammar.grammar import Steps as GrammarSteps

__all__ = ["UNDEFINED", "Scopes", "ScriptError", "Undefined"]

NAMES: Final = ("session", "application", "document", "dialog")
SCOPING: Final = Scoping(NAMES, read_program("vxml.interpreter", "scopes.js"))


EVALUATION_S: Final = 0.1
DOM: Final = read_program("vxml.interpreter", "dom.js")
COPIES: Final = read_program("vxml.interpreter", "copies.js")
SISR: Final = read_program("vxml.interpreter", "sisr.js")


class Scopes:
    """The variables of one session.

    Names are looked up in the anonymous scope of an event handler, block or filled,
    then in dialog, document, application and session. Every method raises `ScriptError`
    when the document is at fault or a limit is exceeded.
    """

    def __init__(
        self,
        session: Mapping[str, Any],
        *,
        memory_bytes: int = 8 * 1024 * 1024,
        time_limit_s: float = EVALUATION_S,
    ) -> None:
        self._engine = Engine(
            scoping=SCOPING, memory_bytes=memory_bytes, time_limit_s=time_limit_s
        )
        self._engine.set_session(session)
        self._extensions: set[str] = set()

    def limit_time(self, seconds: float) -> None:
        """Limit each evaluation from now on, in seconds of processor time."""
        self._engine.limit_time(seconds)

    def close(self) -> None:
        """Free the memory; every later call raises `ScriptError`."""
        self._engine.close()

    # Coming and going

    def enter_document(self, *, is_root: bool) -> None:
        """Begin the scope of a document; that of a root is the application scope as well."""
        self._engine.operate("enterRoot" if is_root else "enterDocument")

    def stay_in_root(self) -> None:
        """Make the document the root, whose variables exist already."""
        self._engine.operate("stayInRoot")

    def enter_dialog(self) -> None:
        """Begin the scope of a form or menu, in place of the last dialog's."""
        self._engine.operate("enterDialog")

    @contextmanager
    def anonymous(self) -> Iterator[None]:
        """Run the block in the scope of a block, a filled or an event handler."""
        self._engine.operate("enterAnonymous")
        try:
            yield
        finally:
            self._engine.operate("leaveAnonymous")

    @contextmanager
    def subdialog(self) -> Iterator[None]:
        """Run the block with new scopes, except the session's; restore the old ones after."""
        self._engine.operate("enterSubdialog")
        try:
            yield
        finally:
            self._engine.operate("leaveSubdialog")

    @contextmanager
    def loop(self, array: str) -> Iterator[int]:
        """Copy the list that *array* evaluates to, and yield its length."""
        length = self._engine.evaluate_by("beginLoop", array)
        try:
            yield int(length)
        finally:
            self._engine.operate("endLoop")

    def take_item(self, name: str, index: int) -> None:
        """Set the variable *name* to an item of the innermost loop."""
        self._engine.operate("loopItem", _variable(name), str(index))

    def _extend(self, program: str) -> None:
        """Add the operations of *program*, unless they are there."""
        if program not in self._extensions:
            self._engine.complete()
            self._engine.operate("extend", program)
            self._extensions.add(program)

    # Variables

    def declare(self, name: str, expression: str | None = None) -> None:
        """Declare a variable in the innermost scope."""
        self._engine.declare(_variable(name), expression)

    def declare_value(self, name: str, value: Any) -> None:
        """Declare a variable with JSON data or `UNDEFINED`."""
        self._engine.declare_value(_variable(name), value)

    def declare_xml(self, name: str, tree: Any) -> None:
        """Declare a read-only XML document, from the nested lists that dom.js takes."""
        self._extend(DOM)
        self._engine.operate("declareXml", _variable(name), _to_json(tree))

    def set_item(self, name: str, value: Any) -> None:
        """Set a variable of the dialog to JSON data or `UNDEFINED`."""
        self._engine.operate("setItem", name, _to_json(value))

    def is_undefined(self, name: str) -> bool:
        """Whether a variable of the dialog is undefined."""
        return bool(self._engine.operate("isUndefined", name))

    # Values on their way into a subdialog and out of it

    def begin_copies(self) -> None:
        """Forget all copies."""
        self._extend(COPIES)
        self._engine.operate("beginCopies")

    def copy(self, name: str, expression: str) -> None:
        """Copy the value of *expression*, to be taken under *name*; nothing if undefined.

        A Date stays a Date, and NaN stays NaN. A function or a node of an XML document
        raises ScriptError.
        """
        self._engine.perform("copy", expression, name)

    def copy_value(self, name: str, value: Any) -> None:
        """Give *value*, which is JSON data, to be taken under *name*."""
        self._engine.operate("copyValue", name, _to_json(value))

    def declare_copy(self, name: str) -> None:
        """Declare the variable *name* with the copy of that name."""
        self._engine.operate("declareCopy", _variable(name))

    def set_item_to_copies(self, name: str) -> None:
        """Set a variable of the dialog to an object of all copies."""
        self._engine.operate("setItemToCopies", name)

    def set_last_result(self, results: Sequence[Mapping[str, Any]]) -> None:
        """Set ``application.lastresult$``; there must be at least one result."""
        self._engine.operate("setLastResult", _to_json(results))

    def assign(self, target: str, expression: str) -> None:
        """Assign to a declared variable, or to a member of one."""
        self._engine.assign(target, expression)

    def assign_value(self, target: str, value: Any) -> None:
        """Assign JSON data or `UNDEFINED`."""
        self._engine.assign_value(target, value)

    def interpret(self, steps: GrammarSteps) -> Any:
        """Return the value that the tags on a path through a grammar give (SISR 1.0).

        Raises ScriptError if a tag fails, or if the value is undefined.
        """
        self._extend(SISR)
        listed = _to_json([_step_to_json(step) for step in steps])
        try:
            value = self._engine.evaluate_by("interpretation", listed)
        except ScriptError as error:
            raise ScriptError(f"a tag of the grammar failed: {error}") from error
        if value is UNDEFINED:
            raise ScriptError("the tags of the grammar give undefined: assign to out")
        return value

    # Expressions

    def evaluate(self, expression: str) -> Any:
        """Return the value as JSON data, or `UNDEFINED`."""
        return self._engine.evaluate(expression)

    def is_true(self, expression: str) -> bool:
        """Whether the value is true in ECMAScript."""
        return self._engine.is_true(expression)

    def text(self, expression: str) -> str:
        """Return the value as ECMAScript's String() writes it."""
        return self._engine.text(expression)

    def log_text(self, expression: str) -> str:
        """Return the value as a log shows it; no value is an error."""
        return self._engine.log_text(expression)

    def run(self, script: str) -> None:
        """Run a script; its declarations join the innermost scope."""
        self._engine.run(script)

    def check(self, expression: str) -> None:
        """Compile only: raises `ScriptError` if the syntax is wrong."""
        self._engine.check(expression)


def _step_to_json(step: str | Meaning) -> str | list[Any]:
    match step:
        case str():
            return step
        case Literal():
            return ["literal", step.text]
        case Program():
            return ["program", step.text]
        case RuleStart():
            return ["begin", step.name, step.tags]
        case RuleEnd():
            return ["end"]


def _to_json(value: Any) -> str:
    return "" if value is UNDEFINED else json.dumps(value)


def _variable(name: str) -> str:
    """Return *name* if it is a legal name for a variable; raises ScriptError."""
    # prelude.js has names of its own that begin so.
    if name.startswith("ccxml$") or not name.replace("$", "_").isidentifier():
        raise ScriptError(f"{name[:60]} is no name for a variable: choose another")
    return name
