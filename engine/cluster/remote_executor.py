"""RemoteExecutor: has orders carried out by the node of the platform with the least load.

The slots are taken here, in one step with the choice of the node. The order then goes to
the node as a question, which the node claims, and answers once the client can be answered.
If it was not claimed in time, it is withdrawn and goes to another node.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog

from engine.admission.admission import Admission
from engine.admission.ledger import LedgerError, NodeWanted
from engine.admission.outbound_order import OutboundOrder
from engine.applications import capabilities_of
from engine.dialer.call_executor import CallExecutor, check_order
from engine.dialer.emergency_stop import StopScope, StopTally, WaitingOrders
from engine.dialer.local_executor import LocalExecutor
from engine.model.result import OutboundOutcome, RefusedError, Result
from engine.tasks.background_tasks import BackgroundTasks

from .claims import CLAIM_S, ClaimDeadline
from .member import Member
from .messages import (
    AllHungUp,
    ClientGone,
    Draining,
    DrainProcess,
    HangUpAll,
    OrderMessage,
    OutcomeMessage,
    Refusal,
)
from .rpc import RpcPeer

ASK_S = 2.0  # within which another process has to say what it has hung up
GRACE_S = 1.0  # beyond the client's wait, within which the node reports its end itself
LOOK_S = 0.5  # from one look whether the node is live to the next
ABSENT_S = 3.0  # a node may be missing for: Redis may have lost it for a moment

log = structlog.get_logger()

Asking = asyncio.Task[OutcomeMessage | Refusal]
"""The question to the node, which ends with its answer."""


@dataclass(frozen=True, slots=True)
class Dispatched:
    """An order that was sent to *node*, with its *lease* on the capacities *names*."""

    node: str
    lease: str
    names: Sequence[str]
    claim_deadline: ClaimDeadline


class RemoteExecutor(CallExecutor):
    """A ``CallExecutor`` that sends orders to the nodes of the platform.

    The node of its own process is one of them, and gets orders in the same way.
    """

    def __init__(
        self,
        own: LocalExecutor,
        member: Member,
        admission: Admission,
        default_domain: str | None,
    ) -> None:
        """*own* is the executor of this process, which carries no calls on a front end.

        *default_domain* as in ``check_route``.
        """
        self.name = own.name
        self.stop_asked = own.stop_asked
        self._own = own
        self._member = member
        self._ledger = member.ledger
        self._admission = admission
        self._claims = member.claims
        self._rpc = member.rpc
        self._is_alive = member.is_alive
        self._default_domain = default_domain
        self._dispatched: dict[str, Dispatched] = {}  # by application UUID
        self._waiting = WaitingOrders()
        self._tasks = BackgroundTasks()

    def register(self, rpc: RpcPeer) -> None:
        """Have *rpc* give what the executors of other processes ask for to this object."""
        rpc.handle(HangUpAll, self._on_hang_up_all)
        rpc.handle(DrainProcess, self._on_drain)

    @property
    def is_ready(self) -> bool:
        own = self._own
        is_able = own.can_record and not own.is_draining
        return self.nodes > 0 and self._ledger.is_ready and is_able

    @property
    def nodes(self) -> int:
        """See ``CallExecutor``; as last read from Redis."""
        return sum(not node.is_draining for node in self._member.call_nodes())

    @property
    def forced_ends(self) -> int:
        """See ``CallExecutor``; those of this process."""
        return self._own.forced_ends

    def check(self, order: OutboundOrder) -> None:
        check_order(order, self._default_domain)

    async def hang_up_all(self, scope: StopScope, reason: str) -> StopTally:
        own, others = await asyncio.gather(
            self._hang_up_own(scope, reason), self._ask_others(scope, reason)
        )
        return own + others

    async def _hang_up_own(self, scope: StopScope, reason: str) -> StopTally:
        waiting = self._waiting.stop(scope)
        return StopTally(waiting=waiting) + await self._own.hang_up_all(scope, reason)

    async def _on_hang_up_all(self, question: HangUpAll) -> AllHungUp:
        scope = StopScope(question.account, question.application)
        tally = await self._hang_up_own(scope, question.reason)
        return AllHungUp(tally.calls, tally.sessions, tally.waiting)

    async def _ask_others(self, scope: StopScope, reason: str) -> StopTally:
        """Ask all other processes at the same time, front ends too."""
        await self._member.nodes()  # reads the members anew
        names = {it.name for it in self._member.members} - {self.name}
        question = HangUpAll(scope.account, scope.application, reason)
        tallies = await asyncio.gather(
            *(self._ask_to_hang_up(name, question) for name in sorted(names))
        )
        return sum(tallies, StopTally())

    async def _ask_to_hang_up(self, name: str, question: HangUpAll) -> StopTally:
        try:
            async with asyncio.timeout(ASK_S):
                answer = await self._rpc.ask(name, question, AllHungUp)
        except (TimeoutError, LedgerError) as error:
            log.warning("node_not_reported", node=name, reason=str(error))
            return StopTally(silent=(name,))
        if isinstance(answer, Refusal):
            return StopTally(silent=(name,))
        return StopTally(answer.calls, answer.sessions, answer.waiting)

    async def drain(self, name: str) -> bool:
        if name == self.name:
            return await self._own.drain(name)
        try:
            await self._member.nodes()  # reads the members anew
            if name not in {it.name for it in self._member.members}:
                return False
            async with asyncio.timeout(ASK_S):
                answer = await self._rpc.ask(name, DrainProcess(), Draining)
        except (TimeoutError, LedgerError) as error:
            log.warning("node_not_reported", node=name, reason=str(error))
            return False
        return isinstance(answer, Draining)

    async def _on_drain(self, _: DrainProcess) -> Draining:
        await self._own.drain(self.name)
        return Draining()

    def on_client_disconnected(self, order: OutboundOrder) -> None:
        order.client_is_gone = True
        dispatched = self._dispatched.get(order.application_uuid)
        if order.is_unwanted and dispatched is not None:
            self._tasks.start(self._notify_client_gone(dispatched))

    async def _notify_client_gone(self, dispatched: Dispatched) -> None:
        with suppress(LedgerError):  # the call then lasts until its own time limits
            await self._rpc.notify(dispatched.node, ClientGone(dispatched.lease))

    async def execute(self, order: OutboundOrder) -> OutboundOutcome:
        """See ``CallExecutor``. An order that a node did not claim goes to the next one."""
        deadline = asyncio.get_running_loop().time() + order.request.wait_s
        uuid = lease = order.application_uuid
        tried: list[str] = []
        while True:
            self._waiting[uuid] = order
            try:
                node, claim_deadline = await self._reserve(
                    order, lease, deadline, tried
                )
            finally:
                del self._waiting[uuid]
            answer = await self._dispatch(order, lease, node, claim_deadline, deadline)
            if answer is not None:
                return answer
            if asyncio.get_running_loop().time() >= deadline:
                text = "No node took the call before the wait ran out; nobody is rung."
                raise RefusedError(Result.REQUEST_TIMEOUT, text)
            tried.append(node)
            # A new lease: the old one is released and withdrawn for good under its name.
            lease = f"{uuid}.{len(tried)}"

    async def _reserve(
        self, order: OutboundOrder, lease: str, deadline: float, tried: Sequence[str]
    ) -> tuple[str, ClaimDeadline]:
        """Take the slots of *order* together with a node for it.

        Returns the name of the node, and until when it may claim the order. On an error
        the slots are released; raises RefusedError. Nodes of *tried* are taken last.
        """
        loop = asyncio.get_running_loop()
        try:
            node = await self._admission.acquire_for_application(
                lease,
                order.application,
                order.platform,
                deadline - loop.time(),
                rate_taken=bool(tried),
                node=NodeWanted(
                    capabilities_of(order.application, order.request), frozenset(tried)
                ),
            )
            assert node is not None
            claim_deadline = await self._claims.deadline_after(_claim_s(deadline))
            order.check_wanted()
        except LedgerError as error:
            # The slots may have been taken before the error, or may still be.
            await self._ledger.release([lease])
            raise RefusedError(Result.INTERNAL_ERROR, str(error)) from error
        except BaseException:
            # Shielded: a second cancellation must not leave the slots taken.
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
        """Send *order* to *node*, and return its outcome; None if it did not claim it.

        Raises the RefusedError of the node. If this is cancelled, since the client has
        gone, the order is withdrawn unless the node has claimed it.
        """
        wait_s = max(deadline - asyncio.get_running_loop().time(), 0.001)
        # From here on the node renews and releases the lease. If this process did so, too,
        # it could keep slots of a call that has long ended.
        names = self._ledger.hand_over(lease)
        question = OrderMessage.of(
            order,
            lease=lease,
            names=names,
            wait_s=wait_s,
            latest_us=claim_deadline.latest_us,
        )
        asking = self._tasks.start(
            self._rpc.ask(node, question, OutcomeMessage, is_patient=True)
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
            asking.cancel()  # an answer that comes later is dropped by the RPC peer
            self._dispatched.pop(order.application_uuid, None)

    async def _wait_for_outcome(
        self, order: OutboundOrder, dispatched: Dispatched, asking: Asking, limit: float
    ) -> OutboundOutcome | None:
        """Wait for the answer of the node; None if it did not claim the order in time.

        If a node that claimed the order is gone or late, that is an outcome and no
        refusal: the call may live, and be recorded there, so nobody may try it again.
        *limit* is the loop's time until which the node may answer.
        """
        loop = asyncio.get_running_loop()
        boot: str | None = None
        absent_s = 0.0
        while not asking.done() and loop.time() < limit:
            with suppress(LedgerError):  # not known now: the next round asks again
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
            answer = asking.result()
            if isinstance(answer, Refusal):
                raise answer.to_error()
            return answer.to_outcome()
        return OutboundOutcome(
            Result.REQUEST_TIMEOUT, order.application_uuid, detail=_LATE
        )

    async def _withdraw(self, dispatched: Dispatched) -> str | None:
        """Withdraw the order and release its slots; or return the boot that claimed it.

        Raises LedgerError if it is not known which: then the slots are left to lapse, so
        that none is taken from a call that may be live.
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
    """Seconds within which a node has to claim an order: not longer than the client waits."""
    return min(CLAIM_S, max(deadline - asyncio.get_running_loop().time(), 0.001))


_LATE = "The wait ran out, and the node that has the call has not reported."
