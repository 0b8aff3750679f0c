"""Exchanges: messages to other sessions and web servers, and what is fetched."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

import msgspec

from ccxml import Document
from ccxml import commands as c
from ccxml.events import KILL_UNCONDITIONAL, Event
from engine.fetch import DocumentError, FetchError, Request, Resource
from engine.model.result import RefusedError, Result

from .session_context import Actions, SessionContext

DOCUMENT = "application/ccxml+xml"
JSON = "application/json"
TEXT_CHARS = 16_384  # of a text; more is not told
JSON_CHARS = 65_536  # of JSON, which takes far more in the memory of a session
JSON_DEPTH = 100
MAX_IN_FLIGHT = 500  # messages of one session, and what it fetches and starts
_TOO_MUCH = f"{MAX_IN_FLIGHT} others are under way"


@dataclass(frozen=True, slots=True)
class _Found:
    """What was fetched, as the session takes it."""

    content: Document | str
    texts: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)


class SendAndFetch:
    """What one application sends, fetches and starts."""

    def __init__(
        self,
        host: SessionContext,
        io_processors: Mapping[str, str],
        targets: Mapping[str, Callable[[c.Delivery], None]],
    ) -> None:
        """*targets*: who delivers what is sent to a connection or dialog."""
        self._host = host
        self._targets = targets
        self._source = io_processors.get("basichttp", "")
        self._waiting: set[asyncio.Task[None]] = set()
        self._sending: set[asyncio.Task[None]] = set()

    @property
    def actions(self) -> Actions:
        """What does which command."""
        return {
            c.Delivery: self._deliver,
            c.MoveEvent: self._move_event,
            c.FetchResource: self._fetch,
            c.CreateSession: self._create,
        }

    @property
    def is_waiting(self) -> bool:
        """Whether something is being fetched or started."""
        return bool(self._waiting)

    def end(self) -> None:
        """The session is over: what was sent still goes out, nothing else."""
        for task in self._waiting:
            task.cancel()

    def _start(
        self,
        work: Callable[[], Coroutine[Any, Any, None]],
        others: set[asyncio.Task[None]],
    ) -> None:
        task = self._host.services.tasks.start(self._contained(work))
        others.add(task)
        task.add_done_callback(others.discard)

    async def _contained(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - logged there
            self._host.crash(error)

    # -- messages ----------------------------------------------------------------

    def _deliver(self, message: c.Delivery) -> None:
        if message.content is not None:
            why = f"{message.target_type} takes no XML"
            self._undelivered(message, "error.send.failed", why)
        elif message.target_type == "basichttp" and len(self._sending) >= MAX_IN_FLIGHT:
            self._undelivered(message, "error.send.failed", _TOO_MUCH)
        elif message.target_type == "basichttp":
            self._start(lambda: self._carry(message), self._sending)
        elif message.target_type in self._targets:
            self._targets[message.target_type](message)
        elif self._host.directory.is_elsewhere(message.target):
            self._send_elsewhere(message)
        else:
            self._hand_over(message)

    def _hand_over(self, message: c.Delivery) -> None:
        """Give an event to another session."""
        other = self._host.directory.neighbour(self._host, message.target)
        name = message.name or ""
        event = Event(
            name, message.values, self._host.id, "ccxml", message.send_id, is_sent=True
        )
        if other is None:
            reason = f"there is no session {message.target}"
            self._undelivered(message, "error.send.targetunavailable", reason)
        elif not _is_sendable(name):
            self._undelivered(message, "error.send.failed", "this cannot be sent")
        elif not other.receive(event):
            reason = "the session takes no more events"
            self._undelivered(message, "error.send.failed", reason)
        else:
            self._host.emit("send.successful", sendid=message.send_id)

    def _send_elsewhere(self, message: c.Delivery) -> None:
        """Give an event to a session of another node."""
        if not _is_sendable(message.name or ""):
            self._undelivered(message, "error.send.failed", "this cannot be sent")
        elif len(self._sending) >= MAX_IN_FLIGHT:
            self._undelivered(message, "error.send.failed", _TOO_MUCH)
        else:
            self._start(lambda: self._sent_elsewhere(message), self._sending)

    async def _sent_elsewhere(self, message: c.Delivery) -> None:
        # The answer has to find its way back, which takes the full id.
        source, name = self._host.full_id, message.name or ""
        event = Event(
            name, message.values, source, "ccxml", message.send_id, is_sent=True
        )
        try:
            await self._host.directory.deliver(self._host, message.target, event)
        except RefusedError as refused:
            is_none = refused.result is Result.NO_APPLICATION_FOUND
            error = "error.send.targetunavailable" if is_none else "error.send.failed"
            self._undelivered(message, error, refused.detail)
        else:
            self._host.emit("send.successful", sendid=message.send_id)

    async def _carry(self, message: c.Delivery) -> None:
        """Send a message to a web server (CCXML 1.0, appendix K)."""
        values = {
            **message.values,
            "sessionid": self._host.full_id,
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
            answer = await self._host.services.fetcher.send(request)
        except FetchError as error:
            self._undelivered(
                message, "error.send.failed", error.reason, _status(error)
            )
            return
        self._host.emit("send.successful", sendid=message.send_id, info=_told(answer))

    def _undelivered(
        self,
        message: c.Delivery,
        error: str,
        reason: str,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        fields = {"sendid": message.send_id, "tagname": "send", "reason": reason}
        self._host.emit(error, **fields, **(more or {}))

    def _move_event(self, order: c.MoveEvent) -> None:
        host = self._host
        other = host.directory.neighbour(host, order.session_id)
        event = _moved(order.event)
        if other is None:
            reason = f"there is no session {order.session_id}"
        elif not _is_sendable(event.name):
            reason = "this cannot be moved"
        elif not other.receive(event):
            reason = "the session takes no more events"
        else:
            host.emit("move.successful", sessionid=order.session_id)
            return
        host.emit("error.move", sessionid=order.session_id, reason=reason)

    # -- documents, scripts and sessions -----------------------------------------

    def _fetch(self, order: c.FetchResource) -> None:
        if len(self._waiting) < MAX_IN_FLIGHT:
            self._start(lambda: self._fetched(order), self._waiting)
        else:
            fields = {"fetchid": order.fetch_id, "reason": _TOO_MUCH}
            self._host.emit("error.fetch", **fields)

    async def _fetched(self, order: c.FetchResource) -> None:
        fetch_id = order.fetch_id
        try:
            found = await self._find(order)
        except FetchError as error:
            fields = {"reason": error.reason, **_status(error)}
            self._host.emit("error.fetch", fetchid=fetch_id, **fields)
        except DocumentError as error:
            self._host.emit("error.fetch", fetchid=fetch_id, reason=str(error))
        else:
            self._host.post_fetched(fetch_id, found.content, found.texts, found.fields)

    async def _find(self, order: c.FetchResource) -> _Found:
        """What *order* asks for; raises FetchError and DocumentError."""
        services, request = self._host.services, request_of(order)
        if order.type.lower() == DOCUMENT:
            loaded = await services.documents.load(request)
            uri = {"uri": loaded.document.uri}
            return _Found(loaded.document, loaded.texts, uri)
        resource = await services.fetcher.fetch(request)
        return _Found(resource.text(), {}, {"uri": resource.uri, **_told(resource)})

    def _create(self, order: c.CreateSession) -> None:
        if len(self._waiting) < MAX_IN_FLIGHT:
            create = self._host.directory.create
            self._start(lambda: create(self._host, order), self._waiting)
        else:
            fields = {"sessionid": order.session_id, "reason": _TOO_MUCH}
            self._host.emit("error.createccxml", **fields)


def request_of(order: c.FetchResource | c.CreateSession) -> Request:
    """The request for what a document wants to have fetched."""
    try:
        uri = urljoin(order.base, order.uri)
    except ValueError:
        uri = order.uri  # will be found to be malformed
    return Request(
        uri,
        order.method,
        order.values,
        order.enctype,
        order.timeout_s,
        _seconds(order.max_age),
        _seconds(order.max_stale),
    )


def _seconds(text: str | None) -> float | None:
    """A number of seconds; what is none is as if it were not there."""
    try:
        return None if text is None else max(float(text), 0.0)
    except ValueError:
        return None


def _is_sendable(name: str) -> bool:
    """Whether a document may make an event that is called so."""
    return bool(name) and name.lower() != KILL_UNCONDITIONAL


def _moved(shown: Mapping[str, Any]) -> Event:
    """The event that ``event$`` has shown as *shown*."""
    fields = dict(shown)
    name, identity, source, source_type = (
        str(fields.pop(key, ""))
        for key in ("name", "eventid", "eventsource", "eventsourcetype")
    )
    return Event(name, fields, source, source_type, identity, is_sent=True)


def _status(error: FetchError) -> dict[str, int]:
    return {} if error.status is None else {"statuscode": error.status}


def _told(resource: Resource) -> dict[str, Any]:
    """What a document is told of an answer: its type, and JSON and text as ``content``."""
    told: dict[str, Any] = {"type": resource.media_type}
    try:
        content = _content(resource.media_type, resource.text())
    except (FetchError, ValueError, RecursionError):
        return told  # it is not what it says
    return told if content is None else {**told, "content": content}


def _content(media_type: str, text: str) -> Any:
    """Raises ValueError and RecursionError for what is not JSON as RFC 8259 has it."""
    if media_type == JSON or media_type.endswith("+json"):
        value = msgspec.json.decode(text) if len(text) <= JSON_CHARS else None
        return value if _is_shallow(value) else None
    is_text = media_type.startswith("text/") and len(text) <= TEXT_CHARS
    return text if is_text else None


def _is_shallow(value: Any) -> bool:
    """Whether ECMAScript can take it without running out of its stack."""
    layer = [value]
    for _ in range(JSON_DEPTH):
        layer = [inner for container in layer for inner in _inside(container)]
        if not layer:
            return True
    return False


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
