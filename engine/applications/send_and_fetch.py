"""SendAndFetch: what one session sends to other sessions and web servers, what it
fetches, and which sessions it creates.
"""

import asyncio
import re
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from ccxml import Document
from ccxml import commands as c
from ccxml.events import KILL_UNCONDITIONAL, Event
from engine.fetch import (
    DocumentError,
    FetchError,
    Request,
    Resource,
    request_of_command,
)
from engine.fetch.request import ANYTHING
from engine.model.result import RefusedError, Result

from .session_context import Actions, SessionContext

DOCUMENT = "application/ccxml+xml"
JSON = "application/json"
TEXT_CHARS = 16_384  # a longer text of an answer is left out
JSON_CHARS = 65_536  # the same of JSON, which takes far more memory as objects
JSON_DEPTH = 100
MAX_IN_FLIGHT = 500  # messages of one session, and as many fetches and creations
CreateChild = Callable[[SessionContext, c.CreateSession], Coroutine[Any, Any, None]]
"""Loads and begins the session of a ``createccxml``; the first argument gets
``ccxml.created`` or ``error.createccxml``."""

_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]{1,60}/[\w!#$&^.+-]{1,60}", re.ASCII)
_TOO_MUCH = f"{MAX_IN_FLIGHT} others are under way"


@dataclass(frozen=True, slots=True)
class _Fetched:
    """What a fetch has brought, in the form in which the session takes it."""

    content: Document | str
    texts: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)


class SendAndFetch:
    """Carries out ``send``, ``move`` of events, ``fetch`` and ``createccxml`` (CCXML
    1.0, chapters 6 and 9).

    Each work runs in a task, at most ``MAX_IN_FLIGHT`` for messages and as many for the
    rest. Its outcome reaches the document as an event.
    """

    def __init__(
        self,
        session: SessionContext,
        create_child: CreateChild,
        source: str,
        targets: Mapping[str, Callable[[c.Delivery], None]],
    ) -> None:
        """*source* is the URI at which the session takes basichttp events.

        *targets* deliver messages to what the session owns, by target type:
        ``connection`` and ``dialog``.
        """
        self._session = session
        self._targets = targets
        self._create_child = create_child
        self._source = source
        self._waiting: set[asyncio.Task[None]] = set()
        self._sending: set[asyncio.Task[None]] = set()

    @property
    def actions(self) -> Actions:
        """The method for each command that is carried out here."""
        return {
            c.Delivery: self._deliver,
            c.MoveEvent: self._move_event,
            c.FetchResource: self._fetch,
            c.CreateSession: self._create,
        }

    @property
    def is_waiting(self) -> bool:
        """Whether something is being fetched, or a session is being created."""
        return bool(self._waiting)

    def end(self) -> None:
        """Cancel what is fetched or created, since the session is over. Messages still go out."""
        for task in self._waiting:
            task.cancel()

    def _start(
        self,
        work: Callable[[], Coroutine[Any, Any, None]],
        others: set[asyncio.Task[None]],
    ) -> None:
        task = self._session.services.tasks.start(self._run_contained(work))
        others.add(task)
        task.add_done_callback(others.discard)

    async def _run_contained(
        self, work: Callable[[], Coroutine[Any, Any, None]]
    ) -> None:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - logged there
            self._session.crash(error)

    # -- messages ----------------------------------------------------------------

    def _deliver(self, message: c.Delivery) -> None:
        if message.content is not None:
            why = f"{message.target_type} takes no XML: send a namelist"
            self._session.emit_unsent(message, "error.send.failed", why)
        elif message.target_type == "basichttp" and len(self._sending) >= MAX_IN_FLIGHT:
            self._session.emit_unsent(message, "error.send.failed", _TOO_MUCH)
        elif message.target_type == "basichttp":
            self._start(lambda: self._post_basichttp(message), self._sending)
        elif message.target_type in self._targets:
            self._targets[message.target_type](message)
        elif self._session.services.directory.is_elsewhere(message.target):
            self._send_to_remote_session(message)
        else:
            self._send_to_local_session(message)

    def _send_to_local_session(self, message: c.Delivery) -> None:
        """Give an event to a session of this node and the same account."""
        directory = self._session.services.directory
        other = directory.find_of_same_account(self._session, message.target)
        name = message.name or ""
        event = Event(
            name,
            message.values,
            self._session.id,
            "ccxml",
            message.send_id,
            is_sent=True,
        )
        if other is None:
            reason = f"there is no session {message.target[:60]}: it has ended, or is of another account"
            self._session.emit_unsent(message, "error.send.targetunavailable", reason)
        elif not _is_sendable(name):
            self._session.emit_unsent(
                message,
                "error.send.failed",
                "an event without a name, or that kills, cannot be sent: name another one",
            )
        elif not other.receive(event):
            reason = "the session takes no more events: too many of them wait there"
            self._session.emit_unsent(message, "error.send.failed", reason)
        else:
            self._session.emit_sent(message)

    def _send_to_remote_session(self, message: c.Delivery) -> None:
        """Give an event to a session of another node, in a task."""
        if not _is_sendable(message.name or ""):
            self._session.emit_unsent(
                message,
                "error.send.failed",
                "an event without a name, or that kills, cannot be sent: name another one",
            )
        elif len(self._sending) >= MAX_IN_FLIGHT:
            self._session.emit_unsent(message, "error.send.failed", _TOO_MUCH)
        else:
            self._start(lambda: self._deliver_to_remote_session(message), self._sending)

    async def _deliver_to_remote_session(self, message: c.Delivery) -> None:
        # The answer has to find its way back, which takes the full id.
        source, name = self._session.full_id, message.name or ""
        event = Event(
            name, message.values, source, "ccxml", message.send_id, is_sent=True
        )
        try:
            directory = self._session.services.directory
            await directory.send_elsewhere(self._session, message.target, event)
        except RefusedError as refused:
            is_none = refused.result is Result.NO_APPLICATION_FOUND
            error = "error.send.targetunavailable" if is_none else "error.send.failed"
            self._session.emit_unsent(message, error, refused.detail)
        else:
            self._session.emit_sent(message)

    async def _post_basichttp(self, message: c.Delivery) -> None:
        """Send a message to a web server by HTTP (CCXML 1.0, appendix K)."""
        values = {
            **message.values,
            "sessionid": self._session.full_id,
            "name": message.name or "",
            "eventsource": self._source,
        }
        hints = {
            name: value for name, value in message.hints.items() if value is not None
        }
        request = Request(
            message.target,
            str(hints.get("method", "POST")),
            values,
            str(hints.get("enctype", "application/x-www-form-urlencoded")),
        )
        try:
            answer = await self._session.services.fetcher.send(
                request, self._session.web
            )
        except FetchError as error:
            self._session.emit_unsent(
                message, "error.send.failed", error.reason, **_status_fields(error)
            )
            return
        self._session.emit_sent(message, info=_describe_answer(answer))

    def _move_event(self, order: c.MoveEvent) -> None:
        session = self._session
        directory = session.services.directory
        other = directory.find_of_same_account(session, order.session_id)
        event = _rebuild_event(order.event)
        if other is None:
            reason = f"there is no session {order.session_id[:60]}: it has ended, or is of another account"
        elif not _is_sendable(event.name):
            reason = "an event without a name, or that kills, cannot be moved: move another one"
        elif not other.receive(event):
            reason = "the session takes no more events: too many of them wait there"
        else:
            session.emit("move.successful", sessionid=order.session_id)
            return
        session.emit("error.move", sessionid=order.session_id, reason=reason)

    # -- documents, scripts and sessions -----------------------------------------

    def _fetch(self, order: c.FetchResource) -> None:
        if len(self._waiting) < MAX_IN_FLIGHT:
            self._start(lambda: self._fetch_and_report(order), self._waiting)
        else:
            fields = {"fetchid": order.fetch_id, "reason": _TOO_MUCH}
            self._session.emit("error.fetch", **fields)

    async def _fetch_and_report(self, order: c.FetchResource) -> None:
        fetch_id = order.fetch_id
        try:
            fetched = await self._load(order)
        except FetchError as error:
            fields = {"reason": error.reason, **_status_fields(error)}
            self._session.emit("error.fetch", fetchid=fetch_id, **fields)
        except DocumentError as error:
            self._session.emit("error.fetch", fetchid=fetch_id, reason=str(error))
        else:
            self._session.post_fetched(
                fetch_id, fetched.content, fetched.texts, fetched.fields
            )

    async def _load(self, order: c.FetchResource) -> _Fetched:
        """Fetch what *order* asks for; raises FetchError and DocumentError."""
        services, request = self._session.services, request_of_command(order)
        if order.type.lower() == DOCUMENT:
            loaded = await services.documents.load(request, self._session.web)
            uri = {"uri": loaded.document.uri}
            return _Fetched(loaded.document, loaded.texts, uri)
        request = replace(request, accept=_accept_of(order.type))
        resource = await services.fetcher.fetch(request, self._session.web)
        return _Fetched(
            resource.text(), {}, {"uri": resource.uri, **_describe_answer(resource)}
        )

    def _create(self, order: c.CreateSession) -> None:
        if len(self._waiting) < MAX_IN_FLIGHT:
            self._start(lambda: self._create_child(self._session, order), self._waiting)
        else:
            fields = {"sessionid": order.session_id, "reason": _TOO_MUCH}
            self._session.emit("error.createccxml", **fields)


def _accept_of(media_type: str) -> str:
    """The Accept field for what a document takes as *media_type*."""
    if not _MEDIA_TYPE.fullmatch(media_type):
        return ANYTHING
    return f"{media_type}, {ANYTHING};q=0.1"


def _is_sendable(name: str) -> bool:
    """Whether a document may give an event this *name*: any but none and
    ``ccxml.kill.unconditional``.
    """
    return bool(name) and name.lower() != KILL_UNCONDITIONAL


def _rebuild_event(view: Mapping[str, Any]) -> Event:
    """The event that a document knows as the object *view*, which is what ``event$`` was."""
    fields = dict(view)
    name, identity, source, source_type = (
        str(fields.pop(key, ""))
        for key in ("name", "eventid", "eventsource", "eventsourcetype")
    )
    return Event(name, fields, source, source_type, identity, is_sent=True)


def _status_fields(error: FetchError) -> dict[str, int]:
    return {} if error.status is None else {"statuscode": error.status}


def _describe_answer(resource: Resource) -> dict[str, Any]:
    """What a document learns of an HTTP answer: its media type, and JSON or text as ``content``.

    Content that is too long, or is not what its type says, is left out.
    """
    description: dict[str, Any] = {"type": resource.media_type}
    try:
        content = _read_content(resource.media_type, resource.text())
    except (FetchError, ValueError, RecursionError):
        return description  # it is not what it says
    return description if content is None else {**description, "content": content}


def _read_content(media_type: str, text: str) -> Any:
    """The value of JSON, or a text; None for other types and for what is too long.

    Raises ValueError and RecursionError for what is not JSON (RFC 8259).
    """
    if media_type == JSON or media_type.endswith("+json"):
        value = msgspec.json.decode(text) if len(text) <= JSON_CHARS else None
        return value if _is_shallow(value) else None
    is_text = media_type.startswith("text/") and len(text) <= TEXT_CHARS
    return text if is_text else None


def _is_shallow(value: Any) -> bool:
    """Whether *value* nests at most ``JSON_DEPTH`` deep, so that ECMAScript converts it
    without exhausting its stack.
    """
    layer = [value]
    for _ in range(JSON_DEPTH):
        layer = [inner for container in layer for inner in _children_of(container)]
        if not layer:
            return True
    return False


def _children_of(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
