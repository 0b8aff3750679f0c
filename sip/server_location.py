"""The targets of a request and their order (RFC 3263, RFC 2782). Pure: makes no query."""

from collections.abc import Collection, Iterable
from functools import lru_cache
from ipaddress import ip_address
from itertools import groupby
from random import Random
from typing import NamedTuple

from .uri import SipUri

DEFAULT_PORTS = {"udp": 5060, "tcp": 5060, "tls": 5061}

_SERVICES = {"SIP+D2U": "udp", "SIP+D2T": "tcp", "SIPS+D2T": "tls"}
_PREFIXES = {"udp": "_sip._udp.", "tcp": "_sip._tcp.", "tls": "_sips._tcp."}


class Target(NamedTuple):
    """An address to send a request to."""

    protocol: str  # "udp", "tcp" or "tls"
    address: str  # numeric
    port: int

    @property
    def is_ipv6(self) -> bool:
        """Whether the address is an IPv6 one."""
        return ":" in self.address

    @property
    def hostport(self) -> str:
        """Address, in brackets where needed, and port."""
        host = f"[{self.address}]" if self.is_ipv6 else self.address
        return f"{host}:{self.port}"


class Srv(NamedTuple):
    """An SRV record (RFC 2782)."""

    priority: int
    weight: int
    port: int
    host: str


class Naptr(NamedTuple):
    """A NAPTR record, as far as SIP uses it (RFC 3263 §4.1)."""

    order: int
    preference: int
    flags: str
    service: str
    replacement: str


class Service(NamedTuple):
    """A protocol, and the name of the SRV records of its servers."""

    protocol: str
    name: str


@lru_cache(maxsize=1024)
def is_numeric(host: str) -> bool:
    """Whether *host* is an IPv4 or IPv6 address."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=1024)
def is_loopback(address: str) -> bool:
    """Whether *address*, which is numeric, is one from which only this machine is reached."""
    return ip_address(address).is_loopback


def host_of(uri: SipUri) -> str:
    """Return the host that a request to *uri* goes to; ``maddr`` comes first (RFC 3263 §4)."""
    return (uri.parameter("maddr") or uri.host).strip("[]")


def protocol_of(uri: SipUri) -> str | None:
    """Return the protocol that *uri* requires, or None if DNS may choose."""
    if uri.scheme == "sips" or uri.parameter("transport"):
        return uri.transport
    return None


def numeric_target(uri: SipUri) -> Target | None:
    """Return the only target of a URI with a numeric host, or None for a name."""
    host = host_of(uri)
    if not is_numeric(host):
        return None
    protocol = uri.transport
    return Target(protocol, host, uri.port or DEFAULT_PORTS[protocol])


def service_of(protocol: str, domain: str) -> Service:
    """Return the default SRV name for *protocol*, without a NAPTR record (RFC 3263 §4.1)."""
    return Service(protocol, _PREFIXES[protocol] + domain)


def order_services(
    records: Iterable[Naptr], protocols: Collection[str]
) -> list[Service]:
    """Return the services of *records* that we speak, best first (RFC 3263 §4.1)."""
    ordered = sorted(records, key=lambda record: (record.order, record.preference))
    return [
        Service(protocol, record.replacement)
        for record in ordered
        if (protocol := _SERVICES.get(record.service.upper())) in protocols
        and protocol is not None
        and record.flags.lower() == "s"
    ]


def order_servers(records: Iterable[Srv], random: Random) -> list[Srv]:
    """Order *records* by priority, and within a priority at random by weight (RFC 2782).

    A weight of 0 comes after all others of its priority. The target ``.`` means that
    the service does not exist, and is left out.
    """
    offered = [record for record in records if record.host.rstrip(".")]
    offered.sort(key=lambda record: record.priority)
    ordered = []
    for _, group in groupby(offered, key=lambda record: record.priority):
        left = list(group)
        while left:
            weights = [record.weight for record in left]
            (place,) = random.choices(
                range(len(left)), weights if any(weights) else None
            )
            ordered.append(left.pop(place))
    return ordered
