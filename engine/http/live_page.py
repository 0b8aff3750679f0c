"""The live page: static files. They hold no data, so they need no token."""

from pathlib import Path

from aiohttp import web

from .app_keys import ADMIN_TOKEN_SHA256

FOLDER = Path(__file__).parent / "page"
FILES = (
    "page.css",
    "page.js",
    "draw.js",
    "call.js",
    "campaigns.js",
    "trunks.js",
    "icon.svg",
)
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",  # asked for again after an update
}
OFF = """\
The live page is off, since there is no admin token.

  1. outring token            makes one, and shows it with its hash
  2. put the hash into outring.toml:

       [admin]
       token_sha256 = "..."

     or into the environment, as OUTRING_ADMIN_TOKEN_SHA256
  3. start outring again, and open this page with the token
"""

routes = web.RouteTableDef()


@routes.get("/", allow_head=False)
async def get_page(request: web.Request) -> web.StreamResponse:
    """The page; if no admin token is configured, 403 and how to make one."""
    if request.app.get(ADMIN_TOKEN_SHA256) is None:
        return web.Response(text=OFF, status=403, headers=HEADERS)
    return web.FileResponse(FOLDER / "index.html", headers=HEADERS)


@routes.get("/page/{name}", allow_head=False)
async def get_page_file(request: web.Request) -> web.StreamResponse:
    """A file that the page needs."""
    name = request.match_info["name"]
    if name not in FILES:
        raise web.HTTPNotFound(reason="There is no such file.")
    return web.FileResponse(FOLDER / name, headers=HEADERS)
