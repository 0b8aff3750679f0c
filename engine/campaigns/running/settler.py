"""Settler: ends the attempts whose calls have ended, of whichever process they were."""

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial

import structlog

from engine.model.campaign import OpenAttempt, Settlement
from engine.store import Store, StoreError
from engine.telemetry.metrics import Metrics

from .policies import CurrentPolicies
from .settlements import Policies, give_up, settle_attempts

AT_ONCE = 500
POLL_S = 0.5  # between looks for records that other processes have committed
SWEEP_S = 60.0  # between looks at all that is open
LOST_S = 180.0
"""Seconds after its reservation from which an attempt without a record counts as never placed:
longer than ``PLACE_S`` by far, after which nothing is sent for it."""

log = structlog.get_logger()


class Settler:
    """Settles attempts, with their contacts, opt-outs and counts in one transaction each.

    ``run`` has to run beside it.
    """

    def __init__(
        self,
        store: Store,
        policies: CurrentPolicies,
        metrics: Metrics,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._policies = policies
        self._metrics = metrics
        self._clock = clock
        self._wake = asyncio.Event()
        self._position: int | None = None  # None: all that is open is to be looked at
        self._swept = 0.0

    def wake(self) -> None:
        """Look at once: this process has committed records."""
        self._wake.set()

    async def run(self) -> None:
        """Settle until it is cancelled; the database may be away for a while."""
        while True:
            try:
                is_done = await self.settle()
            except StoreError as error:
                log.debug("attempts_unsettled", reason=str(error))
                self._position, is_done = None, True
            if is_done:
                await self._rest()

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(POLL_S):
                await self._wake.wait()
        except TimeoutError:
            return
        self._wake.clear()

    async def settle(self) -> bool:
        """Settle what has ended; returns whether that was all. Raises StoreError."""
        policies = await self._policies.current()
        if not policies and self._clock() - self._swept < SWEEP_S:
            return True  # calls that are no campaign's cost nothing
        settle = partial(_settle, policies, self._clock)
        now = self._clock()
        campaigns = self._store.campaigns
        if self._position is None or now - self._swept >= SWEEP_S:
            settled = await campaigns.settle_all_ends(limit=AT_ONCE, settle=settle)
            self._count(
                await campaigns.settle_lost(now - LOST_S, limit=AT_ONCE, settle=settle)
            )
            self._swept = now
        else:
            settled = await campaigns.settle_new_ends(
                self._position, limit=AT_ONCE, settle=settle
            )
        self._count(settled.settlements)
        self._position = settled.position
        return len(settled.settlements) < AT_ONCE

    def _count(self, settlements: Sequence[Settlement]) -> None:
        for it in settlements:
            assert it.attempt.outcome is not None
            self._metrics.count_attempt(it.attempt.campaign, it.attempt.outcome)


def _settle(
    policies: Policies, clock: Callable[[], float], attempts: Sequence[OpenAttempt]
) -> list[Settlement]:
    now = clock()
    settlements = []
    for it in attempts:
        try:
            settlements += settle_attempts([it], policies, now)
        except Exception:  # it must not keep the others open for ever
            log.exception("attempt_not_settled", call=it.attempt.call)
            settlements.append(give_up(it, now))
    return settlements
