"""A process of many tasks that all want one of a few slots.

    python -m tests.engine.cluster.hammer URL PREFIX TASKS

Prints the most holders that it ever counted; that count is kept beside the ledger,
in a key of the test's own.
"""

import asyncio
import sys
import uuid

from engine.admission.ledger import Granted
from engine.cluster import RedisLedger, open_connection
from engine.config.settings import RedisSettings
from tests.engine.cluster.conftest import ACCOUNT


async def main(url: str, prefix: str, tasks: int) -> int:
    """Take and give back a slot *tasks* times; the most that were held at once."""
    connection = open_connection(RedisSettings(url=url, prefix=prefix, timeout_ms=9000))
    ledger = RedisLedger(connection)
    counter, most = connection.key("holders"), 0

    async def call() -> None:
        nonlocal most
        lease = str(uuid.uuid4())
        while not isinstance(await ledger.acquire(lease, (ACCOUNT,), ()), Granted):
            await asyncio.sleep(0.005)
        async with connection.borrow_client() as client:
            most = max(most, await client.incr(counter))
        await asyncio.sleep(0.001)
        async with connection.borrow_client() as client:
            await client.decr(counter)
        await ledger.release([lease])

    await asyncio.gather(*(call() for _ in range(tasks)))
    await connection.aclose()
    return most


if __name__ == "__main__":
    print(asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
