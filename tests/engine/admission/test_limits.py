"""What a call needs of the platform: slots and turns, in the order of refusal."""

from engine.admission.ledger import Capacity, Rate
from engine.admission.limits import capacities_of, limits_of, limits_of_owner
from engine.model.result import Result
from engine.platform.objects import Objects, Proxy
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


def test_limits_of_a_proxy_are_those_of_the_platform_to_a_client() -> None:
    fields = {"id": "p", "address": "sip:192.0.2.1"}
    limited = Proxy.model_validate({**fields, "call_limit": 7, "calls_per_second": 2.5})

    assert limits_of_owner("proxy", limited, 4) == (
        [Capacity("proxy:p", 7, Result.BVR_CALL_LIMIT)],
        [Rate("proxy:p", 2.5, Result.BVR_CALL_LIMIT, 4)],
    )
    assert limits_of_owner("proxy", Proxy.model_validate(fields), 4) == ([], [])


def test_every_limit_of_the_platform_has_the_name_that_calls_ask_for() -> None:
    objects = Objects.model_validate(
        {
            "licence": {"calls": 100},
            "account": [{"id": "a", "call_limit": 5}, {"id": "free"}],
            "application": [{"id": "b", "account": "a", "call_limit": 0}],
            "proxy": [{"id": "p", "address": "sip:192.0.2.1", "call_limit": 7}],
        }
    )

    capacities = capacities_of(objects)

    assert [(capacity.name, capacity.limit) for capacity in capacities] == [
        ("licence", 100),
        ("account:a", 5),
        ("application:b", 0),
        ("proxy:p", 7),
    ]
    assert capacities_of(PLATFORM.objects)[0] == Capacity(
        "licence", 10, Result.LICENSE_LIMIT
    )
