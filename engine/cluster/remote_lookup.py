"""RemoteLookup: calls and applications of all nodes, found from any front end."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog

from ccxml.events import Event
from engine.admission.ledger import LedgerError
from engine.applications import TracesView, node_of
from engine.dialer.lookup import Lookup, View
from engine.model.result import RefusedError, Result

from .mailbox import Message
from .messages import pack_refusal, unpack_answer
from .rpc import Handler, RpcPeer

ASK_S = 2.0  # so long may a node take to tell what it knows

Nodes = Callable[[], Awaitable[Sequence[str]]]
"""Names of the nodes that live now."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Answers:
    """What nodes have told."""

    answers: Sequence[Message]
    is_whole: bool  # every node has reported

    def check(self) -> None:
        """Raise RefusedError if a node that has not reported may know more."""
        if not self.is_whole:
            text = "A node of the platform has not reported."
            raise RefusedError(Result.REQUEST_TIMEOUT, text)


_LIVE, _ENDED, _RECORDED = range(3)


def _rank(known: tuple[View, bool]) -> int:
    """How much whoever tells this knows: it may lag behind what others have alive."""
    view, is_live = known
    if is_live:
        return _LIVE
    return _ENDED if view["state"] == "ended" else _RECORDED


def _is_over(view: View) -> bool:
    """Whether nothing of it lives: an application may end before its calls."""
    return all(part["state"] == "ended" for part in (view, *view.get("calls", ())))


def _best(told: _Answers, own: tuple[View, bool] | None) -> tuple[View, bool] | None:
    """What those know who know the most of a call; None: nobody knows it."""
    known = [tuple(answer["known"]) for answer in told.answers if answer["known"]]
    if own is not None:
        known.append(own)
    return min(known, key=_rank, default=None)


class RemoteLookup:
    """An ``AnyLookup`` of all nodes; what no node that lives knows of is in the database."""

    def __init__(self, own: Lookup, exchange: RpcPeer, nodes: Nodes) -> None:
        """*own* reads the database, and knows what this process has refused."""
        self._own = own
        self._exchange = exchange
        self._nodes = nodes

    async def live(
        self, application: str | None, idempotency_key: str | None = None
    ) -> list[View]:
        """See ``AnyLookup``; those of nodes that do not report are not in it."""
        told = await self._ask_all(
            "live", application=application, idempotency_key=idempotency_key
        )
        if not told.answers:
            told.check()
        calls = [call for answer in told.answers for call in answer["calls"]]
        return sorted(calls, key=lambda call: str(call["start"]))

    async def show(self, identity: str, application: str | None) -> View | None:
        """See ``AnyLookup``; what its node does not report is told as it is recorded."""
        view = await self._own.show(identity, application)
        if view is not None and _is_over(view):
            return view
        told = await self._ask_all("show", identity=identity, application=application)
        known = _best(told, None if view is None else (view, False))
        if known is None:
            told.check()
            return None
        return known[0]

    async def end(
        self, identity: str, application: str | None
    ) -> tuple[View, bool] | None:
        """See ``AnyLookup``."""
        told = await self._ask_all("end", identity=identity, application=application)
        known = _best(told, await self._own.end(identity, application))
        if known is None or _rank(known) == _RECORDED:
            told.check()
        return known

    async def trace(self, identity: str, application: str | None) -> TracesView | None:
        """See ``AnyLookup``."""
        told = await self._ask_all("trace", identity=identity, application=application)
        traces: list[TracesView | None] = [
            json.loads(answer["trace"]) for answer in told.answers
        ]
        for trace in traces:
            if trace is not None and trace["sessions"]:
                return trace
        told.check()
        return await self._own.trace(identity, application)

    async def inject(
        self, full_id: str, event: Event, account: str | None = None
    ) -> None:
        """See ``AnyLookup``. After ``Request timeout`` the session may get it yet."""
        node = node_of(full_id)
        if node not in await self._nodes():
            text = "There is no session that has this id."
            raise RefusedError(Result.NO_APPLICATION_FOUND, text)
        question: Message = {
            "full_id": full_id,
            "account": account,
            "name": event.name,
            "fields": json.dumps(
                event.fields
            ),  # its numbers may be too long for others
            "source": event.source,
            "source_type": event.source_type,
            "id": event.id,
        }
        try:
            async with asyncio.timeout(ASK_S):
                told = await self._exchange.ask(node, "inject", **question)
        except TimeoutError:
            text = "The node of the session has not reported."
            raise RefusedError(Result.REQUEST_TIMEOUT, text) from None
        except LedgerError as error:
            raise RefusedError(Result.INTERNAL_ERROR, str(error)) from error
        if "refused" in told:
            unpack_answer(told)

    async def _ask_all(self, kind: str, **question: Any) -> _Answers:
        """What the nodes that answer in time tell; all are asked at once."""
        nodes = await self._nodes()
        asking = (self._ask(node, kind, question) for node in nodes)
        answers = [
            answer for answer in await asyncio.gather(*asking) if answer is not None
        ]
        return _Answers(answers, is_whole=len(answers) == len(nodes))

    async def _ask(self, node: str, kind: str, question: Message) -> Message | None:
        """What *node* tells; None, and a warning, if it does not."""
        try:
            async with asyncio.timeout(ASK_S):
                told = await self._exchange.ask(node, kind, **question)
        except TimeoutError:
            reason = f"no answer within {ASK_S:g} s"
        except LedgerError as error:
            reason = str(error)
        else:
            if "refused" not in told:
                return told
            reason = told["detail"]
        log.warning("node_not_reported", node=node, asked=kind, reason=reason)
        return None


class LookupHandlers:
    """Answers what ``RemoteLookup`` asks, from what this process knows."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    @property
    def handlers(self) -> dict[str, Handler]:
        """For ``RpcPeer``."""
        handlers = {
            "live": self._live,
            "show": self._show,
            "end": self._end,
            "trace": self._trace,
            "inject": self._inject,
        }
        return {kind: partial(_answer, handler) for kind, handler in handlers.items()}

    async def _live(self, asked: Message) -> Message:
        return {"calls": await self._lookup.live(**asked)}

    async def _show(self, asked: Message) -> Message:
        found = await self._lookup.find_of(**asked)
        return {"known": found and (found.view_in_full(), found.is_live)}

    async def _end(self, asked: Message) -> Message:
        return {"known": await self._lookup.end(**asked)}

    async def _trace(self, asked: Message) -> Message:
        # Documents have made the values: some are nothing that a message carries.
        return {"trace": json.dumps(await self._lookup.trace(**asked), default=str)}

    async def _inject(self, asked: Message) -> Message:
        event = Event(
            asked["name"],
            json.loads(asked["fields"]),
            asked["source"],
            asked["source_type"],
            asked["id"],
            is_sent=True,
        )
        await self._lookup.inject(asked["full_id"], event, asked["account"])
        return {}


async def _answer(answer: Handler, asked: Message) -> Message | None:
    """Refusals are answers, too."""
    try:
        return await answer(asked)
    except RefusedError as refused:
        return pack_refusal(refused)
