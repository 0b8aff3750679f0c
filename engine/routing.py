"""Routing: what an INVITE looks like that goes to its destination through a proxy, or without one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import structlog

from sip.agent import Credential, Invite, Srtp
from sip.errors import SipError
from sip.events import LegId
from sip.extra_headers import Headers, read_headers
from sip.name_addr import NameAddr
from sip.uri import SipUri, escape_subscriber

from .objects import CustomHeader, Proxy, ProxyMode, RtpMode
from .outbound import OutboundRequest

log = structlog.get_logger()

_REQUESTS = ("INVITE", "CANCEL", "BYE", "OPTIONS")
_SRTP = {
    RtpMode.SYSTEM_DEFAULT: Srtp.OFF,
    RtpMode.INSECURE_ONLY: Srtp.OFF,
    RtpMode.SECURE_ONLY: Srtp.MANDATORY,
    RtpMode.BOTH: Srtp.OPTIONAL,
}


@dataclass(frozen=True, slots=True)
class Trunk:
    """A proxy with its address and headers read once."""

    proxy: Proxy
    address: SipUri
    from_: NameAddr | None = None  # of its custom headers: beats every other way
    headers: Mapping[str, Headers] = field(default_factory=dict)  # by request name

    @classmethod
    def of(cls, proxy: Proxy, known: Mapping[str, CustomHeader]) -> "Trunk":
        """The trunk of *proxy*.

        Custom headers that are not *known*, or cannot be sent, are left out.
        """
        from_ = None
        headers: dict[str, Headers] = dict.fromkeys(_REQUESTS, ())
        for header in (known[name] for name in proxy.headers if name in known):
            sent, identity = _sendable(header)
            from_ = identity or from_
            for request in _REQUESTS if header.request == "ALL" else (header.request,):
                headers[request] += sent
        return cls(proxy, SipUri.parse(proxy.address), from_, headers)

    def takes(self, destination: SipUri | str, default_domain: str | None) -> bool:
        """Whether *destination* can go through this proxy.

        A number needs a host, and a sips: URI TLS on each hop (RFC 3261 §26.2.2).
        """
        if self.proxy.mode is ProxyMode.REWRITE_DESTINATION:
            return True
        if isinstance(destination, SipUri):
            return destination.scheme != "sips" or self.address.transport == "tls"
        return default_domain is not None


def _sendable(header: CustomHeader) -> tuple[Headers, NameAddr | None]:
    """*header* as it is sent, or as the identity that it is; neither, if it cannot be."""
    try:
        return read_headers([(header.name, header.value)])
    except SipError as error:  # stored when there were fewer rules
        log.warning("header_left_out", header=header.id, reason=str(error))
        return (), None


@dataclass(frozen=True, slots=True)
class Group:
    """A proxy group with its trunks."""

    id: str
    trunks: tuple[Trunk, ...]
    failover: frozenset[str]


def invite_of(
    request: OutboundRequest,
    trunk: Trunk | None,
    leg: LegId,
    *,
    ring_limit_s: float,
    default_domain: str | None,
    credentials: tuple[Credential, ...],
) -> Invite:
    """The INVITE of *request* through *trunk*, which must be able to take it.

    From, first that exists: custom header of the proxy, caller ID of the proxy,
    ``headers`` of the request, ``callerId`` of the request, the configured one.
    """
    destination = request.destination
    assert destination is not None
    invite = Invite(
        leg,
        target_of(destination, trunk, default_domain),
        from_=request.from_,
        caller_id=request.caller_id,
        headers=request.headers,
        ring_limit_s=ring_limit_s,
        credentials=credentials,
    )
    if trunk is None:
        return invite
    proxy = trunk.proxy
    from_, caller_id = request.from_, request.caller_id
    if trunk.from_ is not None:
        from_, caller_id = trunk.from_, None
    elif proxy.caller_id is not None:
        from_, caller_id = None, proxy.caller_id
    is_loose = proxy.mode is ProxyMode.LOOSE_ROUTING
    return replace(
        invite,
        from_=from_,
        caller_id=caller_id,
        headers=merged(trunk.headers["INVITE"], request.headers),
        route=(trunk.address,) if is_loose else (),
        srtp=_SRTP[proxy.rtp_mode],
        cancel_headers=trunk.headers["CANCEL"],
        bye_headers=trunk.headers["BYE"],
    )


def target_of(
    destination: SipUri | str, trunk: Trunk | None, default_domain: str | None
) -> SipUri:
    """The Request-URI for *destination*."""
    host = None
    if trunk is not None and trunk.proxy.mode is ProxyMode.REWRITE_DESTINATION:
        host = replace(trunk.address, password=None)
    if isinstance(destination, SipUri):
        return replace(host, user=destination.user) if host else destination
    if host is None:
        domain = SipUri.parse(f"sip:{default_domain}")
        host = SipUri.build(None, domain.host, domain.port)
    target = replace(host, user=escape_subscriber(destination))
    # That the semicolons there are those of a number (RFC 3261 §19.1.6).
    return target.with_parameter("user", "phone") if ";" in destination else target


def merged(first: Headers, rest: Iterable[tuple[str, str]]) -> Headers:
    """*first*, then those of *rest* whose name *first* does not have."""
    if not first:
        return tuple(rest)
    names = {name.lower() for name, _ in first}
    return (
        *first,
        *((name, value) for name, value in rest if name.lower() not in names),
    )
