"""Admission: whether a call may be placed now, and through which proxy.

A call is held to the limits of licence, account, application, proxy and node. It gets a
slot of each and a place in each rate in one step of the ledger, or a refusal.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from engine.model.outbound_request import Action
from engine.model.result import RefusedError, Result
from engine.platform.objects import Application, Proxy
from engine.platform.pauses import Pause
from engine.platform.snapshot import PlatformSnapshot
from engine.platform.trunks import Group, Trunk
from engine.telemetry.metrics import Metrics
from sip.uri import SipUri

from .circuit import Gate
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
from .limits import LimitsByApplication, limits_of_owner, refusal_of_owner
from .outbound_order import OutboundOrder
from .proxy_health import ProxyHealth, Signal
from .proxy_selection import select_proxy

ProbeClaim = Callable[[Proxy], Awaitable[bool]]
"""Returns whether a call of this process may be the probe of a proxy, the only one of the
platform. Raises nothing."""


async def claim_at_once(_: Proxy) -> bool:
    """Let the call be the probe, as in a process that is the whole platform."""
    return True


@dataclass(slots=True)
class Candidate:
    """A call of *order* that is to be placed, and what has been tried for it already.

    *id* names the call, *lease* its slots in the ledger. The two differ, and
    *rate_taken* is true, where an application took slots and rate for its first call
    when it started: these are used then, and no rate is waited for again.
    """

    order: OutboundOrder
    id: str
    lease: str
    group: Group | None
    action: str = Action.MAKE_CALL.value
    rate_taken: bool = False
    tried: set[str] = field(default_factory=set)  # ids of proxies
    last_was_down: bool = False
    """Whether the proxy that was tried last was known to be down, as were all others."""
    admitted: float | None = None
    """When its first slots were held, in monotonic seconds."""


class Admission:
    """Lets a call begin only within the limits of the platform and of this node.

    It takes slots and rates from *ledger*; the caller releases the slots, in every case.
    What the events of calls show of their proxies is entered into *health*.
    """

    def __init__(
        self,
        ledger: Ledger,
        health: ProxyHealth,
        metrics: Metrics,
        *,
        node: Callable[[], Capacity],
        newest: Callable[[], Awaitable[PlatformSnapshot]],
        max_queue_wait_s: float,
        default_domain: str | None,
        claim_probe: ProbeClaim = claim_at_once,
        random: Random | None = None,
    ) -> None:
        """Take what admission depends on.

        *node* returns the capacity of this node, with the limit 0 while it drains.
        *newest* returns the platform as it stands, whose pauses hold for calls that were
        asked for before them, too.
        *max_queue_wait_s* bounds how long a call waits for its rates. *default_domain*
        is the host of SIP URIs that are made of telephone numbers. *claim_probe* is asked
        before a call goes through a proxy whose circuit is open. *random* chooses
        among proxies by weight; tests give their own.
        """
        self._ledger = ledger
        self._health = health
        self._metrics = metrics
        self._node = node
        self._newest = newest
        self._max_queue_wait_s = max_queue_wait_s
        self._default_domain = default_domain
        self._claim_probe = claim_probe
        self._random = random or Random()
        self._limits = LimitsByApplication()

    async def acquire_for_call(
        self, candidate: Candidate, *, only_up: bool = False
    ) -> Trunk | None:
        """Take every slot and rate that the call needs; return the proxy to place it through.

        Returns None for a call without a proxy group. Where a proxy is at its limit, the
        next one of the group is tried; one that drains is passed over. If all proxies are
        down, one of them is taken all the same, unless *only_up*. Sleeps until the
        call's turn in its rates, for the client's wait and *max_queue_wait_s* at most.
        Adds the proxy to ``candidate.tried``, so that the next attempt takes another
        one, and notes when the call was ``admitted``.

        Raises RefusedError, usually with no slot taken. The caller releases
        ``candidate.lease`` all the same whenever it does not place the call: slots are
        held where the node began to drain, or the caller was cancelled, during the wait.
        """
        order, platform = candidate.order, await self._newest()
        if not candidate.tried:  # else it is a call that lives, and may go on
            check_pause(platform, order.application)
        capacities, rates = self._limits.find(order.platform, order.application)
        if candidate.tried or candidate.rate_taken:
            rates = []  # one call is one in each rate, however many proxies it tries
        full = candidate.tried | _draining(candidate, platform)
        stopped: set[str] = set()  # by the circuits of their proxies
        refusal: Full | TooFast | None = None
        while True:
            trunk = self._choose(candidate, full, stopped)
            gate = self._gate(trunk, stopped)
            if only_up and gate is Gate.STOP:
                raise _refusal_of(refusal)
            if trunk is None and candidate.group is not None:
                raise _refusal_of(refusal or _find_drain(candidate, platform))
            own: tuple[Sequence[Capacity], Sequence[Rate]] = (), ()
            if trunk is not None:
                burst = order.platform.burst
                own = limits_of_owner("proxy", trunk.proxy, burst)
            grant = await self._acquire_through(candidate, own, capacities, rates)
            match grant:
                case Granted(wait_s):
                    if wait_s > 0:
                        await self._wait_for_rate(wait_s)
                        self._check_node(candidate)
                        platform = await self._newest()
                        check_pause(platform, order.application)
                        full |= _draining(candidate, platform)
                    if trunk is not None and trunk.proxy.id in full:
                        rates = []  # the call has had its turn
                        continue
                    if trunk is not None:
                        if gate is Gate.PROBE and not await self._begin_probe(trunk):
                            stopped.add(trunk.proxy.id)
                            rates = []  # it has had its turn
                            continue
                        candidate.last_was_down = gate is Gate.STOP
                        candidate.tried.add(trunk.proxy.id)
                    if candidate.admitted is None:
                        candidate.admitted = time.monotonic()
                    return trunk
                case Full(capacity) if trunk is not None and capacity in own[0]:
                    refusal = grant
                case TooFast(rate) if trunk is not None and rate in own[1]:
                    refusal = grant
                case _:
                    raise _refusal_of(grant)
            full.add(trunk.proxy.id)

    async def _acquire_through(
        self,
        candidate: Candidate,
        own: tuple[Sequence[Capacity], Sequence[Rate]],
        capacities: Sequence[Capacity],
        rates: Sequence[Rate],
    ) -> Grant:
        """Acquire what the call needs through a proxy that has limits of its *own*."""
        # The lease, taken when the application started, may hold all that is needed: a
        # question to the ledger would be a trip to Redis for nothing.
        if not candidate.tried and candidate.rate_taken and not any(own):
            return Granted(0.0)
        return await self._acquire(
            candidate.lease,
            [*capacities, *own[0], self._node()],
            [*rates, *own[1]],
            min(candidate.order.request.wait_s, self._max_queue_wait_s),
        )

    def report_leg_event(self, trunk: Trunk, event: Signal) -> None:
        """Learn of the proxy of *trunk* from *event* of a leg through it; see ``ProxyHealth``."""
        self._health.on_leg_event(trunk.proxy, event, time.monotonic())

    def report_silence(self, trunk: Trunk, sent: float) -> None:
        """Learn that nothing was heard of an INVITE through *trunk*, sent at *sent*, in time."""
        self._health.on_silence(trunk.proxy, sent, time.monotonic())

    def report_sign(self, trunk: Trunk, sent: float) -> None:
        """Learn that a response to an INVITE through *trunk*, sent at *sent*, has come."""
        self._health.on_sign(trunk.proxy, sent, time.monotonic())

    async def exchange(self, candidate: Candidate, spare: Trunk, kept: Trunk) -> None:
        """Hold the slot of *kept* again, in place of that of *spare*, acquired last.

        For a call that has not left *kept* after all; *spare* may be tried later. If
        somebody has taken that slot meanwhile, or the ledger is away, the call keeps the
        one that it has until its end.
        """
        candidate.tried.discard(spare.proxy.id)
        order = candidate.order
        capacities = self._limits.find(order.platform, order.application)[0]
        own = limits_of_owner("proxy", kept.proxy)[0]
        with suppress(RefusedError):
            await self._acquire(
                candidate.lease, [*capacities, *own, self._node()], [], 0.0
            )

    async def acquire_for_application(
        self,
        lease: str,
        application: Application,
        platform: PlatformSnapshot,
        wait_s: float,
        *,
        rate_taken: bool = False,
        node: NodeWanted | None = None,
    ) -> str | None:
        """Take the slots and rates of an application's first call under *lease*.

        Sleeps until the call's turn in its rates, for *wait_s* seconds at most. With
        *rate_taken* an earlier attempt has had that turn, and only slots are taken. With
        *node* the ledger chooses among all nodes, and the name of the chosen one is
        returned; without it the slot is of this node, and None is returned.

        Raises RefusedError. As with ``acquire_for_call``, the caller releases *lease* if
        this raises or is cancelled.
        """
        check_pause(await self._newest(), application)
        capacities, rates = self._limits.find(platform, application)
        grant = await self._acquire(
            lease,
            capacities if node is not None else [*capacities, self._node()],
            [] if rate_taken else rates,
            min(wait_s, self._max_queue_wait_s),
            node,
        )
        if not isinstance(grant, Granted):
            raise _refusal_of(grant)
        if grant.wait_s > 0:
            await self._wait_for_rate(grant.wait_s)
            check_pause(await self._newest(), application)
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
        """Sleep until the call's turn in its rates, and count how long that took."""
        self._metrics.latencies.queue_wait.observe(wait_s)
        await asyncio.sleep(wait_s)

    def _check_node(self, candidate: Candidate | None = None) -> None:
        """Raise RefusedError if this node began to drain while the call waited."""
        node = self._node()
        if node.limit == 0 and not (candidate and candidate.rate_taken):
            raise _refusal_of(Full(node))

    def _gate(self, trunk: Trunk | None, stopped: set[str]) -> Gate:
        """Return what the circuit of *trunk* does with a call now; *stopped* are known."""
        if trunk is None:
            return Gate.PASS
        if trunk.proxy.id in stopped:
            return Gate.STOP
        return self._health.gate(trunk.proxy, time.monotonic())

    async def _begin_probe(self, trunk: Trunk) -> bool:
        """Let a call find out whether *trunk* works; False if another call does so."""
        gate = self._health.gate(trunk.proxy, time.monotonic())
        if gate is not Gate.PROBE:
            return gate is Gate.PASS
        is_ours = await self._claim_probe(trunk.proxy)
        self._health.begin_probe(trunk.proxy, time.monotonic(), is_ours=is_ours)
        return is_ours

    def _choose(
        self, candidate: Candidate, without: set[str], stopped: set[str]
    ) -> Trunk | None:
        if candidate.group is None:
            return None
        destination = candidate.order.request.destination
        assert destination is not None
        trunks = {
            trunk.proxy.id: trunk
            for trunk in candidate.group.trunks
            if trunk.proxy.id not in without
            and trunk.takes(destination, self._default_domain)
        }
        proxy = select_proxy(
            [trunk.proxy for trunk in trunks.values()],
            lambda proxy: self._gate(trunks[proxy.id], stopped) is Gate.STOP,
            self._random,
        )
        return None if proxy is None else trunks[proxy.id]


def check_route(
    group: Group | None, destination: SipUri | str | None, default_domain: str | None
) -> None:
    """Raise RefusedError if no proxy of *group* could take a call to *destination*, whatever
    is free.

    *destination* is that of a request for a call. *default_domain* is the host for telephone
    numbers, from the settings.
    """
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


def check_pause(platform: PlatformSnapshot, application: Application) -> None:
    """Raise RefusedError if *application* or its account is paused on *platform*."""
    pause = platform.pauses.find_of_call(application.account, application.id)
    if pause is not None:
        raise _refusal_of(pause)


def _draining(candidate: Candidate, platform: PlatformSnapshot) -> set[str]:
    """The ids of the proxies of the group that drain."""
    if candidate.group is None or not platform.pauses:
        return set()
    names = (trunk.proxy.id for trunk in candidate.group.trunks)
    return {name for name in names if platform.pauses.find("proxy", name)}


def _find_drain(candidate: Candidate, platform: PlatformSnapshot) -> Pause | None:
    """Why a proxy of the group that was not tried is passed over; None: none drains."""
    untried = sorted(_draining(candidate, platform) - candidate.tried)
    return platform.pauses.find("proxy", untried[0]) if untried else None


def _refusal_of(grant: Full | TooFast | NoNode | Pause | None) -> RefusedError:
    match grant:
        case Pause(table=table, identity=identity):
            return RefusedError(
                refusal_of_owner(table), str(grant), refused_by=f"{table}:{identity}"
            )
        case Full(capacity):
            owner = _owner_name(capacity.name)
            detail = f"All {capacity.limit} calls of {owner} are in use."
            return RefusedError(
                capacity.refusal, capacity.detail or detail, refused_by=capacity.name
            )
        case TooFast(rate, wait_s):
            owner = _owner_name(rate.name)
            detail = f"{owner} may start {rate.per_second:g} calls per second."
            detail = detail[0].upper() + detail[1:]
            return RefusedError(
                rate.refusal, detail, retry_after_s=wait_s, refused_by=rate.name
            )
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
