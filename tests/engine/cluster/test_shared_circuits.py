"""What processes tell each other of proxies, while Redis is there and while it is not."""

import json
import time

import pytest
from redis import Redis

from engine.admission.circuit import CircuitState, CircuitStatus, Gate, Means
from engine.admission.ledger import LedgerError
from engine.admission.proxy_health import (
    ProxyHealth,
    ProxyHealthReport,
    ProxyState,
    Rest,
    key_of,
)
from engine.cluster import RedisConnection
from engine.cluster.shared_circuits import (
    CLOSED_LIFE_S,
    DOWN_LIFE_S,
    ReportMessage,
    SharedCircuits,
)
from engine.platform.objects import Proxy
from tests.engine.cluster.conftest import connected
from tests.redis_server import RedisServer

PROXY = Proxy.model_validate(
    {"id": "p", "address": "sip:192.0.2.1", "down_retry_ms": 1000}
)


class Process:
    """What one process knows of proxies, and how it tells the others."""

    def __init__(self, connection: RedisConnection, name: str) -> None:
        self.health = ProxyHealth()
        self.shared = SharedCircuits(connection, f"boot-of-{name}")

    async def exchange(self) -> None:
        await self.shared.exchange(self.health)

    def find_silent(self, ago_s: float = 0.0) -> None:
        """Nothing was heard of a call *ago_s* seconds ago."""
        then = time.monotonic() - ago_s
        self.health.on_silence(PROXY, then, then)

    @property
    def state(self) -> ProxyState:
        return self.health.condition_of(PROXY, time.monotonic()).state


@pytest.fixture
def pair(connection: RedisConnection) -> tuple[Process, Process]:
    """Two processes of one platform."""
    return Process(connection, "a"), Process(connection, "b")


def entries(redis: Redis, connection: RedisConnection) -> int:
    return redis.hlen(connection.key("proxies"))


async def test_what_one_finds_out_the_other_knows(
    pair: tuple[Process, Process],
) -> None:
    one, other = pair
    one.find_silent(ago_s=0.4)
    await one.exchange()
    await other.exchange()

    now = time.monotonic()
    ours, theirs = (it.health.condition_of(PROXY, now) for it in pair)
    assert (theirs.state, theirs.why) == (ProxyState.DOWN, "local-timer")
    assert theirs.since_s == pytest.approx(ours.since_s, abs=0.1)
    assert theirs.next_probe_s == pytest.approx(ours.next_probe_s, abs=0.1)


async def test_a_process_that_joins_reads_what_is_known(
    pair: tuple[Process, Process], connection: RedisConnection
) -> None:
    pair[0].find_silent()
    pair[0].health.mark_resting(PROXY, time.monotonic(), 60.0)
    await pair[0].exchange()
    new = Process(connection, "new")
    await new.exchange()

    assert new.state is ProxyState.RESTING
    assert new.health.is_down(PROXY, time.monotonic() + 59.0)


async def test_the_news_of_whoever_told_last_hold(
    pair: tuple[Process, Process],
) -> None:
    one, other = pair
    one.find_silent()
    await one.exchange()
    await other.exchange()
    other.health.on_sign(PROXY, now := time.monotonic(), now)
    await other.exchange()
    await one.exchange()

    assert (one.state, other.state) == (ProxyState.UP, ProxyState.UP)


async def test_own_news_are_told_before_older_ones_are_heard(
    pair: tuple[Process, Process],
) -> None:
    one, other = pair
    one.find_silent(ago_s=1.0)
    await one.exchange()
    await other.exchange()
    other.health.on_sign(PROXY, now := time.monotonic(), now)
    await other.exchange()
    one.find_silent()
    await one.exchange()
    await other.exchange()

    assert (one.state, other.state) == (ProxyState.DOWN, ProxyState.DOWN)


async def test_one_probe_on_the_whole_platform(
    pair: tuple[Process, Process],
) -> None:
    one, other = pair
    one.find_silent(ago_s=1.1)
    await one.exchange()
    await other.exchange()
    gates = [it.health.gate(PROXY, time.monotonic()) for it in pair]
    claims = [await it.shared.claim_probe(PROXY) for it in pair]

    assert gates == [Gate.PROBE, Gate.PROBE]
    assert claims == [True, False]


@pytest.mark.parametrize("works", [True, False])
async def test_the_outcome_of_a_probe_makes_way_for_the_next(
    pair: tuple[Process, Process], *, works: bool
) -> None:
    one, other = pair
    one.find_silent(ago_s=1.1)
    assert await one.shared.claim_probe(PROXY)
    one.health.begin_probe(PROXY, now := time.monotonic())
    await one.exchange()
    await other.exchange()
    assert other.state is ProxyState.PROBING
    assert not await other.shared.claim_probe(PROXY)

    if works:
        one.health.on_sign(PROXY, now, now)
    else:
        one.health.on_silence(PROXY, now, now)
    await one.exchange()
    await other.exchange()

    assert other.state is (ProxyState.UP if works else ProxyState.DOWN)
    assert await other.shared.claim_probe(PROXY)


async def test_each_decides_alone_while_redis_is_away(
    redis_server: RedisServer,
) -> None:
    nowhere = redis_server.url.rpartition(":")[0] + ":1"
    async with connected(nowhere) as connection:
        alone = Process(connection, "alone")
        alone.find_silent(ago_s=1.1)
        for _ in range(2):
            with pytest.raises(LedgerError):
                await alone.exchange()

        assert alone.state is ProxyState.DOWN
        assert await alone.shared.claim_probe(PROXY)
        assert len(alone.health.take_reports()) == 1  # it is told later


async def test_what_is_kept_is_bounded_and_expires(
    pair: tuple[Process, Process], connection: RedisConnection, redis: Redis
) -> None:
    one, _ = pair
    now = time.monotonic()
    for number in range(1100):
        proxy = PROXY.model_copy(update={"id": f"p{number}"})
        one.health.on_silence(proxy, now, now)
    await one.exchange()

    assert entries(redis, connection) == 1000
    left_s = redis.pttl(connection.key("proxies")) / 1000
    assert DOWN_LIFE_S - 5 < left_s <= DOWN_LIFE_S


async def test_a_proxy_that_works_again_is_soon_forgotten(
    pair: tuple[Process, Process], connection: RedisConnection, redis: Redis
) -> None:
    one, _ = pair
    one.find_silent()
    one.health.on_sign(PROXY, now := time.monotonic(), now)
    await one.exchange()

    assert redis.pttl(connection.key("proxies")) / 1000 <= CLOSED_LIFE_S


async def test_what_cannot_be_read_is_left_out(
    pair: tuple[Process, Process], connection: RedisConnection, redis: Redis
) -> None:
    one, other = pair
    one.find_silent()
    await one.exchange()
    later = int(time.time() * 1e6) + 60_000_000
    for name, text in {"x": "{", "y": json.dumps({"proxy": 1})}.items():
        entry = f"{later} {later - 60_000_000} boot {text}"
        redis.hset(connection.key("proxies"), name, entry)
    redis.hset(connection.key("proxies"), "z", "nonsense")
    await other.exchange()

    assert other.state is ProxyState.DOWN


def test_a_report_is_the_same_by_the_clock_of_another_machine() -> None:
    status = CircuitStatus(
        state=CircuitState.OPEN,
        why="503",
        means=Means.CALL,
        since=90.0,
        tripped=95.0,
        retry_at=125.0,
    )
    report = ProxyHealthReport(key_of(PROXY), status, Rest(96.0, 156.0))

    there = ReportMessage.of(report, 100.0).to_report(1100.0)

    assert there.circuit is not None
    assert there.circuit.since == 1090.0
    assert there.circuit.retry_at == 1125.0
    assert there.rest == Rest(1096.0, 1156.0)
    assert ReportMessage.of(there, 1100.0).to_report(100.0) == report
