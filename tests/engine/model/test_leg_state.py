"""The truth table of what the engine decides about a leg."""

import pytest

from engine.model.leg_state import LegEvent, LegRequest, LegState, Timer, transition
from sip.events import Answered, Ended, LegId, Origin, Progress, Referred, Times
from sip.message import Response

LEG = LegId("leg")
OK = Response(200, b"SIP/2.0 200 OK\r\n\r\n")
EVENTS: dict[str, LegEvent] = {
    "progress": Progress(LEG, Response(180, b"SIP/2.0 180 Ringing\r\n\r\n"), Times()),
    "answered": Answered(LEG, OK, Times()),
    "ended": Ended(LEG, 486, "Busy Here", Origin.REMOTE, response=None, times=Times()),
    "referred": Referred(LEG, 200, "OK", Times()),
    "hang_up": LegRequest.HANG_UP,
    "max_duration": Timer.MAX_DURATION,
    "hang_up_guard": Timer.HANG_UP_GUARD,
    "first_response": Timer.FIRST_RESPONSE,
    "late_progress": Timer.PROGRESS,
}

TABLE = {
    # in          progress     answered          ended    referred     hang up           max duration      guard, first response, progress
    "dialing":   ("ringing",   "connected",      "ended", "dialing",   "ending hang_up", "dialing",        "dialing", "dialing", "dialing"),
    "ringing":   ("ringing",   "connected",      "ended", "ringing",   "ending hang_up", "ringing",        "ringing", "ringing", "ringing"),
    "connected": ("connected", "connected",      "ended", "connected", "ending hang_up", "ending hang_up", "connected", "connected", "connected"),
    "ending":    ("ending",    "ending hang_up", "ended", "ending",    "ending",         "ending",         "ending", "ending", "ending"),
    "ended":     ("ended",     "ended",          "ended", "ended",     "ended",          "ended",          "ended", "ended", "ended"),
}  # fmt: skip

CASES = [
    pytest.param(state, event, after, id=f"{state}-{event}")
    for state, row in TABLE.items()
    for event, after in zip(EVENTS, row, strict=True)
]


@pytest.mark.parametrize(("state", "event", "expected"), CASES)
def test_transition(state: str, event: str, expected: str) -> None:
    after, command = transition(LegState(state), EVENTS[event])

    assert " ".join(filter(None, (after, command))) == expected


def test_table_names_every_state() -> None:
    assert set(TABLE) == set(LegState)
