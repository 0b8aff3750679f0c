"""What has become of a call, as ``CallSession`` returns it and ``LiveCalls`` acts on it.

Each event or command that a ``CallSession`` gets returns such values, in the order in
which they have to be acted on. Events of the user agent that the call's observer takes are among them as
they are.
"""

from collections.abc import Sequence

import msgspec

from engine.model.leg_state import Timer
from sip.events import Answered, Ended, Ending, LegId, MediaEvent, Progress, Referred


class TimerStarted(msgspec.Struct, frozen=True):
    """``CallSession.on_timer`` has to get *timer* after *delay_s* seconds.

    It takes the place of the timer that runs.
    """

    timer: Timer
    delay_s: float


class RecordChanged(msgspec.Struct, frozen=True):
    """The far end has begun to ring, call progress analysis has its verdict or has ended, or
    something has become of the audio stream.
    """


class HangUpUnconfirmed(msgspec.Struct, frozen=True):
    """The far end has not confirmed our hang-up in time; the client has its answer all
    the same.
    """


class LegEnded(msgspec.Struct, frozen=True):
    """The user agent reports nothing more of *leg*."""

    leg: LegId


class FailOverNeeded(msgspec.Struct, frozen=True):
    """The next proxy of the group may take the call: its leg has failed, or is late.

    If there is none, ``CallSession.on_no_next_proxy`` has to be called.
    """


class LegLeft(msgspec.Struct, frozen=True):
    """The call has left its leg through *proxy*, which is hung up, for the next one.

    *detail* says why, in a sentence.
    """

    proxy: str
    detail: str


class LadderGrown(msgspec.Struct, frozen=True):
    """A leg that was left has ended after the call; *ladder* has its messages."""

    ladder: str


class CallEnded(msgspec.Struct, frozen=True):
    """The call has ended with *end*, and its record is complete. Exactly once, and the last."""

    end: Ended


CallEvent = (
    Progress
    | Answered
    | Ending
    | Referred
    | MediaEvent
    | TimerStarted
    | RecordChanged
    | HangUpUnconfirmed
    | LegEnded
    | FailOverNeeded
    | LegLeft
    | LadderGrown
    | CallEnded
)

CallEvents = Sequence[CallEvent]
