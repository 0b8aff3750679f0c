"""Choice by priority and weight, and what being down means for it."""

from collections import Counter
from dataclasses import replace
from random import Random

import pytest
import structlog

from engine.admission.proxy_selection import (
    ProxyHealth,
    proxy_failure,
    rest_s,
    select_proxy,
)
from engine.platform.objects import Proxy
from sip.events import Ended, LegId, Origin, Progress, SipEvent, Times
from sip.message import Response

DRAWS = 20_000


def proxy(name: str, weight: int = 1, priority: int = 10, **fields: object) -> Proxy:
    return Proxy.model_validate(
        {
            "id": name,
            "address": "sip:192.0.2.1",
            "weight": weight,
            "priority": priority,
            **fields,
        }
    )


A, B, C = proxy("a", 50), proxy("b", 20), proxy("c", 30)
LATER = proxy("later", 1000, priority=20)
GROUP = (A, B, C, LATER)


def shares(down: set[str]) -> dict[str, float]:
    random = Random(1)
    counts: Counter[str] = Counter()
    for _ in range(DRAWS):
        chosen = select_proxy(GROUP, lambda member: member.id in down, random)
        assert chosen is not None
        counts[chosen.id] += 1
    return {name: count / DRAWS for name, count in counts.items()}


@pytest.mark.parametrize(
    ("down", "expected"),
    [
        (set(), {"a": 0.5, "b": 0.2, "c": 0.3}),
        ({"a"}, {"b": 0.4, "c": 0.6}),
        ({"a", "b"}, {"c": 1.0}),
        ({"a", "b", "c"}, {"later": 1.0}),
        ({"a", "b", "c", "later"}, {"a": 0.5, "b": 0.2, "c": 0.3}),  # the last resort
    ],
)
def test_priority_then_weight(down: set[str], expected: dict[str, float]) -> None:
    # Three standard deviations of a share are about 0.011 here.
    assert shares(down) == pytest.approx(expected, abs=0.015)


def test_without_members_there_is_none() -> None:
    assert select_proxy((), lambda _: False, Random(1)) is None


def test_weights_of_zero_are_equal() -> None:
    members = (proxy("x", 0), proxy("y", 0))
    random = Random(1)

    chosen = {select_proxy(members, lambda _: False, random) for _ in range(50)}

    assert chosen == set(members)


def test_down_until_the_retry_interval_has_passed() -> None:
    health = ProxyHealth()
    trunk = proxy("t", down_retry_ms=5000)

    assert not health.is_down(trunk, 100.0)
    health.mark_down(trunk, 100.0, "local-timer")
    assert health.is_down(trunk, 104.9)
    assert not health.is_down(trunk, 105.0)
    health.mark_down(trunk, 105.0, "local-timer")
    assert health.is_down(trunk, 109.9)


def test_up_at_once_when_it_answers() -> None:
    health = ProxyHealth()
    health.mark_down(A, 100.0, "503")

    health.mark_up(A)

    assert not health.is_down(A, 100.1)


def test_rest_is_not_ended_by_what_is_still_heard() -> None:
    health = ProxyHealth()
    trunk = proxy("t", down_retry_ms=5000)

    health.mark_resting(trunk, 100.0, 60.0)
    health.mark_up(trunk)  # calls that it has taken before
    assert health.is_down(trunk, 159.9)
    assert not health.is_down(trunk, 160.0)

    health.mark_down(trunk, 160.0, "local-timer")
    health.mark_resting(trunk, 161.0, 0.0)
    assert health.is_down(trunk, 164.9)
    assert not health.is_down(trunk, 165.0)


@pytest.mark.parametrize("seconds", [3600.0, 3601.0, float("inf")])
def test_rest_of_an_hour_at_the_most(seconds: float) -> None:
    health = ProxyHealth()

    health.mark_resting(A, 100.0, seconds)

    assert health.is_down(A, 3699.9)
    assert not health.is_down(A, 3700.0)


def ended(status: int, *headers: bytes, origin: Origin = Origin.REMOTE) -> Ended:
    raw = b"\r\n".join((b"SIP/2.0 %d x" % status, *headers, b"", b""))
    return Ended(LegId("l"), status, "x", origin, Response(status, raw), Times())


BUSY = b"retry-after : 60 (busy);duration=5"
PROVISIONAL = Progress(LegId("l"), Response(183, b"SIP/2.0 183 x\r\n\r\n"), Times())


@pytest.mark.parametrize(
    ("event", "seconds"),
    [
        (ended(503, BUSY), 60.0),
        (ended(503, b"Retry-After: 0"), 0.0),
        (ended(503), None),
        (ended(503, b"Retry-After: later"), None),
        (ended(503, b"Retry-After: 5", b"Retry-After: 6"), None),
        (ended(486, BUSY), None),
        (ended(500, BUSY), None),
        (ended(503, BUSY, origin=Origin.LOCAL_TRANSPORT), None),
        (PROVISIONAL, None),
    ],
)
def test_who_asks_for_rest(event: SipEvent, seconds: float | None) -> None:
    assert rest_s(event) == seconds


OK = Response(200, b"SIP/2.0 200 OK\r\n\r\n")
HUNG_UP = Ended(LegId("l"), 200, "OK", Origin.REMOTE, OK, Times(answered=1.0))


@pytest.mark.parametrize(
    ("event", "failure"),
    [
        (ended(503), "503"),
        (ended(500), None),
        (ended(504), None),
        (ended(486), None),
        (ended(408), None),  # of a party behind the proxy
        (ended(408, origin=Origin.LOCAL_TIMER), "local-timer"),
        (ended(503, origin=Origin.LOCAL_TRANSPORT), "local-transport"),
        (ended(503, origin=Origin.LOCAL_CANCEL), None),
        (HUNG_UP, None),
        (replace(HUNG_UP, origin=Origin.LOCAL_TIMER), None),  # the far end is gone
        (replace(HUNG_UP, origin=Origin.LOCAL_TRANSPORT), None),
        (replace(HUNG_UP, status=503), None),
        (Progress(LegId("l"), Response(183, b"SIP/2.0 183 x\r\n\r\n"), Times()), None),
    ],
)
def test_what_shows_that_a_proxy_has_failed(
    event: SipEvent, failure: str | None
) -> None:
    assert proxy_failure(event) == failure


def test_a_503_that_was_not_kept_asks_for_no_rest() -> None:
    assert rest_s(replace(ended(503, BUSY), response=None)) is None


@pytest.mark.parametrize("was_down", [False, True])
@pytest.mark.parametrize(
    ("event", "is_down"),
    [
        (PROVISIONAL, False),
        (ended(486), False),
        (ended(500), False),
        (ended(503), True),
        (ended(503, BUSY), True),
        (ended(408, origin=Origin.LOCAL_TIMER), True),
        (ended(503, origin=Origin.LOCAL_TRANSPORT), True),
        (ended(487, origin=Origin.LOCAL_CANCEL), None),
    ],
)
def test_what_a_leg_shows_of_its_proxy(
    event: SipEvent, *, is_down: bool | None, was_down: bool
) -> None:
    health = ProxyHealth()
    if was_down:
        health.mark_down(A, 100.0, "local-timer")

    health.on_leg_event(A, event, 101.0)

    assert health.is_down(A, 101.5) is (was_down if is_down is None else is_down)


def test_another_address_is_a_new_beginning() -> None:
    health = ProxyHealth()
    health.mark_down(A, 100.0, "503")
    health.mark_resting(A, 100.0, 600.0)
    moved = proxy("a", 50, address="sip:192.0.2.2")
    assert health.is_down(A, 101.0)

    assert not health.is_down(moved, 101.0)
    assert not health.is_resting(moved, 101.0)
    assert health.is_down(A, 101.0)  # nothing was changed by a question


def test_proxies_that_the_platform_has_no_more_are_forgotten() -> None:
    health = ProxyHealth()
    moved = proxy("a", 50, address="sip:192.0.2.2")
    for known in (A, B, moved):
        health.mark_down(known, 100.0, "503")
        health.mark_resting(known, 100.0, 600.0)

    health.keep_only([moved, C])

    assert [health.is_down(known, 101.0) for known in (A, B, moved)] == [
        False,
        False,
        True,
    ]


def test_the_log_says_once_that_a_proxy_is_down_rests_or_is_up() -> None:
    health = ProxyHealth()
    with structlog.testing.capture_logs() as lines:
        for now in (100.0, 101.0, 102.0):
            health.mark_down(A, now, "503")
            health.mark_resting(A, now, 60.0)
        health.mark_up(A)
        health.mark_up(A)

    assert [(line["event"], line["proxy"]) for line in lines] == [
        ("proxy_down", "a"),
        ("proxy_rests", "a"),
        ("proxy_up", "a"),
    ]


def test_nothing_known_and_a_time_before_the_first_second() -> None:
    """The monotonic clock may begin at any number."""
    assert not ProxyHealth().is_down(A, 0.0)
