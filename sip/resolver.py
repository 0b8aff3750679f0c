"""Host names to numeric addresses, outside the SIP thread and within a limit."""

import asyncio
import time
from ipaddress import ip_address

import aiodns

MAX_CACHED = 4096
MIN_TTL_S = 1.0
MAX_TTL_S = 300.0
FAILED_TTL_S = 2.0  # a name that fails is not asked again for every call


def is_numeric(host: str) -> bool:
    """Whether *host* is an IPv4 or IPv6 address already."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


class Resolver:
    """Resolves A and AAAA records; keeps answers for their time to live.

    Lives on the asyncio loop. Names asked for at the same time share one query.
    """

    def __init__(self, *, timeout_s: float, nameservers: tuple[str, ...] = ()) -> None:
        self._timeout_s = timeout_s
        self._dns = aiodns.DNSResolver(
            nameservers=list(nameservers) or None, timeout=timeout_s, tries=1
        )
        self._cache: dict[str, tuple[float, tuple[str, ...]]] = {}
        self._running: dict[str, asyncio.Task[tuple[str, ...]]] = {}

    async def resolve(self, host: str) -> tuple[str, ...]:
        """Numeric addresses of *host*, IPv4 first; empty if it has none or time ran out."""
        if is_numeric(host):
            return (host,)
        name = host.lower().rstrip(".")
        expires, addresses = self._cache.get(name, (0.0, ()))
        if time.monotonic() < expires:
            return addresses
        task = self._running.get(name)
        if task is None:
            task = asyncio.create_task(self._query(name), name=f"resolve {name}")
            self._running[name] = task
            task.add_done_callback(lambda _: self._running.pop(name, None))
        return await asyncio.shield(task)

    async def _query(self, name: str) -> tuple[str, ...]:
        ttl_s = FAILED_TTL_S
        addresses: tuple[str, ...] = ()
        try:
            async with asyncio.timeout(self._timeout_s):
                found = await self._dns.getaddrinfo(name)
        except (aiodns.error.DNSError, TimeoutError):
            pass
        else:
            nodes = [
                (node.family, _text(node.addr[0]), node.ttl) for node in found.nodes
            ]
            nodes.sort(key=lambda node: node[0])  # AF_INET before AF_INET6
            addresses = tuple(dict.fromkeys(address for _, address, _ in nodes))
            if nodes:
                shortest = min(ttl for _, _, ttl in nodes)
                ttl_s = min(max(float(shortest), MIN_TTL_S), MAX_TTL_S)
        if len(self._cache) >= MAX_CACHED:
            self._cache.pop(next(iter(self._cache)))
        self._cache[name] = time.monotonic() + ttl_s, addresses
        return addresses

    async def aclose(self) -> None:
        """Give up what is still being asked."""
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        await self._dns.close()


def _text(address: bytes | str) -> str:
    return address.decode("ascii") if isinstance(address, bytes) else address
