"""Composition root: opens everything in order, serves, and closes it in reverse."""

import asyncio
import signal
import ssl
from collections.abc import AsyncIterator
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
from .platform import Platform
from .settings import HttpSettings, Settings

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Node:
    """A running outring."""

    dialer: Dialer
    agent: UserAgent
    url: str


@asynccontextmanager
async def running(settings: Settings, platform: Platform) -> AsyncIterator[Node]:
    """Run outring; raises ConfigurationError in one sentence if it cannot start.

    On leaving, every call is hung up and its far end is given time to confirm.
    """
    dialer = Dialer(
        platform,
        settings.call,
        MemoryLedger(),
        node_calls=settings.sip.max_calls,
        default_domain=settings.sip.default_domain,
    )
    try:
        agent = await start_agent(settings.sip.agent_config(), dialer.receive)
    except SipError as error:
        raise ConfigurationError([Mistake("sip", str(error))]) from error
    try:
        dialer.attach(agent)
        # The handlers of live requests get their answers while calls are hung up.
        runner = web.AppRunner(
            make_app(dialer),
            access_log=None,
            handle_signals=False,
            shutdown_timeout=1.0,
        )
        await runner.setup()
        try:
            url = await _listen(runner, settings.http)
            heartbeat = asyncio.create_task(dialer.renew_leases())
            try:
                yield Node(dialer, agent, url)
            finally:
                dialer.is_draining = True
                dialer.hang_up_all()
                await agent.aclose()
                dialer.give_up()
                heartbeat.cancel()
                await asyncio.gather(heartbeat, return_exceptions=True)
        finally:
            await runner.cleanup()
    finally:
        await agent.aclose()


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


async def serve(settings: Settings, platform: Platform) -> None:
    """Serve until SIGTERM or SIGINT; drain, then hang up what is left.

    A second signal hangs up everything at once.
    """
    stop, at_once = asyncio.Event(), asyncio.Event()

    def on_signal() -> None:
        (at_once if stop.is_set() else stop).set()

    loop = asyncio.get_running_loop()
    async with running(settings, platform) as node:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, on_signal)
        log.info("serving", url=node.url, sip=list(settings.sip.listen))
        await stop.wait()
        drain_s = settings.call.drain_ms / 1000
        log.info("draining", calls=node.dialer.live_calls, limit_s=drain_s)
        await _drain(node.dialer, at_once, drain_s)
        if node.dialer.live_calls:
            log.warning("hanging_up", calls=node.dialer.live_calls)
    log.info("stopped")


async def _drain(dialer: Dialer, at_once: asyncio.Event, limit_s: float) -> None:
    waits = [asyncio.create_task(dialer.drain()), asyncio.create_task(at_once.wait())]
    try:
        await asyncio.wait(waits, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
