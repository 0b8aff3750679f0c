"""Heartbeat: the same work again and again, whether Redis answers or not."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from engine.admission.ledger import LedgerError

BEAT_S = 1.0

log = structlog.get_logger()


async def repeat(
    work: Callable[[], Awaitable[None]], name: str, beat_s: float | None = None
) -> None:
    """Do *work*, then again *beat_s* seconds after it is done, until cancelled.

    Without *beat_s* it is ``BEAT_S`` seconds.

    A LedgerError of *work* does not end this. The log says once that it began to fail,
    under *name*, and once that it works again.
    """
    is_away = False
    while True:
        try:
            await work()
        except LedgerError as error:
            if not is_away:
                reason = str(error.__cause__ or error)  # with the address
                log.warning("redis_away", work=name, reason=reason)
            is_away = True
        else:
            if is_away:
                log.info("redis_back", work=name)
            is_away = False
        await asyncio.sleep(BEAT_S if beat_s is None else beat_s)
