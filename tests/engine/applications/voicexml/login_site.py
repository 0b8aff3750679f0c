"""A web site behind a log-in, as pages of PHP and JSP are: a cookie names the session of each client."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

from aiohttp import web

from tests.engine.applications.voicexml.conftest import block, filled, form, log, page
from tests.sipp.sound import sweep, wav

PIN = "1234"
COOKIE = "PHPSESSID"
SOUND = sweep(800)
CHOICES = (
    '<grammar xmlns="http://www.w3.org/2001/06/grammar" version="1.0" mode="dtmf" root="r">'
    '<rule id="r"><one-of><item>1</item><item>2</item></one-of></rule></grammar>'
)
SENDS_PIN = '<submit next="login.php" method="post" namelist="pin"/>'
ASKS_PIN = form(
    f'<field name="pin" type="digits?length=4">Your PIN.{filled(SENDS_PIN)}</field>'
)
LEAVES = form(block(log("'ordered'"), '<goto next="logout.php"/>'))
COMES_BACK = f'<catch event="error.badfetch">{log("_event")}</catch>' + form(
    block('<goto next="account.php"/>')
)


def asks_choice(session: str) -> str:
    """A page whose sound and grammar need the session, and whose form has it in its address."""
    sends = f'<submit next="order.do;jsessionid={session}" method="post" namelist="choice"/>'
    return form(
        '<field name="choice"><grammar mode="dtmf" src="choices.php"/>'
        f'<audio src="say.php?what=choices"/>{filled(sends)}</field>'
    )


class LoginSite:
    """Serves the site; *refused* are the paths that were asked for without a session."""

    def __init__(self) -> None:
        self.url = ""
        self.orders: list[dict[str, object]] = []
        self.refused: list[str] = []
        self._is_logged_in: dict[str, bool] = {}  # by session
        self._numbers = count(1)

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one request."""
        path, _, in_path = request.path.partition(";jsessionid=")
        session = request.cookies.get(COOKIE, "")
        if (request.method, path) == ("GET", "/login.php"):
            return self._begin(_said(page(ASKS_PIN)), is_logged_in=False)
        if session not in self._is_logged_in or in_path not in ("", session):
            self.refused.append(path)
            raise web.HTTPUnauthorized
        if path == "/login.php":
            return await self._log_in(request, session)
        if not self._is_logged_in[session]:
            self.refused.append(path)
            raise web.HTTPForbidden
        return await self._answer_within(request, path, session)

    async def _log_in(self, request: web.Request, session: str) -> web.Response:
        if (await request.post())["pin"] != PIN:
            raise web.HTTPForbidden
        del self._is_logged_in[session]  # whoever logs in gets a new one
        return self._begin(_moved("account.php"), is_logged_in=True)

    def _begin(self, response: web.Response, *, is_logged_in: bool) -> web.Response:
        session = f"s{next(self._numbers)}"
        self._is_logged_in[session] = is_logged_in
        response.headers["Set-Cookie"] = f"{COOKIE}={session}; path=/; HttpOnly"
        return response

    async def _answer_within(
        self, request: web.Request, path: str, session: str
    ) -> web.Response:
        match path:
            case "/account.php":
                return _said(page(asks_choice(session)))
            case "/say.php":
                return web.Response(body=wav(SOUND), content_type="audio/wav")
            case "/choices.php":
                return _said(CHOICES)
            case "/order.do":
                self.orders.append(dict(await request.post()))
                return _moved(f"thanks.do;jsessionid={session}")
            case "/thanks.do":
                return _said(page(LEAVES))
            case "/logout.php":
                del self._is_logged_in[session]
                response = _said(page(COMES_BACK))
                response.headers["Set-Cookie"] = f"{COOKIE}=deleted; path=/; Max-Age=0"
                return response
        raise web.HTTPNotFound


def _said(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/xml")


def _moved(where: str) -> web.Response:
    return web.Response(status=302, headers={"Location": where})


@asynccontextmanager
async def login_site() -> AsyncIterator[LoginSite]:
    """A LoginSite on loopback."""
    site = LoginSite()
    runner = web.ServerRunner(web.Server(site.answer))
    await runner.setup()
    tcp = web.TCPSite(runner, "127.0.0.1", 0)
    await tcp.start()
    host, port = runner.addresses[0][:2]
    site.url = f"http://{host}:{port}"
    try:
        yield site
    finally:
        await runner.cleanup()
