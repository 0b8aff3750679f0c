"""A PostgreSQL database. Processes learn of changed objects through LISTEN and NOTIFY."""

import asyncio
from contextlib import suppress
from typing import Any

import structlog
from sqlalchemy import Connection, func, select
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from . import schema
from .database import Database, Done, Script, Work, execute_on
from .errors import StoreError
from .tables import OBJECTS

try:
    import asyncpg
except ImportError:  # an extra
    asyncpg = None

CONNECT_S = 5.0
COMMAND_S = 10.0
# Between polls of the version: a connection that died silently delivers no notification.
LOOK_EVERY_S = 10.0
CHANNEL = "outring_objects"
_MIGRATION_LOCK = 7_308_332_182_431_329_895  # any number that is ours alone

log = structlog.get_logger()


class Postgresql(Database):
    """An open PostgreSQL database (a ``Database``).

    Notifications can get lost with their connection, so the version is also polled.
    """

    def __init__(self, url: str, name: str, look_every_s: float) -> None:
        self.name = name
        self._look_every_s = look_every_s
        self._url = url
        self._engine = _create_engine(url, COMMAND_S)
        self.dialect = self._engine.dialect
        self._snapshots = self._engine.execution_options(
            isolation_level="REPEATABLE READ"
        )
        self._connecting = asyncio.Lock()
        self._listener: Any = None
        self._looking: asyncio.Task[None] | None = None
        self._version: int | None = None

    @classmethod
    async def open(
        cls, url: str, name: str, look_every_s: float = LOOK_EVERY_S
    ) -> "Postgresql":
        """Connect to *url*, upgrade the tables if need be, and return the database.

        *name* is what errors call it; *look_every_s* is the interval of polling the
        version. Raises what asyncpg and SQLAlchemy raise, and StoreError for tables
        that are too new.
        """
        if asyncpg is None:
            raise StoreError(
                "PostgreSQL needs the package asyncpg: pip install outring[postgresql]."
            )
        engine = _create_engine(url, None)
        try:
            async with engine.begin() as connection:
                if not await connection.run_sync(schema.is_current):
                    lock = func.pg_advisory_xact_lock(_MIGRATION_LOCK)
                    await connection.execute(select(lock))
                    await connection.run_sync(schema.upgrade)
        finally:
            await engine.dispose()
        return cls(url, name, look_every_s)

    async def read(self, work: Work[Done]) -> Done:
        async with self._snapshots.begin() as connection:
            return await connection.run_sync(work)

    async def write(self, work: Work[Done]) -> Done:
        async with self._engine.begin() as connection:
            return await connection.run_sync(work)

    async def run(self, script: Script[Done]) -> Done:
        return await self.write(lambda connection: script(execute_on(connection)))

    async def watch(self) -> None:
        async with self._connecting:
            if not self._is_listening():
                await self._stop_listening()
                await self._listen()

    def version(self) -> int | None:
        return self._version if self._is_listening() else None

    def announce(self, connection: Connection, version: int) -> None:
        connection.execute(select(func.pg_notify(CHANNEL, str(version))))

    def notice(self, version: int) -> None:
        self._version = max(self._version or 0, version)

    async def aclose(self) -> None:
        await self._stop_listening()
        await self._engine.dispose()

    async def _listen(self) -> None:
        listener = await _connect(self._url, COMMAND_S)
        try:
            # Listen first: a change between the two statements is then not missed.
            await listener.add_listener(CHANNEL, self._on_notification)
            self.notice(await self._read_version(listener))
        except BaseException:
            listener.terminate()
            raise
        self._listener = listener
        self._looking = asyncio.create_task(self._poll_version(listener))

    def _is_listening(self) -> bool:
        return self._listener is not None and not self._listener.is_closed()

    def _on_notification(
        self, _connection: object, _pid: int, _channel: str, payload: str
    ) -> None:
        self.notice(int(payload))

    async def _read_version(self, listener: Any) -> int:
        version: int = await listener.fetchval(
            "SELECT value FROM counter WHERE name = $1", OBJECTS
        )
        return version

    async def _poll_version(self, listener: Any) -> None:
        try:
            while True:
                await asyncio.sleep(self._look_every_s)
                self.notice(await self._read_version(listener))
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            listener.terminate()
        except Exception:
            # Without polling nothing is noticed: the next read connects anew.
            log.exception("objects_not_watched")
            listener.terminate()

    async def _stop_listening(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            with suppress(asyncio.CancelledError):
                await self._looking
            self._looking = None
        if self._listener is not None:
            self._listener.terminate()
            self._listener = None


def _create_engine(url: str, command_s: float | None) -> AsyncEngine:
    async def connect() -> Any:
        return await _connect(url, command_s)

    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        hide_parameters=True,
        pool_pre_ping=True,  # connections that outlived a restart of the server
        pool_timeout=COMMAND_S,
    )


async def _connect(url: str, command_s: float | None) -> Any:
    return await asyncpg.connect(url, timeout=CONNECT_S, command_timeout=command_s)
