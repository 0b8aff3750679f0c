"""RemoteLookup: finds calls and applications of all nodes from any front end."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog

from ccxml.events import Event
from engine.admission.ledger import LedgerError
from engine.applications import SessionAddress, TracesView
from engine.calls.call_session import CallSession
from engine.dialer.lookup import CallDirectory, Lookup, View
from engine.model.call_order import LOAD_S, CallOrder, OrderTaken, PlayOrder
from engine.model.recording import CallRecordingStatus, RecordingOrder
from engine.model.result import RefusedError, Result

from .messages import (
    Answer,
    CallOrdered,
    EndCall,
    EventInjected,
    FindLive,
    InjectEvent,
    KnownCall,
    LiveCallsFound,
    OrderCall,
    OrderRecording,
    Question,
    RecordingOrdered,
    Refusal,
    ShowCall,
    ShowTrace,
    TraceText,
)
from .rpc import RpcPeer

ASK_S = 2.0  # within which a node has to answer

Nodes = Callable[[], Awaitable[Sequence[str]]]
"""Returns the names of the nodes that are live now."""

log = structlog.get_logger()


A = TypeVar("A", bound=Answer)
Ordered = TypeVar("Ordered", RecordingOrdered, CallOrdered)


@dataclass(frozen=True, slots=True)
class _Answers(Generic[A]):
    """The answers of the nodes to one question."""

    answers: Sequence[A]
    is_whole: bool  # every node has answered

    def check(self) -> None:
        """Raise RefusedError if a node that has not answered may know more."""
        if not self.is_whole:
            text = "A node of the platform has not reported."
            raise RefusedError(Result.REQUEST_TIMEOUT, text)


_LIVE, _ENDED, _RECORDED = range(3)


def _rank(known: tuple[View, bool]) -> int:
    """How complete a view is, the lower the better.

    A record in the database lags behind the node that has the call live.
    """
    view, is_live = known
    if is_live:
        return _LIVE
    return _ENDED if view["state"] == "ended" else _RECORDED


def _is_over(view: View) -> bool:
    """Whether the view and all its calls have ended: an application may end before them."""
    return all(part["state"] == "ended" for part in (view, *view.get("calls", ())))


def _best(
    replies: _Answers[KnownCall], own: tuple[View, bool] | None
) -> tuple[View, bool] | None:
    """The most complete view of a call that any node reported, or *own*.

    Live before ended before recorded; None if nobody knows the call.
    """
    known = [
        (answer.view, answer.is_live)
        for answer in replies.answers
        if answer.view is not None
    ]
    if own is not None:
        known.append(own)
    return min(known, key=_rank, default=None)


class RemoteLookup(CallDirectory):
    """A ``CallDirectory`` over all nodes, and the database for what no live node knows."""

    def __init__(self, own: Lookup, rpc: RpcPeer, nodes: Nodes) -> None:
        """*own* reads the database, and knows the requests that this process has refused."""
        self._own = own
        self._rpc = rpc
        self._nodes = nodes

    async def list_live(
        self, application: str | None, idempotency_key: str | None = None
    ) -> list[View]:
        """See ``CallDirectory``; calls of nodes that do not answer are missing."""
        question = FindLive(application, idempotency_key)
        replies = await self._ask_all(question, LiveCallsFound)
        if not replies.answers:
            replies.check()
        calls = [call for answer in replies.answers for call in answer.calls]
        return sorted(calls, key=lambda call: str(call["start"]))

    async def show(self, identity: str, application: str | None) -> View | None:
        """See ``CallDirectory``; a call whose node does not answer is shown as recorded."""
        view = await self._own.show(identity, application)
        if view is not None and _is_over(view):
            return view
        replies = await self._ask_all(ShowCall(identity, application), KnownCall)
        known = _best(replies, None if view is None else (view, False))
        if known is None:
            replies.check()
            return None
        return known[0]

    async def end(
        self, identity: str, application: str | None
    ) -> tuple[View, bool] | None:
        replies = await self._ask_all(EndCall(identity, application), KnownCall)
        known = _best(replies, await self._own.end(identity, application))
        if known is None or _rank(known) == _RECORDED:
            replies.check()
        return known

    async def order_recording(
        self, identity: str, application: str | None, order: RecordingOrder
    ) -> CallRecordingStatus | None:
        question = OrderRecording(identity, application, order)
        answer = await self._ask_carrier(question, RecordingOrdered)
        if answer is not None:
            return answer.status
        return await self._own.order_recording(identity, application, order)

    async def order(
        self, identity: str, application: str | None, order: CallOrder
    ) -> OrderTaken | None:
        question = OrderCall(identity, application, order)
        within_s = LOAD_S + ASK_S if isinstance(order, PlayOrder) else ASK_S
        answer = await self._ask_carrier(question, CallOrdered, within_s)
        if answer is not None:
            return answer.status
        return await self._own.order(identity, application, order)

    async def _ask_carrier(
        self, question: Question, kind: type[Ordered], within_s: float = ASK_S
    ) -> Ordered | None:
        """The answer of the node that carries the call of *question*; None: none does.

        Raises RefusedError if that node refuses, or one that has not answered may carry it.
        """
        replies = await self._ask_all(question, kind, within_s)
        for answer in replies.answers:
            if answer.refusal is not None:
                raise answer.refusal.to_error()
            if answer.status is not None:
                return answer
        replies.check()
        return None

    async def trace(self, identity: str, application: str | None) -> TracesView | None:
        replies = await self._ask_all(ShowTrace(identity, application), TraceText)
        traces: list[TracesView | None] = [
            json.loads(answer.text) for answer in replies.answers
        ]
        for trace in traces:
            if trace is not None and trace["sessions"]:
                return trace
        replies.check()
        return await self._own.trace(identity, application)

    async def inject(
        self, full_id: str, event: Event, account: str | None = None
    ) -> None:
        """See ``CallDirectory``. After ``Request timeout`` the session may still get it."""
        address = SessionAddress.parse(full_id)
        if address is None or address.node not in await self._nodes():
            text = "There is no session that has this id."
            raise RefusedError(Result.NO_APPLICATION_FOUND, text)
        question = InjectEvent.of(full_id, event, account)
        try:
            async with asyncio.timeout(ASK_S):
                answer = await self._rpc.ask(address.node, question, EventInjected)
        except TimeoutError:
            text = "The node of the session has not reported."
            raise RefusedError(Result.REQUEST_TIMEOUT, text) from None
        except LedgerError as error:
            raise RefusedError(Result.INTERNAL_ERROR, str(error)) from error
        if isinstance(answer, Refusal):
            raise answer.to_error()

    async def _ask_all(
        self, question: Question, kind: type[A], within_s: float = ASK_S
    ) -> _Answers[A]:
        """Ask all nodes at the same time; return the answers that come in time."""
        nodes = await self._nodes()
        asking = (self._ask(node, question, kind, within_s) for node in nodes)
        answers = [
            answer for answer in await asyncio.gather(*asking) if answer is not None
        ]
        return _Answers(answers, is_whole=len(answers) == len(nodes))

    async def _ask(
        self, node: str, question: Question, kind: type[A], within_s: float
    ) -> A | None:
        """Ask one node; log a warning and return None if it does not answer in time."""
        try:
            async with asyncio.timeout(within_s):
                answer = await self._rpc.ask(node, question, kind)
        except TimeoutError:
            reason = f"no answer within {within_s:g} s"
        except LedgerError as error:
            reason = str(error)
        else:
            if not isinstance(answer, Refusal):
                return answer
            reason = answer.detail
        asked = question.__struct_config__.tag
        log.warning("node_not_reported", node=node, asked=asked, reason=reason)
        return None


class LookupHandlers:
    """Answers what the ``RemoteLookup`` of any process asks, from this process."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    def register(self, rpc: RpcPeer) -> None:
        """Have *rpc* give all questions about calls and sessions to this object."""
        rpc.handle(FindLive, self._find_live)
        rpc.handle(ShowCall, self._show)
        rpc.handle(EndCall, self._end)
        rpc.handle(OrderRecording, self._order_recording)
        rpc.handle(OrderCall, self._order)
        rpc.handle(ShowTrace, self._trace)
        rpc.handle(InjectEvent, self._inject)

    async def _find_live(self, question: FindLive) -> LiveCallsFound:
        calls = await self._lookup.list_live(
            question.application, question.idempotency_key
        )
        return LiveCallsFound(calls)

    async def _show(self, question: ShowCall) -> KnownCall:
        identity, application = question.identity, question.application
        call = await self._lookup.find_visible(identity, application)
        if call is None:
            return KnownCall(None)
        return KnownCall(call.full_view(), call.is_live)

    async def _end(self, question: EndCall) -> KnownCall:
        ended = await self._lookup.end(question.identity, question.application)
        return KnownCall(None) if ended is None else KnownCall(*ended)

    async def _order_recording(self, question: OrderRecording) -> RecordingOrdered:
        identity, application = question.identity, question.application
        if not await self._carries(identity, application):
            return RecordingOrdered()
        try:
            status = await self._lookup.order_recording(
                identity, application, question.order
            )
        except RefusedError as refused:
            return RecordingOrdered(refusal=Refusal.of(refused))
        return RecordingOrdered(status)

    async def _order(self, question: OrderCall) -> CallOrdered:
        identity, application = question.identity, question.application
        if not await self._carries(identity, application):
            return CallOrdered()
        try:
            taken = await self._lookup.order(identity, application, question.order)
        except RefusedError as refused:
            return CallOrdered(refusal=Refusal.of(refused))
        return CallOrdered(taken)

    async def _carries(self, identity: str, application: str | None) -> bool:
        """Whether the call *identity* lives in this process."""
        call = await self._lookup.find_visible(identity, application)
        return call is not None and isinstance(call.live, CallSession)

    async def _trace(self, question: ShowTrace) -> TraceText:
        trace = await self._lookup.trace(question.identity, question.application)
        return TraceText(json.dumps(trace, default=str))

    async def _inject(self, question: InjectEvent) -> EventInjected:
        event, account = question.to_event(), question.account
        await self._lookup.inject(question.full_id, event, account)
        return EventInjected()
