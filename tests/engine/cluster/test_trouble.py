"""Redis stalls, dies, comes back empty, or is another one: what becomes of calls."""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any, cast
from unittest.mock import AsyncMock

import pytest

from engine.admission.admission import Admission
from engine.admission.ledger import Capacity, Full, Granted, LedgerError, Rate
from engine.admission.proxy_health import ProxyHealth
from engine.calls.live_calls import LiveCalls
from engine.cluster import RedisConnection, RedisLedger
from engine.cluster.redis_connection import LuaScript
from engine.model.result import RefusedError, Result
from engine.platform.objects import Application
from engine.platform.snapshot import PlatformSnapshot
from engine.records.record_writer import RecordWriter
from engine.telemetry.metrics import Metrics
from engine.telemetry.statistics import Statistics
from tests.engine.cluster.conftest import ACCOUNT, connected, opened, until
from tests.platform import make_objects
from tests.redis_server import RedisServer, redis_in
from tests.retention import FOREVER

RATE = Rate("account:a", 1, Result.ACCOUNT_CALL_LIMIT)
AWAY = "Redis cannot be reached"
LOST = "The platform's state is being restored"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """A server that the test may do anything to."""
    with redis_in(tmp_path / "redis", repl_diskless_sync_delay="0") as redis:
        yield redis


@pytest.fixture
async def connection(server: RedisServer) -> AsyncIterator[RedisConnection]:
    """A connection to it."""
    async with connected(server.url, timeout_ms=300) as opened:
        yield opened


@asynccontextmanager
async def beating(*ledgers: RedisLedger) -> AsyncIterator[None]:
    """The heart beats of *ledgers*."""
    tasks = [asyncio.create_task(ledger.run()) for ledger in ledgers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Heart beats that a test need not wait for."""
    monkeypatch.setattr("engine.cluster.heartbeat.BEAT_S", 0.05)


async def admitted(ledger: RedisLedger, lease: str) -> object:
    """What a call gets once anything is admitted; it has to be refused at first."""
    with pytest.raises(LedgerError, match=f"{LOST}|{AWAY}"):
        await ledger.acquire(lease, (ACCOUNT,), ())
    async with asyncio.timeout(10):
        while True:
            try:
                return await ledger.acquire(lease, (ACCOUNT,), ())
            except LedgerError as error:
                assert LOST in str(error)  # noqa: PT017  or it was granted
            await asyncio.sleep(0.01)


async def test_a_stall_refuses_calls_in_time(
    server: RedisServer, connection: RedisConnection, ledger: RedisLedger
) -> None:
    await ledger.acquire("live", (ACCOUNT,), ())
    with server.stalled():
        began = time.monotonic()
        with pytest.raises(LedgerError, match=rf"{AWAY}: no answer within 300 ms\."):
            await ledger.acquire("1", (ACCOUNT,), ())
        assert 0.25 < time.monotonic() - began < 2
        with pytest.raises(LedgerError, match=AWAY):
            await ledger.renew(["live"])
        with pytest.raises(LedgerError, match=AWAY):
            await ledger.count_leases(ACCOUNT.name)
        many = (ledger.acquire(f"{number}", (ACCOUNT,), ()) for number in range(200))
        refused = await asyncio.gather(*many, return_exceptions=True)
        assert {type(error) for error in refused} == {LedgerError}
        assert time.monotonic() - began < 5


async def test_what_arrives_after_its_release_takes_nothing(
    server: RedisServer, connection: RedisConnection, ledger: RedisLedger
) -> None:
    """Redis runs what it was sent while it stalled, in whatever order."""
    for lease in ("renewed", "cancelled"):
        await ledger.acquire(lease, (ACCOUNT,), ())
    late = RedisLedger(connection)
    for lease in ("renewed", "cancelled"):
        late.take_over(lease, (ACCOUNT.name,))
    await ledger.release(["renewed", "cancelled", "acquired"])

    await late.renew(["renewed", "cancelled"])
    with pytest.raises(LedgerError, match="has been given back"):
        await late.acquire("acquired", (ACCOUNT,), (RATE,))

    assert await ledger.count_leases(ACCOUNT.name) == 0
    assert await ledger.acquire("new", (), (RATE,)) == Granted()  # no turn was taken


async def given_back_by_beat(
    ledger: RedisLedger, connection: RedisConnection
) -> list[str]:
    """The leases that a heartbeat releases."""
    run, given_back = connection.run, list[str]()

    async def note(script: LuaScript, *arguments: Any) -> Any:
        answer = await run(script, *arguments)
        if script.text == LuaScript("release.lua").text:
            given_back.extend(*arguments)
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "run", note)
        await ledger.beat()
    return given_back


async def test_a_stall_leaves_no_slot_behind(
    server: RedisServer, connection: RedisConnection, ledger: RedisLedger
) -> None:
    leases = [f"{number}" for number in range(20)]

    async def call(lease: str) -> None:
        with pytest.raises(LedgerError):
            await ledger.acquire(lease, (ACCOUNT,), ())
        await ledger.release([lease])

    with server.stalled():
        await asyncio.gather(*map(call, leases))

    assert sorted(await given_back_by_beat(ledger, connection)) == sorted(leases)
    assert await given_back_by_beat(ledger, connection) == []
    assert await ledger.count_leases(ACCOUNT.name) == 0
    for lease in "abcde":
        assert await ledger.acquire(lease, (ACCOUNT,), ()) == Granted()


async def cancel_once_sent(
    command: Coroutine[Any, Any, object], server: RedisServer
) -> None:
    """Cancel *command* when it has sent something, which a stalled *server* never reads."""
    before = server.unread_bytes()

    async def has_sent() -> bool:
        return server.unread_bytes() > before

    task = asyncio.create_task(command)
    await until(has_sent)
    assert task.cancel()
    await asyncio.wait([task])


async def test_a_cancelled_caller_leaves_no_slot_behind(
    server: RedisServer, connection: RedisConnection, ledger: RedisLedger
) -> None:
    await ledger.acquire("earlier", (ACCOUNT,), ())  # so that Redis knows the scripts
    await ledger.release(["earlier"])
    with server.stalled():
        for command in (ledger.acquire("1", (ACCOUNT,), ()), ledger.release(["1"])):
            await cancel_once_sent(command, server)

    await ledger.beat()

    assert await ledger.count_leases(ACCOUNT.name) == 0


async def test_killed_and_back(
    server: RedisServer, connection: RedisConnection, ledger: RedisLedger, fast: None
) -> None:
    """Live calls keep their slots in the limit of the Redis that comes back empty."""
    own, other = (RedisLedger(connection, grace_s=0.5) for _ in range(2))
    for lease in "123":
        await own.acquire(lease, (ACCOUNT,), ())
    await other.acquire("4", (ACCOUNT,), ())
    async with beating(own, other):
        server.kill()
        with pytest.raises(LedgerError, match=rf"{AWAY}: no connection\."):
            await own.acquire("5", (ACCOUNT,), ())
        with pytest.raises(LedgerError):
            await own.renew("123")
        await own.release(["3"])  # ends while Redis is away
        server.start()

        assert await admitted(own, "5") == Granted()

        assert await own.count_leases(ACCOUNT.name) == 4
        assert await own.acquire("6", (ACCOUNT,), ()) == Granted()
        assert await own.acquire("7", (ACCOUNT,), ()) == Full(ACCOUNT)


async def test_an_empty_redis_waits_for_the_whole_grace(
    server: RedisServer, connection: RedisConnection, fast: None
) -> None:
    ledger = RedisLedger(connection, grace_s=0.5)
    with pytest.raises(LedgerError, match=LOST):
        await ledger.acquire("1", (ACCOUNT,), ())
    began = time.monotonic()
    async with connection.borrow_client() as client:
        assert await client.exists(connection.key("lost"))  # it counts from here
    async with beating(ledger):
        await admitted(ledger, "1")

    assert time.monotonic() - began > 0.45


async def test_an_older_state_is_not_trusted(
    server: RedisServer, connection: RedisConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Redis read from a disk counts for nothing once no heart beat vouches for it."""
    monkeypatch.setattr("engine.cluster.redis_ledger.READY_S", 0.1)
    ledger = await opened(connection)

    async def is_refused() -> bool:
        try:
            await ledger.acquire("1", (ACCOUNT,), ())
        except LedgerError as error:
            return LOST in str(error)
        return False

    await until(is_refused)


class Gate:
    """A port of loopback that leads to one server, then to another."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._writers: set[asyncio.StreamWriter] = set()

    async def handle(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        there, onward = await asyncio.open_connection("127.0.0.1", self.port)
        self._writers |= {writer, onward}
        await asyncio.gather(_pass_on(reader, onward), _pass_on(there, writer))
        self._writers -= {writer, onward}

    def lead_to(self, port: int) -> None:
        """Lose every connection; new ones go to *port*."""
        self.port = port
        for writer in self._writers:
            writer.transport.abort()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    writer.close()


async def test_another_server_takes_over(
    server: RedisServer, tmp_path: Path, fast: None
) -> None:
    """A replica did not get what was written last; the owners of the calls know it."""
    gate = Gate(server.port)
    listener = await asyncio.start_server(gate.handle, "127.0.0.1", 0)
    url = f"redis://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    with (
        redis_in(tmp_path / "replica") as replica,
        replica.client() as of_replica,
        server.client() as of_server,
    ):
        async with listener, connected(url) as connection:
            ledger = await opened(connection)
            async with beating(ledger):
                await ledger.acquire("1", (ACCOUNT,), ())
                of_replica.replicaof("127.0.0.1", server.port)
                slots = connection.key(f"slots:{ACCOUNT.name}")

                async def has_copied() -> bool:
                    return bool(of_replica.zcard(slots))

                await until(has_copied)
                of_replica.replicaof("NO", "ONE")
                await ledger.acquire("2", (ACCOUNT,), ())
                assert (of_server.zcard(slots), of_replica.zcard(slots)) == (2, 1)

                gate.lead_to(replica.port)

                async def has_all() -> bool:
                    return of_replica.zcard(slots) == 2

                await until(has_all, limit_s=5)
                assert await ledger.acquire("3", (ACCOUNT,), ()) == Granted()
            gate.lead_to(replica.port)


async def test_admission_names_the_reason(
    server: RedisServer, connection: RedisConnection, ledger: RedisLedger
) -> None:
    """Never that a limit was reached."""
    platform = PlatformSnapshot(make_objects())
    application = platform.objects.application[0]
    assert isinstance(application, Application)
    admission = Admission(
        ledger,
        ProxyHealth(),
        Metrics(),
        node=lambda: Capacity("node", 1, Result.BVR_CALL_LIMIT),
        newest=AsyncMock(return_value=platform),
        max_queue_wait_s=1,
        default_domain=None,
        random=Random(1),
    )
    server.kill()

    with pytest.raises(RefusedError) as refused:
        await admission.acquire_for_application("1", application, platform, 1)

    assert refused.value.result is Result.INTERNAL_ERROR
    assert AWAY in str(refused.value.detail)


async def test_calls_are_renewed_again_once_redis_is_back(
    server: RedisServer,
    connection: RedisConnection,
    ledger: RedisLedger,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("engine.calls.live_calls.RENEW_S", 0.02)
    calls = LiveCalls(
        ledger,
        RecordWriter(cast(Any, None), waiting_limit=1, retention=FOREVER),
        Statistics(time.monotonic),
        Metrics(),
        keeper=cast(Any, None),
    )
    await ledger.acquire("kept", (ACCOUNT,), ())
    calls.hold_lease("kept")
    renewing = asyncio.create_task(calls.renew_leases())
    try:
        server.kill()

        async def has_failed() -> bool:
            return not ledger.is_ready

        await until(has_failed)
        server.start()

        async def is_taken_back() -> bool:
            assert not renewing.done()
            try:
                return await ledger.count_leases(ACCOUNT.name) == 1
            except LedgerError:
                return False

        await until(is_taken_back)
    finally:
        renewing.cancel()
        await asyncio.wait([renewing])
