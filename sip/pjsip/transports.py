"""Transports: where PJSIP listens, and which of these reaches whom."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address

import pjsua2 as pj
from msgspec.structs import replace

from sip import no_listener
from sip.agent import AgentConfig, ListeningPoint
from sip.errors import AgentConfigurationError
from sip.server_location import Target, is_loopback
from sip.uri import SipUri

from .errors import make_error

_KINDS = {
    ("udp", False): pj.PJSIP_TRANSPORT_UDP,
    ("udp", True): pj.PJSIP_TRANSPORT_UDP6,
    ("tcp", False): pj.PJSIP_TRANSPORT_TCP,
    ("tcp", True): pj.PJSIP_TRANSPORT_TCP6,
    ("tls", False): pj.PJSIP_TRANSPORT_TLS,
    ("tls", True): pj.PJSIP_TRANSPORT_TLS6,
}


@dataclass(frozen=True, slots=True)
class BoundTransport:
    """A transport that is listening."""

    transport_id: int
    listener: ListeningPoint
    port: int
    is_wildcard: bool

    def host_for(self, peer: str) -> str:
        """Return our address as *peer* sees it.

        That is the bound address; for a wildcard the one that the system would send
        from.
        """
        bound = self.listener.address
        return _find_source(peer) if self.is_wildcard else bound

    def is_cut_off_from(self, peer: str) -> bool:
        """Whether it is on loopback, and *peer* is not an address of this machine."""
        if not self.listener.is_loopback or is_loopback(peer):
            return False
        try:
            return _find_source(peer) != peer  # one of its own is reached from itself
        except OSError:
            return True

    def contact(self, ours: SipUri, *, as_sips: bool) -> SipUri:
        """Return the URI for Contact over this transport; *as_sips* requires that it is TLS."""
        uri = replace(ours, port=self.port)
        protocol = self.listener.protocol
        if as_sips:
            return replace(uri, scheme="sips")  # transport=tls says nothing more there
        return uri if protocol == "udp" else uri.with_parameter("transport", protocol)


def _find_source(peer: str) -> str:
    """Return the address from which the system would send to *peer*; raises OSError."""
    family = socket.AF_INET6 if ":" in peer else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((peer, 9))  # UDP: nothing is sent
        return str(probe.getsockname()[0])


class Transports:
    """One transport for each protocol and address family that is configured."""

    def __init__(self, endpoint: pj.Endpoint, config: AgentConfig) -> None:
        """Listen; raises AgentConfigurationError."""
        self._bound = {
            (listener.protocol, ":" in listener.address): _listen(
                endpoint, listener, config
            )
            for listener in config.listeners
        }

    @property
    def ports(self) -> Mapping[tuple[str, bool], int]:
        """The bound ports, by protocol and whether it is IPv6."""
        return {key: bound.port for key, bound in self._bound.items()}

    def path_to(self, target: Target) -> tuple[BoundTransport, str]:
        """Return our transport for *target*, and our address as the target sees it.

        Raises NoListenerError if there is none that leads there, and pj.Error if the
        system has no route.
        """
        bound = self._bound.get((target.protocol, target.is_ipv6))
        if bound is None:
            raise no_listener.of_missing(target)
        if bound.is_cut_off_from(target.address):
            raise no_listener.of_loopback(bound.listener, target)
        try:
            return bound, bound.host_for(target.address)
        except OSError as error:
            raise make_error(error.strerror or "No route") from error


def _listen(
    endpoint: pj.Endpoint, listener: ListeningPoint, config: AgentConfig
) -> BoundTransport:
    kind = _KINDS[listener.protocol, ":" in listener.address]
    try:
        number = endpoint.transportCreate(kind, _make_config(listener, config))
        name = endpoint.transportGetInfo(number).localName
    except pj.Error as error:
        raise AgentConfigurationError(
            f"Cannot listen on {listener}: {error.reason}."
        ) from error
    port = int(name.rpartition(":")[2])
    is_wildcard = ip_address(listener.address).is_unspecified
    return BoundTransport(number, listener, port, is_wildcard)


def _make_config(listener: ListeningPoint, config: AgentConfig) -> pj.TransportConfig:
    transport = pj.TransportConfig()
    transport.port = listener.port
    transport.boundAddress = listener.address
    if config.public_address:
        transport.publicAddress = config.public_address
    if listener.protocol == "tls":
        tls = transport.tlsConfig
        tls.certFile = config.tls_certificate or ""
        tls.privKeyFile = config.tls_private_key or ""
        tls.CaListFile = config.tls_ca or ""
        # PJSIP's own verification takes no wildcards.
        tls.verifyServer = config.tls_verify and not config.tls_wildcards
    return transport
