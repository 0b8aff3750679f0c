"""CallExecutor: whoever carries out orders, and the checks that do not depend on who it is."""

import asyncio
from typing import Protocol

from engine.admission.admission import Candidate, check_pause, check_route
from engine.admission.outbound_order import OutboundOrder
from engine.model.outbound_request import Action
from engine.model.result import OutboundOutcome

from .emergency_stop import StopScope, StopTally


class CallExecutor(Protocol):
    """Executes orders: this process, or the best of many nodes."""

    name: str  # of this process
    stop_asked: asyncio.Event
    """Set once somebody has asked for the end of this process by ``drain``."""

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

    def on_client_disconnected(self, order: OutboundOrder) -> None:
        """Note that the client of *order* has disconnected.

        An order that ``is_unwanted`` by that is refused where that is still possible, and
        its call is hung up otherwise. ``execute`` returns or raises all the same.
        """

    async def hang_up_all(self, scope: StopScope, reason: str) -> StopTally:
        """End all calls and sessions of *scope* on the whole platform, for *reason*.

        Requests that still wait are refused before an INVITE is sent. Returns at once how
        much that is; the far ends confirm later.
        """

    async def drain(self, name: str) -> bool:
        """Have the process *name* of the platform drain and end, as at SIGTERM.

        Returns whether there is such a process and it has taken the request.
        """


def check_order(order: OutboundOrder, default_domain: str | None) -> None:
    """Raise RefusedError if *order* cannot be executed, however long one waited."""
    request, platform = order.request, order.platform
    if request.action is Action.MAKE_CALL:
        platform.check_number(request.to)
        group = platform.select_group(request, order.application)
        check_route(group, request.destination, default_domain)
    platform.check_webhook(request, order.application)
    platform.check_recording(request, order.application)
    check_pause(platform, order.application)


def candidate_of(order: OutboundOrder) -> Candidate:
    """The call that *order* asks for; raises RefusedError if its proxy group does not exist."""
    return Candidate(
        order,
        order.application_uuid,
        lease=order.lease or order.application_uuid,
        group=order.platform.select_group(order.request, order.application),
        rate_taken=bool(order.lease),
    )
