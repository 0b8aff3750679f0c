"""Connection to one Redis or Redis Cluster; the only module that knows the client library."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Any

import msgspec

from engine.admission.ledger import LedgerError
from engine.config.settings import RedisSettings

try:
    import redis.asyncio as redis
    from redis.exceptions import (
        AuthenticationError,
        NoScriptError,
        RedisClusterException,
        RedisError,
    )
    from redis.exceptions import ConnectionError as LostError
    from redis.exceptions import TimeoutError as LateError
except ImportError:  # an optional dependency: outring[redis]
    redis = None  # type: ignore[assignment]

AT_ONCE = 16  # commands under way, and so connections
_CLUSTER = "+cluster"


CLOCK = """
local function clock() -- microseconds since 1970, by Redis itself
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end
"""


class LuaScript:
    """The script *name* of the folder ``lua``, preceded by ``shared.lua``.

    It gets the prefix of all keys as ``KEYS[1]``, from which it makes its keys, and its
    arguments as one MessagePack array in ``ARGV[1]``. All keys have one hash tag, so that
    Redis Cluster keeps them on one node, where a script may use them together.
    """

    def __init__(self, name: str, clock: str = CLOCK) -> None:
        """*clock* is the source of the Lua function ``clock``; tests give their own."""
        folder = files("engine.cluster") / "lua"
        parts = (clock, *((folder / file).read_text() for file in ("shared.lua", name)))
        self.text = "\n".join(parts)
        self.sha = hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()


class RedisConnection:
    """Runs scripts and commands; each takes *timeout_s* at most, or raises LedgerError.

    Keys of this platform begin with *prefix*, so that platforms may share a Redis.
    """

    def __init__(self, client: Any, prefix: str, timeout_s: float) -> None:
        """Use ``open_connection``; *client* is one of the library's asyncio clients."""
        self.prefix = f"{{{prefix}}}:"
        self._client = client
        self._timeout_s = timeout_s
        self._places = asyncio.Semaphore(AT_ONCE)

    def key(self, name: str) -> str:
        """The full name of the platform's key *name*."""
        return self.prefix + name

    async def run(self, script: LuaScript, *arguments: object) -> Any:
        """Run *script* with *arguments*, and return its answer, in which texts are bytes.

        Raises LedgerError; the script may have run all the same, or may run later.
        """
        packed = msgspec.msgpack.encode(arguments)
        async with self.borrow_client() as client:
            try:
                return await client.evalsha(script.sha, 1, self.prefix, packed)
            except NoScriptError:  # Redis was started since, and has no scripts yet
                return await client.eval(script.text, 1, self.prefix, packed)

    @asynccontextmanager
    async def borrow_client(self, timeout_s: float | None = None) -> AsyncIterator[Any]:
        """The library's asyncio client, for commands that take *timeout_s* together.

        None takes the configured time-out. What the library raises, or a time-out,
        becomes a LedgerError in one sentence, without address and password.
        """
        limit_s = self._timeout_s if timeout_s is None else timeout_s
        try:
            async with asyncio.timeout(limit_s), self._places:
                yield self._client
        except TimeoutError as error:
            text = f"Redis cannot be reached: no answer within {limit_s * 1000:g} ms."
            raise LedgerError(text) from error
        except AuthenticationError as error:
            raise LedgerError("Redis refuses the user or the password.") from error
        except (LostError, LateError, RedisClusterException, OSError) as error:
            raise LedgerError("Redis cannot be reached: no connection.") from error
        except RedisError as error:
            raise LedgerError("Redis reports an error.") from error

    async def aclose(self) -> None:
        """Close all connections; raises LedgerError."""
        async with self.borrow_client() as client:
            await client.aclose()


def open_connection(settings: RedisSettings) -> RedisConnection:
    """Make a connection to the ``[redis] url`` of *settings*, which connects when first used.

    Raises LedgerError if the library is not installed, or the URL is missing or invalid.
    """
    if redis is None:
        text = "Redis needs the package redis: pip install outring[redis]."
        raise LedgerError(text)
    if settings.url is None:
        raise LedgerError("Several processes need redis.url in the configuration.")
    timeout_s = settings.timeout_ms / 1000
    scheme, _, rest = settings.url.partition("://")
    kind = redis.RedisCluster if scheme.endswith(_CLUSTER) else redis.Redis
    try:
        client = kind.from_url(
            f"{scheme.removesuffix(_CLUSTER)}://{rest}",
            # Ours is the only time-out. The library's would be an asyncio.wait_for,
            # which before Python 3.12 loses a cancellation that comes with the answer.
            socket_timeout=None,
            socket_connect_timeout=None,
            protocol=2,
        )
    except (ValueError, RedisClusterException):
        # Not with the library's text, which may quote a part of the password.
        raise LedgerError("redis.url is not a URL of Redis.") from None
    return RedisConnection(client, settings.prefix, timeout_s)
