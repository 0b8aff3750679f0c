"""Pinger: checks with OPTIONS whether proxies answer, each at its own interval."""

import asyncio
import time
from contextlib import suppress

import structlog

from engine.model.result import RefusedError
from engine.platform.trunks import Trunk
from engine.store.current_platform import CurrentPlatform
from sip.agent import UserAgent

from .proxy_health import ProxyHealth

TICK_S = 0.2  # from one look for due pings to the next
ANSWER_LIMIT_S = 5.0  # a proxy without a response by then is down
log = structlog.get_logger()


class Pinger:
    """Pings every proxy that has a ping interval, and tells *health* the result.

    A proxy has one ping under way at most, and gets none while it rests. Of proxies that
    the platform has no more, *health* forgets what it knew.
    """

    def __init__(
        self, agent: UserAgent, platform: CurrentPlatform, health: ProxyHealth
    ) -> None:
        self._agent = agent
        self._platform = platform
        self._health = health
        self._due: dict[str, float] = {}
        self._running: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Ping until cancelled; on the way out every ping under way is cancelled, too."""
        try:
            while True:
                with suppress(RefusedError):  # the database is away: as last read
                    await self._platform.current()
                self._begin_due_pings(time.monotonic())
                await asyncio.sleep(TICK_S)
        finally:
            tasks = list(self._running.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _begin_due_pings(self, now: float) -> None:
        trunks = self._platform.last_read.trunks
        self._health.keep_only(trunk.proxy for trunk in trunks.values())
        self._due = {name: due for name, due in self._due.items() if name in trunks}
        for name, trunk in trunks.items():
            interval_ms = trunk.proxy.ping_interval_ms
            if interval_ms is None or name in self._running:
                continue
            if self._health.is_resting(trunk.proxy, now):  # no request at all
                continue
            if self._due.get(name, 0.0) <= now:
                self._due[name] = now + interval_ms / 1000
                self._running[name] = asyncio.create_task(self._ping(trunk))

    async def _ping(self, trunk: Trunk) -> None:
        sent = time.monotonic()
        try:
            result = await self._agent.ping(
                trunk.address, trunk.headers["OPTIONS"], limit_s=ANSWER_LIMIT_S
            )
        except Exception:
            log.exception("ping_crashed", proxy=trunk.proxy.id)
            return  # it says nothing of the proxy
        finally:
            del self._running[trunk.proxy.id]
        self._health.on_ping(trunk.proxy, result, sent, time.monotonic())
