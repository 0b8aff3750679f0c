"""Kill outring in the moment of its INVITEs: python -m tests.load.kills

    [--kills 20] [--seed 1] [--postgresql] [--json]

Each time a burst of requests with Idempotency-Keys comes, the process is killed (SIGKILL)
at a random moment or when an INVITE has just arrived, and started again; then every key
is asked for again. Whoever was rung must have a record, every key an answer, and nobody
may be called twice. Exits with 1 if that is not so.
"""

import argparse
import asyncio
import random
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from rich.console import Console
from rich.table import Table

from engine.model.call_record import CallRecord
from engine.store import RecordFilter, open_store
from tests.counting_callee import Callee, listening
from tests.engine.process import KEY, SETTINGS, Outring, configured, started, stored
from tests.postgresql import postgres_in

KEYS = 25  # of a burst
SPACING_S = 0.004
WAIT_MS = 15_000  # of each request
MOST_KILLS = 100


Moment = Callable[[Callee], Awaitable[None]]
"""Waits until the process is to be killed."""


class Kill(msgspec.Struct, frozen=True):
    """What became of the requests and calls that one kill has met."""

    moment: str
    asked: int  # keys
    rang: int  # users who were called before it
    recorded: int  # of these
    replayed: int  # keys whose answer was that of the killed process's call
    wrongs: list[str]


class Reply(msgspec.Struct, frozen=True):
    """The answer to a request."""

    status: int
    body: dict[str, Any]
    is_replay: bool


async def kill_in_turn(
    folder: Path, url: str, moments: Sequence[tuple[str, Moment]], keys: int = KEYS
) -> AsyncIterator[Kill]:
    """Kill a process at each of *moments* and look what is left; the next one is killed then.

    *url* is that of the database.
    """
    file = configured(folder)
    file.write_text(f'{SETTINGS}\n[database]\nurl = "{url}"\n')
    await stored(file)
    async with AsyncExitStack() as stack:
        outring = await stack.enter_async_context(started(file))
        for number, (name, moment) in enumerate(moments):
            callee = await stack.enter_async_context(listening())
            users = [f"user-{number}-{key}" for key in range(keys)]
            began = time.time()
            await _burst(outring, callee, users, moment)
            rang = {user: set(ids) for user, ids in callee.called.items()}
            outring = await stack.enter_async_context(started(file))
            callee.is_busy = True
            replies = await asyncio.gather(
                *(_ask(outring.url, callee, user) for user in users)
            )
            records = await _records(url, began)
            yield judge(
                name,
                rang,
                callee.called,
                dict(zip(users, replies, strict=True)),
                records,
            )


async def _burst(
    outring: Outring, callee: Callee, users: Sequence[str], moment: Moment
) -> None:
    """Ask for a call to each user, a few milliseconds apart, and kill the process meanwhile."""

    async def later(number: int, user: str) -> None:
        await asyncio.sleep(number * SPACING_S)
        await _ask(outring.url, callee, user)

    asking = [
        asyncio.create_task(later(number, user)) for number, user in enumerate(users)
    ]
    try:
        await moment(callee)
    finally:
        outring.signal(signal.SIGKILL)
    await outring.ended()
    broken = await asyncio.gather(*asking, return_exceptions=True)
    assert all(isinstance(error, aiohttp.ClientError) for error in broken), broken


async def _ask(url: str, callee: Callee, user: str) -> Reply:
    body = {"action": "makeCall", "to": callee.uri(user), "timeout": WAIT_MS}
    async with (
        aiohttp.ClientSession(headers={"X-API-Key": KEY}) as http,
        http.post(
            f"{url}/api/v1/bvr/outbound", json=body, headers={"Idempotency-Key": user}
        ) as response,
    ):
        is_replay = response.headers.get("Idempotency-Replayed") == "true"
        return Reply(response.status, await response.json(), is_replay)


async def _records(url: str, since: float) -> list[CallRecord]:
    store = await open_store(url)
    try:
        return await store.find_records(RecordFilter(since=since), limit=1000)
    finally:
        await store.aclose()


def judge(
    moment: str,
    rang: dict[str, set[str]],
    called: dict[str, set[str]],
    replies: dict[str, Reply],
    records: Sequence[CallRecord],
) -> Kill:
    """Return what became of the calls and requests that a kill has met, with all that is wrong.

    *rang*: who was called before the kill, *called*: who was by now; both by Call-IDs.
    """
    by_call_id = {record.call_id: record for record in records}
    wrongs = [
        f"{user} was called {len(ids)} times"
        for user, ids in called.items()
        if len(ids) > 1
    ]
    recorded = 0
    for user, reply in replies.items():
        if reply.status == HTTPStatus.REQUEST_TIMEOUT:
            wrongs.append(f"the key of {user} has no answer: {reply.body}")
        for call_id in rang.get(user, ()):
            record = by_call_id.get(call_id)
            recorded += record is not None
            wrongs += _wrongs_of_rung(user, record, reply)
    replayed = sum(reply.is_replay for reply in replies.values())
    return Kill(moment, len(replies), len(rang), recorded, replayed, wrongs)


def _wrongs_of_rung(user: str, record: CallRecord | None, reply: Reply) -> list[str]:
    """What is wrong about the record and the answer of somebody who rang at the kill."""
    if record is None:
        return [f"{user} rang without a record"]
    body = reply.body
    told = (reply.status, body["result"], body.get("applicationUUID"), "sip" in body)
    if told != (500, "Internal Error", record.application_uuid, False):
        return [f"the key of {user} is told {body}"]
    if record.termination_reason != "node_lost" or "has died" not in body["detail"]:
        return [f"what became of {user} is not told: {body}"]
    return []


# -- moments ---------------------------------------------------------------------------


def after(seconds: float) -> tuple[str, Moment]:
    """So long after the first request."""

    async def moment(_: Callee) -> None:
        await asyncio.sleep(seconds)  # this is what is tried

    return f"{seconds * 1000:.0f} ms", moment


def at_invite(number: int) -> tuple[str, Moment]:
    """When so many users have been called."""

    async def moment(callee: Callee) -> None:
        await callee.invited(number)

    return f"INVITE {number}", moment


def moments_of(kills: int, seed: int) -> list[tuple[str, Moment]]:
    """Half of them within 100 ms of the first request, half at the arrival of an INVITE."""
    chance = random.Random(seed)
    return [
        after(chance.uniform(0, 0.1))
        if number % 2
        else at_invite(chance.randint(1, KEYS - 1))
        for number in range(kills)
    ]


# -- the command -----------------------------------------------------------------------


async def measure(
    folder: Path, url: str, moments: Sequence[tuple[str, Moment]]
) -> list[Kill]:
    """All kills."""
    return [kill async for kill in kill_in_turn(folder, url, moments)]


def table_of(kills: Sequence[Kill]) -> Table:
    """For a terminal."""
    table = Table()
    for column in (
        "killed at",
        "keys",
        "rang",
        "of these recorded",
        "replayed",
        "wrong",
    ):
        table.add_column(column)
    for kill in kills:
        figures = (
            kill.asked,
            kill.rang,
            kill.recorded,
            kill.replayed,
            len(kill.wrongs),
        )
        table.add_row(kill.moment, *map(str, figures))
    return table


def main() -> None:
    """Read the command line, kill, and tell."""
    parser = argparse.ArgumentParser(
        prog="tests.load.kills",
        description="Kill outring in the moment of its INVITEs, and look what is left.",
    )
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    parser.add_argument("--postgresql", action="store_true", help="in place of SQLite")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    if not 1 <= chosen.kills <= MOST_KILLS:
        parser.error(f"--kills is 1 to {MOST_KILLS}")
    moments = moments_of(chosen.kills, chosen.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as a user of its own
        if chosen.postgresql:
            with postgres_in(folder / "postgres") as server:
                url = server.create("kills")
                kills = asyncio.run(measure(folder, url, moments))
        else:
            url = f"sqlite:///{folder / 'outring.db'}"
            kills = asyncio.run(measure(folder, url, moments))
    if chosen.json:
        sys.stdout.buffer.write(msgspec.json.encode(kills) + b"\n")
    else:
        console = Console()
        console.print(table_of(kills))
        for kill in kills:
            console.print(*kill.wrongs, sep="\n", end="", highlight=False)
    sys.exit(any(kill.wrongs for kill in kills))


if __name__ == "__main__":
    main()
