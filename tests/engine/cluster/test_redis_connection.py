"""What ``[redis] url`` may name, Redis Cluster included."""

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from engine.admission.ledger import (
    Full,
    Granted,
    LedgerError,
    NodeWanted,
    Rate,
    node_capacity,
)
from engine.cluster import RedisConnection, Registry, open_connection
from engine.config.settings import RedisSettings
from engine.model.result import Result
from tests.engine.cluster.conftest import ACCOUNT, connected, node, opened, until
from tests.redis_server import RedisServer, free_port, redis_in

RATE = Rate("account:a", 1, Result.ACCOUNT_CALL_LIMIT)


async def works(connection: RedisConnection) -> None:
    """Go through everything that is kept on Redis."""
    registry, ledger = Registry(connection), await opened(connection)
    for name in "ab":
        await registry.announce(node(name, call_limit=2))
    wanted = NodeWanted(frozenset({"outbound"}))
    for lease in "1234":
        await ledger.acquire(lease, (ACCOUNT,), (), node=wanted)
    assert isinstance(await ledger.acquire("5", (ACCOUNT,), (), node=wanted), Full)
    assert await ledger.acquire("5", (ACCOUNT,), (RATE,)) == Granted()
    await ledger.renew("12345")
    assert await ledger.count_leases(node_capacity("a")) == 2
    assert await ledger.count_leases(ACCOUNT.name) == 5
    await ledger.release("12345")
    assert await ledger.count_leases(ACCOUNT.name) == 0
    assert [node.name for node in await registry.nodes()] == ["a", "b"]
    for name in "ab":
        await registry.leave(node(name))


async def test_tcp_and_unix_sockets(redis_server: RedisServer) -> None:
    for number, url in enumerate((redis_server.url, redis_server.socket_url)):
        async with connected(url, prefix=f"kinds-{number}") as connection:
            await works(connection)


async def test_tls(certificate: tuple[Path, Path], tmp_path: Path) -> None:
    port = str(free_port())
    file, key = map(str, certificate)
    options = {"tls_port": port, "tls_cert_file": file, "tls_key_file": key}
    with redis_in(
        tmp_path / "tls", **options, tls_ca_cert_file=file, tls_auth_clients="no"
    ):
        url = f"rediss://127.0.0.1:{port}"
        async with connected(f"{url}?ssl_ca_certs={file}") as connection:
            await works(connection)
        async with connected(url) as connection:  # nobody we know vouches for it
            with pytest.raises(LedgerError, match="cannot be reached"):
                await Registry(connection).nodes()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[list[RedisServer]]:
    """Three servers that share the hash slots."""
    with ExitStack() as stack:
        servers = [
            stack.enter_context(redis_in(tmp_path / f"{number}", cluster_enabled="yes"))
            for number in range(3)
        ]
        addresses = [f"127.0.0.1:{server.port}" for server in servers]
        create = ["redis-cli", "--cluster", "create", *addresses, "--cluster-yes"]
        subprocess.run(create, check=True, capture_output=True, timeout=60)
        yield servers


async def test_redis_cluster(cluster: list[RedisServer]) -> None:
    """Keys and scripts stay on one of the servers, whichever it is and was named."""
    for prefix in ("outring", "other", "third", "fourth"):
        url = cluster[0].url.replace("redis:", "redis+cluster:")
        async with connected(url, prefix=prefix) as connection:

            async def is_whole(connection: RedisConnection = connection) -> bool:
                try:
                    await opened(connection)
                except LedgerError:
                    return False
                return True

            await until(is_whole, limit_s=30)
            await works(connection)

    kept = []
    for server in cluster:
        with server.client() as client:
            kept.append({key.split(":")[0] for key in client.keys("*")})
    assert sorted(tag for tags in kept for tag in tags) == sorted(
        ["{outring}", "{other}", "{third}", "{fourth}"]
    )
    assert sum(map(bool, kept)) > 1  # the four are not all on one of them


async def test_a_cluster_of_which_a_server_dies(cluster: list[RedisServer]) -> None:
    url = cluster[0].url.replace("redis:", "redis+cluster:")
    async with connected(url, timeout_ms=300) as connection:

        async def answers() -> bool:
            try:
                await opened(connection)
            except LedgerError:
                return False
            return True

        await until(answers, limit_s=30)
        ledger = await opened(connection)
        for server in cluster:
            server.kill()
        async with asyncio.timeout(5):
            with pytest.raises(LedgerError):
                await ledger.acquire("1", (ACCOUNT,), ())
            await ledger.release(["1"])


async def test_errors_are_sentences(redis_server: RedisServer) -> None:
    with pytest.raises(LedgerError, match=r"redis\.url"):
        open_connection(RedisSettings())
    async with connected(f"redis://127.0.0.1:{free_port()}") as connection:
        with pytest.raises(LedgerError, match=r"^Redis cannot be reached: .*\.$"):
            await Registry(connection).nodes()
    async with connected(redis_server.url, prefix="spoilt") as connection:
        async with connection.borrow_client() as client:
            await client.set(connection.key("nodes"), "text")
        with pytest.raises(LedgerError, match=r"^Redis reports an error\.$") as told:
            await Registry(connection).nodes()
        assert "WRONGTYPE" in str(told.value.__cause__)  # for the log alone


async def test_what_is_wrong_with_a_url(tmp_path: Path) -> None:
    for url in ("redis://redis:secret", "redis+cluster://redis/1"):
        with pytest.raises(LedgerError, match=r"^redis\.url is not a URL of Redis\.$"):
            open_connection(RedisSettings(url=url))
    with redis_in(tmp_path / "redis") as server, server.client() as client:
        client.config_set("requirepass", "right")
        for password in ("", ":wrong@"):
            url = server.url.replace("//", f"//{password}")
            async with connected(url) as connection:
                with pytest.raises(LedgerError, match="refuses the user or the pass"):
                    await Registry(connection).nodes()
        async with connected(server.url.replace("//", "//:right@")) as connection:
            await works(connection)


@pytest.mark.parametrize("url", ["http://redis", "localhost:6379", ""])
def test_urls_that_are_none(url: str) -> None:
    with pytest.raises(ValueError, match="the URL starts with none of redis, rediss"):
        RedisSettings(url=url)


def test_the_url_is_never_shown() -> None:
    assert "secret" not in repr(RedisSettings(url="redis://:secret@redis"))
