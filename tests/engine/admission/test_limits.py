"""What a call needs of the platform: slots and turns, in the order of refusal."""

from engine.admission.limits import limits_of
from engine.model.result import Result
from engine.platform.snapshot import PlatformSnapshot
from tests.engine.platform.test_snapshot import PLATFORM


def test_limits_in_the_order_of_refusal() -> None:
    plain = PLATFORM.application_of(PLATFORM.key_of("key-of-the-plain"))

    capacities, rates = limits_of(PLATFORM, plain)

    assert [
        (capacity.name, capacity.limit, capacity.refusal) for capacity in capacities
    ] == [
        ("licence", 10, Result.LICENSE_LIMIT),
        ("account:acme", 5, Result.ACCOUNT_CALL_LIMIT),
        ("application:plain", 2, Result.APPLICATION_CALL_LIMIT),
    ]
    assert [(rate.name, rate.per_second) for rate in rates] == [("account:acme", 3)]


def test_a_burst_is_one_of_every_rate() -> None:
    bursty = PlatformSnapshot(PLATFORM.objects, burst=4)

    plain = bursty.application_of(bursty.key_of("key-of-the-plain"))
    _, rates = limits_of(bursty, plain)

    assert [(rate.name, rate.per_second, rate.burst) for rate in rates] == [
        ("account:acme", 3, 4)
    ]
