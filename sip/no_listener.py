"""What is told of a target to which nothing leads that the user agent listens on. Pure."""

from .agent import ListeningPoint
from .errors import NoListenerError
from .server_location import DEFAULT_PORTS, Target


def of_missing(target: Target) -> NoListenerError:
    """Return the error if nothing listens for the protocol and address family of *target*."""
    protocol, family = target.protocol, "IPv6" if target.is_ipv6 else "IPv4"
    return NoListenerError(
        f"No {protocol.upper()} transport for {family}",
        f"{target.hostport} is reached by {protocol.upper()} over {family}, for which "
        "nothing listens: sip.listen needs an entry such as "
        f"{_everywhere(target, DEFAULT_PORTS[protocol])}.",
    )


def of_loopback(listener: ListeningPoint, target: Target) -> NoListenerError:
    """Return the error if *listener* is on loopback, and *target* on another machine."""
    return NoListenerError(
        "Listener on loopback",
        f"The call cannot leave this machine by sip.listen, which is {listener}: to reach "
        f"{target.address} it has to be an address of the network, or "
        f"{_everywhere(target, listener.port)} for all of them.",
    )


def _everywhere(target: Target, port: int) -> ListeningPoint:
    """The listener for everything that is reached as *target* is."""
    address = "::" if target.is_ipv6 else "0.0.0.0"
    return ListeningPoint(target.protocol, address, port)
