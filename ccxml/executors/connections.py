"""Connections (CCXML 1.0, chapter 10)."""

from ccxml import commands as c
from ccxml import document as d
from ccxml.endpoints import CONNECTION, JOIN_DIRECTIONS
from ccxml.scopes import ScriptError
from ccxml.xml.positions import Expression
from ccxml.xml.xml_tree import shorten

from .context import ExecutionContext

_ALLOWED_STATES = {
    "accept": frozenset({"ALERTING"}),
    "reject": frozenset({"ALERTING"}),
    "redirect": frozenset({"ALERTING", "CONNECTED"}),
    "disconnect": frozenset({"ALERTING", "PROGRESSING", "CONNECTED"}),
    "merge": frozenset({"CONNECTED"}),
}
"""The states of a connection in which each element may be executed."""


def place_call(context: ExecutionContext, element: d.CreateCall) -> None:
    """``createcall``: ask for a call, and add its connection in the state PROGRESSING."""
    identity = context.make_id("c")
    # Before any event about it can come.
    context.assign_id(element.connectionid, identity)
    join_id = element.joinid
    call = c.PlaceCall(
        connection_id=identity,
        dest=context.read_text(element.dest),
        caller_id=context.read_option(element.callerid),
        aai=context.read_option(element.aai),
        timeout_s=context.read_seconds(element.timeout),
        hints=context.read_hints(element.hints),
        join_id=None if join_id is None else context.read_id(join_id),
        join_direction=context.read_word(element.joindirection).lower(),
    )
    if call.join_direction not in JOIN_DIRECTIONS:
        raise ScriptError(
            f"joindirection is one of {', '.join(JOIN_DIRECTIONS)}, not "
            f"{shorten(call.join_direction)}"
        )
    if call.join_id is not None and not context.find_endpoint(
        None, call.join_id, "createcall"
    ):
        return
    context.endpoints.add(
        CONNECTION,
        identity,
        state="PROGRESSING",
        local=call.caller_id,
        remote=call.dest,
        originator="local",
    )
    if call.join_id is not None:
        context.endpoints.plan_join(identity, call.join_id, call.join_direction)
    context.commands.append(call)


def accept(context: ExecutionContext, element: d.Accept) -> None:
    """``accept``: ask for the answer to an alerting call."""
    if identity := _find_connection(context, element.connectionid, "accept"):
        hints = context.read_hints(element.hints)
        context.commands.append(c.AcceptCall(identity, hints))


def reject(context: ExecutionContext, element: d.Reject) -> None:
    """``reject``: ask for the rejection of an alerting call."""
    if identity := _find_connection(context, element.connectionid, "reject"):
        reason = context.read_option(element.reason)
        hints = context.read_hints(element.hints)
        context.commands.append(c.RejectCall(identity, reason, hints))


def redirect(context: ExecutionContext, element: d.Redirect) -> None:
    """``redirect``: ask for the far end to be sent to ``dest``."""
    if identity := _find_connection(context, element.connectionid, "redirect"):
        dest = context.read_text(element.dest)
        reason = context.read_option(element.reason)
        hints = context.read_hints(element.hints)
        context.commands.append(c.RedirectCall(identity, dest, reason, hints))


def disconnect(context: ExecutionContext, element: d.Disconnect) -> None:
    """``disconnect``: ask for the end of a call in whatever live state it is."""
    if identity := _find_connection(context, element.connectionid, "disconnect"):
        reason = context.read_option(element.reason)
        hints = context.read_hints(element.hints)
        context.commands.append(c.DropConnection(identity, reason, hints))


def merge(context: ExecutionContext, element: d.Merge) -> None:
    """``merge``: ask for the far ends of two answered calls to be connected with each other."""
    first = _find_connection(context, element.connectionid1, "merge")
    second = _find_connection(context, element.connectionid2, "merge")
    if first and second:
        hints = context.read_hints(element.hints)
        context.commands.append(c.MergeConnections(first, second, hints))


def _find_connection(
    context: ExecutionContext, expression: Expression, tag: str
) -> str | None:
    """The id of a connection in whose state the element *tag* is allowed.

    Otherwise an error is queued, and None returned.
    """
    identity = context.read_id(expression)
    connection = context.find_endpoint(CONNECTION, identity, tag)
    if connection is None:
        return None
    state = connection["state"]
    if state in _ALLOWED_STATES[tag]:
        return identity
    allowed = " or ".join(sorted(_ALLOWED_STATES[tag]))
    reason = f"the connection is {state or 'new'}: <{tag}> takes one that is {allowed}"
    name = "error.connection.wrongstate"
    context.emit_error(name, tag, reason, connectionid=identity)
    return None
