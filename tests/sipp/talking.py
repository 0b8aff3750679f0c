"""A connected leg whose far end is a telephone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sip.events import LegId
from tests.conftest import SippFactory
from tests.sipp.conftest import Caller
from tests.sipp.handset import Handset, handset
from tests.sipp.scenario import ack, answer, bye, invite


def at(end: Handset, message: str) -> str:
    """A message of a scenario, with *end* for its media."""
    return message.replace("[media_port]", str(end.port))


@asynccontextmanager
async def talking(
    caller: Caller, sipp: SippFactory
) -> AsyncIterator[tuple[LegId, Handset]]:
    """A leg that was answered, and its far end; we hang up."""
    async with handset() as far_end:
        steps = (invite(), at(far_end, answer()), ack(), bye())
        async with sipp(*steps) as callee:
            leg = await caller.invite(callee.uri)
            await caller.answered()
            yield leg, far_end
            caller.agent.hang_up(leg)
            await caller.ended()
