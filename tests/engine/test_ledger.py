"""What every ledger keeps. Another implementation is one more parameter of ``ledger``."""

import asyncio
from collections.abc import Callable

import pytest

from engine.ledger import (
    LEASE_S,
    Capacity,
    Full,
    Granted,
    Ledger,
    MemoryLedger,
    Rate,
    TooFast,
)
from engine.results import Result
from tests.engine.conftest import Clock

LICENCE = Capacity("licence", 3, Result.LICENSE_LIMIT)
ACCOUNT = Capacity("account:a", 2, Result.ACCOUNT_CALL_LIMIT)
OTHER = Capacity("account:b", 2, Result.ACCOUNT_CALL_LIMIT)
RATE = Rate("account:a", 10, Result.ACCOUNT_CALL_LIMIT)


@pytest.fixture(params=[MemoryLedger])
def ledger(request: pytest.FixtureRequest, clock: Clock) -> Ledger:
    make: Callable[[Clock], Ledger] = request.param
    return make(clock)


async def held(ledger: Ledger) -> tuple[int, int, int]:
    return (
        await ledger.held("licence"),
        await ledger.held("account:a"),
        await ledger.held("account:b"),
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


async def test_many_tasks_race_for_few_slots(ledger: Ledger) -> None:
    async def claim(number: int) -> bool:
        await asyncio.sleep(0)
        return await ledger.acquire(f"{number}", (LICENCE,), ()) == Granted()

    won = await asyncio.gather(*(claim(number) for number in range(400)))

    assert sum(won) == LICENCE.limit
