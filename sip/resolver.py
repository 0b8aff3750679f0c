"""Resolver: the addresses for a SIP URI, by DNS (RFC 3263), within a time limit.

It runs on the asyncio loop, so that the SIP thread never waits for a name server.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from random import Random
from typing import Generic, NamedTuple, TypeVar

import aiodns
from pycares import NAPTRRecordData, SRVRecordData

from .server_location import (
    DEFAULT_PORTS,
    Naptr,
    Service,
    Srv,
    Target,
    host_of,
    is_numeric,
    order_servers,
    order_services,
    protocol_of,
    service_of,
)
from .uri import SipUri

MAX_TARGETS = 8  # for one request; below PJSIP_MAX_RESOLVED_ADDRESSES
MAX_CACHED = 4096  # names of each record type
MIN_TTL_S = 1.0
MAX_TTL_S = 300.0
ABSENT_TTL_S = 30.0  # the name server says that there is no such record
FAILED_TTL_S = 2.0  # keeps failing names from being queried for every call

_ABSENT = (aiodns.error.ARES_ENODATA, aiodns.error.ARES_ENOTFOUND)

R = TypeVar("R")


class _Answer(NamedTuple, Generic[R]):
    """The records of one name, and for how long they are valid."""

    records: tuple[R, ...]
    ttl_s: float


class _Records(Generic[R]):
    """A cache of the records of one type by name, each kept for its time to live.

    Callers that ask for the same name at the same time share one query.
    """

    def __init__(
        self, ask: Callable[[str], Awaitable[_Answer[R]]], timeout_s: float
    ) -> None:
        self._ask = ask
        self._timeout_s = timeout_s
        self._closed = False
        self._kept: dict[str, tuple[float, tuple[R, ...]]] = {}
        self._running: dict[str, asyncio.Task[tuple[R, ...]]] = {}

    async def of(self, name: str, limit_s: float) -> tuple[R, ...]:
        """Return the records of *name*; empty if it has none or *limit_s* has passed."""
        if self._closed:
            return ()
        name = name.lower().rstrip(".")
        expires, records = self._kept.get(name, (0.0, ()))
        if time.monotonic() < expires:
            return records
        task = self._running.get(name)
        if task is None:
            task = asyncio.create_task(self._query(name), name=f"resolve {name}")
            self._running[name] = task
            task.add_done_callback(lambda _: self._running.pop(name, None))
        # wait() and not wait_for(): the query goes on for other callers and for the cache.
        done, _ = await asyncio.wait([task], timeout=limit_s)
        return task.result() if done and not task.cancelled() else ()

    async def _query(self, name: str) -> tuple[R, ...]:
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._ask(name)
        except aiodns.error.DNSError as error:
            absent = error.args[0] in _ABSENT
            answer = _Answer((), ABSENT_TTL_S if absent else FAILED_TTL_S)
        except TimeoutError:
            answer = _Answer((), FAILED_TTL_S)
        if len(self._kept) >= MAX_CACHED:
            self._kept.pop(next(iter(self._kept)))
        self._kept[name] = time.monotonic() + answer.ttl_s, answer.records
        return answer.records

    def close(self) -> list[asyncio.Task[tuple[R, ...]]]:
        """Cancel all queries and return their tasks, which the caller must await.

        From then on every name has no records.
        """
        self._closed = True
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        return tasks


class Resolver:
    """Finds the targets of a SIP URI. Belongs to one asyncio loop.

    *transports* are those that we can send from, as pairs of protocol and whether it is
    IPv6, preferred ones first. *timeout_s* limits all queries for one target together;
    NAPTR and SRV get a third of it each, since some name servers leave these
    unanswered.
    """

    def __init__(
        self,
        *,
        timeout_s: float,
        transports: Sequence[tuple[str, bool]],
        nameservers: tuple[str, ...] = (),
    ) -> None:
        self._timeout_s = timeout_s
        self._share_s = timeout_s / 3
        self._transports = frozenset(transports)
        self._protocols = tuple(dict.fromkeys(protocol for protocol, _ in transports))
        self._random = Random()
        self._dns = aiodns.DNSResolver(
            nameservers=list(nameservers) or None, timeout=timeout_s, tries=1
        )
        self._naptr = _Records(self._ask_naptr, timeout_s)
        self._srv = _Records(self._ask_srv, timeout_s)
        self._hosts = _Records(self._ask_host, timeout_s)

    async def locate(self, uri: SipUri) -> tuple[Target, ...]:
        """Return the targets of a request to *uri*, best first; see ``targets``."""
        return await self.targets(host_of(uri), uri.port, protocol_of(uri))

    async def targets(
        self, host: str, port: int | None, protocol: str | None
    ) -> tuple[Target, ...]:
        """Return the targets of *host*, best first, at most MAX_TARGETS (RFC 3263 §4).

        All have one protocol: *protocol*, or the one of ours that DNS prefers. Empty if
        the name has no address or time ran out. Targets that we have no transport for
        are returned only if there are no others.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._find_targets(host, port, protocol)
        except TimeoutError:
            return ()

    async def _find_targets(
        self, host: str, port: int | None, protocol: str | None
    ) -> tuple[Target, ...]:
        if port is None and not is_numeric(host):
            servers = await self._find_servers(
                await self._find_services(host, protocol)
            )
            if servers:
                return await self._find_first_reachable(servers)
        chosen = protocol or "udp"
        return self._filter_usable(
            await self._find_addresses(chosen, [(host, port or DEFAULT_PORTS[chosen])])
        )

    async def _find_services(self, host: str, protocol: str | None) -> list[Service]:
        if protocol is not None:
            return [service_of(protocol, host)]
        records = await self._naptr.of(host, self._share_s)
        return order_services(records, self._protocols) or [
            service_of(protocol, host) for protocol in self._protocols
        ]

    async def _find_servers(
        self, services: list[Service]
    ) -> list[tuple[str, tuple[Srv, ...]]]:
        """Return protocol and SRV records of those *services* that have any."""
        found = await asyncio.gather(
            *(self._srv.of(service.name, self._share_s) for service in services)
        )
        return [
            (service.protocol, records)
            for service, records in zip(services, found, strict=True)
            if records
        ]

    async def _find_first_reachable(
        self, servers: list[tuple[str, tuple[Srv, ...]]]
    ) -> tuple[Target, ...]:
        last: tuple[Target, ...] = ()
        for protocol, records in servers:
            ordered = order_servers(records, self._random)[:MAX_TARGETS]
            last = self._filter_usable(
                await self._find_addresses(
                    protocol, [(record.host, record.port) for record in ordered]
                )
            )
            if last and self._can_reach(last[0]):
                break
        return last

    async def _find_addresses(
        self, protocol: str, servers: list[tuple[str, int]]
    ) -> list[Target]:
        # One server that cannot be found must not cost the others.
        limit_s = self._timeout_s if len(servers) == 1 else self._share_s
        found = await asyncio.gather(
            *(self._addresses_of(host, limit_s) for host, _ in servers)
        )
        return [
            Target(protocol, address, port)
            for (_, port), addresses in zip(servers, found, strict=True)
            for address in addresses
        ]

    async def _addresses_of(self, host: str, limit_s: float) -> tuple[str, ...]:
        return (host,) if is_numeric(host) else await self._hosts.of(host, limit_s)

    def _filter_usable(self, targets: list[Target]) -> tuple[Target, ...]:
        usable = [target for target in targets if self._can_reach(target)]
        return tuple((usable or targets)[:MAX_TARGETS])

    def _can_reach(self, target: Target) -> bool:
        return (target.protocol, target.is_ipv6) in self._transports

    # -- the queries -------------------------------------------------------------

    async def _ask_naptr(self, name: str) -> _Answer[Naptr]:
        answer = (await self._dns.query_dns(name, "NAPTR")).answer
        records = (
            Naptr(
                data.order, data.preference, data.flags, data.service, data.replacement
            )
            for data in (record.data for record in answer)
            if isinstance(data, NAPTRRecordData)
        )
        return _Answer(tuple(records), _ttl_s(record.ttl for record in answer))

    async def _ask_srv(self, name: str) -> _Answer[Srv]:
        answer = (await self._dns.query_dns(name, "SRV")).answer
        records = (
            Srv(data.priority, data.weight, data.port, data.target)
            for data in (record.data for record in answer)
            if isinstance(data, SRVRecordData)
        )
        return _Answer(tuple(records), _ttl_s(record.ttl for record in answer))

    async def _ask_host(self, name: str) -> _Answer[str]:
        nodes = (await self._dns.getaddrinfo(name)).nodes
        nodes.sort(key=lambda node: node.family)  # AF_INET before AF_INET6
        addresses = dict.fromkeys(_to_text(node.addr[0]) for node in nodes)
        return _Answer(tuple(addresses), _ttl_s(node.ttl for node in nodes))

    async def aclose(self) -> None:
        """Cancel all queries."""
        tasks = (*self._naptr.close(), *self._srv.close(), *self._hosts.close())
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._dns.close()


def _ttl_s(ttls: Iterable[int]) -> float:
    """Return how long an answer is valid: the shortest time to live, within bounds."""
    return min(max(float(min(ttls, default=0)), MIN_TTL_S), MAX_TTL_S)


def _to_text(address: bytes | str) -> str:
    return address.decode("ascii") if isinstance(address, bytes) else address
