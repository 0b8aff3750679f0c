"""Leg: one leg on the SIP thread, from its INVITE until its end is reported."""

from dataclasses import dataclass, field

import pjsua2 as pj

from sip.agent import Invite
from sip.leg_tracker import NEVER, LegTracker, SipLegState

MAX_SDP_PROBLEMS = 8
"""Of a leg: they quote the far end, which may write something else each time."""


@dataclass(slots=True, eq=False)
class Leg:
    """The INVITE of a leg, the state of the leg, and PJSIP's call for it."""

    invite: Invite
    tracker: LegTracker
    call: pj.OutringCall | None = None
    """None until the INVITE has been sent. PJSIP hangs up what is left of a call when the
    last reference to it goes."""
    refresh_due: float = NEVER
    """When a refused session refresh is sent again, in monotonic seconds."""
    sdp_problems: set[str] = field(default_factory=set)
    """What was logged of session descriptions, at most ``MAX_SDP_PROBLEMS``."""

    @property
    def is_connected(self) -> bool:
        """Whether the call was answered, and nobody has hung up."""
        return self.tracker.state is SipLegState.CONNECTED
