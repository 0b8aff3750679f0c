"""Admission: a call gets all its slots, its turn and its proxy, or a refusal that took nothing."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from sip.events import Ended, Origin, SipEvent

from .ledger import Capacity, Full, Granted, Ledger, Rate, TooFast
from .objects import Application
from .outbound import OutboundRequest
from .platform import Platform, add_limits
from .proxies import ProxyHealth, choose, failure
from .results import RefusedError, Result
from .routing import Group, Trunk


@dataclass(slots=True)
class Candidate:
    """A call that wants to be placed, and what has been tried for it already."""

    lease: str
    request: OutboundRequest
    application: Application
    platform: Platform
    group: Group | None
    tried: set[str] = field(default_factory=set)  # proxies


class Admission:
    """Holds every call to the limits of the platform and of this node."""

    def __init__(
        self,
        ledger: Ledger,
        health: ProxyHealth,
        *,
        node: Callable[[], Capacity],
        max_queue_wait_s: float,
        default_domain: str | None,
        random: Random | None = None,
    ) -> None:
        """*node*: what this node carries now."""
        self._ledger = ledger
        self._health = health
        self._node = node
        self._max_queue_wait_s = max_queue_wait_s
        self._default_domain = default_domain
        self._random = random or Random()

    def check_route(self, candidate: Candidate) -> None:
        """Raise RefusedError if no proxy of its group could ever take the call."""
        group, request = candidate.group, candidate.request
        destination = request.destination
        assert destination is not None
        if group is None:
            if isinstance(destination, str) and self._default_domain is None:
                raise RefusedError(Result.INVALID_REQUEST, _NO_HOST)
        elif not group.trunks:
            text = f"The proxy group {group.id} has no proxy."
            raise RefusedError(Result.INTERNAL_ERROR, text)
        elif not any(
            trunk.takes(destination, self._default_domain) for trunk in group.trunks
        ):
            raise RefusedError(Result.INVALID_REQUEST, _NO_HOST)

    async def take(self, candidate: Candidate) -> Trunk | None:
        """Take every slot and turn of the call; return the proxy it goes through.

        Waits for the turn. Raises RefusedError: then no slot was taken, but where
        the node went away during the wait. Whoever does not place the call after
        all, for that or because the wait was cancelled, gives its slots back.
        """
        capacities, rates = candidate.platform.limits(candidate.application)
        if candidate.tried:
            rates = []  # its turn was taken with the first proxy
        patience_s = min(candidate.request.wait_s, self._max_queue_wait_s)
        full = set(candidate.tried)
        refusal: Full | TooFast | None = None
        while True:
            trunk = self._choose(candidate, full)
            if trunk is None and candidate.group is not None:
                raise _refused(refusal)
            own = _of(trunk)
            grant = await self._ledger.acquire(
                candidate.lease,
                [*capacities, *own[0], self._node()],
                [*rates, *own[1]],
                patience_s,
            )
            match grant:
                case Granted(wait_s):
                    if wait_s > 0:
                        await self._wait(wait_s)
                    if trunk is not None:
                        candidate.tried.add(trunk.proxy.id)
                    return trunk
                case Full(capacity) if trunk is not None and capacity in own[0]:
                    refusal = grant
                case TooFast(rate) if trunk is not None and rate in own[1]:
                    refusal = grant
                case _:
                    raise _refused(grant)
            full.add(trunk.proxy.id)

    def note(self, trunk: Trunk, event: SipEvent) -> None:
        """Learn from what happened to a call through *trunk*."""
        if isinstance(event, Ended) and event.origin is Origin.LOCAL_CANCEL:
            return  # we hung up: that tells nothing of the proxy
        if why := failure(event):
            self._health.failed(trunk.proxy, time.monotonic(), why)
        else:
            self._health.worked(trunk.proxy)

    async def _wait(self, wait_s: float) -> None:
        await asyncio.sleep(wait_s)
        node = self._node()
        if node.limit == 0:  # it went away meanwhile
            raise _refused(Full(node))

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
        proxy = choose(
            [trunk.proxy for trunk in trunks.values()],
            lambda one: self._health.is_down(one, now),
            self._random,
        )
        return None if proxy is None else trunks[proxy.id]


def _of(trunk: Trunk | None) -> tuple[Sequence[Capacity], Sequence[Rate]]:
    capacities: list[Capacity] = []
    rates: list[Rate] = []
    if trunk is not None:
        add_limits(trunk.proxy, "proxy", Result.BVR_CALL_LIMIT, capacities, rates)
    return capacities, rates


def _refused(grant: Full | TooFast | None) -> RefusedError:
    match grant:
        case Full(capacity):
            shown = _shown(capacity.name)
            detail = f"All {capacity.limit} calls of {shown} are in use."
            return RefusedError(capacity.refusal, capacity.detail or detail)
        case TooFast(rate, wait_s):
            shown = _shown(rate.name)
            detail = f"{shown} may start {rate.per_second:g} calls per second."
            detail = detail[0].upper() + detail[1:]
            return RefusedError(rate.refusal, detail, retry_after_s=wait_s)
        case _:
            return RefusedError(Result.CALL_FAILED, "Every proxy has been tried.")


def _shown(name: str) -> str:
    kind, _, owner = name.partition(":")
    return f"{kind} {owner}" if owner else f"the {kind}"


_NO_HOST = (
    "A telephone number needs sip.default_domain in the configuration or a proxy of mode "
    "REWRITE_DESTINATION, or give a SIP URI."
)
