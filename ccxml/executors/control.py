"""Documents and the flow through them (CCXML 1.0, chapter 6)."""

from collections.abc import Mapping
from typing import Any

from ccxml import commands as c
from ccxml import document as d
from ccxml.scopes import UNDEFINED

from .context import ExecutionContext, find_word


class ExitExecuted(Exception):  # noqa: N818 - nothing need be wrong
    """Raised by ``exit``: the session ends."""

    def __init__(self, expr: Any, namelist: Mapping[str, Any]) -> None:
        super().__init__()
        self.expr = expr
        self.namelist = namelist


class GotoExecuted(Exception):  # noqa: N818
    """Raised by ``goto``: the rest of the transition is skipped with its document."""

    def __init__(self, document: d.Document) -> None:
        super().__init__()
        self.document = document


def choose_branch(context: ExecutionContext, element: d.If) -> tuple[d.Action, ...]:
    """``if``: the elements of the first branch whose condition is true."""
    for branch in element.branches:
        if branch.cond is None or context.scripts.is_true(branch.cond.text):
            return branch.actions
    return ()


def exit_session(context: ExecutionContext, element: d.Exit) -> None:
    """``exit``: raise ExitExecuted with the values that the document returns."""
    value = (
        None if element.expr is None else context.scripts.evaluate(element.expr.text)
    )
    namelist = context.read_values(element.namelist)
    raise ExitExecuted(None if value is UNDEFINED else value, namelist)


def write_log(context: ExecutionContext, element: d.Log) -> None:
    """``log``: objects and lists are written as JSON."""
    text = context.scripts.log_text(element.expr.text)
    label = element.label and find_word(context.scripts, element.label)
    label = label or context.read_option(element.label)
    context.commands.append(c.WriteLog(label, text, element.position.line))


def fetch(context: ExecutionContext, element: d.Fetch) -> None:
    """``fetch``: ask for a document or text, under a new id that the document gets at once."""
    fetch_id = context.make_id("f")
    context.assign_id(element.fetchid, fetch_id)
    context.commands.append(
        c.FetchResource(
            fetch_id=fetch_id,
            uri=context.read_text(element.next),
            type=context.read_word(element.type),
            method=context.read_word(element.method),
            values=context.read_values(element.namelist),
            timeout_s=context.read_seconds(element.timeout),
            max_age=context.read_option(element.maxage),
            max_stale=context.read_option(element.maxstale),
            enctype=context.read_word(element.enctype),
            base=context.base,
        )
    )


def go_to(context: ExecutionContext, element: d.Goto) -> None:
    """``goto``: raise GotoExecuted with a document that was fetched.

    Nothing that was fetched before outlives it.
    """
    fetched = context.fetched.find_document(context.read_text(element.fetchid))
    if fetched is None:
        reason = "no document was fetched under this fetchid: wait for its fetch.done"
        context.emit_semantic_error(reason, "goto")
        return
    document, context.texts = fetched
    context.fetched.clear()
    raise GotoExecuted(document)


def create_session(context: ExecutionContext, element: d.CreateCcxml) -> None:
    """``createccxml``: ask for a session, under a new id that the document gets at once."""
    session_id = context.make_id("s")
    context.assign_id(element.sessionid, session_id)
    context.commands.append(
        c.CreateSession(
            session_id=session_id,
            uri=context.read_text(element.next),
            parameters=context.read_values(element.parameters),
            values=context.read_values(element.namelist),
            method=context.read_word(element.method),
            timeout_s=context.read_seconds(element.timeout),
            max_age=context.read_option(element.maxage),
            max_stale=context.read_option(element.maxstale),
            enctype=context.read_word(element.enctype),
            base=context.base,
        )
    )
