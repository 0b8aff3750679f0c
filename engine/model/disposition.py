"""Disposition: what has become of a call, in the words of a telephone; and who ended it. Pure."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from sip.events import Origin


class Disposition(StrEnum):
    """What has become of a call, or of a request that was refused."""

    ANSWERED = "answered"
    BUSY = "busy"
    NO_ANSWER = "no_answer"  # nobody came to the phone
    REJECTED = "rejected"  # the callee, its network or the trunk does not take the call
    UNREACHABLE = "unreachable"  # nobody is, or can be, reached under this address
    CONGESTION = "congestion"  # the way to the callee failed: nobody knows about them
    CANCELLED = "cancelled"  # our side has ended it before it was answered
    FAILED = "failed"  # the platform could not place it, or not go on
    REFUSED = "refused"  # by a limit, a rule or a check: no INVITE was sent


class EndRequester(StrEnum):
    """Who, on our side, has asked for the end of a call."""

    CLIENT = "client"  # by the API, by disconnecting, or since its wait ran out
    APPLICATION = "application"  # its document has, or has ended
    LIMIT = "limit"  # the longest duration of the call, or a limit of its session
    OPERATOR = "operator"  # an emergency stop
    STOP = "stop"  # the process stops
    DEFECT = "defect"  # of ours: the call or its session crashed


class HangUpBy(StrEnum):
    """The side that has ended a call."""

    CALLER = "caller"  # the client or its application
    CALLEE = "callee"  # the far end, or whoever answers for it
    PLATFORM = "platform"  # its limits, its stop, its timers


class HangUpCause(msgspec.Struct, frozen=True):
    """Why a call was ended, as a Reason header says (RFC 3326, ITU-T Q.850)."""

    number: int
    text: str | None = None


class UnansweredEnd(msgspec.Struct, frozen=True):
    """What is known of the end of a call that was not answered."""

    status: int
    """Final status of the last INVITE, as ``Ended`` has it."""
    origin: Origin
    requester: EndRequester | None = None
    """Who has asked for the end; None and ``local-cancel``: the ring limit has passed."""
    cause: int | None = None
    """The Q.850 cause that the far end has told."""
    is_silent: bool = False
    """Whether no response to the INVITE has come at all."""
    was_given_up: bool = False
    """Whether the user agent could not go on, as after an answer without a codec of ours."""
    heard: Disposition | None = None
    """What the sound before an answer says, as a busy tone; it counts above all else."""


class Conclusion(msgspec.Struct, frozen=True):
    """What has become of a call or request, beside its ``Result``.

    *hang_up_by* is None while an answered call lives, and where there was no call.
    """

    disposition: Disposition
    hang_up_by: HangUpBy | None = None
    cause: HangUpCause | None = None
    end_requester: EndRequester | None = None
    refused_by: str | None = None
    """The limit or rule that refused, as ``account:acme`` or ``rule:^\\+4419.*``."""


_OF_STATUS: Mapping[int, Disposition] = {
    **dict.fromkeys((486, 600), Disposition.BUSY),
    # 487 without a CANCEL of ours: the far end has given up (RFC 3261 §21.4.25).
    **dict.fromkeys((408, 480, 487), Disposition.NO_ANSWER),
    **dict.fromkeys((401, 402, 403, 407), Disposition.REJECTED),
    # The session offered does not suit the callee.
    **dict.fromkeys((488, 606), Disposition.REJECTED),
    # The callee's wish, or an analytics engine's (RFC 8197, RFC 8688).
    **dict.fromkeys((603, 607, 608), Disposition.REJECTED),
    # Who calls is not told, or not proven (RFC 5079, RFC 8224).
    **dict.fromkeys((428, 433, 436, 437, 438), Disposition.REJECTED),
    **dict.fromkeys((404, 410, 414, 416, 484, 485, 604), Disposition.UNREACHABLE),
    430: Disposition.UNREACHABLE,  # the only way to the telephone (RFC 5626)
    # Routes that lead nowhere (RFC 3261 §21.4.20, RFC 5393).
    **dict.fromkeys((440, 482, 483), Disposition.CONGESTION),
}
"""Final responses whose class does not tell (RFC 3261 §21 and later)."""

_OF_CLASS: Mapping[int, Disposition] = {
    3: Disposition.UNREACHABLE,  # another address; no redirect is followed
    4: Disposition.FAILED,  # as 400 (RFC 3261 §8.1.3.2): our INVITE should be looked at
    5: Disposition.CONGESTION,
    6: Disposition.BUSY,  # as 600
}

_OF_CAUSE: Mapping[int, Disposition] = {
    17: Disposition.BUSY,
    **dict.fromkeys((18, 19), Disposition.NO_ANSWER),
    # Rejected, or barred: by the callee, or by what one of the two has subscribed to.
    **dict.fromkeys((21, 24, 52, 53, 54, 55, 57, 65, 87, 88), Disposition.REJECTED),
    # Unallocated, no route to it, absent, changed, redirected, out of order, incomplete.
    **dict.fromkeys((1, 3, 4, 5, 20, 22, 23, 27, 28), Disposition.UNREACHABLE),
    # No transit network, no circuit, out of order, or a timer of the network.
    **dict.fromkeys((2, 25, 34, 38, 41, 42, 44, 46, 47), Disposition.CONGESTION),
    **dict.fromkeys((58, 63, 91, 102), Disposition.CONGESTION),
}
"""Q.850 causes that say more than the SIP status they come with, which gateways choose by
mappings of their own (RFC 3398 §7.2.4.1 has one). The others, as 16 (normal clearing), 31
and 127, say nothing.
"""


def disposition_of_end(end: UnansweredEnd) -> Disposition:
    """Return what has become of a call that was not answered."""
    if end.heard is not None:
        return end.heard
    match end.origin:
        case Origin.LOCAL_TIMER | Origin.LOCAL_TRANSPORT:
            return Disposition.CONGESTION
        case Origin.LOCAL_CANCEL:
            return _of_local_end(end)
        case Origin.REMOTE:
            return _of_response(end.status, end.cause)


def _of_local_end(end: UnansweredEnd) -> Disposition:
    if end.was_given_up or end.requester is EndRequester.DEFECT:
        return Disposition.FAILED
    if end.requester is not None:
        return Disposition.CANCELLED
    return Disposition.CONGESTION if end.is_silent else Disposition.NO_ANSWER


def _of_response(status: int, cause: int | None) -> Disposition:
    if cause is not None and cause in _OF_CAUSE:
        return _OF_CAUSE[cause]
    if status in _OF_STATUS:
        return _OF_STATUS[status]
    return _OF_CLASS.get(status // 100, Disposition.FAILED)


def hang_up_by(origin: Origin, requester: EndRequester | None) -> HangUpBy:
    """Return which side has ended a call whose last leg ended by *origin*.

    *requester* is who, on our side, has asked for that; None: nobody, as at the ring limit.
    """
    if origin is Origin.REMOTE:
        return HangUpBy.CALLEE
    if requester in (EndRequester.CLIENT, EndRequester.APPLICATION):
        return HangUpBy.CALLER
    return HangUpBy.PLATFORM
