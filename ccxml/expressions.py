"""The adapter between one CCXML session and its ECMAScript engine.

Only this module knows the engine. What a document's scripts see and may not do is
written in `prelude.js`; values cross as JSON text, and no Python function is ever
reachable from a document.
"""

import json
import re
from collections.abc import Callable, Mapping
from enum import Enum
from importlib.resources import files
from typing import Any, Final

import quickjs

PRELUDE: Final = files("ccxml").joinpath("prelude.js").read_text("utf-8")
OPERATIONS: Final = (
    "setSession",
    "newDocument",
    "newTransition",
    "endTransition",
    "nameEvent",
    "declareNothing",
    "script",
    "expression",
    "assignment",
    "placement",
)
SCOPES: Final = ("session", "application", "ccxml", "transition")
COMPILED_AT_MOST: Final = 1000
RESERVED_BYTES: Final = 8 * 1024 * 1024  # for what crosses, whatever the document holds

_TARGET = re.compile(
    r"""\s*(?P<root>[^\W\d][\w$]*|\$[\w$]*)
        (?:\s*\.\s*(?P<member>[^\W\d][\w$]*|\$[\w$]*))?
        (?:\s*\.\s*(?:[^\W\d]|\$)[\w$]*|\[(?:[^\[\]]|\[[^\[\]]*\])*\])*\s*""",
    re.VERBOSE,
)
_SYNTAX_ERROR_AT = re.compile(r"\s*at <input>:(\d+):(\d+)")


class Undefined(Enum):
    """The type of `UNDEFINED`."""

    UNDEFINED = "undefined"

    def __repr__(self) -> str:
        return "UNDEFINED"

    def __bool__(self) -> bool:
        return False


UNDEFINED: Final = Undefined.UNDEFINED
"""ECMAScript's undefined, which is not null (`None`)."""


class ScriptError(Exception):
    """A script or expression failed; in a document this becomes error.semantic.

    *line* and *column* of a syntax error count from 1 inside its text; they are None
    for errors at run time, where telling them would cost the time limit its effect.
    """

    def __init__(
        self, message: str, line: int | None = None, column: int | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


class Scripts:
    """The variables of one session, and the evaluation of its document's texts.

    Names are looked for in the transition, ccxml, application and session scopes, in
    this order; `transition.`, `ccxml.`, `application.` and `session.` always work.
    Expressions are strict-mode ECMAScript, scripts are not. Every method raises
    `ScriptError` when the document is at fault, when a limit was met, and after
    `close`; after a limit was met the variables are as the text had left them.

    An object may be used from any thread, but from one at a time. *time_limit_s*
    bounds one call, in seconds of processor time of the whole process.
    """

    def __init__(
        self,
        *,
        memory_bytes: int = 8 * 1024 * 1024,
        time_limit_s: float = 0.1,
        stack_bytes: int = 256 * 1024,
    ) -> None:
        context = quickjs.Context()
        context.set_memory_limit(memory_bytes)
        context.set_max_stack_size(stack_bytes)
        door = context.eval(PRELUDE)
        context.set_time_limit(time_limit_s)
        self._put, self._take = door("put"), door("take")
        self._limit_memory = context.set_memory_limit
        self._memory_bytes = memory_bytes
        self._operations: dict[str, Any] = {name: door(name) for name in OPERATIONS}
        self._compiled: dict[tuple[str, ...], Any] = {}

    def close(self) -> None:
        """Free the memory; every later call raises `ScriptError`."""
        self._operations.clear()
        self._compiled.clear()
        self._put = self._take = self._limit_memory = _closed

    # What the platform sets

    def set_session(self, name: str, value: Any) -> None:
        """Let `session.name` be *value* (JSON data or `UNDEFINED`), read-only."""
        self._operate("setSession", name, _to_json(value))

    def new_document(self) -> None:
        """Forget the ccxml and transition scopes, as goto does."""
        self._operate("newDocument")

    def new_transition(self, event: Mapping[str, Any] | None) -> None:
        """Begin a transition scope with *event* as `event$`.

        The conditions of all transitions are evaluated in it, then the chosen one.
        """
        self._operate("newTransition", _to_json(UNDEFINED if event is None else event))

    def alias_event(self, name: str) -> None:
        """Let *name* mean the event too, as `transition name="evt"` asked in drafts."""
        self._operate("nameEvent", _variable(name))

    def end_transition(self) -> None:
        """Forget the transition scope; variables are of the ccxml scope again."""
        self._operate("endTransition")

    # What a document does

    def declare(self, name: str, expression: str | None = None) -> None:
        """Make a variable, of the transition if there is one, else of the document."""
        variable = _variable(name)
        if expression is None:
            self._operate("declareNothing", variable)
        else:
            self._answer(self._expression(expression), "declare", variable)

    def assign(self, target: str, expression: str) -> None:
        """Give a declared variable, a member of one, or `application.x` a value."""
        self._answer(
            self._compile("assignment", target, _declared_by(target), expression)
        )

    def assign_value(self, target: str, value: Any) -> None:
        """Like `assign`, with JSON data or `UNDEFINED` of the platform."""
        put = self._compile("placement", target, _declared_by(target))
        self._answer(put, _to_json(value))

    def evaluate(self, expression: str) -> Any:
        """The value as JSON data, or `UNDEFINED`.

        Objects are converted as by JSON.stringify: members that are undefined or
        functions are left out, NaN and Infinity are None. A function, a symbol, a
        BigInt, a cyclic object, half a surrogate pair or more than 256 Ki characters
        are a `ScriptError`.
        """
        return _value(self._answer(self._expression(expression), "data", ""))

    def is_true(self, expression: str) -> bool:
        """Whether the value counts as true in ECMAScript."""
        return bool(self._answer(self._expression(expression), "truth", "") == "jtrue")

    def text(self, expression: str) -> str:
        """The value as ECMAScript's String() writes it."""
        return str(_value(self._answer(self._expression(expression), "text", "")))

    def run(self, script: str) -> None:
        """Run a script; what its `var` and `function` declare joins the scope.

        What it assigns without declaring joins the ccxml scope. `let`, `const` and
        `class` stay inside the script.
        """
        _require_unicode(script)
        self._answer(self._operate("script", script))

    def check(self, expression: str) -> None:
        """Compile only: raises `ScriptError` with the place if the syntax is wrong."""
        self._expression(expression)

    # The engine

    def _expression(self, text: str) -> Any:
        return self._compile("expression", text)

    def _compile(self, kind: str, *texts: str) -> Any:
        compiled = self._compiled.get((kind, *texts))
        if compiled is None:
            for text in texts:
                _require_unicode(text)
            compiled = self._operate(kind, *texts)
            if len(self._compiled) >= COMPILED_AT_MOST:
                del self._compiled[next(iter(self._compiled))]
            self._compiled[(kind, *texts)] = compiled
        return compiled

    def _operate(self, name: str, *texts: str) -> Any:
        if not self._operations:
            raise ScriptError("the session is closed")
        # No text of the document runs here, so the reserve is open: the engine crashes
        # when it compiles with a full memory.
        reserved = self._memory_bytes + RESERVED_BYTES
        return self._call(self._operations[name], texts, reserved)

    def _answer(self, function: Callable[[], Any], *texts: str) -> Any:
        return self._call(function, texts, self._memory_bytes)

    def _call(
        self, function: Callable[[], Any], texts: tuple[str, ...], memory_bytes: int
    ) -> Any:
        # Three steps, because the engine's wrapper crashes on a full memory too.
        self._limit_memory(self._memory_bytes + RESERVED_BYTES)
        self._put(*texts)
        self._limit_memory(memory_bytes)
        try:
            function()
        finally:
            self._limit_memory(self._memory_bytes + RESERVED_BYTES)
        try:
            answer = self._take()
        except UnicodeDecodeError as error:
            raise ScriptError("text holds half a surrogate pair") from error
        if isinstance(answer, str) and answer.startswith("e"):
            raise _script_error(answer)
        return answer


def _closed(*_: Any) -> Any:
    raise ScriptError("the session is closed")


def _script_error(answer: str) -> ScriptError:
    """The error that *answer* of prelude.js's `failure` describes."""
    where, _, message = answer[1:].partition("\x01")
    at = _SYNTAX_ERROR_AT.match(where)
    if at is None:
        return ScriptError(message)
    return ScriptError(message, int(at[1]) - 1, int(at[2]))  # we put one line before


def _value(answer: str) -> Any:
    if answer == "u":
        return UNDEFINED
    if answer.startswith("s"):
        return answer[1:]
    try:
        value = json.loads(answer[1:], parse_int=_number)
    except RecursionError as error:
        raise ScriptError("value nested too deep") from error
    if "\\ud" in answer:
        _require_unicode(json.dumps(value, ensure_ascii=False))
    return value


def _number(digits: str) -> int | float:
    """ECMAScript's numbers are floats; those that are exact integers are int here."""
    number = int(digits)
    return number if -(2**53) <= number <= 2**53 else float(digits)


def _to_json(value: Any) -> str:
    """JSON text for prelude.js, which takes no text for undefined."""
    return "" if value is UNDEFINED else json.dumps(value, allow_nan=False)


def _declared_by(target: str) -> str:
    """Which name must be declared before *target* may be assigned, as JSON."""
    parts = _TARGET.fullmatch(target)
    if parts is None:
        raise ScriptError(f"{target} cannot be assigned")
    member = parts["member"] if parts["root"] in SCOPES else None
    return json.dumps({"root": parts["root"], "member": member or ""})


def _variable(name: str) -> str:
    """*name*, if a variable may be called so."""
    if name in SCOPES or not name.replace("$", "_").isidentifier():
        raise ScriptError(f"{name} is no name for a variable")
    return name


def _require_unicode(text: str) -> None:
    if "\0" in text:  # the engine would read no further
        raise ScriptError("text holds a NUL")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ScriptError("text holds half a surrogate pair") from error
