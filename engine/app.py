"""Composition root: opens everything in order, serves, and closes it in reverse."""

import asyncio
import signal
import ssl
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from aiohttp import web

from sip import start_agent
from sip.agent import UserAgent
from sip.errors import SipError

from .api import make_app
from .configuration import ConfigurationError, Mistake
from .dialer import Dialer
from .ledger import MemoryLedger
from .pinger import Pinger
from .recorder import Recorder
from .results import RefusedError
from .session import NodeFacts
from .settings import DatabaseSettings, HttpSettings, Settings
from .status import Status
from .store import Store, StoreError, open_store

LAST_WRITE_S = 5.0  # how long a stop waits for the database to take the last records

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Node:
    """A running outring."""

    dialer: Dialer
    agent: UserAgent
    store: Store
    url: str


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Node]:
    """Run outring; raises ConfigurationError in one sentence if it cannot start.

    On leaving, every call is hung up, its far end is given time to confirm,
    and its record is written.
    """
    async with (
        _opened(settings.database) as store,
        _recording(store, settings) as recorder,
    ):
        await _close_orphans(store, settings.node.name)
        dialer = _dialer(settings, store, recorder)
        await _read_platform(dialer)
        agent = await _agent(settings, dialer)
        dialer.attach(agent)
        tasks = [
            asyncio.create_task(dialer.calls.renew_leases()),
            asyncio.create_task(Pinger(agent, dialer).run()),
        ]
        try:
            async with _serving(settings, dialer, store) as url:
                try:
                    yield Node(dialer, agent, store, url)
                finally:
                    dialer.is_draining = True
                    dialer.calls.hang_up_all()
                    await agent.aclose()
                    dialer.calls.give_up()
                    await dialer.calls.settled(LAST_WRITE_S)
        finally:
            await agent.aclose()
            await _cancelled(tasks)


@asynccontextmanager
async def _opened(settings: DatabaseSettings) -> AsyncIterator[Store]:
    try:
        store = await open_store(
            settings.url, busy_timeout_s=settings.busy_timeout_ms / 1000
        )
    except StoreError as error:
        raise ConfigurationError([Mistake("database.url", str(error))]) from error
    try:
        yield store
    finally:
        await store.aclose()


@asynccontextmanager
async def _recording(store: Store, settings: Settings) -> AsyncIterator[Recorder]:
    recorder = Recorder(
        store,
        waiting_limit=settings.record.waiting_limit,
        kept_s=settings.record.kept_days * 24 * 3600,
        file=settings.record.file,
    )
    task = asyncio.create_task(recorder.run())
    try:
        yield recorder
    finally:
        await recorder.stop(task, LAST_WRITE_S)


async def _close_orphans(store: Store, node: str) -> None:
    """End in the records what this node left open when it died."""
    now = time.time()
    try:
        lost = await store.close_orphans(node, now, now)
    except StoreError as error:
        raise ConfigurationError([Mistake("database.url", str(error))]) from error
    if lost:
        log.warning("calls_lost", count=lost, node=node)


async def _read_platform(dialer: Dialer) -> None:
    try:
        await dialer.platform.now()
    except RefusedError as error:
        raise ConfigurationError([Mistake("database.url", str(error))]) from error


def _dialer(settings: Settings, store: Store, recorder: Recorder) -> Dialer:
    sip = settings.sip
    return Dialer(
        store,
        MemoryLedger(),
        recorder,
        settings.call,
        NodeFacts(settings.node.name, sip.caller_id, sip.default_domain),
        node_calls=sip.max_calls,
        places_calls="outbound" in settings.node.capabilities,
    )


async def _agent(settings: Settings, dialer: Dialer) -> UserAgent:
    try:
        return await start_agent(settings.sip.agent_config(), dialer.calls.receive)
    except SipError as error:
        raise ConfigurationError([Mistake("sip", str(error))]) from error


@asynccontextmanager
async def _serving(
    settings: Settings, dialer: Dialer, store: Store
) -> AsyncIterator[str]:
    """Serve HTTP; the handlers of live requests get their answers while calls are hung up."""
    shown = Status(
        dialer.statistics,
        lambda: dialer.platform.last.objects,
        lambda: [(settings.node.name, dialer.calls.count)],
        settings.sip.max_calls,
    )
    runner = web.AppRunner(
        make_app(dialer, store, shown, settings.admin.token_sha256),
        access_log=None,
        handle_signals=False,
        handler_cancellation=True,  # so that we learn when a client has gone
        shutdown_timeout=1.0,
    )
    await runner.setup()
    try:
        yield await _listen(runner, settings.http)
    finally:
        await runner.cleanup()


async def _cancelled(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _listen(runner: web.AppRunner, http: HttpSettings) -> str:
    context = None
    if http.tls_certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            context.load_cert_chain(http.tls_certificate, http.tls_private_key)
        except (OSError, ssl.SSLError) as error:
            reason = f"The certificate and its private key cannot be used: {error}."
            raise ConfigurationError(
                [Mistake("http.tls_certificate", reason)]
            ) from error
    site = web.TCPSite(
        runner,
        http.host,
        http.port,
        ssl_context=context,
        backlog=1024,
        reuse_address=True,
    )
    try:
        await site.start()
    except OSError as error:
        reason = f"Cannot listen on {http.host} port {http.port}: {error.strerror}."
        raise ConfigurationError([Mistake("http.port", reason)]) from error
    host, port = runner.addresses[0][:2]
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if context else 'http'}://{shown}:{port}"


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; drain, then hang up what is left.

    A second signal hangs up everything at once.
    """
    stop, at_once = asyncio.Event(), asyncio.Event()

    def on_signal() -> None:
        (at_once if stop.is_set() else stop).set()

    loop = asyncio.get_running_loop()
    async with running(settings) as node:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, on_signal)
        log.info("serving", url=node.url, sip=list(settings.sip.listen))
        await stop.wait()
        drain_s = settings.call.drain_ms / 1000
        log.info("draining", calls=node.dialer.calls.count, limit_s=drain_s)
        await _drain(node.dialer, at_once, drain_s)
        if node.dialer.calls.count:
            log.warning("hanging_up", calls=node.dialer.calls.count)
    log.info("stopped")


async def _drain(dialer: Dialer, at_once: asyncio.Event, limit_s: float) -> None:
    waits = [asyncio.create_task(dialer.drain()), asyncio.create_task(at_once.wait())]
    try:
        await asyncio.wait(waits, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
