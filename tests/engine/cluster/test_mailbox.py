"""Mail: what was taken care of leaves its box."""

import asyncio

from engine.cluster import RedisConnection
from engine.cluster.mailbox import Mailbox


async def test_what_was_taken_leaves_the_box(connection: RedisConnection) -> None:
    taken: list[bytes] = []
    mail = Mailbox(connection, "node")
    for number in range(3):
        await mail.send("node", b"%d" % number)
    reading = asyncio.create_task(mail.read(taken.append))
    try:
        async with asyncio.timeout(10), connection.borrow_client(10) as client:
            while len(taken) < 3 or await client.xlen(connection.key("mail:node")):
                await asyncio.sleep(0.01)
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)

    assert taken == [b"0", b"1", b"2"]
