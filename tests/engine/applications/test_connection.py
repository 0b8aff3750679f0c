"""A connection whose far end says nothing, or does not confirm its end."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from ccxml.events import Event
from engine.applications import connection as module
from engine.applications.connection import Connection
from engine.applications.connection_events import ConnectionEvents
from sip.events import Ended, LegId, Origin, Times
from sip.message import Response

CANCELLED = Ended(
    LegId("leg"),
    487,
    "Request Terminated",
    Origin.LOCAL_CANCEL,
    response=None,
    times=Times(),
)
ANSWER = Response(200, b"SIP/2.0 200 OK\r\n\r\n")


class World:
    """A connection with what it touches: its call, and what its document is told."""

    def __init__(self, ring_limit_s: float = 0.0) -> None:
        self.told: list[Event] = []
        self.hung_up = 0
        self.removed = 0
        self.call: Any = SimpleNamespace(
            leg_id=LegId("leg"),
            make_cancelled_end=lambda: CANCELLED,
            findings=SimpleNamespace(tones=SimpleNamespace(verdict=None)),
            ring_limit_s=ring_limit_s,
            observer=None,
            is_over=False,
            was_hung_up=False,
        )
        media: Any = SimpleNamespace(add=lambda *_: None, remove=lambda _: ())
        events = ConnectionEvents("c", local=None, remote="sip:x@y")
        self.connection = Connection(
            events, self.told.append, media, self.hang_up, self.remove
        )
        self.connection.attach(self.call)

    def hang_up(self, call: Any, _: object) -> None:
        """See ``LiveCalls.hang_up``."""
        assert call is self.call
        self.hung_up += 1

    def remove(self, _: Connection) -> None:
        """See ``LiveConnections.remove``."""
        self.removed += 1

    @property
    def reasons(self) -> list[tuple[str, str]]:
        """The events that the document was told, with their reasons."""
        return [(event.name, str(event.fields.get("reason"))) for event in self.told]


@pytest.fixture(autouse=True)
def without_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for the far end."""
    monkeypatch.setattr(module, "RING_GRACE_S", 0.0)


async def settle() -> None:
    """Let timers that are due run."""
    for _ in range(3):
        await asyncio.sleep(0)


async def test_a_far_end_that_says_nothing_is_told_at_the_ring_limit() -> None:
    world = World()
    await settle()

    assert world.reasons == [("connection.failed", "noanswer")]
    assert (world.removed, world.hung_up) == (1, 0)  # the user agent hangs up
    # An answer that crosses that is nobody's.
    world.call.observer.on_answered(world.call, ANSWER)
    world.call.observer.on_ended(world.call, None)
    assert (len(world.told), world.hung_up) == (1, 1)


async def test_no_limit_for_who_answers_or_has_failed() -> None:
    for end in (False, True):
        world = World()
        world.connection.on_answered(world.call, ANSWER)
        if end:
            busy = Ended(LegId("leg"), 486, "", Origin.REMOTE, None, Times())
            world.connection.on_ended(world.call, busy)
        told = list(world.told)
        await settle()
        assert world.told == told
        assert world.call.observer is world.connection


@pytest.mark.parametrize(
    ("is_answered", "expected"),
    [
        (False, ("connection.failed", "near_end_disconnect")),
        (True, ("connection.disconnected", "near_end_disconnect")),
    ],
)
async def test_a_far_end_that_does_not_confirm_our_hang_up(
    is_answered: bool, expected: tuple[str, str]
) -> None:
    world = World(ring_limit_s=60.0)
    if is_answered:
        world.connection.on_answered(world.call, ANSWER)
    world.call.was_hung_up = True
    world.connection.on_hang_up_unconfirmed(world.call)

    assert world.reasons[-1] == expected
    assert world.removed == 1
