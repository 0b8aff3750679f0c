"""A tab of a real browser, driven by Chromium's DevTools protocol."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp

from tests.engine.browser import OPTIONS

LIMIT_S = 20.0
View = dict[str, Any]


class Tab:
    """A page, what it complained of, and what it asked for."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Use ``open_tab``."""
        self._socket = socket
        self._numbers = count(1)
        self._session: str | None = None
        self._answers: dict[int, asyncio.Future[View]] = {}
        self._place: View = {}  # of the mouse
        self.complaints: list[str] = []
        self.asked: list[str] = []  # URLs

    async def send(self, method: str, **parameters: object) -> View:
        """Do what the protocol calls *method*; its result."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        answer: asyncio.Future[View] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        await self._socket.send_json(message)
        async with asyncio.timeout(LIMIT_S):
            return await answer

    async def begin(self) -> None:
        """Open an empty page, and listen to it."""
        target = await self.send("Target.createTarget", url="about:blank")
        attached = await self.send(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            await self.send(f"{domain}.enable")

    async def read(self) -> None:
        """Take what the browser says, until it ends."""
        async for message in self._socket:
            said = message.json()
            if "id" in said:
                answer = self._answers.pop(said["id"])
                if "error" in said:
                    answer.set_exception(AssertionError(said["error"]))
                else:
                    answer.set_result(said["result"])
            else:
                self._note(said["method"], said["params"])

    def _note(self, method: str, told: View) -> None:
        match method:
            case "Network.requestWillBeSent":
                self.asked.append(told["request"]["url"])
            case "Runtime.consoleAPICalled" if told["type"] in ("error", "warning"):
                self.complaints.append(str(told["args"]))
            case "Runtime.exceptionThrown":
                self.complaints.append(str(told["exceptionDetails"]))
            case "Log.entryAdded" if told["entry"]["level"] in ("error", "warning"):
                self.complaints.append(str(told["entry"]))

    async def look(
        self, width: int = 1280, height: int = 900, scheme: str = "light"
    ) -> None:
        """Be so wide and high, for a reader who likes it light or dark."""
        await self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        await self.send(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": scheme}],
        )

    async def open(self, url: str) -> None:
        """Go to *url*."""
        await self.send("Page.navigate", url=url)
        await self.until("document.readyState === 'complete'")

    async def run(self, script: str) -> Any:
        """The value of an expression of JavaScript in the page, awaited if it is a promise."""
        done = await self.send(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    async def until(self, script: str, limit_s: float = LIMIT_S) -> Any:
        """Wait until an expression is true; its value."""
        try:
            async with asyncio.timeout(limit_s):
                while not (value := await self.run(script)):
                    await asyncio.sleep(0.05)
        except TimeoutError:
            page = await self.run("document.body.innerText")
            raise AssertionError(f"never {script}; the page: {page}") from None
        return value

    async def text(self, selector: str) -> str:
        """The text that is seen of what *selector* finds first."""
        return str(await self.run(f"document.querySelector('{selector}').innerText"))

    async def type(self, selector: str, text: str) -> None:
        """Type *text* into a field, and press Enter."""
        await self.run(f"document.querySelector('{selector}').focus()")
        await self.send("Input.insertText", text=text)
        await self.enter()

    async def enter(self) -> None:
        """Press the key Enter."""
        for kind in ("keyDown", "keyUp"):
            await self.send("Input.dispatchKeyEvent", type=kind, key="Enter", text="\r")

    async def click(self, selector: str) -> None:
        """Click with the mouse on what *selector* finds first."""
        await self.press(selector)
        await self.release()

    async def press(self, selector: str) -> None:
        """Go there with the mouse, and press its button."""
        self._place = await self.run(
            f"(({{x, y, width, height}}) => ({{x: x + width / 2, y: y + height / 2}}))"
            f"((one => (one.scrollIntoView({{block: 'center'}}), one))"
            f"(document.querySelector('{selector}')).getBoundingClientRect())"
        )
        await self._mouse("mousePressed")

    async def release(self) -> None:
        """Let the button go."""
        await self._mouse("mouseReleased")

    async def _mouse(self, kind: str) -> None:
        await self.send(
            "Input.dispatchMouseEvent",
            type=kind,
            button="left",
            clickCount=1,
            **self._place,
        )

    async def picture(self, file: Path, *, whole: bool = False) -> None:
        """Save what is seen, or the *whole* page, as PNG."""
        shot = await self.send("Page.captureScreenshot", captureBeyondViewport=whole)
        file.write_bytes(base64.b64decode(shot["data"]))


@asynccontextmanager
async def open_tab(folder: Path) -> AsyncIterator[Tab]:
    """A browser with one empty tab, which keeps its things in *folder*."""
    process = await asyncio.create_subprocess_exec(
        "chromium",
        *OPTIONS,
        "--remote-debugging-port=0",
        "--hide-scrollbars",
        f"--user-data-dir={folder / 'profile'}",
        "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        url = await _devtools(process)
        drained = asyncio.create_task(_drain(process))
        async with (
            aiohttp.ClientSession() as http,
            http.ws_connect(url, max_msg_size=0) as socket,
        ):
            tab = Tab(socket)
            reading = asyncio.create_task(tab.read())
            await tab.begin()
            yield tab
            await tab.send("Browser.close")
        await reading
        await asyncio.wait_for(process.wait(), LIMIT_S)
        await drained
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _devtools(process: asyncio.subprocess.Process) -> str:
    """Where the browser listens, once it does."""
    assert process.stderr is not None
    said = []
    async with asyncio.timeout(LIMIT_S):
        async for line in process.stderr:
            said.append(line.decode())
            if said[-1].startswith("DevTools listening on "):
                return said[-1].split()[-1]
    raise AssertionError("".join(said))


async def _drain(process: asyncio.subprocess.Process) -> None:
    """Read what it says, so that it can go on."""
    assert process.stderr is not None
    while await process.stderr.read(65536):
        pass
