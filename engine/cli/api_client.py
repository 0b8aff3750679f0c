"""API client of the commands: requests to the HTTP API, and one call placed through it."""

import asyncio
import errno
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

if TYPE_CHECKING:
    import aiohttp

View = dict[str, Any]  # JSON of the API

POLL_S = 0.2  # from one look at a call to the next
GRACE_S = 10.0  # within which the server answers beyond the wait it was asked for


class UnreachableError(Exception):
    """The server cannot be reached or is not outring; the text is one sentence."""


class CallClient:
    """Places one call through the API at *url*, and follows it to its end.

    All methods raise UnreachableError.
    """

    def __init__(self, url: str, api_key: str) -> None:
        self._url = url.rstrip("/") + "/api/v1/bvr"
        self._headers = {"X-API-Key": api_key}
        self._idempotency_key = str(uuid4())  # finds the call before it is answered
        self.call: View | None = None
        """The call as it was shown last; None until it is found."""

    async def place(
        self, fields: Mapping[str, object], show: Callable[[View | None], None]
    ) -> View:
        """Send the request, and return the answer; *show* gets the call until it comes."""
        async with open_session(self._headers) as http:
            answering = asyncio.create_task(self._ask(http, fields))
            try:
                while not answering.done():
                    await asyncio.wait([answering], timeout=POLL_S)
                    await self._refresh(http)
                    show(self.call)
                return await answering
            except BaseException:
                answering.cancel()
                raise

    async def follow(
        self, application_uuid: str, show: Callable[[View | None], None]
    ) -> None:
        """Give the call to *show* until it has ended."""
        async with open_session(self._headers) as http:
            while True:
                await self._look_up(http, application_uuid)
                show(self.call)
                if self.call is None or self.call["state"] == "ended":
                    return
                await asyncio.sleep(POLL_S)

    async def hang_up(self, limit_s: float = 10.0) -> None:
        """Cancel or hang up the call, and wait for its end, for *limit_s* seconds at most."""
        deadline = time.monotonic() + limit_s
        async with open_session(self._headers) as http:
            await self._refresh(http)
            if self.call is None:
                return
            uuid = self.call["applicationUUID"]
            await self._json(http, "DELETE", f"/calls/{uuid}")
            while (
                self.call
                and self.call["state"] != "ended"
                and time.monotonic() < deadline
            ):
                await asyncio.sleep(POLL_S)
                await self._look_up(http, uuid)

    async def _ask(
        self, http: "aiohttp.ClientSession", fields: Mapping[str, object]
    ) -> View:
        import aiohttp
        import msgspec

        wait_ms = fields.get("timeout", 30_000)
        assert isinstance(wait_ms, int | float)
        _, answer = await self._json(
            http,
            "POST",
            "/outbound",
            data=msgspec.json.encode(fields),
            headers={"Idempotency-Key": self._idempotency_key},
            timeout=aiohttp.ClientTimeout(wait_ms / 1000 + GRACE_S),
        )
        return answer

    async def _refresh(self, http: "aiohttp.ClientSession") -> None:
        if self.call is not None:
            await self._look_up(http, self.call["applicationUUID"])
            return
        _, answer = await self._json(
            http, "GET", "/calls", params={"idempotencyKey": self._idempotency_key}
        )
        with suppress(KeyError, IndexError):
            self.call = answer["calls"][0]

    async def _look_up(
        self, http: "aiohttp.ClientSession", application_uuid: str
    ) -> None:
        status, answer = await self._json(http, "GET", f"/calls/{application_uuid}")
        if status == 200:
            self.call = answer

    async def _json(
        self, http: "aiohttp.ClientSession", method: str, path: str, **options: Any
    ) -> tuple[int, View]:
        return await request_json(http, method, self._url + path, **options)


def open_session(
    headers: Mapping[str, str], limit_s: float = 300.0
) -> "aiohttp.ClientSession":
    """Open a client that sends *headers*; *limit_s* seconds are for each whole request."""
    import aiohttp  # takes longer than the commands may take that complete a word

    return aiohttp.ClientSession(
        headers=headers, timeout=aiohttp.ClientTimeout(limit_s)
    )


async def request_json(
    http: "aiohttp.ClientSession", method: str, url: str, **options: Any
) -> tuple[int, View]:
    """Send one request to the API; return the HTTP status and the JSON of the answer.

    *options* are those of ``aiohttp.ClientSession.request``. Raises UnreachableError.
    """
    import msgspec

    with _translate_failures(url):
        async with http.request(method, url, **options) as response:
            body = await response.read()
            return response.status, msgspec.json.decode(body) if body else {}


async def download(
    http: "aiohttp.ClientSession", url: str, path: Path
) -> tuple[int, View]:
    """Write what the API gives at *url* into the new file *path*, beside which it is gathered.

    Returns the HTTP status, and the JSON of an answer that is none of success. Raises
    UnreachableError, and OSError if the file cannot be written.
    """
    import msgspec

    partial = path.with_name(f"{path.name}.part")
    with _translate_failures(url):
        async with http.get(url) as response:
            if response.status != HTTPStatus.OK:
                return response.status, msgspec.json.decode(await response.read())
            with partial.open("wb") as file:
                async for chunk in response.content.iter_any():
                    file.write(chunk)
    partial.replace(path)
    return HTTPStatus.OK, {}


@contextmanager
def _translate_failures(url: str) -> Iterator[None]:
    """Raise UnreachableError for whatever fails of a request to *url*."""
    import aiohttp
    import msgspec

    try:
        yield
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
        text = f"{url} is not a URL: it has to begin with http:// or https://."
        raise UnreachableError(text) from error
    except (aiohttp.ClientError, TimeoutError) as error:
        place = urlsplit(url)._replace(path="", query="").geturl()
        text = f"{place} cannot be reached: {_describe_failure(error)}."
        raise UnreachableError(text) from error
    except msgspec.DecodeError as error:
        raise UnreachableError(f"{url} is not the API of outring.") from error


def _describe_failure(error: Exception) -> str:
    """Say without the words of libraries why a request had no answer."""
    cause = getattr(error, "os_error", None) or error
    if getattr(cause, "errno", None) == errno.ECONNREFUSED:
        return "nothing listens there. `outring serve` runs the platform"
    return getattr(cause, "strerror", None) or str(cause) or "no answer in time"
