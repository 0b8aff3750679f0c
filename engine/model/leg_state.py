"""What the engine decides about one leg. Pure; dialogs and transactions belong to PJSIP."""

from enum import StrEnum

from sip.events import Answered, Ended, Ending, Progress, SipEvent


class LegState(StrEnum):
    """The state of a leg, as the engine and its clients see it."""

    DIALING = "dialing"  # INVITE sent; nothing above 100 heard
    RINGING = "ringing"  # 101 to 199 heard
    CONNECTED = "connected"  # a 2xx heard
    ENDING = "ending"  # we hang up, or the user agent does so of its own accord
    ENDED = "ended"  # final: every further event is ignored


class LegRequest(StrEnum):
    """What somebody on our side wants of a leg."""

    HANG_UP = "hang_up"


class Timer(StrEnum):
    """A time limit that has passed. The ring timeout is the user agent's own."""

    FIRST_RESPONSE = "first_response"  # any response should have come by now
    PROGRESS = "progress"  # a response from 101 to 199 should have come by now
    MAX_DURATION = "max_duration"  # of an answered call
    HANG_UP_GUARD = "hang_up_guard"  # the far end should have confirmed the end by now


class Command(StrEnum):
    """What the user agent has to do."""

    HANG_UP = "hang_up"  # it picks CANCEL or BYE


LegEvent = SipEvent | LegRequest | Timer
Transition = tuple[LegState, Command | None]

UNANSWERED = frozenset({LegState.DIALING, LegState.RINGING})
LIVE = UNANSWERED | {LegState.CONNECTED}


def transition(state: LegState, event: LegEvent) -> Transition:
    """Return the next state, and the command for the user agent or None. Pure.

    Late and repeated events are normal and leave the state as it is.
    """
    match event:
        case Ended():
            return LegState.ENDED, None
        case Ending() if state in LIVE:
            return LegState.ENDING, None
        case Progress() if state in UNANSWERED:
            return LegState.RINGING, None
        case Answered() if state in UNANSWERED:
            return LegState.CONNECTED, None
        case Answered() if state is LegState.ENDING:
            # The 2xx was on its way to us while we hung up: ask again, for BYE.
            return LegState.ENDING, Command.HANG_UP
        case LegRequest.HANG_UP if state in LIVE:
            return LegState.ENDING, Command.HANG_UP
        case Timer.MAX_DURATION if state is LegState.CONNECTED:
            return LegState.ENDING, Command.HANG_UP
        case _:
            # Late or repeated; test_leg_state.py lists each such pair.
            return state, None
