"""Where the user agent listens."""

import pytest

from sip.agent import ListeningPoint


@pytest.mark.parametrize(
    ("listener", "text", "is_loopback"),
    [
        (ListeningPoint("udp", "127.0.0.2", 5060), "udp:127.0.0.2:5060", True),
        (ListeningPoint("tls", "::1", 5061), "tls:[::1]:5061", True),
        (ListeningPoint("tcp", "0.0.0.0", 0), "tcp:0.0.0.0:0", False),
    ],
)
def test_a_listener_is_written_as_in_the_settings(
    listener: ListeningPoint, text: str, is_loopback: bool
) -> None:
    assert (str(listener), listener.is_loopback) == (text, is_loopback)
