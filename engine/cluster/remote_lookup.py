"""RemoteLookup: finds calls and applications of all nodes from any front end."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog

from ccxml.events import Event
from engine.admission.ledger import LedgerError
from engine.applications import SessionAddress, TracesView
from engine.dialer.lookup import Lookup, View
from engine.model.result import RefusedError, Result

from .mailbox import Message
from .messages import pack_refusal, unpack_answer
from .rpc import Handler, RpcPeer

ASK_S = 2.0  # within which a node has to answer

Nodes = Callable[[], Awaitable[Sequence[str]]]
"""Returns the names of the nodes that are live now."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Answers:
    """The answers of the nodes to one question."""

    answers: Sequence[Message]
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


def _best(replies: _Answers, own: tuple[View, bool] | None) -> tuple[View, bool] | None:
    """The most complete view of a call that any node reported, or *own*.

    Live before ended before recorded; None if nobody knows the call.
    """
    known = [tuple(answer["known"]) for answer in replies.answers if answer["known"]]
    if own is not None:
        known.append(own)
    return min(known, key=_rank, default=None)


class RemoteLookup:
    """A ``CallDirectory`` over all nodes, and the database for what no live node knows."""

    def __init__(self, own: Lookup, rpc: RpcPeer, nodes: Nodes) -> None:
        """*own* reads the database, and knows the requests that this process has refused."""
        self._own = own
        self._rpc = rpc
        self._nodes = nodes

    async def live(
        self, application: str | None, idempotency_key: str | None = None
    ) -> list[View]:
        """See ``CallDirectory``; calls of nodes that do not answer are missing."""
        replies = await self._ask_all(
            "live", application=application, idempotency_key=idempotency_key
        )
        if not replies.answers:
            replies.check()
        calls = [call for answer in replies.answers for call in answer["calls"]]
        return sorted(calls, key=lambda call: str(call["start"]))

    async def show(self, identity: str, application: str | None) -> View | None:
        """See ``CallDirectory``; a call whose node does not answer is shown as recorded."""
        view = await self._own.show(identity, application)
        if view is not None and _is_over(view):
            return view
        replies = await self._ask_all(
            "show", identity=identity, application=application
        )
        known = _best(replies, None if view is None else (view, False))
        if known is None:
            replies.check()
            return None
        return known[0]

    async def end(
        self, identity: str, application: str | None
    ) -> tuple[View, bool] | None:
        """See ``CallDirectory``."""
        replies = await self._ask_all("end", identity=identity, application=application)
        known = _best(replies, await self._own.end(identity, application))
        if known is None or _rank(known) == _RECORDED:
            replies.check()
        return known

    async def trace(self, identity: str, application: str | None) -> TracesView | None:
        """See ``CallDirectory``."""
        replies = await self._ask_all(
            "trace", identity=identity, application=application
        )
        traces: list[TracesView | None] = [
            json.loads(answer["trace"]) for answer in replies.answers
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
        question: Message = {
            "full_id": full_id,
            "account": account,
            "name": event.name,
            # As JSON: MessagePack has no integers of more than 64 bits.
            "fields": json.dumps(event.fields),
            "source": event.source,
            "source_type": event.source_type,
            "id": event.id,
        }
        try:
            async with asyncio.timeout(ASK_S):
                answer = await self._rpc.ask(address.node, "inject", **question)
        except TimeoutError:
            text = "The node of the session has not reported."
            raise RefusedError(Result.REQUEST_TIMEOUT, text) from None
        except LedgerError as error:
            raise RefusedError(Result.INTERNAL_ERROR, str(error)) from error
        if "refused" in answer:
            unpack_answer(answer)

    async def _ask_all(self, kind: str, **question: Any) -> _Answers:
        """Ask all nodes at the same time; return the answers that come in time."""
        nodes = await self._nodes()
        asking = (self._ask(node, kind, question) for node in nodes)
        answers = [
            answer for answer in await asyncio.gather(*asking) if answer is not None
        ]
        return _Answers(answers, is_whole=len(answers) == len(nodes))

    async def _ask(self, node: str, kind: str, question: Message) -> Message | None:
        """Ask one node; log a warning and return None if it does not answer in time."""
        try:
            async with asyncio.timeout(ASK_S):
                answer = await self._rpc.ask(node, kind, **question)
        except TimeoutError:
            reason = f"no answer within {ASK_S:g} s"
        except LedgerError as error:
            reason = str(error)
        else:
            if "refused" not in answer:
                return answer
            reason = answer["detail"]
        log.warning("node_not_reported", node=node, asked=kind, reason=reason)
        return None


class LookupHandlers:
    """Answers what the ``RemoteLookup`` of any process asks, from this process."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    @property
    def handlers(self) -> dict[str, Handler]:
        """What ``Member.add_handlers`` takes."""
        handlers = {
            "live": self._live,
            "show": self._show,
            "end": self._end,
            "trace": self._trace,
            "inject": self._inject,
        }
        return {kind: partial(_answer, handler) for kind, handler in handlers.items()}

    async def _live(self, question: Message) -> Message:
        return {"calls": await self._lookup.live(**question)}

    async def _show(self, question: Message) -> Message:
        call = await self._lookup.find_visible(**question)
        return {"known": call and (call.full_view(), call.is_live)}

    async def _end(self, question: Message) -> Message:
        return {"known": await self._lookup.end(**question)}

    async def _trace(self, question: Message) -> Message:
        # Values in it come from documents, and may be of types that MessagePack lacks.
        return {"trace": json.dumps(await self._lookup.trace(**question), default=str)}

    async def _inject(self, question: Message) -> Message:
        event = Event(
            question["name"],
            json.loads(question["fields"]),
            question["source"],
            question["source_type"],
            question["id"],
            is_sent=True,
        )
        await self._lookup.inject(question["full_id"], event, question["account"])
        return {}


async def _answer(handler: Handler, question: Message) -> Message | None:
    """Answer with *handler*; a refusal is sent back as an answer, too."""
    try:
        return await handler(question)
    except RefusedError as refused:
        return pack_refusal(refused)
