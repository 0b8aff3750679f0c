"""The recording of a call is ordered at any process: the node that has the call obeys."""

from http import HTTPStatus
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest

from engine.calls.call_session import CallSession
from engine.cluster.messages import OrderRecording, RecordingOrdered
from engine.cluster.remote_lookup import LookupHandlers, RemoteLookup
from engine.cluster.rpc import RpcPeer
from engine.dialer.lookup import Lookup
from engine.model.recording import CallRecordingStatus, RecordingOrder
from engine.model.result import RefusedError, Result

PAUSED = RecordingOrder.PAUSED
STATUS = CallRecordingStatus("call", "r", PAUSED, "then")
CONFLICT = RefusedError(Result.INVALID_REQUEST, "It is over.", HTTPStatus.CONFLICT)


class Node:
    """A node with a call, or without it."""

    def __init__(self, outcome: Any, *, has_call: bool) -> None:
        live = Mock(spec=CallSession) if has_call else None
        self.lookup = Mock(spec=Lookup)
        self.lookup.find_visible = AsyncMock(return_value=SimpleNamespace(live=live))
        self.lookup.order_recording = AsyncMock(side_effect=[outcome])

    async def ask(self, question: OrderRecording) -> RecordingOrdered:
        """What it answers."""
        rpc = Mock(spec=RpcPeer)
        LookupHandlers(self.lookup).register(rpc)
        handlers = {it.args[0]: it.args[1] for it in rpc.handle.call_args_list}
        answer: RecordingOrdered = await handlers[OrderRecording](question)
        return answer


def lookup_over(own: Node, **nodes: Node) -> RemoteLookup:
    """The look-up of a front end."""

    async def ask(node: str, question: Any, _: object) -> RecordingOrdered:
        return await nodes[node].ask(question)

    rpc = Mock(spec=RpcPeer, ask=ask)
    return RemoteLookup(own.lookup, rpc, AsyncMock(return_value=list(nodes)))


async def test_the_node_with_the_call_obeys() -> None:
    has, others = Node(STATUS, has_call=True), Node(CONFLICT, has_call=False)
    lookup = lookup_over(Node(None, has_call=False), a=others, b=has)
    assert await lookup.order_recording("call", "hello", PAUSED) == STATUS
    has.lookup.order_recording.assert_awaited_once_with("call", "hello", PAUSED)
    assert not others.lookup.order_recording.called


async def test_its_refusal_is_that_of_the_platform() -> None:
    lookup = lookup_over(Node(None, has_call=False), a=Node(CONFLICT, has_call=True))
    with pytest.raises(RefusedError) as refused:
        await lookup.order_recording("call", None, PAUSED)
    assert refused.value.http_status is HTTPStatus.CONFLICT
    assert refused.value.detail == "It is over."


async def test_a_call_that_no_node_has_is_looked_up_in_the_database() -> None:
    nobody = Node(None, has_call=False)
    lookup = lookup_over(nobody, a=Node(STATUS, has_call=False))
    assert await lookup.order_recording("call", None, PAUSED) is None
