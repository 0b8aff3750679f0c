"""HTTP connections: how many there are, in all and from each address, and how many may be."""

from collections import Counter
from ipaddress import IPv6Address, ip_address

from engine.telemetry.metrics import Awaited, ConnectionLimit, Metrics

_INTERFACE_BITS = 64
"""Of an IPv6 address: whoever has one such network has all its addresses (RFC 4291 §2.5.1)."""


class ConnectionPlace:
    """What one open connection takes of the limits until it is released."""

    __slots__ = ("_connections", "_is_taken", "_source")

    def __init__(self, connections: "HttpConnections", source: str) -> None:
        self._connections = connections
        self._source = source
        self._is_taken = True

    def release(self) -> None:
        """Give it back, once, however often this is asked for."""
        if self._is_taken:
            self._is_taken = False
            self._connections.release(self._source)

    def count_malformed(self) -> None:
        """What came over the connection was no request."""
        self._connections.count_malformed()


class HttpConnections:
    """Counts connections and what goes wrong with them, and refuses those above a limit."""

    def __init__(self, most: int, most_per_address: int, metrics: Metrics) -> None:
        self._most = most
        self._most_per_address = most_per_address
        self._metrics = metrics
        self._by_source: Counter[str] = Counter()
        self.count = 0

    def take(self, address: str) -> ConnectionPlace | None:
        """A place for a connection from *address*; None, and counted, if it is refused."""
        source = source_of(address)
        if (limit := self._reached_limit(source)) is not None:
            self._metrics.connections_refused[limit,].inc()
            return None
        self.count += 1
        self._by_source[source] += 1
        return ConnectionPlace(self, source)

    def count_timeout(self, awaited: Awaited) -> None:
        """One is ended, since *awaited* took its client too long."""
        self._metrics.http_timeouts[awaited,].inc()

    def count_malformed(self) -> None:
        """What came over one was no request."""
        self._metrics.malformed_requests.inc()

    def _reached_limit(self, source: str) -> ConnectionLimit | None:
        if self.count >= self._most:
            return ConnectionLimit.ALL
        if self._by_source[source] >= self._most_per_address:
            return ConnectionLimit.ADDRESS
        return None

    def release(self, source: str) -> None:
        """One from *source* has been closed."""
        self.count -= 1
        self._by_source[source] -= 1
        if not self._by_source[source]:
            del self._by_source[source]


def source_of(address: str) -> str:
    """Whom connections from *address* are counted for: it, or the network of an IPv6 address."""
    parsed = ip_address(address.partition("%")[0])
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Address(int(parsed) >> _INTERFACE_BITS << _INTERFACE_BITS))
