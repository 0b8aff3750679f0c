"""Orders: what requests ask for, once it is checked, and who carries it out."""

from dataclasses import dataclass
from typing import Protocol

from engine.admission.admission import Candidate, check_route
from engine.applications import ApplicationSession
from engine.calls.call_session import CallSession
from engine.model.outbound_request import Action, Fields, OutboundRequest
from engine.model.result import OutboundOutcome, RefusedError, Result
from engine.platform.objects import Application, WhenClientStopsWaiting
from engine.platform.snapshot import PlatformSnapshot
from engine.store import Place


@dataclass(slots=True)
class OutboundOrder:
    """A request that has passed every check that needs no wait, and what became of it."""

    application_uuid: str
    request: OutboundRequest
    application: Application
    platform: PlatformSnapshot
    received: tuple[float, float]  # monotonic, and since 1970
    fields: Fields  # as the client gave them
    as_text: bool = False  # as in ``request_of``
    place: Place | None = None  # where it was claimed, under its Idempotency-Key
    lease: str = (
        ""  # holds its slots, and its turn was taken; empty: nothing holds them
    )
    session: CallSession | None = None
    running: ApplicationSession | None = None
    client_is_gone: bool = False

    @property
    def is_unwanted(self) -> bool:
        """Whether nobody waits for it, and its application wants nothing then."""
        cancels = self.application.on_client_disconnect is WhenClientStopsWaiting.CANCEL
        return self.client_is_gone and cancels

    def check_wanted(self) -> None:
        """Raise RefusedError if it ``is_unwanted``."""
        if self.is_unwanted:
            raise RefusedError(Result.CALL_FAILED, CLIENT_GONE)


class CallExecutor(Protocol):
    """Whoever carries out orders: this node, or the best one of many."""

    name: str  # of this process

    @property
    def is_ready(self) -> bool:
        """Whether orders are taken."""

    @property
    def nodes(self) -> int:
        """Nodes that live and do not drain."""

    @property
    def forced_ends(self) -> int:
        """Legs whose end PJSIP never reported, so that the watchdog ended them."""

    def check(self, order: OutboundOrder) -> None:
        """Raise RefusedError if *order* cannot be carried out, whatever is waited for."""

    async def execute(self, order: OutboundOrder) -> OutboundOutcome:
        """Carry out *order* until its client can be answered; raises RefusedError."""

    def client_disconnected(self, order: OutboundOrder) -> None:
        """The work goes on to a proper end: a refusal, or a call that is hung up."""


def check_order(order: OutboundOrder, default_domain: str | None) -> None:
    """Raise RefusedError if *order* cannot be carried out, whatever is waited for."""
    if order.request.action is Action.MAKE_CALL:
        order.platform.check_number(order.request.to)
        check_route(candidate_of(order), default_domain)


def candidate_of(order: OutboundOrder) -> Candidate:
    """The call that *order* asks for; raises RefusedError if its proxies do not exist."""
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
