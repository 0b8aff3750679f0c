"""Dialogs (CCXML 1.0, chapter 7)."""

from ccxml import commands as c
from ccxml import document as d
from ccxml.endpoints import DIALOG
from ccxml.scopes import ScriptError
from ccxml.xml.positions import Expression
from ccxml.xml.xml_tree import shorten

from .context import ExecutionContext

MEDIA_DIRECTIONS = ("both", "dialogtransmit", "dialogreceive")

Ends = tuple[str | None, str | None]
"""The connection and the conference that a dialog talks to; one of them at most."""


def prepare_dialog(context: ExecutionContext, element: d.DialogPrepare) -> None:
    """``dialogprepare``: ask for a dialog to be loaded, and add it as an endpoint."""
    if order := _make_order(context, element, element.src):
        context.commands.append(c.PrepareDialog(order))


def start_dialog(context: ExecutionContext, element: d.DialogStart) -> None:
    """``dialogstart``: ask for the start of a new dialog, or of one that was prepared."""
    if element.prepareddialogid is not None:
        _start_prepared(context, element, element.prepareddialogid)
    elif element.src is not None and (
        order := _make_order(context, element, element.src)
    ):
        context.commands.append(c.StartDialog(order))


def _start_prepared(
    context: ExecutionContext, element: d.DialogStart, prepared: Expression
) -> None:
    identity = context.read_id(prepared)
    context.assign_id(element.dialogid, identity)
    dialog = context.find_endpoint(DIALOG, identity, "dialogstart")
    if dialog is None:
        return
    ends, prepared_for = _read_ends(context, element), dialog.get("connectionid")
    if ends is None:  # whom it was prepared for, else whom the event is about
        ends = _ends_of_event(context) if prepared_for is None else (prepared_for, None)
    elif prepared_for is not None and ends != (prepared_for, None):
        reason = f"the dialog was prepared for {prepared_for}: leave out connectionid"
        name = "error.dialog.notstarted"  # CCXML 1.0, 7.2.2.2
        about = {"dialogid": identity, "connectionid": prepared_for}
        context.emit_error(name, "dialogstart", reason, **about)
        return
    hints = context.read_hints(element.hints)
    context.commands.append(c.StartPreparedDialog(identity, *ends, hints))


def _make_order(
    context: ExecutionContext, element: d.DialogPrepare | d.DialogStart, src: Expression
) -> c.DialogOrder | None:
    tag = type(element).__name__.lower()
    identity = context.make_id("d")
    context.assign_id(element.dialogid, identity)
    src_text, type_ = context.read_text(src), context.read_word(element.type)
    parameters = context.read_values(element.parameters)
    values = context.read_values(element.namelist)
    ends = _read_ends(context, element)
    if ends is None:
        is_start = isinstance(element, d.DialogStart)
        ends = _ends_of_event(context) if is_start else (None, None)
    order = c.DialogOrder(
        dialog_id=identity,
        src=src_text,
        type=type_,
        parameters=parameters,
        values=values,
        connection_id=ends[0],
        conference_id=ends[1],
        media_direction=context.read_word(element.mediadirection).lower(),
        method=context.read_word(element.method),
        enctype=context.read_word(element.enctype),
        max_age=context.read_option(element.maxage),
        max_stale=context.read_option(element.maxstale),
        hints=context.read_hints(element.hints),
        base=context.base,
    )
    if order.media_direction not in MEDIA_DIRECTIONS:
        raise ScriptError(
            f"mediadirection is one of {', '.join(MEDIA_DIRECTIONS)}, not "
            f"{shorten(order.media_direction)}"
        )
    end = order.connection_id or order.conference_id
    if end is not None and not context.find_endpoint(None, end, tag):
        return None
    _add_endpoint(context, order)
    return order


def _add_endpoint(context: ExecutionContext, order: c.DialogOrder) -> None:
    context.endpoints.add(
        DIALOG,
        order.dialog_id,
        connectionid=order.connection_id,
        conferenceid=order.conference_id,
        type=order.type,
        src=order.src,
        mediadirection=order.media_direction,
    )


def _read_ends(
    context: ExecutionContext, element: d.DialogPrepare | d.DialogStart
) -> Ends | None:
    """Whom the element says that the dialog talks to; None if it does not say."""
    if element.connectionid is not None and element.conferenceid is not None:
        raise ScriptError(
            "a dialog has a connection or a conference: leave out one of the two"
        )
    if element.connectionid is not None:
        return context.read_id(element.connectionid), None
    if element.conferenceid is not None:
        return None, context.read_id(element.conferenceid)
    return None


def _ends_of_event(context: ExecutionContext) -> Ends:
    """The connection that the event is about, if it is about one."""
    identity = context.scripts.evaluate("event$.connectionid")
    return (identity if isinstance(identity, str) else None), None


def terminate_dialog(context: ExecutionContext, element: d.DialogTerminate) -> None:
    """``dialogterminate``: ask for the end of a dialog, at once or with its values."""
    identity = context.read_id(element.dialogid)
    if context.find_endpoint(DIALOG, identity, "dialogterminate"):
        is_immediate = context.scripts.evaluate(element.immediate.text) in (
            True,
            "true",
        )
        hints = context.read_hints(element.hints)
        context.commands.append(c.TerminateDialog(identity, is_immediate, hints))
