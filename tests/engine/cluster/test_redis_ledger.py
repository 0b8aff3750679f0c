"""RedisLedger beyond what every ledger keeps: many processes, owners, expiry."""

import asyncio
import sys

import pytest
from redis import Redis

from engine.admission.ledger import Capacity, Full, Granted, NodeWanted, Rate
from engine.cluster import RedisConnection, RedisLedger, Registry
from engine.model.result import Result
from tests.engine.cluster.conftest import ACCOUNT, node, opened, until
from tests.redis_server import RedisServer

PROCESSES, CALLS = 4, 400


async def hammer(
    url: str, connection: RedisConnection, tasks: int
) -> asyncio.subprocess.Process:
    prefix = connection.prefix.strip("{}:")
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.engine.cluster.hammer", url, prefix, str(tasks)),
        stdout=asyncio.subprocess.PIPE,
    )


async def test_processes_race_for_few_slots(
    redis_server: RedisServer,
    connection: RedisConnection,
    redis: Redis,
    ledger: RedisLedger,
) -> None:
    beating = asyncio.create_task(ledger.run())
    tasks = CALLS // PROCESSES
    processes = [
        await hammer(redis_server.url, connection, tasks) for _ in range(PROCESSES)
    ]
    done = [await process.communicate() for process in processes]
    beating.cancel()

    assert [process.returncode for process in processes] == [0] * PROCESSES
    most = [int(printed) for printed, _ in done]
    assert max(most) == ACCOUNT.limit  # each was in use, and not one more
    key = connection.key(f"slots:{ACCOUNT.name}")
    assert redis.zcard(key) == 0


async def test_the_slots_of_a_process_that_died_lapse(
    connection: RedisConnection, ledger: RedisLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By Redis's own clock."""
    monkeypatch.setattr("engine.cluster.redis_ledger.LEASE_S", 0.3)
    dead = await opened(connection)
    for lease in "1234":
        await dead.acquire(lease, (ACCOUNT,), ())
    await ledger.acquire("live", (ACCOUNT,), ())
    assert await ledger.acquire("new", (ACCOUNT,), ()) == Full(ACCOUNT)

    async def is_free() -> bool:
        await ledger.renew(["live"])
        return await ledger.acquire("new", (ACCOUNT,), ()) == Granted()

    await until(is_free)
    assert await ledger.count_leases(ACCOUNT.name) == 2


async def test_rates_go_by_the_clock_of_redis(ledger: RedisLedger) -> None:
    rate = Rate("account:a", 20, Result.ACCOUNT_CALL_LIMIT)
    loop = asyncio.get_running_loop()
    began, granted = loop.time(), 0
    while loop.time() < began + 0.5:
        granted += await ledger.acquire("1", (), (rate,)) == Granted()

    took = loop.time() - began
    assert 2 <= granted <= took * 20 + 1


async def test_an_owner_hands_a_lease_over(
    connection: RedisConnection,
    redis: Redis,
    ledger: RedisLedger,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await ledger.acquire("1", (ACCOUNT,), ())
    names = ledger.hand_over("1")
    node = await opened(connection)
    node.take_over("1", names)
    key = connection.key(f"slots:{ACCOUNT.name}")
    before = redis.zscore(key, "1")

    await ledger.renew(["1"])  # not its own any more
    assert redis.zscore(key, "1") == before
    await node.renew(["1"])
    assert redis.zscore(key, "1") > before
    redis.delete(key, connection.key("lease:1"))
    await node.renew(["1"])
    assert await node.count_leases(ACCOUNT.name) == 1
    await node.release(["1"])
    assert await node.count_leases(ACCOUNT.name) == 0
    assert (ledger.hand_over("1"), node.hand_over("1")) == ((), ())


async def test_each_lapsed_lease_is_counted_once(
    connection: RedisConnection, ledger: RedisLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By whichever process finds it; neither one that is renewed nor one given back."""
    monkeypatch.setattr("engine.cluster.redis_ledger.LEASE_S", 0.3)
    owner, other = await opened(connection), await opened(connection)
    licence = Capacity("licence", 100, Result.LICENSE_LIMIT)
    for lease in ("lapses", "lapses too", "renewed", "released"):
        await owner.acquire(lease, (licence, ACCOUNT), ())
    await owner.release(["released"])

    async def is_over() -> bool:
        await owner.renew(["renewed"])
        await asyncio.gather(ledger.beat(), other.beat())
        return await ledger.count_leases("licence") == 1

    await until(is_over)
    await asyncio.gather(ledger.beat(), other.beat())

    assert ledger.lapsed + other.lapsed == 2


async def test_what_redis_could_not_be_told_of_has_not_lapsed(
    connection: RedisConnection,
    redis: Redis,
    ledger: RedisLedger,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It was away for longer than leases last, and then comes back as it was."""
    monkeypatch.setattr("engine.cluster.redis_ledger.LEASE_S", 0.1)
    await ledger.acquire("live", (ACCOUNT,), ())
    redis.delete(connection.key("ready"))

    async def has_expired() -> bool:
        return await ledger.count_leases(ACCOUNT.name) == 0

    await until(has_expired)
    monkeypatch.setattr("engine.cluster.redis_ledger.LEASE_S", 30)
    for _ in range(2):
        await ledger.beat()

    assert (ledger.lapsed, await ledger.count_leases(ACCOUNT.name)) == (0, 1)


async def test_a_renewal_keeps_to_what_the_lease_holds_now(
    ledger: RedisLedger,
) -> None:
    """Sent before another proxy was tried, it may come after it."""
    await ledger.acquire("1", (ACCOUNT,), ())
    await ledger.acquire("1", (), ())
    ledger.take_over("1", (ACCOUNT.name,))

    await ledger.renew(["1"])

    assert await ledger.count_leases(ACCOUNT.name) == 0


async def test_a_thousand_leases_are_renewed_and_released_in_few_steps(
    connection: RedisConnection, redis: Redis, ledger: RedisLedger
) -> None:
    leases = [f"{number}" for number in range(1000)]
    for lease in leases:
        ledger.take_over(lease, ["licence", "account:a"])
    before = redis.info("commandstats")["cmdstat_evalsha"]["calls"]

    await ledger.renew(leases)
    assert await ledger.count_leases("licence") == 1000
    await ledger.release(leases)
    assert await ledger.count_leases("licence") == 0

    after = redis.info("commandstats")["cmdstat_evalsha"]["calls"]
    assert after - before < 20


async def test_every_key_expires_by_itself(
    connection: RedisConnection, redis: Redis, ledger: RedisLedger, registry: Registry
) -> None:
    await registry.announce(node("a"))
    rate = Rate("account:a", 0.5, Result.ACCOUNT_CALL_LIMIT)
    wanted = NodeWanted(frozenset())
    await ledger.acquire("1", (ACCOUNT,), (rate,), node=wanted)
    await ledger.acquire("2", (ACCOUNT,), (), node=wanted)
    ledger.take_over("3", ["licence"])
    await ledger.renew(["1", "3"])
    await ledger.release(["2"])

    keys = list(redis.scan_iter(connection.prefix + "*"))
    left = {key: redis.ttl(key) for key in keys}

    assert len(left) >= 9
    assert all(0 < seconds <= 100 for seconds in left.values()), left


async def test_a_heart_beat_ends_once_it_is_cancelled(
    ledger: RedisLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it is waiting for just then."""
    monkeypatch.setattr("engine.cluster.heartbeat.BEAT_S", 0)
    for steps in range(400):
        beating = asyncio.create_task(ledger.run())
        for _ in range(steps):
            await asyncio.sleep(0)
        beating.cancel()
        done, _ = await asyncio.wait([beating], timeout=1)
        assert done, f"after {steps} steps"
