"""Limits on open HTTP connections, in all and from each address."""

from collections import Counter
from ipaddress import IPv6Address, ip_address

from engine.telemetry.metrics import Awaited, ConnectionLimit, Metrics

_INTERFACE_BITS = 64
"""Bits of an IPv6 interface identifier (RFC 4291 §2.5.1): who has one /64 has all addresses in it."""


class ConnectionPlace:
    """The place of one open connection within the limits; its owner releases it once."""

    __slots__ = ("_connections", "_is_taken", "_source")

    def __init__(self, connections: "HttpConnections", source: str) -> None:
        self._connections = connections
        self._source = source
        self._is_taken = True

    def release(self) -> None:
        """Free the place; calling this again does nothing."""
        if self._is_taken:
            self._is_taken = False
            self._connections.release(self._source)

    def count_malformed(self) -> None:
        """Count that what came over this connection was not a valid HTTP request."""
        self._connections.count_malformed()


class HttpConnections:
    """Counts open connections, refuses those above a limit, and counts what goes wrong.

    *most* connections may be open in all, *most_per_address* from one source.
    """

    def __init__(self, most: int, most_per_address: int, metrics: Metrics) -> None:
        self._most = most
        self._most_per_address = most_per_address
        self._metrics = metrics
        self._by_source: Counter[str] = Counter()
        self.count = 0
        """Connections that are open now."""

    def take(self, address: str) -> ConnectionPlace | None:
        """Return a place for a connection from *address*, an IP address as text.

        Returns None, and counts the refusal, if a limit is reached.
        """
        source = source_of(address)
        if (limit := self._find_reached_limit(source)) is not None:
            self._metrics.http.connections_refused[limit,].inc()
            return None
        self.count += 1
        self._by_source[source] += 1
        return ConnectionPlace(self, source)

    def count_timeout(self, awaited: Awaited) -> None:
        """Count a connection that was ended since its client took too long for *awaited*."""
        self._metrics.http.timeouts[awaited,].inc()

    def count_malformed(self) -> None:
        """Count that what came over a connection was not a valid HTTP request."""
        self._metrics.http.malformed_requests.inc()

    def _find_reached_limit(self, source: str) -> ConnectionLimit | None:
        if self.count >= self._most:
            return ConnectionLimit.ALL
        if self._by_source[source] >= self._most_per_address:
            return ConnectionLimit.ADDRESS
        return None

    def release(self, source: str) -> None:
        """Forget one connection from *source*; ``ConnectionPlace.release`` calls this."""
        self.count -= 1
        self._by_source[source] -= 1
        if not self._by_source[source]:
            del self._by_source[source]


def source_of(address: str) -> str:
    """The source that connections from *address* count for.

    An IPv4 address itself, also if mapped into IPv6; the /64 network of an IPv6 address.
    """
    parsed = ip_address(address.partition("%")[0])
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Address(int(parsed) >> _INTERFACE_BITS << _INTERFACE_BITS))
