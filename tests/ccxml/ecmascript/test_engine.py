"""The adapter to the ECMAScript engine, where the engine itself raises."""

import pytest
import quickjs

from ccxml.ecmascript.engine import Engine
from ccxml.ecmascript.values import ScriptError


def test_interrupt_outside_of_the_guard_is_a_script_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = quickjs.Context()
    endless = other.eval("(function () { for (;;); })")
    other.set_time_limit(0)
    monkeypatch.setattr(Engine, "_compile", lambda *_: endless)

    with pytest.raises(ScriptError, match=r"^InternalError: interrupted$"):
        Engine().is_true("x")
