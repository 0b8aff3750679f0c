"""Heart beat: the same work again and again, whatever becomes of Redis."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from engine.admission.ledger import LedgerError

BEAT_S = 1.0

log = structlog.get_logger()


async def repeat(work: Callable[[], Awaitable[None]], name: str) -> None:
    """Do *work* every ``BEAT_S``, for ever; log when it begins and ends to fail."""
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
        await asyncio.sleep(BEAT_S)
