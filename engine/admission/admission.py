"""Admission: a call gets all its slots, its turn and its proxy, or a refusal that took nothing."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from engine.model.outbound_request import Action, OutboundRequest
from engine.model.result import RefusedError, Result
from engine.platform.objects import Application
from engine.platform.snapshot import PlatformSnapshot
from engine.platform.trunks import Group, Trunk
from engine.store import Place
from engine.telemetry.metrics import Metrics
from sip.events import Ended, Origin, SipEvent

from .ledger import (
    Capacity,
    Full,
    Grant,
    Granted,
    Ledger,
    LedgerError,
    NodeWanted,
    NoNode,
    Rate,
    TooFast,
)
from .limits import add_limits, limits_of
from .proxy_selection import ProxyHealth, proxy_failure, rest_s, select_proxy


@dataclass(slots=True)
class Candidate:
    """A call that wants to be placed, and what has been tried for it already.

    *lease* is what holds its slots. Where its application took these when it
    started, *has_turn* is true, and *id*, the call's own, is another.
    """

    id: str
    application_uuid: str
    lease: str
    request: OutboundRequest
    application: Application
    platform: PlatformSnapshot
    group: Group | None
    action: str = Action.MAKE_CALL.value
    place: Place | None = None  # where its request was claimed
    rate_taken: bool = False
    tried: set[str] = field(default_factory=set)  # proxies


class Admission:
    """Holds every call to the limits of the platform and of this node."""

    def __init__(
        self,
        ledger: Ledger,
        health: ProxyHealth,
        metrics: Metrics,
        *,
        node: Callable[[], Capacity],
        max_queue_wait_s: float,
        default_domain: str | None,
        random: Random | None = None,
    ) -> None:
        """*node*: what this node carries now."""
        self._ledger = ledger
        self._health = health
        self._metrics = metrics
        self._node = node
        self._max_queue_wait_s = max_queue_wait_s
        self._default_domain = default_domain
        self._random = random or Random()

    async def acquire_for_call(self, candidate: Candidate) -> Trunk | None:
        """Take every slot and turn of the call; return the proxy it goes through.

        Waits for the turn. Raises RefusedError: then no slot was taken, but where
        the node went away during the wait. Whoever does not place the call after
        all, for that or because the wait was cancelled, gives its slots back.
        """
        capacities, rates = limits_of(candidate.platform, candidate.application)
        if candidate.tried or candidate.rate_taken:
            rates = []  # its turn was taken before
        patience_s = min(candidate.request.wait_s, self._max_queue_wait_s)
        full = set(candidate.tried)
        refusal: Full | TooFast | None = None
        while True:
            trunk = self._choose(candidate, full)
            if trunk is None and candidate.group is not None:
                raise _refusal_of(refusal)
            own = _proxy_limits(trunk, candidate.platform.burst)
            grant: Grant = Granted(0.0)
            # Else its lease holds all that it needs, and the ledger may be far away.
            if candidate.tried or not candidate.rate_taken or any(own):
                grant = await self._acquire(
                    candidate.lease,
                    [*capacities, *own[0], self._node()],
                    [*rates, *own[1]],
                    patience_s,
                )
            match grant:
                case Granted(wait_s):
                    if wait_s > 0:
                        await self._wait_for_rate(wait_s)
                        self._check_node(candidate)
                    if trunk is not None:
                        candidate.tried.add(trunk.proxy.id)
                    return trunk
                case Full(capacity) if trunk is not None and capacity in own[0]:
                    refusal = grant
                case TooFast(rate) if trunk is not None and rate in own[1]:
                    refusal = grant
                case _:
                    raise _refusal_of(grant)
            full.add(trunk.proxy.id)

    def report_leg_event(self, trunk: Trunk, event: SipEvent) -> None:
        """Learn from what happened to a call through *trunk*."""
        if isinstance(event, Ended) and event.origin is Origin.LOCAL_CANCEL:
            return  # we hung up: that tells nothing of the proxy
        now = time.monotonic()
        if (seconds := rest_s(event)) is not None:
            self._health.mark_resting(trunk.proxy, now, seconds)
        elif why := proxy_failure(event):
            self._health.mark_down(trunk.proxy, now, why)
        else:
            self._health.mark_up(trunk.proxy)

    async def acquire_for_application(
        self,
        lease: str,
        application: Application,
        platform: PlatformSnapshot,
        wait_s: float,
        *,
        has_turn: bool = False,
        node: NodeWanted | None = None,
    ) -> str | None:
        """Take the slots and the turn of an application's first call; raises RefusedError.

        The turn is waited for, for *wait_s* at most; with *has_turn* none is taken.
        *node* asks for one of all nodes, whose name is returned; without it the slot
        is this node's own. As for ``take``, whoever is refused or cancelled gives
        the slots back.
        """
        capacities, rates = limits_of(platform, application)
        grant = await self._acquire(
            lease,
            capacities if node is not None else [*capacities, self._node()],
            [] if has_turn else rates,
            min(wait_s, self._max_queue_wait_s),
            node,
        )
        if not isinstance(grant, Granted):
            raise _refusal_of(grant)
        if grant.wait_s > 0:
            await self._wait_for_rate(grant.wait_s)
            if node is None:
                self._check_node()
        return grant.node

    async def _acquire(
        self,
        lease: str,
        capacities: Sequence[Capacity],
        rates: Sequence[Rate],
        patience_s: float,
        node: NodeWanted | None = None,
    ) -> Grant:
        try:
            return await self._ledger.acquire(
                lease, capacities, rates, patience_s, node
            )
        except LedgerError as error:
            raise RefusedError(Result.INTERNAL_ERROR, str(error)) from error

    async def _wait_for_rate(self, wait_s: float) -> None:
        """Wait for the turn, which comes in *wait_s*."""
        self._metrics.queue_wait.observe(wait_s)
        await asyncio.sleep(wait_s)

    def _check_node(self, candidate: Candidate | None = None) -> None:
        """Raise RefusedError if the node has gone while a turn was waited for."""
        node = self._node()
        if node.limit == 0 and not (candidate and candidate.rate_taken):
            raise _refusal_of(Full(node))

    def _choose(self, candidate: Candidate, without: set[str]) -> Trunk | None:
        if candidate.group is None:
            return None
        destination = candidate.request.destination
        assert destination is not None
        trunks = {
            trunk.proxy.id: trunk
            for trunk in candidate.group.trunks
            if trunk.proxy.id not in without
            and trunk.takes(destination, self._default_domain)
        }
        now = time.monotonic()
        proxy = select_proxy(
            [trunk.proxy for trunk in trunks.values()],
            lambda proxy: self._health.is_down(proxy, now),
            self._random,
        )
        return None if proxy is None else trunks[proxy.id]


def check_route(candidate: Candidate, default_domain: str | None) -> None:
    """Raise RefusedError if no proxy of its group could ever take the call."""
    group, destination = candidate.group, candidate.request.destination
    assert destination is not None
    if group is None:
        if isinstance(destination, str) and default_domain is None:
            raise RefusedError(Result.INVALID_REQUEST, _NO_HOST)
    elif not group.trunks:
        text = f"The proxy group {group.id} has no proxy."
        raise RefusedError(Result.INTERNAL_ERROR, text)
    elif not any(trunk.takes(destination, default_domain) for trunk in group.trunks):
        text = _NO_HOST if isinstance(destination, str) else _NO_TLS
        raise RefusedError(Result.INVALID_REQUEST, text)


def _proxy_limits(
    trunk: Trunk | None, burst: int
) -> tuple[Sequence[Capacity], Sequence[Rate]]:
    capacities: list[Capacity] = []
    rates: list[Rate] = []
    if trunk is not None:
        refusal = Result.BVR_CALL_LIMIT
        add_limits(trunk.proxy, "proxy", refusal, burst, capacities, rates)
    return capacities, rates


def _refusal_of(grant: Full | TooFast | NoNode | None) -> RefusedError:
    match grant:
        case Full(capacity):
            shown = _owner_name(capacity.name)
            detail = f"All {capacity.limit} calls of {shown} are in use."
            return RefusedError(capacity.refusal, capacity.detail or detail)
        case TooFast(rate, wait_s):
            shown = _owner_name(rate.name)
            detail = f"{shown} may start {rate.per_second:g} calls per second."
            detail = detail[0].upper() + detail[1:]
            return RefusedError(rate.refusal, detail, retry_after_s=wait_s)
        case NoNode(draining=True):
            text = "Every node that could take the call is stopping."
            return RefusedError(Result.SERVER_SHUTDOWN, text)
        case NoNode():
            return RefusedError(Result.NO_BVR, "No node that runs can take the call.")
        case _:
            return RefusedError(Result.CALL_FAILED, "Every proxy has been tried.")


def _owner_name(name: str) -> str:
    kind, _, owner = name.partition(":")
    return f"{kind} {owner}" if owner else f"the {kind}"


_NO_TLS = "No proxy of the group is reached over TLS, which a sips: URI needs."
_NO_HOST = (
    "A telephone number needs sip.default_domain in the configuration or a proxy of mode "
    "REWRITE_DESTINATION, or give a SIP URI."
)
