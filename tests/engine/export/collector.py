"""A small collector of OpenTelemetry, which reads what really comes by OTLP/HTTP."""

from aiohttp import web
from aiohttp.test_utils import TestServer
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span


class Collector:
    """Takes spans while it is started."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.services: set[str] = set()
        self.headers: list[dict[str, str]] = []
        self.statuses: list[int] = []  # of the next answers; then 200
        app = web.Application()
        app.router.add_post("/v1/traces", self._take)
        self._server = TestServer(app)

    @property
    def url(self) -> str:
        """Where it takes spans."""
        return str(self._server.make_url("/v1/traces"))

    async def _take(self, request: web.Request) -> web.Response:
        assert request.content_type == "application/x-protobuf"
        self.headers.append(dict(request.headers))
        if self.statuses:
            return web.Response(status=self.statuses.pop(0))
        body = ExportTraceServiceRequest.FromString(await request.read())
        for resource in body.resource_spans:
            for attribute in resource.resource.attributes:
                self.services.add(attribute.value.string_value)
            for scope in resource.scope_spans:
                self.spans += scope.spans
        return web.Response(
            body=ExportTraceServiceResponse().SerializeToString(),
            content_type="application/x-protobuf",
        )

    async def __aenter__(self) -> "Collector":
        await self._server.start_server()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.close()


def attributes_of(span: Span) -> dict[str, str | int]:
    """The attributes of *span* by their names."""
    return {
        it.key: getattr(it.value, it.value.WhichOneof("value"))
        for it in span.attributes
    }
