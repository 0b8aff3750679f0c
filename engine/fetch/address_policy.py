"""Which hosts and addresses may be connected to. Pure."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from engine.config.settings import FetchSettings

_METADATA = frozenset(
    map(
        ip_address,
        (
            "fd00:ec2::254",  # Amazon; 169.254.169.254 is link-local
            "fd20:ce::254",  # Google
            "100.100.100.200",  # Alibaba
            "192.0.0.192",  # Oracle
            "168.63.129.16",  # Azure
        ),
    )
)
_THIS_NETWORK = ip_network("0.0.0.0/8")
_TRANSLATED = (ip_network("64:ff9b::/96"), ip_network("::/96"))
_LOOPBACK_V6 = ip_address("::1")


def is_host_allowed(host: str, patterns: Iterable[str]) -> bool:
    """Whether *host* matches one of *patterns*: a name, ``*.example.com`` or ``*``."""
    host = host.lower().removesuffix(".")
    return any(
        pattern in ("*", host)
        or (pattern.startswith("*.") and host.endswith(pattern[1:]))
        for pattern in patterns
    )


def may_connect(address: str, settings: FetchSettings) -> bool:
    """Whether *settings* let *address* be connected to; see ``is_address_allowed``."""
    return is_address_allowed(
        address,
        allow_private=settings.allow_private,
        allow_link_local=settings.allow_link_local,
    )


def is_address_allowed(
    text: str, *, allow_private: bool, allow_link_local: bool
) -> bool:
    """Whether *text*, an IP address in canonical spelling, may be connected to."""
    try:
        address = _unwrap_ipv4(ip_address(text))
    except ValueError:  # 2852039166 or 0251.0376.1: the system would make one of it
        return False
    if not allow_link_local and _is_for_this_link(address):
        return False
    return allow_private or address.is_global


def _is_for_this_link(address: IPv4Address | IPv6Address) -> bool:
    """Whether the address is link-local, or one that no server has.

    Link-local addresses include those where cloud providers serve credentials.
    """
    if isinstance(address, IPv4Address) and (
        address in _THIS_NETWORK or address.is_reserved  # the latter with broadcast
    ):
        return True
    return (
        address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or address in _METADATA
    )


def _unwrap_ipv4(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 address embeds (mapped, NAT64, 6to4); else *address*."""
    if isinstance(address, IPv4Address):
        return address
    # Without a zone: fe80::1%eth0 is not in fe80::/10 for every comparison.
    address = IPv6Address(int(address))
    if embedded := address.ipv4_mapped or address.sixtofour:
        return embedded
    if address == _LOOPBACK_V6 or not any(
        address in network for network in _TRANSLATED
    ):
        return address
    return IPv4Address(int(address) & 0xFFFFFFFF)
