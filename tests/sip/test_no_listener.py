"""What is told of a target to which no listener leads."""

import pytest

from sip import no_listener
from sip.agent import ListeningPoint
from sip.server_location import Target


@pytest.mark.parametrize(
    ("target", "reason", "entry"),
    [
        (Target("tcp", "192.0.2.10", 5080), "No TCP transport for IPv4", "tcp:0.0.0.0:5060"),
        (Target("tls", "2001:db8::1", 5061), "No TLS transport for IPv6", "tls:[::]:5061"),
    ],
)  # fmt: skip
def test_a_listener_that_is_missing_is_named(
    target: Target, reason: str, entry: str
) -> None:
    error = no_listener.of_missing(target)

    assert error.reason == reason
    assert f"sip.listen needs an entry such as {entry}." in str(error)


def test_a_listener_on_loopback_is_told_with_its_setting() -> None:
    listener = ListeningPoint("udp", "127.0.0.1", 5060)

    error = no_listener.of_loopback(listener, Target("udp", "192.0.2.10", 5080))

    assert "by sip.listen, which is udp:127.0.0.1:5060: to reach 192.0.2.10" in str(
        error
    )
    assert "udp:0.0.0.0:5060 for all of them" in str(error)
