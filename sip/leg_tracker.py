"""LegTracker: the state of one leg, and when it is over. Pure.

PJSIP runs the transactions and the dialog, and ``native/dialog_events.hpp`` reports
which messages they accepted. The tracker learns from these what PJSIP does not tell:
the response behind a hang-up, a 200 that crosses our CANCEL, ends of PJSIP's own
making, who said the last word, and when. It also keeps the deadlines of the leg and of
its transfer, so that every leg ends even if PJSIP forgets it.
"""

from enum import StrEnum

from .events import (
    Answered,
    Ended,
    Ending,
    LegId,
    Origin,
    Progress,
    Referred,
    SipEvent,
    Times,
)
from .message import Response

# 64*T1: an INVITE without any response is given up (RFC 3261 §17.1.1.2).
TIMER_B_S = 32.0
LOST_EVENT_S = 2.0  # for PJSIP to report what the messages on the wire imply
HANG_UP_LIMIT_S = 40.0  # from our hang-up to the forced end
NEVER = float("inf")


class SipLegState(StrEnum):
    """The state of a leg, as far as decisions depend on it."""

    INVITING = "inviting"  # no 2xx yet, and no hang-up
    CONNECTED = "connected"  # 2xx came, ACK sent
    HANGING_UP = "hanging_up"  # we hung up; the far end has not confirmed
    ENDED = "ended"  # final: every further event is ignored


class Cause(StrEnum):
    """Why PJSIP reports a leg as disconnected."""

    OTHER = "other"
    RECEIVED = "received"  # a SIP message
    TIMER = "timer"  # a transaction timed out
    TRANSPORT = "transport"  # nothing could be sent or the connection broke


class DeadlineAction(StrEnum):
    """What the caller must do when a deadline has passed."""

    HANG_UP = "hang_up"  # the ring limit has passed
    GIVE_UP = "give_up"  # send CANCEL or BYE; the leg has noted its end already
    FORGET = "forget"  # the leg is over, though PJSIP has not reported it


class LegTracker:
    """The state of one outbound dialog attempt. Times are monotonic seconds.

    The caller passes on, in order, each message that PJSIP accepted or sent, and
    PJSIP's disconnect, and forwards the event that each method returns. It calls
    ``on_deadline`` when ``deadline`` has passed, and ends a transfer when
    ``refer_deadline`` has.
    """

    __slots__ = (
        "_answered_after_cancel",
        "_bye_reason",
        "_detail",
        "_hang_up_origin",
        "_progress",
        "_remote_bye",
        "deadline",
        "id",
        "refer_deadline",
        "response",
        "ring_limit_s",
        "state",
        "times",
    )

    def __init__(self, leg_id: LegId, now: float, ring_limit_s: float) -> None:
        self.id = leg_id
        self.state = SipLegState.INVITING
        self.times = Times()
        self.response: Response | None = None  # final response to the INVITE
        self.ring_limit_s = ring_limit_s
        self.deadline = now + ring_limit_s
        self.refer_deadline = NEVER  # of the transfer that is under way, if one is
        self._progress = 0  # status of the last provisional response reported
        self._detail = ""  # why the user agent ends the leg of its own accord
        self._hang_up_origin = Origin.LOCAL_CANCEL  # of the end, once we hang up
        self._remote_bye = False
        self._bye_reason = ""
        self._answered_after_cancel = False

    @property
    def has_heard(self) -> bool:
        """Whether any response to the INVITE that was sent last has come."""
        return self.times.has_heard or self.response is not None

    # -- the wire ----------------------------------------------------------------

    def on_sent(self, at: float, method: str, reason: str = "") -> SipEvent | None:
        """Note that a request of this leg was sent.

        *reason* says why PJSIP sends a CANCEL or BYE of its own accord.
        """
        times = self.times
        match method:
            case "INVITE" if times.answered is None:
                # The first one, a retransmission, or the answer to a challenge.
                times.invite = times.invite or at
                if self.state is SipLegState.INVITING:
                    self.response = None  # it was a challenge
                    self.deadline = times.invite + self.ring_limit_s
            case "ACK" if times.answered is not None and times.ack is None:
                times.ack = at
                self._remote_bye = False  # one before the answer did not end the call
                if self.state is SipLegState.INVITING and self.response is not None:
                    self.state = SipLegState.CONNECTED
                    self.deadline = NEVER
                    return Answered(self.id, self.response, times)
            case "CANCEL":
                times.cancel = times.cancel or at
                return self.give_up(at, _detail_of(reason, times))
            case "BYE":
                times.bye = times.bye or at
                return self.give_up(at, _detail_of(reason, times))
        return None

    def on_response(
        self, at: float, method: str, status: int, raw: bytes
    ) -> SipEvent | None:
        """Note that PJSIP has accepted a response to a request of this leg.

        *method* is that of its CSeq; *raw* is the whole message, which is parsed only if it
        decides the outcome of the INVITE.
        """
        if self.state is SipLegState.ENDED:
            return None
        if method == "INVITE":
            if status < 200:
                return self._on_provisional(at, status, raw)
            return self._on_final(at, Response(status, raw))
        if method == "BYE" and status >= 200 and self.state is SipLegState.HANGING_UP:
            return self._end(at, self._hang_up_origin)
        return None

    def on_bye(self, at: float, reason: str = "") -> SipEvent | None:
        """Note that the far end has sent BYE, which was answered with 200.

        *reason* are the values of its Reason headers (RFC 3326), joined by commas.
        """
        self._bye_reason = reason
        self.times.bye = self.times.bye or at
        self._remote_bye = True
        # PJSIP's disconnect follows at once; should it get lost, the deadline ends the leg.
        if self.state in (SipLegState.INVITING, SipLegState.CONNECTED):
            self.deadline = at + LOST_EVENT_S
        elif self.state is SipLegState.HANGING_UP and self.times.answered is not None:
            return self._end(at, self._hang_up_origin)  # both hung up at once
        return None

    def _on_provisional(self, at: float, status: int, raw: bytes) -> SipEvent | None:
        times = self.times
        if status == 100:
            times.trying = times.trying or at
            return None
        times.ringing = times.ringing or at
        if self.state is not SipLegState.INVITING or status == self._progress:
            return None
        self._progress = status
        return Progress(self.id, Response(status, raw), times)

    def _on_final(self, at: float, response: Response) -> SipEvent | None:
        times = self.times
        if not response.raw:  # the transaction ended without a response
            is_due = self.state is SipLegState.HANGING_UP and times.answered is None
            return self._end(at, self._hang_up_origin) if is_due else None
        if times.answered is not None:
            return None  # a retransmission, or a fork that PJSIP ends (§13.2.2.4)
        self.response = response
        if response.status < 300:
            times.answered = at
            if self.state is SipLegState.HANGING_UP:
                # The 200 has crossed our CANCEL (RFC 3261 §9.1): PJSIP sends ACK and BYE.
                self._answered_after_cancel = True
            elif self.state is SipLegState.INVITING:
                self.deadline = at + LOST_EVENT_S  # for the ACK
            return None
        match self.state:
            case SipLegState.INVITING:
                self.deadline = at + LOST_EVENT_S
                return None
            case SipLegState.HANGING_UP if response.status == 487:
                return self._end(at, Origin.LOCAL_CANCEL)
            case _:
                return self._end(at, Origin.REMOTE)

    # -- PJSIP and us ------------------------------------------------------------

    def on_disconnected(
        self, at: float, cause: Cause, status: int, reason: str
    ) -> SipEvent | None:
        """Note that PJSIP reports the call as disconnected, and *cause* as the reason.

        *status* and *reason* are PJSIP's; they count only where the far end has sent no
        response that says more.
        """
        if self.state is SipLegState.HANGING_UP:
            return self._on_hung_up(at)
        if (
            self.state is not SipLegState.INVITING
            and self.state is not SipLegState.CONNECTED
        ):
            return None
        if self._remote_bye or cause is Cause.RECEIVED:
            return self._end(at, Origin.REMOTE, status, reason)
        if cause is Cause.TIMER:
            return self._end(at, Origin.LOCAL_TIMER, status, reason)
        # A status that the far end has not sent is PJSIP's own: the transport failed.
        if self.response is not None and self.response.status == status >= 300:
            return self._end(at, Origin.REMOTE)
        return self._end(at, Origin.LOCAL_TRANSPORT, status, reason)

    def _on_hung_up(self, at: float) -> SipEvent | None:
        times = self.times
        if times.invite is None:
            return self._end(at, Origin.LOCAL_CANCEL)
        if not times.has_heard:
            # CANCEL has to wait for a provisional response (RFC 3261 §9.1).
            self.deadline = min(self.deadline, times.invite + TIMER_B_S + 1)
        return None

    def give_up(
        self, now: float, detail: str, origin: Origin = Origin.LOCAL_CANCEL
    ) -> SipEvent | None:
        """Note that the user agent ends the leg of its own accord; *detail* says why.

        Returns None if somebody has hung up already. The caller must see to it that
        CANCEL or BYE is sent.
        """
        if not self.hang_up(now):
            return None
        self._detail, self._hang_up_origin = detail, origin
        return Ending(self.id, self.response, detail, origin, self.times)

    def hang_up(self, now: float) -> bool:
        """Note that we hang up; False if there is nothing left to end."""
        if self.state not in (SipLegState.INVITING, SipLegState.CONNECTED):
            return False
        self.state = SipLegState.HANGING_UP
        self.deadline = now + HANG_UP_LIMIT_S
        return True

    def refer(self, now: float, limit_s: float) -> SipEvent | None:
        """Note that a transfer begins; return the event of its failure if it cannot."""
        if self.state is not SipLegState.CONNECTED or self._remote_bye:
            return self._end_refer(481)
        if self.refer_deadline < NEVER:
            return self._end_refer(491)
        self.refer_deadline = now + limit_s
        return None

    def on_refer_outcome(self, status: int, reason: str = "") -> SipEvent | None:
        """Note the final *status* of the transfer that is under way, if one is."""
        if self.refer_deadline == NEVER:
            return None
        self.refer_deadline = NEVER
        return self._end_refer(status, reason)

    def _end_refer(self, status: int, reason: str = "") -> SipEvent:
        return Referred(self.id, status, reason or PHRASES.get(status, ""), self.times)

    def fail(self, at: float, reason: str, detail: str = "") -> SipEvent | None:
        """End the leg: the INVITE could not be sent, or an internal error occurred.

        *reason* stands in place of a response's; *detail* says more, in one sentence.
        """
        self._detail = self._detail or detail
        return self._end(at, Origin.LOCAL_TRANSPORT, 503, reason)

    def close(self, now: float) -> SipEvent | None:
        """End the leg at once, because the user agent closes and no longer awaits far ends.

        An answered leg keeps the status of its answer, as at every other end.
        """
        was_sent = self.times.invite is not None
        return self._end(now, self._hang_up_origin, forced=was_sent)

    def on_deadline(self, now: float) -> tuple[DeadlineAction, SipEvent | None]:
        """Return what to do now that the deadline has passed, and the event to report."""
        match self.state:
            case SipLegState.INVITING if self.response is None and not self._remote_bye:
                return DeadlineAction.HANG_UP, None
            case SipLegState.INVITING if self.response is None:
                detail = "The far end has sent BYE before it answered."
                return DeadlineAction.GIVE_UP, self.give_up(now, detail)
            case SipLegState.INVITING if self.times.answered is not None:
                detail = "The answer could not be acknowledged."
                return DeadlineAction.GIVE_UP, self.give_up(
                    now, detail, Origin.LOCAL_TRANSPORT
                )
            case SipLegState.HANGING_UP if not self.times.has_heard:
                return DeadlineAction.FORGET, self._end(now, Origin.LOCAL_CANCEL)
            case SipLegState.HANGING_UP:
                return DeadlineAction.FORGET, self._end(
                    now, self._hang_up_origin, forced=True
                )
            case _:
                return DeadlineAction.FORGET, self._end(now, Origin.REMOTE, forced=True)

    def _end(
        self,
        at: float,
        origin: Origin,
        status: int = 487,
        reason: str = "",
        *,
        forced: bool = False,
    ) -> SipEvent | None:
        if self.state is SipLegState.ENDED:
            return None
        self.state = SipLegState.ENDED
        self.refer_deadline = NEVER
        self.times.ended = at
        response = self.response
        if self.times.answered is None and origin in _WITHOUT_RESPONSE:
            response = None  # at most a challenge (401, 407) that was answered
        if response is not None:
            status, reason = response.status, response.reason
        return Ended(
            leg=self.id,
            status=status,
            reason=reason or PHRASES.get(status, ""),
            origin=origin,
            response=response,
            times=self.times,
            answered_after_cancel=self._answered_after_cancel,
            forced=forced,
            bye_reason=self._bye_reason,
            detail=self._detail,
        )


def _detail_of(reason: str, times: Times) -> str:
    """Return a sentence that says why PJSIP hangs up; *reason* are PJSIP's words."""
    if reason in _OF_DIALOG:
        return _OF_DIALOG[reason]
    reason = _OF_SDP.get(reason, reason).rstrip(".")
    if times.ack is not None:
        return f"{reason or 'The user agent has ended the call'}."
    what = "the answer" if times.answered is not None else "a provisional response"
    return f"The SDP of {what} cannot be used: {reason or 'it does not fit'}."


_OF_SDP = {
    "SDP negotiation failed": "it has no codec of ours",
    "Unable to create media session": "it has no codec of ours",
}
_OF_DIALOG = {
    "No session refresh received.": "The session timer has expired.",
    "Call/Transaction Does Not Exist": "The far end does not know the call any more.",
}

_WITHOUT_RESPONSE = (Origin.LOCAL_TIMER, Origin.LOCAL_TRANSPORT)

PHRASES = {
    408: "Request Timeout",
    481: "Call/Transaction Does Not Exist",
    487: "Request Terminated",
    491: "Request Pending",
    503: "Service Unavailable",
}
