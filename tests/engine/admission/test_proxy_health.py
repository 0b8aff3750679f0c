"""What calls and pings show of a proxy, and what it is taken for then."""

import pytest
import structlog
from msgspec.structs import replace

from engine.admission.circuit import PROBE_S, Gate
from engine.admission.proxy_health import (
    ProxyCondition,
    ProxyHealth,
    ProxyState,
    Signal,
    proxy_failure,
    rest_s,
)
from engine.platform.objects import Proxy
from sip.agent import UNSENT, PingResult
from sip.events import Answered, Ended, LegId, Origin, Progress, SipEvent, Times
from sip.message import Response


def proxy(name: str, **fields: object) -> Proxy:
    given = {"id": name, "address": "sip:192.0.2.1", **fields}
    return Proxy.model_validate(given)


A, B, C = proxy("a"), proxy("b"), proxy("c")


def test_down_until_the_retry_interval_has_passed() -> None:
    health = ProxyHealth()
    trunk = proxy("t", down_retry_ms=5000)

    assert not health.is_down(trunk, 100.0)
    health.on_silence(trunk, 96.0, 100.0)
    assert health.is_down(trunk, 104.9)
    assert health.gate(trunk, 105.0) is Gate.PROBE
    health.on_silence(trunk, 105.0, 109.0)
    assert health.is_down(trunk, 113.9)


def test_up_at_once_when_it_answers() -> None:
    health = ProxyHealth()
    health.on_silence(A, 96.0, 100.0)

    health.on_sign(A, 99.0, 101.0)  # late, and slow
    assert health.is_down(A, 101.0)
    health.on_sign(A, 101.0, 102.0)

    assert not health.is_down(A, 102.0)


def test_rest_is_not_ended_by_what_is_still_heard() -> None:
    health = ProxyHealth()
    trunk = proxy("t", down_retry_ms=5000)

    health.mark_resting(trunk, 100.0, 60.0)
    health.on_sign(trunk, 101.0, 102.0)  # calls that it takes all the same
    assert health.is_down(trunk, 159.9)
    assert not health.is_down(trunk, 160.0)

    health.on_silence(trunk, 156.0, 160.0)
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
        (ended(503, b"Retry-After: 0"), None),
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
ANSWERED = Answered(LegId("l"), OK, Times(invite=100.5, answered=100.9))
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


SENT = Times(invite=100.5)
HEARD = Times(invite=100.5, trying=100.6)


@pytest.mark.parametrize("was_down", [False, True])
@pytest.mark.parametrize(
    ("event", "is_down"),
    [
        (PROVISIONAL, False),
        (ANSWERED, False),
        (ended(486), False),
        (ended(500), False),
        (ended(503, BUSY), True),
        (ended(408, origin=Origin.LOCAL_TIMER), True),
        (replace(ended(487, origin=Origin.LOCAL_CANCEL), times=SENT), None),
        (replace(ended(487, origin=Origin.LOCAL_CANCEL), times=HEARD), False),
    ],
)
def test_what_a_leg_shows_of_its_proxy(
    event: Signal, *, is_down: bool | None, was_down: bool
) -> None:
    health = ProxyHealth()
    if was_down:
        health.on_silence(A, 96.0, 100.0)

    health.on_leg_event(A, event, 101.0)

    assert health.is_down(A, 101.5) is (was_down if is_down is None else is_down)


@pytest.mark.parametrize(
    "event", [ended(503), ended(503, origin=Origin.LOCAL_TRANSPORT)]
)
def test_what_is_told_fast_may_be_that_of_a_single_call(event: Signal) -> None:
    health = ProxyHealth()

    downs = []
    for now in (100.0, 101.0, 102.0):
        health.on_leg_event(A, event, now)
        downs.append(health.is_down(A, now))

    assert downs == [False, False, True]


def test_a_call_that_works_counts_once() -> None:
    """Neither its ringing nor its hang-up counts beside its answer."""
    health = ProxyHealth()
    health.on_leg_event(A, ended(503), 100.0)
    for event in (PROVISIONAL, PROVISIONAL, ANSWERED, HUNG_UP):
        health.on_leg_event(A, event, 101.0)
    health.on_leg_event(A, ended(503), 102.0)
    health.on_leg_event(A, ended(503), 103.0)

    assert health.is_down(A, 103.0)  # three of four, not of seven


def test_a_probe_that_is_cancelled_makes_the_next_call_one() -> None:
    health = ProxyHealth()
    health.on_silence(A, 96.0, 100.0)
    health.begin_probe(A, 130.0)
    assert health.gate(A, 131.0) is Gate.STOP

    cancelled = ended(487, origin=Origin.LOCAL_CANCEL)
    health.on_leg_event(A, replace(cancelled, times=Times(invite=130.0)), 131.0)

    assert health.gate(A, 131.0) is Gate.PROBE


@pytest.mark.parametrize(
    ("result", "is_down", "rests"),
    [
        (PingResult(200), False, False),
        (PingResult(404), False, False),
        (PingResult(486, 600.0), False, False),
        (PingResult(408), True, False),
        (UNSENT, True, False),
        (PingResult(503, 0.0), True, False),
        (PingResult(503, 600.0), True, True),
    ],
)
def test_what_a_ping_shows_of_its_proxy(
    result: PingResult, *, is_down: bool, rests: bool
) -> None:
    health = ProxyHealth()
    health.on_ping(A, PingResult(408), 90.0, 95.0)

    health.on_ping(A, result, 100.0, 100.1)

    assert (health.is_down(A, 100.1), health.is_resting(A, 100.2)) == (is_down, rests)


def test_condition_of_a_proxy() -> None:
    health = ProxyHealth()
    assert health.condition_of(A, 100.0) == ProxyCondition(ProxyState.UP)

    health.on_silence(A, 96.0, 100.0)
    down = ProxyCondition(ProxyState.DOWN, 10.0, "local-timer", 20.0)
    assert health.condition_of(A, 110.0) == down
    assert health.condition_of(A, 140.0).next_probe_s == 0.0

    health.begin_probe(A, 140.0)
    probing = ProxyCondition(ProxyState.PROBING, 41.0, "local-timer", PROBE_S - 1)
    assert health.condition_of(A, 141.0) == probing

    health.mark_resting(A, 142.0, 60.0)
    health.mark_resting(A, 144.0, 60.0)
    resting = ProxyCondition(ProxyState.RESTING, 3.0, "Retry-After", 59.0)
    assert health.condition_of(A, 145.0) == resting

    health.on_sign(A, 140.0, 205.0)
    assert health.condition_of(A, 206.0) == ProxyCondition(ProxyState.UP, 1.0)


def test_another_address_is_a_new_beginning() -> None:
    health = ProxyHealth()
    health.on_silence(A, 96.0, 100.0)
    health.mark_resting(A, 100.0, 600.0)
    moved = proxy("a", address="sip:192.0.2.2")
    assert health.is_down(A, 101.0)

    assert not health.is_down(moved, 101.0)
    assert not health.is_resting(moved, 101.0)
    assert health.is_down(A, 101.0)  # nothing was changed by a question


def test_proxies_that_the_platform_has_no_more_are_forgotten() -> None:
    health = ProxyHealth()
    moved = proxy("a", address="sip:192.0.2.2")
    for known in (A, B, moved):
        health.on_silence(known, 96.0, 100.0)
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
            health.on_silence(A, now, now)
            health.mark_resting(A, now, 60.0)
        health.on_sign(A, 103.0, 103.0)
        health.on_sign(A, 104.0, 104.0)

    assert [(line["event"], line["proxy"]) for line in lines] == [
        ("proxy_down", "a"),
        ("proxy_rests", "a"),
        ("proxy_up", "a"),
    ]


def test_nothing_known_and_a_time_before_the_first_second() -> None:
    """The monotonic clock may begin at any number."""
    assert not ProxyHealth().is_down(A, 0.0)


def test_only_what_has_changed_is_told() -> None:
    health = ProxyHealth()
    health.on_leg_event(A, ended(503), 100.0)  # one failure opens nothing
    assert health.take_reports() == []

    health.on_silence(A, 101.0, 105.0)
    health.mark_resting(B, 105.0, 60.0)
    reports = {report.proxy[0]: report for report in health.take_reports()}
    health.on_silence(A, 99.0, 106.0)  # nothing new

    assert set(reports) == {"a", "b"}
    assert (reports["b"].circuit, health.take_reports()) == (None, [])


def test_what_another_process_has_found_out() -> None:
    health, other = ProxyHealth(), ProxyHealth()
    other.on_silence(A, 96.0, 100.0)
    other.mark_resting(B, 100.0, 60.0)
    for report in other.take_reports():
        health.adopt(report, 101.0)

    assert health.condition_of(A, 110.0) == other.condition_of(A, 110.0)
    assert health.condition_of(B, 110.0) == other.condition_of(B, 110.0)
    assert health.take_reports() == []  # nobody tells what it was told


def test_own_news_come_before_those_of_others() -> None:
    health, other = ProxyHealth(), ProxyHealth()
    other.on_silence(A, 96.0, 100.0)
    (report,) = other.take_reports()
    health.adopt(report, 100.5)
    health.on_sign(A, 101.0, 102.0)
    health.adopt(report, 103.0)
    assert not health.is_down(A, 103.0)

    health.put_back(health.take_reports())  # they could not be sent
    health.adopt(report, 104.0)
    assert not health.is_down(A, 104.0)


def test_a_probe_of_another_process_is_not_told_on() -> None:
    health = ProxyHealth()
    health.on_silence(A, 96.0, 100.0)
    health.take_reports()

    health.begin_probe(A, 130.0, is_ours=False)

    assert (health.gate(A, 131.0), health.take_reports()) == (Gate.STOP, [])
