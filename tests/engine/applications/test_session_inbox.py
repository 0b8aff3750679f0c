"""What waits for a session, and what is refused."""

import asyncio

import pytest

from ccxml.events import Event
from engine.applications.session_inbox import MAX_WAITING, SIGNAL, SessionInbox

OUTSIDE = [Event("outside.news", is_sent=True), Event(SIGNAL)]


async def test_events_are_taken_in_their_order() -> None:
    inbox, first, second = SessionInbox(), Event("a"), Event("b")
    taking = asyncio.create_task(inbox.take())
    await asyncio.sleep(0)
    inbox.put(first)
    inbox.put(second)

    assert [await taking, await inbox.take()] == [first, second]
    assert len(inbox) == 0


async def test_what_is_urgent_is_taken_first() -> None:
    inbox = SessionInbox()
    inbox.put(Event("a"))
    inbox.put_first(lambda _: [])

    assert not isinstance(await inbox.take(), Event)


@pytest.mark.parametrize("event", OUTSIDE, ids=lambda event: event.name)
async def test_only_so_many_from_outside_wait(event: Event) -> None:
    inbox = SessionInbox()
    taken = [inbox.offer(event) for _ in range(MAX_WAITING + 1)]

    assert taken == [True] * MAX_WAITING + [False]
    assert inbox.offer(Event("connection.disconnected"))


async def test_events_about_a_connection_leave_with_it() -> None:
    inbox = SessionInbox()
    ours, other = Event("a", {"connectionid": "C"}), Event("a", {"connectionid": "D"})
    for event in (ours, other, ours):
        inbox.put(event)

    assert inbox.take_events_about("C") == (ours, ours)
    assert await inbox.take() == other
