"""HTTP connections: how many there may be, for whom they count, and which files they leave."""

import pytest

from engine.admission.http_connections import HttpConnections, source_of
from engine.app.open_files import connections_that_fit
from engine.telemetry.metrics import ConnectionLimit, Metrics
from tests.scraping import count_of


def refused(metrics: Metrics) -> dict[str, float]:
    return {
        limit: count_of(metrics.http.connections_refused[limit,])
        for limit in ConnectionLimit
    }


def test_as_many_as_there_may_be() -> None:
    metrics = Metrics()
    connections = HttpConnections(3, 2, metrics)

    first, second = connections.take("192.0.2.1"), connections.take("192.0.2.1")
    assert first is not None
    assert second is not None
    assert connections.take("192.0.2.1") is None
    assert connections.take("192.0.2.2") is not None
    assert connections.take("192.0.2.3") is None
    assert connections.count == 3
    assert refused(metrics) == {"all": 1, "address": 1}

    for _ in range(2):  # the second time it has gone already
        first.release()
    assert connections.count == 2
    assert connections.take("192.0.2.1") is not None


def test_nothing_is_kept_of_an_address_without_connections() -> None:
    connections = HttpConnections(3, 2, Metrics())
    place = connections.take("192.0.2.1")
    assert place is not None
    place.release()

    assert not connections._by_source


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:0:1:2:3:4:5", "2001:db8:0:1::"),
        ("2001:db8:0:1::", "2001:db8:0:1::"),
        ("fe80::1%eth0", "fe80::"),
        ("::1", "::"),
    ],
)
def test_for_whom_it_counts(address: str, source: str) -> None:
    assert source_of(address) == source


@pytest.mark.parametrize(
    ("wanted", "files", "calls", "allowed"),
    [
        (8192, 65_536, 1000, 8192),
        (8192, 4096, 1000, 4096 - 2000 - 512),
        (8192, 4096, 0, 4096 - 512),
        (8192, 1024, 1000, 256),
        (8, 1024, 1000, 8),
    ],
)
def test_calls_have_their_files_first(
    wanted: int, files: int, calls: int, allowed: int
) -> None:
    assert connections_that_fit(wanted, files, calls) == allowed
