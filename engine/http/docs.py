"""The descriptions of the API and of its events as JSON, and Swagger UI for it, without files of other hosts."""

from pathlib import Path

import msgspec
from aiohttp import web
from openapi_ui_bundles import swagger_ui

POLICY = (
    "default-src 'self'; "
    "img-src 'self' data:; "  # Swagger UI's icons
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>outring API</title>
  <link rel="icon" href="docs/favicon-32x32.png">
  <link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
  <div id="description"></div>
  <script src="docs/swagger-ui-bundle.js"></script>
  <script src="docs/start.js"></script>
</body>
</html>
"""
START = """SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#description",
  deepLinking: true,
  docExpansion: "list",
  validatorUrl: null,
});
"""
FILES = ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png")

routes = web.RouteTableDef()


@routes.get("/openapi.json", allow_head=False)
async def get_openapi(_: web.Request) -> web.Response:
    """The OpenAPI description of every route."""
    # Not above, as in the next one: texts and builders take memory that few processes need.
    from .openapi.description import description

    body = msgspec.json.encode(description())
    return web.Response(body=body, content_type="application/json")


@routes.get("/asyncapi.json", allow_head=False)
async def get_asyncapi(_: web.Request) -> web.Response:
    """The AsyncAPI description of every event."""
    from .openapi.asyncapi_description import describe_events

    body = msgspec.json.encode(describe_events())
    return web.Response(body=body, content_type="application/json")


@routes.get("/docs", allow_head=False)
async def get_docs(_: web.Request) -> web.Response:
    """The page with Swagger UI."""
    return web.Response(
        text=PAGE,
        content_type="text/html",
        headers={"Content-Security-Policy": POLICY},
    )


@routes.get("/docs/{name}", allow_head=False)
async def get_docs_file(request: web.Request) -> web.StreamResponse:
    """A file that the page needs."""
    name = request.match_info["name"]
    if name == "start.js":
        return web.Response(text=START, content_type="text/javascript")
    if name not in FILES:
        raise web.HTTPNotFound(reason="There is no such file.")
    return web.FileResponse(Path(swagger_ui.static_path, name))
