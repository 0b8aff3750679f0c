"""OutboundOrder: a checked request for a call or an application, as it is carried out."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from engine.model.disposition import (
    Conclusion,
    Disposition,
    EndRequester,
    HangUpBy,
)
from engine.model.outbound_request import Fields, OutboundRequest
from engine.model.result import RefusedError, Result
from engine.platform.objects import Application, WhenClientStopsWaiting
from engine.platform.snapshot import PlatformSnapshot
from engine.store import Place

from .instant import Instant

CLIENT_GONE = "The client has gone away."
STOPPED = "An emergency stop has ended the call."


@dataclass(slots=True)
class OutboundOrder:
    """A request that has passed every check that needs no wait.

    It comes from a client of the HTTP API, perhaps by way of a front end, or from the
    ``createcall`` of a document. *platform* is the one by which it was checked. ``place``
    is set once, before the order is carried out; the last five fields change while it
    is, and everything else stays.
    """

    application_uuid: str
    request: OutboundRequest
    application: Application
    platform: PlatformSnapshot
    received: Instant
    fields: Fields = field(default_factory=dict)
    """The request as the client gave it; empty for a ``createcall``."""
    as_text: bool = False
    """Whether all values of *fields* are texts, as in a query; see ``request_of``."""
    place: Place | None = None
    """Where its claim stands; None: it has no Idempotency-Key."""
    lease: str = ""
    """Name of the lease with which a front end has taken its slots and rates in advance.

    Empty: nothing was acquired yet.
    """
    wait_ran_out: bool = False
    """Whether its client was answered before it was known what becomes of the call."""
    client_is_gone: bool = False
    """Whether its client has disconnected before it was answered."""
    is_accepted: bool = False
    """Whether its client got ``Request accepted``, and so need not stay connected."""
    is_stopped: bool = False
    """Whether an emergency stop has ended it."""
    cancel: Callable[[], object] | None = None
    """Ends what is carried out for it; None: nothing yet."""

    @property
    def idempotency_key(self) -> str | None:
        """The Idempotency-Key of the request, if it has one."""
        return None if self.place is None else self.place[1]

    @property
    def is_unwanted(self) -> bool:
        """Whether an emergency stop has ended it, or its client has disconnected and its
        application wants the call cancelled then.
        """
        cancels = self.application.on_client_disconnect is WhenClientStopsWaiting.CANCEL
        return self.is_stopped or (self.client_is_gone and cancels)

    @property
    def is_cancelled_by_wait(self) -> bool:
        """Whether its application wants the call cancelled once the wait has run out."""
        return self.application.on_wait_timeout is WhenClientStopsWaiting.CANCEL

    @property
    def waits_for_call_progress(self) -> bool:
        """Whether its client is answered only once it is known what has answered the call."""
        waits = self.application.answer_after_call_progress
        return waits and self.request.call_progress is not None

    def check_wanted(self) -> None:
        """Raise RefusedError if ``is_unwanted``, or if the hours have passed in which its
        campaign may call.
        """
        campaign = self.request.campaign
        if campaign is not None and time.time() > (campaign.not_after or math.inf):
            text = "The time has passed until which the campaign may call this contact."
            raise RefusedError(Result.CALL_FAILED, text, conclusion=_TOO_LATE)
        if self.is_unwanted:
            raise RefusedError(
                Result.CALL_FAILED,
                STOPPED if self.is_stopped else CLIENT_GONE,
                conclusion=_STOPPED if self.is_stopped else _CLIENT_GONE,
            )


_TOO_LATE = Conclusion(Disposition.REFUSED, refused_by="campaign:window")
_STOPPED = Conclusion(
    Disposition.CANCELLED, HangUpBy.PLATFORM, end_requester=EndRequester.OPERATOR
)
_CLIENT_GONE = Conclusion(
    Disposition.CANCELLED, HangUpBy.CALLER, end_requester=EndRequester.CLIENT
)
