"""Many sessions: they leave no memory behind, and none sees the data of another."""

import pytest

from ccxml.commands import Delivery
from ccxml.events import Event
from ccxml.session import Session, SessionInfo
from tests.load.ccxml_sessions import COMPUTED, PLAIN, alone, document

pytestmark = pytest.mark.slow

MB = 1024 * 1024
TICK = Event("tick")
REPORT = Event("connection.connected", {"connectionid": "c-1"})


def test_ten_thousand_sessions_created_and_ended_leave_memory_flat() -> None:
    # In a process of its own, where nothing else takes memory meanwhile.
    _, after_2000, after_10_000 = alone("ended", COMPUTED, 10_000)

    assert after_10_000 - after_2000 < 20 * MB


@pytest.mark.parametrize(("first", "prefix"), [(PLAIN, ""), (COMPUTED, "customer ")])
def test_two_thousand_live_sessions_hold_their_own_data(
    first: str, prefix: str
) -> None:
    of = document(first)
    sessions = []
    for number in range(2000):
        info = SessionInfo(id=f"s-{number}", values={"customer": f"c-{number}"})
        sessions.append(Session(of, info))
        sessions[-1].start(0.0)
    for number, session in enumerate(sessions):
        for _ in range(number % 3):  # a third of the plain ones stays plain
            session.receive(TICK, 1.0)

    told = []
    for session in reversed(sessions):
        (report,) = session.receive(REPORT, 2.0)
        assert isinstance(report, Delivery)
        told.append(report.values)
        session.close()

    assert told == [
        {"note": f"{prefix}c-{number}", "count": number % 3}
        for number in reversed(range(2000))
    ]
