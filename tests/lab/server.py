"""The lab's web server as a process of its own."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from tests.lab.dashboard import LAB

View = dict[str, Any]

START_S = 10.0
REPORT_LIMIT_S = 10.0


class WebServer:
    """``lab/web.py`` as a process of its own."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self.url = url
        self._http = http

    async def get(self, path: str) -> tuple[int, str]:
        """HTTP status, and what comes."""
        async with self._http.get(self.url + path) as response:
            return response.status, await response.text()

    async def post(self, path: str, **fields: str) -> int:
        """Send a form; HTTP status."""
        async with self._http.post(self.url + path, data=fields) as response:
            return response.status

    async def reports(self) -> list[View]:
        """What was reported, newest first."""
        async with self._http.get(f"{self.url}/reports") as response:
            found: list[View] = await response.json()
            return found

    async def reported(self, limit_s: float = REPORT_LIMIT_S) -> View:
        """Wait for a report."""
        async with asyncio.timeout(limit_s):
            while not (found := await self.reports()):
                await asyncio.sleep(0.05)
        return found[0]


@asynccontextmanager
async def web_server() -> AsyncIterator[WebServer]:
    """A server with the documents of the lab."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(LAB / "web.py"), "--port", "0"),
        str(LAB / "applications"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    connector = aiohttp.TCPConnector(force_close=True)
    try:
        assert process.stdout is not None
        async with asyncio.timeout(START_S):
            url = (await process.stdout.readline()).decode().split()[-1]
        async with aiohttp.ClientSession(connector=connector) as http:
            yield WebServer(url, http)
    finally:
        process.kill()
        await process.wait()
