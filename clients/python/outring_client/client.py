"""Outring and AsyncOutring: the same client for blocking code and for asyncio."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import aclosing, closing
from typing import Self, TypeVar, Unpack

import httpx

from .following import is_event_stream
from .generated import AuthenticatedClient
from .generated.models.event_view import EventView
from .generated.models.record_view import RecordView
from .outcome import Outcome, has_ended
from .requests import USUAL_TIMEOUT_S, USUAL_WAIT_S, CallOptions, Requests
from .retries import Received, Retries
from .steps import Open, Pause, Read, Send, Step, Steps, Tell

T = TypeVar("T")


def _make_requests(url: str, api_key: str, retries: Retries | None) -> Requests:
    client = AuthenticatedClient(
        url,
        token=api_key,
        prefix="",
        auth_header_name="X-API-Key",
        timeout=httpx.Timeout(USUAL_TIMEOUT_S),
        # Each call that is waited for has one, which none of the others may wait for.
        httpx_args={"limits": httpx.Limits(max_keepalive_connections=20)},
    )
    return Requests(client, retries or Retries())


class Outring:
    """An outring that is asked with the API key of an application; every method blocks.

    Threads may share one. Use it in a ``with``, or call ``close``. Every method raises
    RefusedError, UnreachableError or UnexpectedAnswerError if it gets nothing from outring
    that it can return.
    """

    def __init__(
        self, url: str, api_key: str, *, retries: Retries | None = None
    ) -> None:
        """*url* is the address of the API, as ``http://127.0.0.1:9698``."""
        self._requests = _make_requests(url, api_key, retries)
        self.generated = self._requests.client
        """What the functions of ``outring_client.generated.api`` take as their client."""
        self.generated.get_httpx_client()  # made here, before threads could make two

    def call(self, to: str, **options: Unpack[CallOptions]) -> Outcome:
        """Place a call, and return what has become of it: whether it was answered, or why not.

        An answered call goes on. The request is sent again, always with the same
        Idempotency-Key, where that is safe and worth it; so nobody is called twice. Raises
        WaitExpiredError if it is not known after ``wait_s`` what has become of the call.
        """
        return self._run(self._requests.place_call(to, options))

    def start_application(
        self, to: str | None = None, **options: Unpack[CallOptions]
    ) -> Outcome:
        """Start the application's document, with *to* as data for it; else as ``call``."""
        return self._run(self._requests.start_application(to, options))

    def show(self, application_uuid: str) -> RecordView:
        """Return all that is known of a call or application. Raises CallNotFoundError."""
        return self._run(self._requests.show_call(application_uuid))

    def hang_up(self, application_uuid: str) -> RecordView:
        """Ask for the end of a call or application; it ends a moment later.

        Raises CallNotFoundError.
        """
        return self._run(self._requests.hang_up(application_uuid))

    def wait_until_ended(
        self, application_uuid: str, *, wait_s: float = USUAL_WAIT_S
    ) -> RecordView:
        """Wait until a call or application is over, and return its record.

        Raises CallNotFoundError, and WaitExpiredError after *wait_s*.
        """
        return self._run(
            self._requests.wait_for_call(application_uuid, has_ended, wait_s)
        )

    def events(self, application_uuid: str) -> Generator[EventView]:
        """Yield the events of a call or application as they happen, from the first on, each
        once, until all its calls and applications have ended.

        A stream that is cut goes on where it was. Events that the platform does not keep any
        more leave a hole in ``seq``; those of types that only a newer outring has are left
        out. Raises CallNotFoundError. Close it if you stop before its end.
        """
        return self._iterate(self._requests.follow_events(application_uuid))

    def live_calls(self, *, idempotency_key: str | None = None) -> list[RecordView]:
        """Return the calls that live, the oldest first; only that of *idempotency_key*, if given."""
        return self._run(self._requests.list_calls(idempotency_key))

    def close(self) -> None:
        """Close all connections."""
        self.generated.get_httpx_client().close()

    def __enter__(self) -> Self:
        """Return the client, whose connections are closed at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close all connections."""
        self.close()

    def _run(self, steps: Steps[T]) -> T:
        received: Received | bytes | None = None
        with closing(_Connection(self.generated.get_httpx_client())) as connection:
            while True:
                try:
                    step = steps.send(received)
                except StopIteration as end:
                    value: T = end.value
                    return value
                received = connection.carry_out(step)

    def _iterate(self, steps: Steps[None]) -> Generator[EventView]:
        received: Received | bytes | None = None
        with closing(_Connection(self.generated.get_httpx_client())) as connection:
            while True:
                try:
                    step = steps.send(received)
                except StopIteration:
                    return
                if isinstance(step, Tell):
                    yield step.event
                received = connection.carry_out(step)


class _Connection:
    """Carries steps out for one request, with the stream that it has open."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self._stream: httpx.Response | None = None
        self._parts: Iterator[bytes] = iter(())

    def carry_out(self, step: Step) -> Received | bytes | None:
        """Carry *step* out, and return what comes of it."""
        try:
            match step:
                case Open():
                    return self._open(step)
                case Send():
                    return self._http.request(**step.request, timeout=step.timeout_s)
                case Read():
                    return next(self._parts, b"")
                case Pause():
                    time.sleep(step.seconds)
        except httpx.TransportError as error:
            return error
        return None

    def _open(self, step: Open) -> httpx.Response:
        self.close()
        request = self._http.build_request(**step.request, timeout=step.timeout_s)
        self._stream = response = self._http.send(request, stream=True)
        if is_event_stream(response):
            self._parts = response.iter_bytes()
        else:
            response.read()
        return response

    def close(self) -> None:
        """Close the stream, if there is one."""
        if self._stream is not None:
            self._stream.close()
        self._stream, self._parts = None, iter(())


class AsyncOutring:
    """An outring that is asked with the API key of an application, on asyncio.

    All tasks of one loop may share one. Use it in an ``async with``, or await ``aclose``.
    Every method does what that of ``Outring`` does.
    """

    def __init__(
        self, url: str, api_key: str, *, retries: Retries | None = None
    ) -> None:
        """*url* is the address of the API, as ``http://127.0.0.1:9698``."""
        self._requests = _make_requests(url, api_key, retries)
        self.generated = self._requests.client
        """What the functions of ``outring_client.generated.api`` take as their client."""

    async def call(self, to: str, **options: Unpack[CallOptions]) -> Outcome:
        """Place a call, and return what has become of it, as ``Outring.call``."""
        return await self._run(self._requests.place_call(to, options))

    async def start_application(
        self, to: str | None = None, **options: Unpack[CallOptions]
    ) -> Outcome:
        """Start the application's document, as ``Outring.start_application``."""
        return await self._run(self._requests.start_application(to, options))

    async def show(self, application_uuid: str) -> RecordView:
        """Return all that is known of a call or application, as ``Outring.show``."""
        return await self._run(self._requests.show_call(application_uuid))

    async def hang_up(self, application_uuid: str) -> RecordView:
        """Ask for the end of a call or application, as ``Outring.hang_up``."""
        return await self._run(self._requests.hang_up(application_uuid))

    async def wait_until_ended(
        self, application_uuid: str, *, wait_s: float = USUAL_WAIT_S
    ) -> RecordView:
        """Wait until a call or application is over, as ``Outring.wait_until_ended``."""
        return await self._run(
            self._requests.wait_for_call(application_uuid, has_ended, wait_s)
        )

    def events(self, application_uuid: str) -> AsyncGenerator[EventView]:
        """Yield the events of a call or application, as ``Outring.events``."""
        return self._iterate(self._requests.follow_events(application_uuid))

    async def live_calls(
        self, *, idempotency_key: str | None = None
    ) -> list[RecordView]:
        """Return the calls that live, as ``Outring.live_calls``."""
        return await self._run(self._requests.list_calls(idempotency_key))

    async def aclose(self) -> None:
        """Close all connections."""
        await self.generated.get_async_httpx_client().aclose()

    async def __aenter__(self) -> Self:
        """Return the client, whose connections are closed at the end."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close all connections."""
        await self.aclose()

    async def _run(self, steps: Steps[T]) -> T:
        received: Received | bytes | None = None
        http = self.generated.get_async_httpx_client()
        async with aclosing(_AsyncConnection(http)) as connection:
            while True:
                try:
                    step = steps.send(received)
                except StopIteration as end:
                    value: T = end.value
                    return value
                received = await connection.carry_out(step)

    async def _iterate(self, steps: Steps[None]) -> AsyncGenerator[EventView]:
        received: Received | bytes | None = None
        http = self.generated.get_async_httpx_client()
        async with aclosing(_AsyncConnection(http)) as connection:
            while True:
                try:
                    step = steps.send(received)
                except StopIteration:
                    return
                if isinstance(step, Tell):
                    yield step.event
                received = await connection.carry_out(step)


class _AsyncConnection:
    """Carries steps out for one request, with the stream that it has open."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._stream: httpx.Response | None = None
        self._parts: AsyncIterator[bytes] | None = None

    async def carry_out(self, step: Step) -> Received | bytes | None:
        """Carry *step* out, and return what comes of it."""
        try:
            match step:
                case Open():
                    return await self._open(step)
                case Send():
                    return await self._http.request(
                        **step.request, timeout=step.timeout_s
                    )
                case Read():
                    return await anext(self._parts, b"") if self._parts else b""
                case Pause():
                    await asyncio.sleep(step.seconds)
        except httpx.TransportError as error:
            return error
        return None

    async def _open(self, step: Open) -> httpx.Response:
        await self.aclose()
        request = self._http.build_request(**step.request, timeout=step.timeout_s)
        self._stream = response = await self._http.send(request, stream=True)
        if is_event_stream(response):
            self._parts = response.aiter_bytes()
        else:
            await response.aread()
        return response

    async def aclose(self) -> None:
        """Close the stream, if there is one."""
        if self._stream is not None:
            await self._stream.aclose()
        self._stream = self._parts = None
