"""Execution: runs the elements of a document in their order.

There are two kinds of failure (CCXML 1.0, chapter 9). If ECMAScript fails,
``error.semantic`` is queued and the rest of the transition is skipped. If a value names
nothing that exists, or something in the wrong state, an error event is queued and the
next element follows.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from . import document as d
from .executors import (
    conferences,
    connections,
    control,
    dialogs,
    messages,
    variables,
)
from .executors.context import ExecutionContext
from .scopes import ScriptError

EXECUTORS: Mapping[type, Callable[[ExecutionContext, Any], None]] = {
    d.Var: variables.declare,
    d.Assign: variables.assign,
    d.Script: variables.run_script,
    d.Log: control.write_log,
    d.Exit: control.exit_session,
    d.Fetch: control.fetch,
    d.Goto: control.go_to,
    d.CreateCcxml: control.create_session,
    d.Send: messages.send,
    d.Cancel: messages.cancel,
    d.Move: messages.move,
    d.CreateCall: connections.place_call,
    d.Accept: connections.accept,
    d.Reject: connections.reject,
    d.Redirect: connections.redirect,
    d.Disconnect: connections.disconnect,
    d.Merge: connections.merge,
    d.CreateConference: conferences.create_conference,
    d.DestroyConference: conferences.destroy_conference,
    d.Join: conferences.join,
    d.Unjoin: conferences.unjoin,
    d.DialogPrepare: dialogs.prepare_dialog,
    d.DialogStart: dialogs.start_dialog,
    d.DialogTerminate: dialogs.terminate_dialog,
}
"""What executes each element, but ``if``, whose branches are run here."""


class _Failed(Exception):  # noqa: N818
    """ECMAScript failed in an element: the rest of the transition is skipped."""

    def __init__(self, reason: str, tag: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.tag = tag


def run_declarations(
    context: ExecutionContext, declarations: Iterable[d.Declaration]
) -> None:
    """Run the elements before the event processor; raises ScriptError."""
    for element in declarations:
        context.line = element.position.line
        EXECUTORS[type(element)](context, element)


def run_transition(
    context: ExecutionContext, actions: Iterable[d.Action]
) -> d.Document | None:
    """Run the elements of a transition in order; raises ExitExecuted.

    Returns the document with which the session goes on after ``goto``, else None.
    """
    try:
        _run_all(context, actions)
    except control.GotoExecuted as goto:
        return goto.document
    except _Failed as failed:
        context.emit_semantic_error(failed.reason, failed.tag)
    return None


def _run_all(context: ExecutionContext, actions: Iterable[d.Action]) -> None:
    for action in actions:
        context.line = action.position.line
        context.show_endpoints()
        if context.unsupported and (tag := _tag_of(action)) in context.unsupported:
            reason = f"<{tag}> is not supported here: leave it out"
            context.emit_error("error.unsupported", tag, reason)
            continue
        try:
            if isinstance(action, d.If):
                _run_all(context, control.choose_branch(context, action))
            else:
                EXECUTORS[type(action)](context, action)
        except ScriptError as error:
            raise _Failed(str(error), _tag_of(action)) from error


def _tag_of(action: d.Action) -> str:
    return type(action).__name__.lower()
