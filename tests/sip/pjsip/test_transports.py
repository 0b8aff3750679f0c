"""Which targets a listener on loopback can send to, as the system says."""

import pytest

from sip.agent import ListeningPoint
from sip.pjsip.transports import BoundTransport


@pytest.mark.parametrize(
    ("address", "peer", "is_cut_off"),
    [
        ("127.0.0.1", "127.0.0.2", False),
        ("127.0.0.1", "192.0.2.10", True),
        ("::1", "2001:db8::1", True),
        ("192.0.2.1", "192.0.2.10", False),
    ],
)
def test_loopback_leads_to_this_machine_alone(
    address: str, peer: str, is_cut_off: bool
) -> None:
    bound = BoundTransport(0, ListeningPoint("udp", address, 5060), 5060, False)

    assert bound.is_cut_off_from(peer) is is_cut_off
