"""Reads and checks events that are sent into a session over HTTP. Pure.

See CCXML 1.0, appendix K. The session's full id is the only credential: it holds 122 random
bits, and who knows it may send the session whatever ``<send>`` of another session may.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qsl

import msgspec
from msgspec import Meta

from ccxml.events import KILL_UNCONDITIONAL, Event
from engine.model.result import RefusedError, Result

FORM = "application/x-www-form-urlencoded"
SOURCE_TYPE = "basichttp"
NAME_PATTERN = "^[A-Za-z0-9][A-Za-z0-9.]*$"
MAX_NAME = 255
MAX_PARAMETERS = 500
MAX_DEPTH = 16
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.]*", re.ASCII)
_MEMBERS = ("sessionId", "name", "eventSource")
_SPELLINGS = {"sessionid": "sessionId", "eventsource": "eventSource"}
_STANDARD = frozenset(Event("").as_object())


class SendBody(msgspec.Struct):
    """An event for a session. Other members are ignored."""

    sessionId: Annotated[  # noqa: N815
        str, Meta(description="The session's `session.fullid`.")
    ]
    name: Annotated[
        str,
        Meta(
            description="Letters, digits and dots; not beginning with a dot.",
            extra_json_schema={"pattern": NAME_PATTERN, "maxLength": MAX_NAME},
        ),
    ]
    eventSource: Annotated[  # noqa: N815
        str | None, Meta(description="`event$.eventsource`: where answers may go.")
    ] = None
    parameters: Annotated[
        dict[str, Any] | None,
        Meta(
            description="Members of `event$`; `site.code` is `event$.site.code`. At most "
            f"{MAX_PARAMETERS}, at most {MAX_DEPTH} deep."
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A checked event, and the full id of the session that it is for."""

    session_id: str
    event: Event


def read_fields(fields: Mapping[str, Any]) -> Sent:
    """Read the members of a JSON body, see ``SendBody``; raises RefusedError."""
    try:
        body = msgspec.convert(fields, SendBody)
    except msgspec.ValidationError as error:
        raise _invalid(f"{error}.") from error
    return _build(body, body.parameters or {})


def read_form(body: bytes) -> Sent:
    """Read a body of type ``FORM``, in UTF-8; raises RefusedError."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict")
    except ValueError as error:
        raise _invalid("The form is not in UTF-8.") from error
    return read_pairs(pairs)


def read_pairs(pairs: Iterable[tuple[str, str]]) -> Sent:
    """Read a query or a form; raises RefusedError.

    Names may be spelt as in JSON or in lower case, as the standard has them. Every pair
    but session, name and source of the event is a parameter of the event.
    """
    values: dict[str, str] = {}
    for raw, value in pairs:
        name = _SPELLINGS.get(raw, raw)
        if name in values:
            raise _invalid(f"{_escape(name)} is given twice.")
        values[name] = value
    body = {name: values.pop(name) for name in _MEMBERS if name in values}
    try:
        return _build(msgspec.convert(body, SendBody), values)
    except msgspec.ValidationError as error:
        raise _invalid(f"{error}.") from error


def _build(body: SendBody, parameters: Mapping[str, Any]) -> Sent:
    _check_name(body.name)
    fields = _nest(parameters)
    source = body.eventSource or ""
    event = Event(body.name, fields, source, SOURCE_TYPE, is_sent=True)
    return Sent(body.sessionId, event)


def _check_name(name: str) -> None:
    """Raise RefusedError for a malformed name, and for ``ccxml.kill.unconditional``.

    Names of the platform's other events are allowed: an event from outside is marked as
    sent, so that it changes the state of no connection, dialog or fetch.
    """
    if not _NAME.fullmatch(name) or len(name) > MAX_NAME:
        raise _invalid(
            "The name is not made of letters, digits and dots, begins with a dot, or has "
            f"more than {MAX_NAME} characters."
        )
    if name.lower() == KILL_UNCONDITIONAL:
        raise _invalid(f"Only the platform may send {KILL_UNCONDITIONAL}.")


def _nest(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Turn dotted names into nested objects: ``a.b`` into b in a; raises RefusedError."""
    if len(parameters) > MAX_PARAMETERS:
        raise _invalid(f"There are more than {MAX_PARAMETERS} parameters.")
    paths = {tuple(name.split(".")): value for name, value in parameters.items()}
    fields: dict[str, Any] = {}
    for path, value in paths.items():
        _check_path(path, paths)
        inside = fields
        for part in path[:-1]:
            inside = inside.setdefault(part, {})
        inside[path[-1]] = value
    _check_value(fields)
    return fields


def _check_path(path: tuple[str, ...], others: Mapping[tuple[str, ...], Any]) -> None:
    name = _escape(".".join(path))
    if len(path) > MAX_DEPTH:
        raise _invalid(_TOO_DEEP)
    if "" in path:
        raise _invalid(f"The parameter {name} has an empty part in its name.")
    if path[0] in _STANDARD:
        raise _invalid(f"The parameter {name} would replace event$.{path[0]}.")
    for length in range(1, len(path)):
        if path[:length] in others:
            outer = _escape(".".join(path[:length]))
            raise _invalid(f"The parameters {outer} and {name} exclude each other.")


def _check_value(value: object, depth: int = 0) -> None:
    """Raise RefusedError if *value* is nested too deep or would set a prototype."""
    if depth > MAX_DEPTH:
        raise _invalid(_TOO_DEEP)
    inner: Iterable[object] = ()
    if isinstance(value, dict):
        if "__proto__" in value:
            raise _invalid("No parameter may be called __proto__.")
        inner = value.values()
    elif isinstance(value, list):
        inner = value
    for item in inner:
        _check_value(item, depth + 1)


_TOO_DEEP = f"The parameters are nested more than {MAX_DEPTH} deep."


def _invalid(detail: str) -> RefusedError:
    return RefusedError(Result.INVALID_REQUEST, detail)


def _escape(name: str) -> str:
    """The beginning of *name* in ASCII: safe to repeat, whatever the client has sent."""
    return name[:64].encode("ascii", "backslashreplace").decode()
