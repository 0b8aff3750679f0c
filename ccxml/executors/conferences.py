"""Conferences and joins (CCXML 1.0, chapter 10)."""

from ccxml import commands as c
from ccxml import document as d
from ccxml.endpoints import CONFERENCE
from ccxml.scopes import ScriptError
from ccxml.xml.positions import Expression
from ccxml.xml.xml_tree import shorten

from .context import ExecutionContext

_TONES = (
    "entertone",
    "exittone",
    "autoinputgain",
    "autooutputgain",
    "dtmfclamp",
    "toneclamp",
)


def create_conference(context: ExecutionContext, element: d.CreateConference) -> None:
    """``createconference``: ask for a conference, and add it as an endpoint."""
    identity = context.make_id("m")
    context.assign_id(element.conferenceid, identity)
    order = c.OpenConference(
        conference_id=identity,
        name=context.read_option(element.confname),
        reserved_talkers=_read_number(context, element.reservedtalkers),
        reserved_listeners=_read_number(context, element.reservedlisteners),
        hints=context.read_hints(element.hints),
    )
    context.endpoints.add(CONFERENCE, identity, confname=order.name)
    context.commands.append(order)


def _read_number(context: ExecutionContext, expression: Expression | None) -> int:
    if expression is None:
        return 0
    try:
        return int(context.read_text(expression))
    except ValueError:
        raise ScriptError(
            "reservedtalkers and reservedlisteners are whole numbers: write digits"
        ) from None


def destroy_conference(context: ExecutionContext, element: d.DestroyConference) -> None:
    """``destroyconference``: ask to leave or end a conference."""
    identity = context.read_id(element.conferenceid)
    if context.find_endpoint(CONFERENCE, identity, "destroyconference"):
        hints = context.read_hints(element.hints)
        context.commands.append(c.CloseConference(identity, hints))


def join(context: ExecutionContext, element: d.Join) -> None:
    """``join``: ask for *id1* to hear *id2*, and in full duplex the other way too."""
    id1, id2 = context.read_id(element.id1), context.read_id(element.id2)
    duplex = context.read_word(element.duplex).lower()
    if duplex not in ("half", "full"):
        raise ScriptError(f"duplex is 'half' or 'full', not {shorten(duplex)}")
    options = {name: context.read_text(getattr(element, name)) for name in _TONES}
    hints = context.read_hints(element.hints)
    if _have_both(context, id1, id2, "join"):
        context.commands.append(c.JoinMedia(id1, id2, duplex == "full", options, hints))


def unjoin(context: ExecutionContext, element: d.Unjoin) -> None:
    """``unjoin``: ask for two endpoints to hear each other no longer."""
    id1, id2 = context.read_id(element.id1), context.read_id(element.id2)
    hints = context.read_hints(element.hints)
    if _have_both(context, id1, id2, "unjoin"):
        context.commands.append(c.UnjoinMedia(id1, id2, hints))


def _have_both(context: ExecutionContext, id1: str, id2: str, tag: str) -> bool:
    """Whether both end points exist; an error is queued for the first that does not."""
    return all(context.find_endpoint(None, identity, tag) for identity in (id1, id2))
