"""Events that a document sends, cancels and moves (CCXML 1.0, chapter 9)."""

from ccxml import commands as c
from ccxml import document as d
from ccxml.endpoints import CONNECTION, DIALOG
from ccxml.events import KILL_UNCONDITIONAL, Event
from ccxml.scopes import ScriptError
from ccxml.xml.positions import Expression
from ccxml.xml.uris import join_uri
from ccxml.xml.xml_tree import shorten

from .context import ExecutionContext, find_word

_TARGET_TYPES = frozenset({"ccxml", "dialog", "basichttp", "connection", "agent"})


def send(context: ExecutionContext, element: d.Send) -> None:
    """``send``: deliver an event or XML at once, or plan that for when its delay has passed."""
    send_id = context.make_id("e")
    delay_s = context.read_seconds(element.delay) or 0.0
    target = context.read_id(element.target)
    target_type = context.read_word(element.targettype).lower()
    if target and target_type == "basichttp":
        target = join_uri(context.base, target)  # CCXML 1.0, 6.2.1.1: xml:base
    delivery = c.Delivery(
        send_id=send_id,
        target=target,
        target_type=target_type,
        name=_read_event_name(context, element.name),
        values=context.read_values(element.namelist),
        content=element.content,
        hints=context.read_hints(element.hints),
    )
    context.assign_id(element.sendid, send_id)
    if delay_s > 0:
        context.timers.add(context.now + delay_s, delivery)
    else:
        deliver(context, delivery)


def _read_event_name(
    context: ExecutionContext, expression: Expression | None
) -> str | None:
    if expression is None:
        return None
    if (word := find_word(context.scripts, expression)) is not None:
        return word
    value = context.scripts.evaluate(expression.text)
    if not isinstance(value, str):
        raise ScriptError("the name of an event is a text: write it in quotes")
    return value


def deliver(context: ExecutionContext, delivery: c.Delivery) -> None:
    """Deliver what was sent, to the session itself or through the platform."""
    target_type, target = delivery.target_type, delivery.target
    if target_type not in _TARGET_TYPES:
        reason = (
            f"there is no target type {shorten(target_type)}: "
            f"give {', '.join(sorted(_TARGET_TYPES))}"
        )
        _emit_send_error(context, delivery, "error.send.targettypeinvalid", reason)
    elif not target or (
        target_type in (DIALOG, CONNECTION)
        and not context.endpoints.find(target_type, target)
    ):
        reason = (
            f"there is no {target_type} {shorten(target) or 'without an id'}: "
            "give the id of one that has not ended"
        )
        _emit_send_error(context, delivery, "error.send.targetunavailable", reason)
    elif target_type == "ccxml" and target in context.own_ids:
        _deliver_to_itself(context, delivery)
    else:
        context.commands.append(delivery)


def _deliver_to_itself(context: ExecutionContext, delivery: c.Delivery) -> None:
    name, send_id = delivery.name or "", delivery.send_id
    if not name or name.lower().startswith(KILL_UNCONDITIONAL):
        reason = f"an event {name or 'without a name'} cannot be sent: name another one"
        _emit_send_error(context, delivery, "error.send.failed", reason)
        return
    source = context.session_id
    context.events.append(
        Event(name, delivery.values, source, id=send_id, is_sent=True)
    )
    context.emit("send.successful", sendid=send_id)


def _emit_send_error(
    context: ExecutionContext, delivery: c.Delivery, error: str, reason: str
) -> None:
    context.emit_error(error, "send", reason, sendid=delivery.send_id)


def cancel(context: ExecutionContext, element: d.Cancel) -> None:
    """``cancel``: call off a send whose delay has not passed."""
    send_id = context.read_text(element.sendid)
    if context.timers.cancel(send_id):
        context.emit("cancel.successful", sendid=send_id)
    else:
        context.emit_error(
            "error.notallowed",
            "cancel",
            "nothing that waits has this sendid: it is sent, or was never",
        )


def move(context: ExecutionContext, element: d.Move) -> None:
    """``move``: give another session an event, or an endpoint of this one."""
    session_id = context.read_text(element.sessionid)
    if element.event is not None:
        event = context.scripts.evaluate(element.event.text)
        if not isinstance(event, dict):
            raise ScriptError("the attribute event is no object: give it event$")
        context.commands.append(c.MoveEvent(session_id, event))
    elif element.source is not None:
        identity = context.read_id(element.source)
        if context.find_endpoint(None, identity, "move"):
            context.commands.append(c.MoveSource(session_id, identity))
