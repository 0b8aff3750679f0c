"""Order handlers: carry out the orders that front ends send to this node."""

from engine.admission.outbound_order import OutboundOrder
from engine.admission.overload import Overload
from engine.calls.live_calls import LiveCalls
from engine.dialer.local_executor import LocalExecutor
from engine.model.result import RefusedError
from engine.store.current_platform import CurrentPlatform

from .claims import OrderClaims
from .mailbox import Message
from .messages import CLAIM_S, pack_answer, pack_refusal, unpack_order
from .redis_ledger import RedisLedger
from .rpc import Handler


class OrderHandlers:
    """Handles ``order`` and ``gone``, a notice that the client of an order has left.

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

    @property
    def handlers(self) -> dict[str, Handler]:
        """What ``Member.add_handlers`` takes."""
        return {"order": self._on_order, "gone": self._on_client_gone}

    async def _on_order(self, message: Message) -> Message | None:
        """Carry out an order, unless it is too late, was withdrawn, or came before.

        None, and no answer, in these cases: whoever sent it learns that from the claim.
        """
        lease = message["lease"]
        if lease in self._orders:
            return None
        # Before the first await: a second delivery must find it, and so must ``gone``.
        self._orders[lease] = None
        try:
            if not await self._claims.claim(lease, message["latest"], CLAIM_S):
                return None
            # Without an await in between: a claimed order always has somebody who renews
            # its lease, and releases it.
            self._ledger.take_over(lease, message["names"])
            self._calls.hold_lease(lease)
            return await self._execute(lease, message)
        finally:
            del self._orders[lease]
            self._abandoned.discard(lease)

    async def _execute(self, lease: str, message: Message) -> Message:
        try:
            order = unpack_order(message, await self._platform.current())
            self._orders[lease] = order
            order.client_is_gone = lease in self._abandoned
            await self._overload.enter()
            order.check_wanted()
            return pack_answer(await self._node.execute(order))
        except RefusedError as refused:
            self._calls.release(lease)
            return pack_refusal(refused)
        except BaseException:
            self._calls.release(lease)
            raise

    async def _on_client_gone(self, message: Message) -> None:
        """The client of an order has disconnected."""
        lease = message["lease"]
        if lease not in self._orders:
            return
        self._abandoned.add(lease)
        if (order := self._orders[lease]) is not None:
            self._node.client_disconnected(order)
