"""HepExport: the copy of the signalling that native code sends to a Homer server."""

import logging
import socket

import pjsua2 as pj

from sip.agent import HepServer
from sip.errors import AgentConfigurationError

WARNING_S = 60.0  # at least, between warnings that the server misses packets

log = logging.getLogger("outring.sip")


class HepExport:
    """The socket to the server, and how many packets it did not take."""

    def __init__(self, server: HepServer) -> None:
        """Begin to export; raises AgentConfigurationError."""
        self._socket = _connect(server)
        self._dropped = pj.outring_not_exported()
        self._next_warning = 0.0
        pj.outring_export(self._socket.fileno(), server.capture_id, server.password)

    def log_dropped(self, now: float) -> None:
        """Log how many packets were dropped, at most every WARNING_S."""
        count = pj.outring_not_exported() - self._dropped
        if count and now >= self._next_warning:
            log.warning("hep_packets_dropped", extra={"count": count})
            self._dropped += count
            self._next_warning = now + WARNING_S

    def close(self) -> None:
        """End the export; PJSIP must have been stopped before."""
        pj.outring_export(-1, 0, "")
        self._socket.close()


def _connect(server: HepServer) -> socket.socket:
    """Return a socket to *server* that never blocks; raises AgentConfigurationError."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            server.host, server.port, type=socket.SOCK_DGRAM
        )[0]
        connected = socket.socket(family, kind, protocol)
        connected.connect(address)  # UDP: nothing is sent
    except OSError as error:
        text = f"The HEP server {server.host} cannot be reached: {error.strerror}."
        raise AgentConfigurationError(text) from error
    connected.setblocking(False)
    return connected
