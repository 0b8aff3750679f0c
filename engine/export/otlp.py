"""OTLP: gives the spans of calls to a collector by OTLP/HTTP (the extra ``otel``)."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import aiohttp
import structlog

from engine.config.settings import OtelSettings
from engine.model.event_entry import EventEntry
from engine.model.event_type import EventType
from engine.store.event_log import EventLog

from .call_spans import CallSpan, make_spans
from .event_exporter import PublishError

MEDIA_TYPE = "application/x-protobuf"
RETRIED = frozenset((429, 502, 503, 504))
"""Statuses after which the same request may succeed (OTLP 1.x, OTLP/HTTP response)."""
_CLIENT, _INTERNAL = 3, 1  # SpanKind
_ERROR = 2  # StatusCode

log = structlog.get_logger()


class OtlpPublisher:
    """Sends the spans of each call that has ended (an ``EventPublisher``)."""

    def __init__(
        self, http: aiohttp.ClientSession, events: EventLog, settings: OtelSettings
    ) -> None:
        self._http = http
        self._events = events
        self._settings = settings

    async def publish(self, entries: Sequence[EventEntry]) -> None:
        """Send the spans of the calls whose ends are among *entries*, in one request.

        What a collector refuses for good is logged, and left out.
        """
        spans: list[CallSpan] = []
        for entry in entries:
            if entry.type == EventType.CALL_ENDED:
                earlier = await self._events.read_request(entry.subject.call)
                of_call = [it for it in earlier if it.seq < entry.seq]
                spans += make_spans([*of_call, entry])
        if spans:
            await self._send(encode_spans(spans, self._settings.service), len(spans))

    async def _send(self, body: bytes, count: int) -> None:
        try:
            async with self._http.post(
                self._settings.url or "",
                data=body,
                headers={"Content-Type": MEDIA_TYPE},
                allow_redirects=False,
            ) as response:
                status = response.status
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            reason = str(error) or type(error).__name__
            raise PublishError(reason) from error
        if status in RETRIED:
            raise PublishError(f"the collector answers {status}")
        if status >= HTTPStatus.MULTIPLE_CHOICES:
            log.error("spans_refused", status=status, count=count)


@asynccontextmanager
async def connect(
    settings: OtelSettings, events: EventLog
) -> AsyncIterator[OtlpPublisher]:
    """Make what sends spans; it connects with its first request."""
    headers = dict(text.split("=", 1) for text in settings.headers)
    timeout = aiohttp.ClientTimeout(total=settings.timeout_ms / 1000)
    async with aiohttp.ClientSession(headers=headers, timeout=timeout) as http:
        yield OtlpPublisher(http, events, settings)


def encode_spans(spans: Sequence[CallSpan], service: str) -> bytes:
    """Return *spans* of *service* as an ``ExportTraceServiceRequest`` of OTLP."""
    from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

    request = trace_service_pb2.ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    _add_attribute(resource.resource, "service.name", service)
    scope = resource.scope_spans.add()
    scope.scope.name = "outring"
    for span in spans:
        _fill(scope.spans.add(), span)
    body: bytes = request.SerializeToString()
    return body


def _fill(target: Any, span: CallSpan) -> None:
    target.name = span.name
    target.trace_id = bytes.fromhex(span.trace_id)
    target.span_id = bytes.fromhex(span.span_id)
    if span.parent_id is not None:
        target.parent_span_id = bytes.fromhex(span.parent_id)
    target.kind = _CLIENT if span.name == "call" else _INTERNAL
    target.start_time_unix_nano = _to_ns(span.start)
    target.end_time_unix_nano = _to_ns(span.end)
    for name, value in span.attributes.items():
        _add_attribute(target, name, value)
    if span.error is not None:
        target.status.code, target.status.message = _ERROR, span.error


def _add_attribute(target: Any, name: str, value: str | int) -> None:
    attribute = target.attributes.add()
    attribute.key = name
    if isinstance(value, int):
        attribute.value.int_value = value
    else:
        attribute.value.string_value = value


def _to_ns(seconds: float) -> int:
    return round(seconds * 1_000_000) * 1000
