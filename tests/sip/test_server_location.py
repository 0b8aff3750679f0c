"""The order in which targets are tried: priorities hold, weights hold over many draws."""

from collections import Counter
from random import Random

import pytest

from sip.server_location import (
    Naptr,
    Service,
    Srv,
    Target,
    host_of,
    numeric_target,
    order_servers,
    order_services,
    protocol_of,
    service_of,
)
from sip.uri import SipUri

DRAWS = 20_000


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("sip:a@192.0.2.1", Target("udp", "192.0.2.1", 5060)),
        ("sip:a@192.0.2.1:5080", Target("udp", "192.0.2.1", 5080)),
        ("sip:a@[2001:db8::1]:5080", Target("udp", "2001:db8::1", 5080)),
        ("sip:a@192.0.2.1;transport=TCP", Target("tcp", "192.0.2.1", 5060)),
        ("sip:a@192.0.2.1;transport=tls", Target("tls", "192.0.2.1", 5061)),
        ("sips:a@192.0.2.1", Target("tls", "192.0.2.1", 5061)),
        ("sip:a@h.example;maddr=192.0.2.9", Target("udp", "192.0.2.9", 5060)),
        ("sip:a@h.example;maddr=[::1]:5", None),
        ("sip:a@192.0.2.1;maddr=h.example", None),
        ("sip:a@h.example:5060", None),
    ],
)
def test_numeric_target(uri: str, expected: Target | None) -> None:
    assert numeric_target(SipUri.parse(uri)) == expected


def test_an_ipv6_maddr_loses_its_brackets() -> None:
    assert host_of(SipUri.parse("sip:a@h.example;maddr=[2001:db8::1]")) == "2001:db8::1"


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("sip:a@h.example", None),
        ("sip:a@h.example;transport=udp", "udp"),
        ("sip:a@h.example;transport=TCP", "tcp"),
        ("sip:a@h.example;transport=tls", "tls"),
        ("sips:a@h.example", "tls"),
        ("sips:a@h.example;transport=tcp", "tls"),
    ],
)
def test_protocol_of(uri: str, expected: str | None) -> None:
    assert protocol_of(SipUri.parse(uri)) == expected


def test_hostport() -> None:
    assert Target("udp", "192.0.2.1", 5060).hostport == "192.0.2.1:5060"
    assert Target("udp", "2001:db8::1", 5060).hostport == "[2001:db8::1]:5060"


def test_services_go_by_order_then_preference() -> None:
    records = [
        Naptr(20, 10, "s", "SIP+D2U", "second.example"),
        Naptr(10, 90, "S", "sips+d2t", "first-b.example"),
        Naptr(10, 50, "s", "SIP+D2T", "first-a.example"),
    ]

    assert order_services(records, ("udp", "tcp", "tls")) == [
        Service("tcp", "first-a.example"),
        Service("tls", "first-b.example"),
        Service("udp", "second.example"),
    ]


def test_services_that_we_do_not_speak_are_left_out() -> None:
    records = [
        Naptr(1, 1, "s", "SIP+D2S", "sctp.example"),
        Naptr(2, 1, "s", "E2U+sip", "enum.example"),
        Naptr(3, 1, "u", "SIP+D2U", "rewritten.example"),
        Naptr(4, 1, "s", "SIPS+D2T", "tls.example"),
        Naptr(5, 1, "s", "SIP+D2U", "udp.example"),
    ]

    assert order_services(records, ("udp", "tcp")) == [Service("udp", "udp.example")]


@pytest.mark.parametrize(
    ("protocol", "name"),
    [
        ("udp", "_sip._udp.h.example"),
        ("tcp", "_sip._tcp.h.example"),
        ("tls", "_sips._tcp.h.example"),
    ],
)
def test_service_of(protocol: str, name: str) -> None:
    assert service_of(protocol, "h.example") == Service(protocol, name)


def servers(*weights: int, priority: int = 1) -> list[Srv]:
    """One server for each weight, named by its place."""
    return [
        Srv(priority, weight, 5060, f"host-{place}.")
        for place, weight in enumerate(weights)
    ]


def first_shares(records: list[Srv]) -> list[float]:
    """How often each of *records* comes first."""
    random = Random(3263)
    counted = Counter(order_servers(records, random)[0] for _ in range(DRAWS))
    return [counted[record] / DRAWS for record in records]


def test_a_lower_priority_always_comes_first() -> None:
    random = Random(1)
    records = [*servers(0, 100, priority=20), *servers(1, 1, priority=10)]

    for _ in range(200):
        ordered = order_servers(records, random)
        assert [record.priority for record in ordered] == [10, 10, 20, 20]
        assert set(ordered) == set(records)


def test_weights_hold_over_many_draws() -> None:
    # Four standard deviations of 20,000 draws at most are 0.0142.
    assert first_shares(servers(10, 30, 60)) == pytest.approx(
        [0.1, 0.3, 0.6], abs=0.0142
    )


def test_the_second_is_drawn_by_the_weights_that_are_left() -> None:
    random = Random(2782)
    records = servers(10, 30, 60)
    after_last = [
        ordered[1]
        for _ in range(DRAWS)
        if (ordered := order_servers(records, random))[0] == records[2]
    ]

    # Four standard deviations of about 12,000 draws are 0.0158.
    share = after_last.count(records[1]) / len(after_last)
    assert share == pytest.approx(0.75, abs=0.0158)


def test_weight_0_comes_after_the_others_of_its_priority() -> None:
    assert first_shares(servers(0, 5, 5)) == pytest.approx([0, 0.5, 0.5], abs=0.0142)


def test_servers_without_weights_share_alike() -> None:
    assert first_shares(servers(0, 0, 0, 0)) == pytest.approx([0.25] * 4, abs=0.0142)


def test_the_root_as_target_means_no_service() -> None:
    assert order_servers([Srv(0, 0, 0, "."), Srv(0, 0, 0, "")], Random(1)) == []
