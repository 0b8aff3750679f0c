"""JetStream: publishes events to a stream of NATS, by nats-py (the extra ``nats``)."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import structlog

from engine.config.settings import NatsSettings
from engine.events.event_view import encode_event
from engine.model.event_entry import EventEntry

from .event_exporter import PublishError
from .event_subjects import find_subject

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.js import JetStreamContext

CLOSING_S = 1.0  # a server that reads nothing would have us wait

log = structlog.get_logger()


class JetStreamPublisher:
    """Publishes to one stream (an ``EventPublisher``)."""

    def __init__(
        self, client: "Client", stream: "JetStreamContext", settings: NatsSettings
    ) -> None:
        self._client = client
        self._stream = stream
        self._settings = settings
        self._limit_s = settings.timeout_ms / 1000

    async def publish(self, entries: Sequence[EventEntry]) -> None:
        """Publish *entries*; what is too large for the server is left out, and logged.

        JetStream tells by ``Nats-Msg-Id`` what it has got before, and keeps it once.
        """
        from nats.errors import Error

        try:
            async with asyncio.timeout(self._limit_s):
                answers = [await self._send(entry) for entry in entries]
                done = await asyncio.gather(
                    *(answer for answer in answers if answer is not None),
                    return_exceptions=True,
                )
        except (Error, OSError, TimeoutError) as error:
            raise _translate(error) from error
        for outcome in done:
            if isinstance(outcome, BaseException):
                raise _translate(outcome) from outcome

    async def _send(self, entry: EventEntry) -> "asyncio.Future[Any] | None":
        body = encode_event(entry)
        if len(body) > self._client.max_payload:
            log.error("event_too_large", event_id=entry.id, bytes=len(body))
            return None
        return await self._stream.publish_async(
            find_subject(entry, self._settings.prefix),
            body,
            stream=self._settings.stream,
            headers={"Nats-Msg-Id": entry.id},
        )


@asynccontextmanager
async def connect(settings: NatsSettings) -> AsyncIterator[JetStreamPublisher]:
    """Connect to the first server that answers; raises PublishError.

    A stream that does not exist is made. nats-py does not reconnect by itself: what it would
    hold meanwhile could get lost, and the database has it.
    """
    from nats.aio.client import Client
    from nats.errors import Error

    client = Client()
    try:
        try:
            await _open(client, settings)
            stream = client.jetstream(timeout=settings.timeout_ms / 1000)
            await _prepare(stream, settings)
        except (Error, OSError, TimeoutError, ValueError) as error:
            raise _translate(error) from error
        yield JetStreamPublisher(client, stream, settings)
    finally:
        with suppress(Error, OSError, TimeoutError):
            async with asyncio.timeout(CLOSING_S):
                await client.close()


async def _open(client: "Client", settings: NatsSettings) -> None:
    """Connect *client*; raises what the last server has failed with."""
    from nats.errors import NoServersError

    last: Exception | None = None

    async def on_error(error: Exception) -> None:
        nonlocal last
        last = error

    try:
        await client.connect(
            list(settings.urls),
            name="outring",
            allow_reconnect=False,
            max_reconnect_attempts=1,  # with each server, for 0 would be for ever
            reconnect_time_wait=0,
            connect_timeout=max(settings.timeout_ms // 1000, 1),
            flush_timeout=settings.timeout_ms / 1000,
            error_cb=on_error,
            user_credentials=_path(settings.credentials),
            tls=_make_context(settings),
        )
    except NoServersError as error:
        raise (last or error) from error


async def _prepare(stream: "JetStreamContext", settings: NatsSettings) -> None:
    from nats.js.errors import NotFoundError

    try:
        await stream.stream_info(settings.stream)
    except NotFoundError:
        subjects = [f"{settings.prefix}.>"]
        await stream.add_stream(name=settings.stream, subjects=subjects)
        log.info("nats_stream_made", stream=settings.stream, subjects=subjects)


def _path(path: object) -> str | None:
    return None if path is None else str(path)


def _make_context(settings: NatsSettings) -> ssl.SSLContext | None:
    if settings.tls_ca is None:
        return None
    return ssl.create_default_context(cafile=str(settings.tls_ca))


def _translate(error: BaseException) -> PublishError:
    reason = "no answer in time" if isinstance(error, TimeoutError) else str(error)
    return PublishError(reason or type(error).__name__)
