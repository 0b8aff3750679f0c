"""Trunk and Group: proxies with their address and headers parsed once."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog

from sip.errors import SipError
from sip.extra_headers import Headers, read_headers
from sip.name_addr import NameAddr
from sip.uri import SipUri

from .objects import CustomHeader, Proxy, ProxyMode

log = structlog.get_logger()

_REQUESTS = ("INVITE", "CANCEL", "BYE", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Trunk:
    """A proxy with its address and custom headers parsed."""

    proxy: Proxy
    address: SipUri
    from_: NameAddr | None = (
        None  # from its custom headers; overrides all other identities
    )
    headers: Mapping[str, Headers] = field(default_factory=dict)  # by request name

    @classmethod
    def of(cls, proxy: Proxy, known: Mapping[str, CustomHeader]) -> "Trunk":
        """Return the trunk for *proxy*.

        Custom headers that are not *known*, or cannot be sent, are left out.
        """
        from_ = None
        headers: dict[str, Headers] = dict.fromkeys(_REQUESTS, ())
        for header in (known[name] for name in proxy.headers if name in known):
            sent, identity = _read_header(header)
            from_ = identity or from_
            for request in _REQUESTS if header.request == "ALL" else (header.request,):
                headers[request] += sent
        return cls(proxy, SipUri.parse(proxy.address), from_, headers)

    def takes(self, destination: SipUri | str, default_domain: str | None) -> bool:
        """Whether calls to *destination* can go through this proxy.

        A number needs a host to send it to, and a sips: URI needs TLS on each hop (RFC
        3261 §26.2.2).
        """
        if self.proxy.mode is ProxyMode.REWRITE_DESTINATION:
            return True
        if isinstance(destination, SipUri):
            return destination.scheme != "sips" or self.address.transport == "tls"
        return default_domain is not None


def _read_header(header: CustomHeader) -> tuple[Headers, NameAddr | None]:
    """Return *header* as headers to send, or as the identity for From; neither if it is bad."""
    try:
        return read_headers([(header.name, header.value)])
    except SipError as error:  # it was stored under earlier, weaker rules
        log.warning("header_left_out", header=header.id, reason=str(error))
        return (), None


@dataclass(frozen=True, slots=True)
class Group:
    """A proxy group: its trunks, and the failures after which the next one is tried."""

    id: str
    trunks: tuple[Trunk, ...]
    failover: frozenset[str]
