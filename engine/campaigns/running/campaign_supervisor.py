"""CampaignSupervisor: runs the campaigns of which this process has the lease.

Of several processes with one database a single one reserves the attempts of a campaign at a
time. Its lease lapses soon after it dies, and whoever goes on reads what is open.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog

from engine.campaigns.policy import CampaignPolicy
from engine.dialer.dialer import Dialer
from engine.events.event_tail import EventTail
from engine.model.campaign import CampaignRun, CampaignState
from engine.store import Store, StoreError

from .campaign_runner import CampaignRunner
from .policies import CurrentPolicies

LEASE_S = 6.0
TURN_S = 0.5  # between looks at the campaigns: a pause acts within a second

log = structlog.get_logger()


@dataclass(slots=True)
class _Running:
    runner: CampaignRunner
    task: asyncio.Task[None]
    expires: float


class CampaignSupervisor:
    """Begins and ends the runners of campaigns. ``run`` has to run beside it.

    *name* is that of this process.
    """

    def __init__(
        self,
        name: str,
        policies: CurrentPolicies,
        *,
        store: Store,
        dialer: Dialer,
        tail: EventTail,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._holder = f"{name}/{secrets.token_hex(4)}"
        self._policies = policies
        self._store = store
        self._dialer = dialer
        self._tail = tail
        self._clock = clock
        self._running: dict[str, _Running] = {}

    def count_lines(self) -> dict[str, int]:
        """Return how many attempts of each campaign that runs here have no end yet."""
        return {name: it.runner.lines for name, it in self._running.items()}

    async def run(self) -> None:
        """Run campaigns until it is cancelled."""
        try:
            while True:
                await self._turn()
                await asyncio.sleep(TURN_S)
        finally:
            await self._stop()

    async def _turn(self) -> None:
        try:
            await self._follow()
        except StoreError as error:
            log.debug("campaigns_not_read", reason=str(error))
            now = self._clock()
            await self._drop(n for n, it in self._running.items() if it.expires <= now)

    async def _follow(self) -> None:
        policies = await self._policies.current()
        runs = await self._store.campaigns.read_runs() if policies else ()
        wanted = {
            run.campaign: policies[run.campaign]
            for run in runs
            if run.state is CampaignState.RUNNING and run.campaign in policies
        }
        await self._drop(self._running.keys() - wanted.keys())
        for name, policy in wanted.items():
            await self._hold(name, policy)

    async def _hold(self, name: str, policy: CampaignPolicy) -> None:
        """Acquire the lease of a campaign, or go on holding it; it runs here if that works."""
        now = self._clock()
        run = await self._store.campaigns.acquire(
            name, self._holder, now=now, expires=now + LEASE_S
        )
        running = self._running.get(name)
        if run is None:
            await self._drop([name] if running else ())
            return
        if running is not None and running.task.done():
            _log_end(name, running.task)
            del self._running[name]
            running = None
        if running is None:
            self._running[name] = running = self._start(run, policy)
        running.runner.policy, running.expires = policy, now + LEASE_S

    def _start(self, run: CampaignRun, policy: CampaignPolicy) -> _Running:
        name = run.campaign
        log.info("campaign_runs", campaign=name)
        runner = CampaignRunner(
            policy,
            self._holder,
            rests=run.reason is not None,
            store=self._store,
            dialer=self._dialer,
            tail=self._tail,
            clock=self._clock,
        )
        task = asyncio.create_task(runner.run(), name=f"campaign {name}")
        return _Running(runner, task, 0.0)

    async def _drop(self, names: Iterable[str]) -> None:
        """End the runners of *names*; calls that were placed go on."""
        tasks = [self._running.pop(name).task for name in [*names]]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _stop(self) -> None:
        await self._drop([*self._running])
        try:
            await self._store.campaigns.release(self._holder)
        except StoreError as error:
            log.warning("campaigns_not_released", reason=str(error))


def _log_end(name: str, task: asyncio.Task[None]) -> None:
    error = None if task.cancelled() else task.exception()
    log.error("campaign_crashed", campaign=name, exc_info=error)
