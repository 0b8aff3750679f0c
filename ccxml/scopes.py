"""Scripts: the variables of one session, and the evaluation of expressions and scripts."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from .ecmascript.engine import Engine
from .ecmascript.plain_variables import SCOPES, Plain, is_plain, parse_literal
from .ecmascript.values import UNDEFINED, ScriptError, Undefined

__all__ = ["UNDEFINED", "ScriptError", "Scripts", "Undefined"]


class Scripts:
    """The variables of one session, and the evaluation of expressions and scripts.

    Names are looked up in the transition, ccxml, application and session scopes, in
    this order; the prefixes `transition.`, `ccxml.`, `application.` and `session.`
    always work. Expressions are sloppy ECMAScript, as scripts are. Every method
    raises `ScriptError` when the document is at fault, when a limit is exceeded, and
    after `close`; after an exceeded limit the variables keep what was assigned before.

    An object may be used from any thread, by one at a time. *time_limit_s* bounds one
    call, in seconds of processor time of the whole process. An engine is created for
    the first text that is more than a literal or the name of a plain value.
    """

    def __init__(
        self,
        *,
        memory_bytes: int = 8 * 1024 * 1024,
        time_limit_s: float = 0.1,
        stack_bytes: int | None = None,
    ) -> None:
        self._new_engine = partial(
            Engine,
            memory_bytes=memory_bytes,
            time_limit_s=time_limit_s,
            stack_bytes=stack_bytes,
        )
        self._plain: Plain | None = Plain()  # in use until there is an engine
        self._engine: Engine | None = None

    def close(self) -> None:
        """Free the memory; every later call raises `ScriptError`."""
        if self._engine is not None:
            self._engine.close()
        self._plain = self._engine = None

    # What the platform sets

    def set_session(self, facts: Mapping[str, Any]) -> None:
        """Set read-only `session.name` for each of *facts* (JSON data or `UNDEFINED`).

        The values are read later too, and must not be changed by the caller afterwards.
        """
        if self._plain is not None:
            self._plain.session.update(facts)
        else:
            self.engine.set_session(facts)

    def new_document(self) -> None:
        """Discard the ccxml and transition scopes, as goto does."""
        if self._plain is not None:
            self._plain.document, self._plain.transition = {}, None
        else:
            self.engine.new_document()

    def new_transition(self, event: Mapping[str, Any] | None) -> None:
        """Replace the transition scope by a new one, with *event* as `event$`.

        The conditions of all transitions and the actions of the chosen one share it.
        """
        if self._plain is not None:
            self._plain.transition = {} if event is None else {"event$": event}
        else:
            self.engine.new_transition(event)

    def alias_event(self, name: str) -> None:
        """Let *name* refer to the event too, as `transition name="evt"` did in drafts."""
        variable = _variable(name)
        if self._plain is None or not self._plain.alias_event(variable):
            self.engine.alias_event(variable)

    # What a document does

    def declare(self, name: str, expression: str | None = None) -> None:
        """Declare a variable in the transition scope if there is one, else in the document's."""
        variable = _variable(name)
        value = UNDEFINED if expression is None else self._read(expression)
        if self._plain is not None and (value is not UNDEFINED or expression is None):
            self._plain.declare(variable, value)
        else:
            self.engine.declare(variable, expression)

    def assign(self, target: str, expression: str) -> None:
        """Assign to a declared variable, a member of one, or `application.x`."""
        if self._plain is None or not self._assign(target, self._read(expression)):
            self.engine.assign(target, expression)

    def assign_value(self, target: str, value: Any) -> None:
        """Assign JSON data or `UNDEFINED`, like `assign`."""
        if not self._assign(target, value):
            self.engine.assign_value(target, value)

    def evaluate(self, expression: str) -> Any:
        """Return the value as JSON data, or `UNDEFINED`.

        Objects are converted as by JSON.stringify: members that are undefined or
        functions are left out, NaN and Infinity become None. A function, a symbol, a
        BigInt, a cyclic object, a lone surrogate or more than 256 Ki characters raise
        `ScriptError`.
        """
        value = self._read(expression)
        return self.engine.evaluate(expression) if value is UNDEFINED else value

    def is_true(self, expression: str) -> bool:
        """Whether the value is true in ECMAScript."""
        value = self._read(expression)
        return self.engine.is_true(expression) if value is UNDEFINED else bool(value)

    def text(self, expression: str) -> str:
        """Return the value as ECMAScript's String() writes it."""
        value = self._read(expression)
        if value is UNDEFINED:
            return self.engine.text(expression)
        return value if isinstance(value, str) else json.dumps(value)

    def log_text(self, expression: str) -> str:
        """Return the value as a log shows it; no value is an error."""
        value = self._read(expression)
        if value is UNDEFINED:
            return self.engine.log_text(expression)
        return value if isinstance(value, str) else json.dumps(value)

    def option(self, expression: str) -> str | None:
        """Return the value as text, or None if it is undefined or null."""
        value = self._read(expression)
        if value is UNDEFINED:
            return self.engine.option(expression)
        return value if isinstance(value, str | None) else json.dumps(value)

    def run(self, script: str) -> None:
        """Run a script; its `var` and `function` declarations join the innermost scope.

        What it assigns without a declaration joins the ccxml scope. `let`, `const` and
        `class` stay local to the script.
        """
        self.engine.run(script)

    def check(self, expression: str) -> None:
        """Compile only; raises `ScriptError` with the position of a syntax error."""
        self.engine.check(expression)

    # Plain or engine

    @property
    def is_plain(self) -> bool:
        """Whether no engine has been needed so far."""
        return self._plain is not None

    @property
    def engine(self) -> Engine:
        """Return the engine; from the first call on it holds the variables."""
        if self._plain is not None:
            plain, self._plain = self._plain, None
            self._engine = self._new_engine()
            _hand_over(plain, self._engine)
        if self._engine is None:
            raise ScriptError("the session is closed")
        return self._engine

    def _read(self, expression: str) -> Any:
        if self._plain is not None:
            return self._plain.read(expression)
        return UNDEFINED if self._engine is None else parse_literal(expression)

    def _assign(self, target: str, value: Any) -> bool:
        """Whether it was plain enough to be done here."""
        if self._plain is None or not is_plain(value):
            return False
        return self._plain.assign(target, value)


def _hand_over(plain: Plain, engine: Engine) -> None:
    """Copy all variables to *engine*. They are plain data, so their order does not matter."""
    engine.set_session(plain.session)
    for name, value in plain.document.items():
        engine.declare_value(name, value)
    if plain.transition is None:
        return
    event = plain.transition.get("event$")
    engine.new_transition(event if isinstance(event, Mapping) else None)
    for name, value in plain.transition.items():
        if not isinstance(value, Mapping):
            engine.declare_value(name, value)
        elif name != "event$":
            engine.alias_event(name)


def _variable(name: str) -> str:
    """Return *name* if it is a legal name for a variable; raises ScriptError."""
    # prelude.js has names of its own that begin so.
    is_ours = name in SCOPES or name.startswith("ccxml$")
    if is_ours or not name.replace("$", "_").isidentifier():
        raise ScriptError(f"{name[:60]} is no name for a variable: choose another")
    return name
