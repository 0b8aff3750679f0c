"""What every ledger keeps, in memory and on Redis."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest

from engine.admission.ledger import (
    LEASE_S,
    RENEW_S,
    Capacity,
    Full,
    Granted,
    Ledger,
    Rate,
    TooFast,
)
from engine.admission.memory_ledger import MemoryLedger
from engine.cluster import RedisLedger, open_connection
from engine.config.settings import RedisSettings
from engine.model.result import Result
from tests.engine.conftest import Clock
from tests.redis_server import RedisServer

LICENCE = Capacity("licence", 3, Result.LICENSE_LIMIT)
ACCOUNT = Capacity("account:a", 2, Result.ACCOUNT_CALL_LIMIT)
OTHER = Capacity("account:b", 2, Result.ACCOUNT_CALL_LIMIT)
RATE = Rate("account:a", 10, Result.ACCOUNT_CALL_LIMIT)


TOLD_CLOCK = """
local function clock()
  return tonumber(redis.call('GET', KEYS[1] .. 'clock'))
end
"""


@pytest.fixture(params=["memory", "redis"])
async def ledger(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Ledger]:
    """A ledger whose time is that of ``clock``."""
    if request.param == "memory":
        yield MemoryLedger(request.getfixturevalue("clock"))
        return
    monkeypatch.setattr(
        "engine.cluster.redis_ledger.READY_S", 600
    )  # one beat is enough
    server: RedisServer = request.getfixturevalue("redis_server")
    settings = RedisSettings(url=server.socket_url, prefix=f"test-{uuid.uuid4()}")
    connection = open_connection(settings)
    with server.client() as client:
        clock: Clock = request.getfixturevalue("clock")
        clock.tell = lambda now: client.set(connection.key("clock"), round(now * 1e6))
        clock.now = clock.now
        opened = RedisLedger(connection, grace_s=0, clock=TOLD_CLOCK)
        await opened.beat()
        yield opened
        await connection.aclose()


async def held(ledger: Ledger) -> tuple[int, int, int]:
    return (
        await ledger.count_leases("licence"),
        await ledger.count_leases("account:a"),
        await ledger.count_leases("account:b"),
    )


async def test_all_or_none(ledger: Ledger) -> None:
    for lease in "12":
        assert await ledger.acquire(lease, (LICENCE, ACCOUNT), ()) == Granted()

    assert await ledger.acquire("3", (LICENCE, ACCOUNT), ()) == Full(ACCOUNT)
    assert await held(ledger) == (2, 2, 0)
    assert await ledger.acquire("3", (LICENCE, OTHER), ()) == Granted()
    assert await ledger.acquire("4", (LICENCE, OTHER), ()) == Full(LICENCE)
    assert await held(ledger) == (3, 2, 1)


async def test_release_gives_back_once(ledger: Ledger) -> None:
    for lease in "12":
        await ledger.acquire(lease, (LICENCE, ACCOUNT), ())

    await ledger.release(["1"])
    await ledger.release(["1"])
    await ledger.release(["never taken", "nor this"])

    assert await held(ledger) == (1, 1, 0)
    assert await ledger.acquire("3", (LICENCE, ACCOUNT), ()) == Granted()


async def test_taking_twice_is_taking_once(ledger: Ledger) -> None:
    for _ in range(3):
        assert await ledger.acquire("1", (LICENCE, ACCOUNT), ()) == Granted()

    assert await held(ledger) == (1, 1, 0)


async def test_what_is_taken_replaces_what_was_held(ledger: Ledger) -> None:
    await ledger.acquire("1", (LICENCE, ACCOUNT), ())

    assert await ledger.acquire("1", (LICENCE, OTHER), ()) == Granted()
    assert await held(ledger) == (1, 0, 1)
    full = Capacity("full", 0, Result.LICENSE_LIMIT)
    assert await ledger.acquire("1", (LICENCE, full), ()) == Full(full)
    assert await held(ledger) == (1, 0, 1)  # a refusal takes and gives back nothing
    await ledger.release(["1"])
    assert await held(ledger) == (0, 0, 0)


async def test_a_lease_lapses_unless_renewed(ledger: Ledger, clock: Clock) -> None:
    await ledger.acquire("dead", (ACCOUNT,), ())
    await ledger.acquire("live", (ACCOUNT,), ())
    clock.now += LEASE_S * 0.9
    await ledger.renew(["live", "unknown"])
    assert await ledger.acquire("new", (ACCOUNT,), ()) == Full(ACCOUNT)

    clock.now += LEASE_S * 0.2

    assert await held(ledger) == (0, 1, 0)
    assert await ledger.acquire("new", (ACCOUNT,), ()) == Granted()
    assert await ledger.acquire("newer", (ACCOUNT,), ()) == Full(ACCOUNT)


async def test_the_oldest_lease_may_be_the_one_that_is_renewed(
    ledger: Ledger, clock: Clock
) -> None:
    await ledger.acquire("live", (ACCOUNT,), ())
    await ledger.acquire("dead", (ACCOUNT,), ())
    clock.now += LEASE_S * 0.9
    await ledger.renew(["live"])
    clock.now += LEASE_S * 0.2

    assert await held(ledger) == (0, 1, 0)


async def test_no_owner_dies_without_the_ledger_in_memory(clock: Clock) -> None:
    ledger = MemoryLedger(clock)
    await ledger.acquire("1", (ACCOUNT,), ())
    clock.now += LEASE_S + 1

    assert (await held(ledger), ledger.lapsed) == ((0, 0, 0), 0)


def test_a_renewal_that_fails_costs_no_slot() -> None:
    """The next one still comes in time."""
    assert RENEW_S * 2 < LEASE_S


async def test_a_live_call_is_taken_back_even_above_the_limit(
    ledger: Ledger, clock: Clock
) -> None:
    await ledger.acquire("live", (ACCOUNT,), ())
    clock.now += LEASE_S + 1
    for lease in "12":
        await ledger.acquire(lease, (ACCOUNT,), ())
    await ledger.renew(["live"])

    assert await held(ledger) == (0, 3, 0)
    await ledger.release(["live"])
    assert await ledger.acquire("3", (ACCOUNT,), ()) == Full(ACCOUNT)


async def test_rate_is_even_and_a_refusal_consumes_nothing(
    ledger: Ledger, clock: Clock
) -> None:
    granted = 0
    for number in range(1000):  # asked a hundred times as often as allowed
        grant = await ledger.acquire(f"{number}", (), (RATE,))
        granted += grant == Granted()
        if isinstance(grant, TooFast):
            assert 0 < grant.wait_s <= 0.1
        clock.now += 0.001

    assert granted == 10


async def test_turns_are_given_in_the_order_of_asking(
    ledger: Ledger, clock: Clock
) -> None:
    waits = []
    for number in range(5):
        grant = await ledger.acquire(f"{number}", (), (RATE,), 0.35)
        waits.append(grant.wait_s if not isinstance(grant, Full) else None)
        clock.now += 0.001

    assert waits == pytest.approx([0.0, 0.099, 0.198, 0.297, 0.396])
    assert isinstance(grant, TooFast)
    clock.now += 0.1
    again = await ledger.acquire("4", (), (RATE,), 0.35)
    assert isinstance(again, Granted)  # what was refused had taken no turn
    assert again.wait_s == pytest.approx(0.295)


async def test_a_burst_may_come_at_once_after_a_pause(
    ledger: Ledger, clock: Clock
) -> None:
    rate = Rate("account:a", 10, Result.ACCOUNT_CALL_LIMIT, burst=3)

    async def granted(prefix: str) -> int:
        asked = [await ledger.acquire(f"{prefix}{n}", (), (rate,)) for n in range(9)]
        return asked.count(Granted())

    assert await granted("first") == 3
    clock.now += 0.1
    assert await granted("soon") == 1
    clock.now += 60
    assert await granted("later") == 3
    assert await ledger.acquire("waits", (), (rate,), 0.15) == Granted(
        pytest.approx(0.1)
    )
    late = await ledger.acquire("late", (), (rate,), 0.15)
    assert late == TooFast(rate, pytest.approx(0.2))


async def test_the_slowest_of_several_rates_counts(ledger: Ledger) -> None:
    slow = Rate("application:s", 1, Result.APPLICATION_CALL_LIMIT)
    assert await ledger.acquire("1", (), (RATE, slow)) == Granted()

    grant = await ledger.acquire("2", (), (RATE, slow), 0.5)

    assert isinstance(grant, TooFast)
    assert grant.rate == slow
    assert await ledger.acquire("3", (), (RATE,), 0.11) == Granted(pytest.approx(0.1))


async def test_a_full_capacity_takes_no_turn_of_the_rate(ledger: Ledger) -> None:
    none = Capacity("none", 0, Result.LICENSE_LIMIT)

    assert await ledger.acquire("1", (none,), (RATE,)) == Full(none)
    assert await ledger.acquire("1", (ACCOUNT,), (RATE,)) == Granted()
    assert isinstance(await ledger.acquire("2", (ACCOUNT,), (RATE,)), TooFast)
    assert await held(ledger) == (0, 1, 0)


async def test_a_released_lease_is_not_renewed(ledger: Ledger) -> None:
    await ledger.acquire("1", (ACCOUNT,), ())
    await ledger.release(["1"])

    await ledger.renew(["1"])

    assert await held(ledger) == (0, 0, 0)


async def test_many_tasks_race_for_few_slots(ledger: Ledger) -> None:
    async def claim(number: int) -> bool:
        await asyncio.sleep(0)
        return await ledger.acquire(f"{number}", (LICENCE,), ()) == Granted()

    won = await asyncio.gather(*(claim(number) for number in range(400)))

    assert sum(won) == LICENCE.limit
