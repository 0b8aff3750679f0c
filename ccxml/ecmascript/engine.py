"""Engine: the adapter to the ECMAScript engine (QuickJS).

No other module knows the engine. What scripts see and must not do is written in
`prelude.js` and `deferred.js`, and the scopes of each language in a file of its own
(such as `scopes.js`). Values cross as JSON text, and no Python function can be reached
from a document.
"""

import json
import re
import resource
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

import quickjs

from .plain_variables import SCOPES, parse_literal
from .values import UNDEFINED, ScriptError


def read_program(package: str, name: str) -> str:
    """Read a program of ours without its comments, for the engine reads it in each session."""
    lines = files(package).joinpath(name).read_text("utf-8").splitlines()
    return "\n".join(line for line in map(str.strip, lines) if line[:2] != "//")


PRELUDE: Final = read_program("ccxml.ecmascript", "prelude.js")
DEFERRED: Final = read_program("ccxml.ecmascript", "deferred.js")
COMPILED_AT_MOST: Final = 1000
MAX_LEVELS: Final = 200
"""Lists and objects inside each other in a value that is given to the platform; what takes
such a value apart, as a trace does, needs more of Python's stack for each."""
FAILED: Final = "f"
"""The answer of an operation that has thrown; `describe` of deferred.js says what."""
SCOPES_HERE: Final = "/* @scopes */"
# For values that cross, however full the memory of the document is.
RESERVED_BYTES: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Scoping:
    """The scopes of a language: their names, and the script that implements them.

    The script runs inside prelude.js and must define SCOPES, chain, current, home,
    isOpen, isReserved, completed and operations, as `scopes.js` does.
    """

    names: tuple[str, ...]
    script: str


CCXML: Final = Scoping(SCOPES, read_program("ccxml", "scopes.js"))

_TARGET = re.compile(
    r"""\s*(?P<root>[^\W\d][\w$]*|\$[\w$]*)
        (?:\s*\.\s*(?P<member>[^\W\d][\w$]*|\$[\w$]*))?
        (?P<deeper>(?:\s*\.\s*(?:[^\W\d]|\$)[\w$]*|\[(?:[^\[\]]|\[[^\[\]]*\])*\])*)\s*""",
    re.VERBOSE,
)
# What needs `deferred.js`: calls, names that are assigned and perhaps not declared, and
# functions that run unseen, whose `catch` would keep the first error from us. A name may
# end in a mark, and a BOM is a space there, which neither is for Python.
_CALL = re.compile(
    r"[\w$)\].}\x80-\U0010ffff]\s*\(|/[/*].*\(|`|(?:^|[^=!<>]|<<|>>)=(?!=)|\+\+|--|\bclass\b",
    re.DOTALL,
)
_LAST_MATCH = re.compile(r"\bRegExp\s*(?:\[|\.\s*(?:\$|input|last|left|right))")
_SYNTAX_ERROR_AT = re.compile(r"\s*at <input>:(\d+):(\d+)")


DEEPEST_STACK_BYTES: Final = 4 * 1024 * 1024
USUAL_STACK_BYTES: Final = 2 * 1024 * 1024


def choose_stack_bytes() -> int:
    """Return how much stack a script may use: half of what every thread has, 4 MB at most.

    A call inside another takes 2 kB of it. The stack of a thread is as large as that of
    the process (``ulimit -s``), or 2 MB if that has no limit.
    """
    soft, _ = resource.getrlimit(resource.RLIMIT_STACK)
    whole = USUAL_STACK_BYTES if soft == resource.RLIM_INFINITY else soft
    return max(min(whole, 2 * DEEPEST_STACK_BYTES) // 2, 256 * 1024)


class Engine:
    """The variables of one session, and the evaluation of expressions and scripts.

    Names are looked up in the scopes of *scoping*, innermost first; the names of the
    scopes work as prefixes (`session.`). Expressions are sloppy ECMAScript, as scripts
    are. Every method raises `ScriptError` when the document is at fault,
    when a limit is exceeded, and after `close`; after an exceeded limit the variables
    keep what was assigned before.

    An object may be used from any thread, by one at a time. *time_limit_s* bounds one
    call, in seconds of processor time of the whole process.
    """

    def __init__(
        self,
        *,
        scoping: Scoping = CCXML,
        memory_bytes: int = 8 * 1024 * 1024,
        time_limit_s: float = 0.1,
        stack_bytes: int | None = None,
    ) -> None:
        context = quickjs.Context()
        context.set_memory_limit(memory_bytes + RESERVED_BYTES)
        context.set_max_stack_size(stack_bytes or choose_stack_bytes())
        door = context.eval(PRELUDE.replace(SCOPES_HERE, scoping.script, 1))
        context.set_time_limit(time_limit_s)
        self._door, self._put, self._take = door, door("put"), door("take")
        self._limit_memory = context.set_memory_limit
        self.limit_time: Callable[[float], None] = context.set_time_limit
        """Limit of each further call, in seconds of processor time."""
        self._memory_bytes = memory_bytes
        self._scope_names = scoping.names
        self.is_complete = False
        """Whether `deferred.js` is loaded; texts without calls do not need it."""
        self._operations: dict[str, Any] = {}
        self._compiled: dict[tuple[str | None, ...], Any] = {}

    def close(self) -> None:
        """Free the memory; every later call raises `ScriptError`."""
        self._operations.clear()
        self._compiled.clear()
        self._door = self._put = self._take = self._limit_memory = _refuse_closed
        self.limit_time = _refuse_closed

    # What the platform sets

    def set_session(self, facts: Mapping[str, Any]) -> None:
        """Set read-only `session.name` for each of *facts* (JSON data or `UNDEFINED`)."""
        defined = {
            name: value for name, value in facts.items() if value is not UNDEFINED
        }
        self._operate("setSession", _to_json(list(facts)), _to_json(defined))

    def new_document(self) -> None:
        """Discard the ccxml and transition scopes, as goto does."""
        self.complete()
        self._operate("adopt")
        self._operate("newDocument")

    def new_transition(self, event: Mapping[str, Any] | None) -> None:
        """Replace the transition scope by a new one, with *event* as `event$`.

        The conditions of all transitions and the actions of the chosen one share it.
        """
        self._operate("newTransition", _to_json(UNDEFINED if event is None else event))

    def alias_event(self, name: str) -> None:
        """Let *name* refer to the event too, as `transition name="evt"` did in drafts."""
        self._operate("nameEvent", name)

    def operate(self, name: str, *texts: str) -> Any:
        """Call the operation *name* of the scoping script, and return its result."""
        return self._operate(name, *texts)

    # What a document does

    def declare_value(self, name: str, value: Any) -> None:
        """Declare a variable with JSON data or `UNDEFINED`."""
        self._operate("declare", name, _to_json(value))

    def declare(self, name: str, expression: str | None = None) -> None:
        """Declare a variable in the innermost scope."""
        value = UNDEFINED if expression is None else parse_literal(expression)
        if expression is None or value is not UNDEFINED:
            self.declare_value(name, value)
        else:
            self._run(self._compile("declaration", expression, name))

    def assign(self, target: str, expression: str) -> None:
        """Assign to a declared variable, a member of one, or `application.x`."""
        value = parse_literal(expression)
        if value is UNDEFINED:
            self._run(self._compile("assignment", expression, target=target))
        else:
            self.assign_value(target, value)

    def assign_value(self, target: str, value: Any) -> None:
        """Assign JSON data or `UNDEFINED`, like `assign`."""
        self._run(self._compile("placement", target=target), _to_json(value))

    def evaluate(self, expression: str) -> Any:
        """The value as JSON data, or `UNDEFINED`.

        Objects are converted as by JSON.stringify: members that are undefined or
        functions are left out, NaN and Infinity are None. A function, a symbol, a
        BigInt, a cyclic object, half a surrogate pair or more than 256 Ki characters
        are a `ScriptError`.
        """
        return _parse_value(self._run(self._compile("data", expression)))

    def evaluate_by(self, kind: str, expression: str) -> Any:
        """The same of what a compiled operation of the scopes makes of the value."""
        return _parse_value(self._run(self._compile(kind, expression)))

    def perform(self, kind: str, *texts: str) -> None:
        """Run an operation of the scopes that is compiled from *texts* of the document."""
        self._run(self._compile(kind, *texts))

    def is_true(self, expression: str) -> bool:
        """Whether the value is true in ECMAScript."""
        return bool(self._run(self._compile("truth", expression)))

    def text(self, expression: str) -> str:
        """Return the value as ECMAScript's String() writes it."""
        return str(_parse_value(self._run(self._compile("text", expression))))

    def log_text(self, expression: str) -> str:
        """Return the value as a log shows it: JSON of lists and plain objects, else text.

        No value is an error: what has no JSON is shown as text.
        """
        answer = self._run(self._compile("log", expression))
        try:
            value = _parse_value(answer)
            return value if isinstance(value, str) else json.dumps(value)
        except (ScriptError, RecursionError):  # nested too deep, or half a character
            return str(answer[1:])

    def option(self, expression: str) -> str | None:
        """Return the value as text, or None if it is undefined or null."""
        value = _parse_value(self._run(self._compile("option", expression)))
        return None if value is UNDEFINED else str(value)

    def run(self, script: str) -> None:
        """Run a script; what its `var` and `function` declare joins the scope.

        What it assigns without declaring joins the ccxml scope. `let`, `const` and
        `class` stay inside the script.
        """
        self._prepare_texts(script)
        self.complete()
        self._run(self._operate("script", script))

    def check(self, expression: str) -> None:
        """Compile only; raises `ScriptError` with the position of a syntax error."""
        self._compile("data", expression)

    # The engine

    def _compile(self, kind: str, *texts: str, target: str | None = None) -> Any:
        key = (kind, target, *texts)
        compiled = self._compiled.get(key)
        if compiled is None:
            parts = () if target is None else self._split_target(target)
            self._prepare_texts(*texts, *parts)
            compiled = self._operate(kind, *texts, *parts)
            if len(self._compiled) >= COMPILED_AT_MOST:
                del self._compiled[next(iter(self._compiled))]
            self._compiled[key] = compiled
        return compiled

    def _prepare_texts(self, *texts: str) -> None:
        """Load what *texts* of the document need; raises ScriptError if one is no text."""
        for text in texts:
            _require_unicode(text)
        if any(map(_CALL.search, texts)):
            self.complete()
        if any(map(_LAST_MATCH.search, texts)):
            self.complete()
            self._operate("rememberMatches")

    def _split_target(self, target: str) -> tuple[str, str]:
        """Return *target* if it is deeper than a variable, else "", and what must be declared.

        The latter is the root of *target*, and the member if the root is a scope or has
        the name of one, as JSON.
        """
        parts = _TARGET.fullmatch(target)
        if parts is None:
            raise ScriptError(
                f"{target[:60]} cannot be assigned: name a variable or a member of one"
            )
        root, member = parts["root"], parts["member"] or ""
        is_scope = root in self._scope_names
        is_deep = bool(parts["deeper"]) or (bool(member) and not is_scope)
        declared = {"root": root, "member": member if is_scope else ""}
        return target if is_deep else "", _to_json(declared)

    def complete(self) -> None:
        """Load what calls, scripts and errors need, and most sessions do not (`deferred.js`)."""
        if not self.is_complete:
            self._operate("complete", DEFERRED)
            self.is_complete = True

    def _operate(self, name: str, *texts: str) -> Any:
        operation = self._operations.get(name)
        if operation is None:
            operation = self._operations[name] = self._door(name)
        # No text of the document runs here, so the reserve is open: the engine crashes
        # when it compiles with a full memory.
        self._put(*texts)
        answer = self._take_answer(_call(operation))
        if answer == FAILED:
            self.complete()
            return self._operate("describe")
        return answer

    def _run(self, compiled: Callable[[], Any], *texts: str) -> Any:
        # Three steps, because the engine's wrapper crashes on a full memory too.
        if texts:
            self._put(*texts)
        self._limit_memory(self._memory_bytes)
        try:
            outcome = _call(compiled)
        finally:
            self._limit_memory(self._memory_bytes + RESERVED_BYTES)
        answer = self._take_answer(outcome)
        if answer != FAILED:
            return answer
        if self.is_complete:
            return self._operate("describe")
        # What it lacked may only have been `deferred.js`. A text that runs without that
        # assigns nothing before it fails, so it may run again.
        self.complete()
        return self._run(compiled, *texts)

    def _take_answer(self, outcome: Any) -> Any:
        """Return the answer that an operation has returned, or left in the engine for us."""
        if outcome is None or isinstance(outcome, bool):
            return outcome
        try:
            answer = self._take()
        except UnicodeDecodeError as error:
            raise ScriptError(
                "the text holds half a surrogate pair: write whole characters"
            ) from error
        if isinstance(answer, str) and answer.startswith("e"):
            raise _parse_error(answer)
        return answer


def _call(function: Callable[[], Any]) -> Any:
    """Call *function* of the engine; raises ScriptError if it is interrupted outside of its guard.

    The clock of the engine may strike between the end of a text and our answer.
    """
    try:
        return function()
    except quickjs.JSException as error:
        raise ScriptError(str(error).partition("\n")[0]) from error


def _refuse_closed(*_: Any) -> Any:
    raise ScriptError("the session is closed")


def _parse_error(answer: str) -> ScriptError:
    """The error that *answer* of deferred.js's `failure` describes."""
    where, _, message = answer[1:].partition("\x01")
    at = _SYNTAX_ERROR_AT.match(where)
    if at is None:
        return ScriptError(message)
    line = int(at[1]) - 1  # our wrapper adds one line in front
    return ScriptError(message, line, int(at[2]))


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_LEVELS + 1):
        level = [
            child
            for parent in level
            if isinstance(parent, list | dict)
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
    return bool(level)


def _parse_value(answer: str) -> Any:
    if answer == "u":
        return UNDEFINED
    if answer.startswith("s"):
        return answer[1:]
    try:
        value = _FROM_JSON(answer[1:])
        is_too_deep = answer.count("[") + answer.count(
            "{"
        ) > MAX_LEVELS and _is_too_deep(value)
    except RecursionError:
        is_too_deep = True
    if is_too_deep:
        raise ScriptError("the value is nested too deep: take a part of it")
    if "\\ud" in answer:
        _require_unicode(json.dumps(value, ensure_ascii=False))
    return value


def _parse_number(digits: str) -> int | float:
    """Convert a number; ECMAScript's are floats, exact integers become int here."""
    number = int(digits)
    return number if -(2**53) <= number <= 2**53 else float(digits)


_FROM_JSON: Final = json.JSONDecoder(parse_int=_parse_number).decode
_TO_JSON: Final = json.JSONEncoder(allow_nan=False).encode


def _to_json(value: Any) -> str:
    """Return JSON text for prelude.js, in which undefined has no representation."""
    try:
        return "" if value is UNDEFINED else _TO_JSON(value)
    except (ValueError, RecursionError) as error:
        raise ScriptError("what the platform tells is not JSON") from error


def _require_unicode(text: str) -> None:
    if "\0" in text:  # the engine reads texts only up to a NUL
        raise ScriptError("the text holds a NUL: leave it out")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ScriptError(
            "the text holds half a surrogate pair: write whole characters"
        ) from error
