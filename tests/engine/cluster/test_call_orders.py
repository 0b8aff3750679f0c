"""What is ordered on a call comes from any process: the node that has the call obeys."""

from http import HTTPStatus
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest

from engine.calls.call_session import CallSession
from engine.cluster.messages import OrderCall, OrderRecording
from engine.cluster.remote_lookup import LookupHandlers, RemoteLookup
from engine.cluster.rpc import RpcPeer
from engine.dialer.lookup import Lookup
from engine.model.call_order import DigitsOrder, OrderTaken
from engine.model.recording import CallRecordingStatus, RecordingOrder
from engine.model.result import RefusedError, Result

PAUSED, DIGITS = RecordingOrder.PAUSED, DigitsOrder("12#")
STATUS, TAKEN = CallRecordingStatus("call", "r", PAUSED, "then"), OrderTaken("call")
CONFLICT = RefusedError(Result.INVALID_REQUEST, "It is over.", HTTPStatus.CONFLICT)

WAYS = [("order_recording", PAUSED, STATUS), ("order", DIGITS, TAKEN)]
any_order = pytest.mark.parametrize(("way", "order", "outcome"), WAYS)


class Node:
    """A node with a call, or without it."""

    def __init__(self, outcome: Any, *, has_call: bool) -> None:
        live = Mock(spec=CallSession) if has_call else None
        self.lookup = Mock(spec=Lookup)
        self.lookup.find_visible = AsyncMock(return_value=SimpleNamespace(live=live))
        self.lookup.order_recording = AsyncMock(side_effect=[outcome])
        self.lookup.order = AsyncMock(side_effect=[outcome])

    async def ask(self, question: OrderRecording | OrderCall) -> object:
        """What it answers."""
        rpc = Mock(spec=RpcPeer)
        LookupHandlers(self.lookup).register(rpc)
        handlers = {it.args[0]: it.args[1] for it in rpc.handle.call_args_list}
        answer: object = await handlers[type(question)](question)
        return answer


def lookup_over(own: Node, **nodes: Node) -> RemoteLookup:
    """The look-up of a front end."""

    async def ask(node: str, question: Any, _: object) -> object:
        return await nodes[node].ask(question)

    rpc = Mock(spec=RpcPeer, ask=ask)
    return RemoteLookup(own.lookup, rpc, AsyncMock(return_value=list(nodes)))


@any_order
async def test_the_node_with_the_call_obeys(
    way: str, order: object, outcome: object
) -> None:
    has, others = Node(outcome, has_call=True), Node(CONFLICT, has_call=False)
    lookup = lookup_over(Node(None, has_call=False), a=others, b=has)
    assert await getattr(lookup, way)("call", "hello", order) == outcome
    getattr(has.lookup, way).assert_awaited_once_with("call", "hello", order)
    assert not getattr(others.lookup, way).called


@any_order
async def test_its_refusal_is_that_of_the_platform(
    way: str, order: object, outcome: object
) -> None:
    own = Node(outcome, has_call=False)
    lookup = lookup_over(own, a=Node(CONFLICT, has_call=True))
    with pytest.raises(RefusedError) as refused:
        await getattr(lookup, way)("call", None, order)
    assert refused.value.http_status is HTTPStatus.CONFLICT
    assert refused.value.detail == "It is over."


@any_order
async def test_a_call_that_no_node_has_is_looked_up_in_the_database(
    way: str, order: object, outcome: object
) -> None:
    nobody = Node(None, has_call=False)
    lookup = lookup_over(nobody, a=Node(outcome, has_call=False))
    assert await getattr(lookup, way)("call", None, order) is None
