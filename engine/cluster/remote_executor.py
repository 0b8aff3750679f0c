"""RemoteNode: has orders carried out by whichever node of the platform is best."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from engine.admission.admission import Admission
from engine.admission.ledger import LedgerError, NodeWanted
from engine.applications import capability_of, needs_document
from engine.dialer.local_executor import LocalExecutor
from engine.dialer.order import OutboundOrder, check_order
from engine.model.result import OutboundOutcome, RefusedError, Result
from engine.tasks.background_tasks import BackgroundTasks

from .claims import ClaimDeadline
from .mailbox import Message
from .member import Member
from .messages import CLAIM_S, pack_order, unpack_answer

GRACE_S = 1.0  # beyond the client's wait, for the node's own word on it
LOOK_S = 0.5  # how often is looked whether the node lives
ABSENT_S = 3.0  # so long may it be missing: Redis may have forgotten it for a moment

Asking = asyncio.Task[Message]


@dataclass(frozen=True, slots=True)
class Dispatched:
    """An order that has been given to *node*, with the lease that holds *names*."""

    node: str
    lease: str
    names: Sequence[str]
    claim_deadline: ClaimDeadline


class RemoteExecutor:
    """A ``Carrier``: gives orders to the nodes of the platform."""

    def __init__(
        self,
        own: LocalExecutor,
        member: Member,
        admission: Admission,
        default_domain: str | None,
    ) -> None:
        """*own* is the node of this process; it is one like the others, or carries nothing."""
        self.name = own.name
        self._own = own
        self._member = member
        self._ledger = member.ledger
        self._admission = admission
        self._claims = member.claims
        self._exchange = member.exchange
        self._is_alive = member.is_alive
        self._default_domain = default_domain
        self._dispatched: dict[str, Dispatched] = {}  # by application UUID
        self._tasks = BackgroundTasks()

    @property
    def is_ready(self) -> bool:
        """See ``Carrier``."""
        own = self._own
        is_able = own.can_record and not own.is_draining
        return self.nodes > 0 and self._ledger.is_ready and is_able

    @property
    def nodes(self) -> int:
        """See ``Carrier``; as Redis told it last."""
        return sum(not node.is_draining for node in self._member.call_nodes())

    @property
    def forced_ends(self) -> int:
        """See ``Carrier``; those of this process."""
        return self._own.forced_ends

    def check(self, order: OutboundOrder) -> None:
        """See ``Carrier``."""
        check_order(order, self._default_domain)

    def client_disconnected(self, order: OutboundOrder) -> None:
        """See ``Carrier``."""
        order.client_is_gone = True
        dispatched = self._dispatched.get(order.application_uuid)
        if order.is_unwanted and dispatched is not None:
            self._tasks.start(self._notify_client_gone(dispatched))

    async def _notify_client_gone(self, dispatched: Dispatched) -> None:
        with suppress(LedgerError):  # then the call goes on until its limits
            await self._exchange.notify(dispatched.node, "gone", lease=dispatched.lease)

    async def execute(self, order: OutboundOrder) -> OutboundOutcome:
        """See ``Carrier``. What no node has claimed is given to the next one."""
        deadline = asyncio.get_running_loop().time() + order.request.wait_s
        uuid = lease = order.application_uuid
        tried: list[str] = []
        while True:
            node, claim_deadline = await self._reserve(order, lease, deadline, tried)
            answer = await self._dispatch(order, lease, node, claim_deadline, deadline)
            if answer is not None:
                return answer
            if asyncio.get_running_loop().time() >= deadline:
                text = "No node took the call before the wait ran out; nobody is rung."
                raise RefusedError(Result.REQUEST_TIMEOUT, text)
            tried.append(node)
            lease = f"{uuid}.{len(tried)}"

    async def _reserve(
        self, order: OutboundOrder, lease: str, deadline: float, tried: Sequence[str]
    ) -> tuple[str, ClaimDeadline]:
        """The node that *order* is for, with its slots, or RefusedError and none."""
        loop = asyncio.get_running_loop()
        try:
            node = await self._admission.acquire_for_application(
                lease,
                order.application,
                order.platform,
                deadline - loop.time(),
                has_turn=bool(tried),
                node=NodeWanted(_capabilities(order), frozenset(tried)),
            )
            assert node is not None
            claim_deadline = await self._claims.deadline_after(_claim_s(deadline))
            order.check_wanted()
        except LedgerError as error:
            await self._ledger.release([lease])
            raise RefusedError(Result.INTERNAL_ERROR, str(error)) from error
        except BaseException:
            await asyncio.shield(self._ledger.release([lease]))
            raise
        return node, claim_deadline

    async def _dispatch(
        self,
        order: OutboundOrder,
        lease: str,
        node: str,
        claim_deadline: ClaimDeadline,
        deadline: float,
    ) -> OutboundOutcome | None:
        """Give *order* to *node*; None if nobody claimed it. Raises RefusedError."""
        wait_s = max(deadline - asyncio.get_running_loop().time(), 0.001)
        names = self._ledger.hand_over(lease)
        question = pack_order(order, lease, names, wait_s, claim_deadline.latest_us)
        asking = self._tasks.start(
            self._exchange.ask(node, "order", is_patient=True, **question)
        )
        dispatched = Dispatched(node, lease, names, claim_deadline)
        self._dispatched[order.application_uuid] = dispatched
        try:
            await asyncio.wait([asking], timeout=_claim_s(deadline))
            return await self._wait_for_outcome(
                order, dispatched, asking, deadline + GRACE_S
            )
        except asyncio.CancelledError:
            self._tasks.start(self._give_up(dispatched))
            raise
        finally:
            asking.cancel()
            self._dispatched.pop(order.application_uuid, None)

    async def _wait_for_outcome(
        self, order: OutboundOrder, dispatched: Dispatched, asking: Asking, limit: float
    ) -> OutboundOutcome | None:
        """What the node tells; None if it did not claim the order in time.

        These are answers, not refusals: the call may live, and the node records it.
        """
        loop = asyncio.get_running_loop()
        boot: str | None = None
        absent_s = 0.0
        while not asking.done() and loop.time() < limit:
            with suppress(LedgerError):  # not known: asked again
                boot = boot or await self._withdraw(dispatched)
                if boot is None:
                    return None
            absent_s = absent_s + LOOK_S if boot and not self._is_alive(boot) else 0.0
            if absent_s > ABSENT_S:
                text = f"The node {dispatched.node}, which had taken the call, is gone."
                return OutboundOutcome(
                    Result.INTERNAL_ERROR, order.application_uuid, detail=text
                )
            await asyncio.wait([asking], timeout=LOOK_S)
        if asking.done():
            return unpack_answer(asking.result())
        return OutboundOutcome(
            Result.REQUEST_TIMEOUT, order.application_uuid, detail=_LATE
        )

    async def _withdraw(self, dispatched: Dispatched) -> str | None:
        """Take the order and its slots back, or tell which process has claimed it.

        Raises LedgerError if neither is known: the slots are left to lapse then, so
        that none is taken from a call that lives.
        """
        boot = await self._claims.withdraw(dispatched.lease, dispatched.claim_deadline)
        if boot is None:
            self._ledger.take_over(dispatched.lease, dispatched.names)
            await self._ledger.release([dispatched.lease])
        return boot

    async def _give_up(self, dispatched: Dispatched) -> None:
        with suppress(LedgerError):
            await self._withdraw(dispatched)


def _claim_s(deadline: float) -> float:
    """How long a node may take to claim an order."""
    return min(CLAIM_S, max(deadline - asyncio.get_running_loop().time(), 0.001))


_LATE = "The wait ran out, and the node that has the call has not reported."


def _capabilities(order: OutboundOrder) -> frozenset[str]:
    if not needs_document(order.application):
        return frozenset({"outbound"})
    return frozenset({"outbound", capability_of(order.application)})
