"""OutboundOrder: what a request asks for, once it is checked, and who executes it."""

from dataclasses import dataclass
from typing import Protocol

from engine.admission.admission import Candidate, check_route
from engine.admission.instant import Instant
from engine.applications import ApplicationSession
from engine.calls.call_session import CallSession
from engine.model.outbound_request import Action, Fields, OutboundRequest
from engine.model.result import OutboundOutcome, RefusedError, Result
from engine.platform.objects import Application, WhenClientStopsWaiting
from engine.platform.snapshot import PlatformSnapshot
from engine.store import Place


@dataclass(slots=True)
class OutboundOrder:
    """A request that has passed every check that needs no wait, and what has become of it."""

    application_uuid: str
    request: OutboundRequest
    application: Application
    platform: PlatformSnapshot
    received: Instant
    fields: Fields  # as the client gave them
    as_text: bool = False  # as in ``request_of``
    place: Place | None = None  # of its claim, if it has an Idempotency-Key
    # Holds its slots, and its rates were taken; empty: nothing was acquired yet.
    lease: str = ""
    session: CallSession | None = None
    running: ApplicationSession | None = None
    client_is_gone: bool = False

    @property
    def is_unwanted(self) -> bool:
        """Whether its client has disconnected and its application wants the call
        cancelled then.
        """
        cancels = self.application.on_client_disconnect is WhenClientStopsWaiting.CANCEL
        return self.client_is_gone and cancels

    def check_wanted(self) -> None:
        """Raise RefusedError if ``is_unwanted``."""
        if self.is_unwanted:
            raise RefusedError(Result.CALL_FAILED, CLIENT_GONE)


class CallExecutor(Protocol):
    """Executes orders: this process, or the best of many nodes."""

    name: str  # of this process

    @property
    def is_ready(self) -> bool:
        """Whether orders can be executed at present."""

    @property
    def nodes(self) -> int:
        """The number of nodes that are live and do not drain."""

    @property
    def forced_ends(self) -> int:
        """The number of legs whose end PJSIP has never reported, so that the watchdog
        has ended them.
        """

    def check(self, order: OutboundOrder) -> None:
        """Raise RefusedError if *order* cannot be executed, however long one waited."""

    async def execute(self, order: OutboundOrder) -> OutboundOutcome:
        """Execute *order* until its client can be answered; raises RefusedError.

        The call or session goes on after that.
        """

    def client_disconnected(self, order: OutboundOrder) -> None:
        """Learn that nobody waits for *order* any more. If it ``is_unwanted`` now, it
        is refused where that is still possible, and hung up otherwise; ``execute``
        still returns.
        """


def check_order(order: OutboundOrder, default_domain: str | None) -> None:
    """Raise RefusedError if *order* cannot be executed, however long one waited."""
    if order.request.action is Action.MAKE_CALL:
        order.platform.check_number(order.request.to)
        check_route(candidate_of(order), default_domain)


def candidate_of(order: OutboundOrder) -> Candidate:
    """The call that *order* asks for; raises RefusedError if its proxy group does not exist."""
    uuid, request = order.application_uuid, order.request
    group = order.platform.group(request, order.application)
    return Candidate(
        uuid,
        uuid,
        order.lease or uuid,
        request,
        order.application,
        order.platform,
        group,
        place=order.place,
        rate_taken=bool(order.lease),
    )


CLIENT_GONE = "The client has gone away."
