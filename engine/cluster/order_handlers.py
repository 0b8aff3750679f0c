"""Order handlers: carry out the orders that front ends send to this node."""

from engine.admission.outbound_order import OutboundOrder
from engine.admission.overload import Overload
from engine.calls.live_calls import LiveCalls
from engine.dialer.local_executor import LocalExecutor
from engine.store.current_platform import CurrentPlatform

from .claims import CLAIM_S, OrderClaims
from .messages import ClientGone, OrderMessage, OutcomeMessage
from .redis_ledger import RedisLedger
from .rpc import RpcPeer


class OrderHandlers:
    """Handles orders, and notices that the client of an order has left.

    The notice may come before, while or after its order is carried out.
    """

    def __init__(
        self,
        node: LocalExecutor,
        calls: LiveCalls,
        platform: CurrentPlatform,
        ledger: RedisLedger,
        claims: OrderClaims,
        overload: Overload,
    ) -> None:
        self._node = node
        self._calls = calls
        self._platform = platform
        self._ledger = ledger
        self._claims = claims
        self._overload = overload
        self._orders: dict[
            str, OutboundOrder | None
        ] = {}  # by lease; None: not read yet
        self._abandoned: set[str] = set()  # leases of orders whose client has gone

    def register(self, rpc: RpcPeer) -> None:
        """Have *rpc* give orders, and the notices that belong to them, to this object."""
        rpc.handle(OrderMessage, self._on_order)
        rpc.handle(ClientGone, self._on_client_gone)

    async def _on_order(self, message: OrderMessage) -> OutcomeMessage | None:
        """Carry out an order, unless it is too late, was withdrawn, or came before.

        None, and no answer, in these cases: whoever sent it learns that from the claim.
        """
        lease = message.lease
        if lease in self._orders:
            return None
        # Before the first await: a second delivery must find it, and so must ClientGone.
        self._orders[lease] = None
        try:
            if not await self._claims.claim(lease, message.latest_us, CLAIM_S):
                return None
            # Without an await in between: a claimed order always has somebody who renews
            # its lease, and releases it.
            self._ledger.take_over(lease, message.names)
            self._calls.hold_lease(lease)
            return await self._execute(message)
        finally:
            del self._orders[lease]
            self._abandoned.discard(lease)

    async def _execute(self, message: OrderMessage) -> OutcomeMessage:
        lease = message.lease
        try:
            order = message.to_order(await self._platform.current())
            self._orders[lease] = order
            order.client_is_gone = lease in self._abandoned
            await self._overload.enter()
            order.check_wanted()
            return OutcomeMessage.of(await self._node.execute(order))
        except BaseException:
            self._calls.release(lease)
            raise

    async def _on_client_gone(self, message: ClientGone) -> None:
        """The client of an order has disconnected."""
        lease = message.lease
        if lease not in self._orders:
            return
        self._abandoned.add(lease)
        if (order := self._orders[lease]) is not None:
            self._node.on_client_disconnected(order)
