"""A campaign while everything fails: python -m tests.load.campaign_chaos

    [--seconds 600] [--seed 1] [--processes 2]

A campaign calls callees whose behaviour is in the number, through processes that share a
PostgreSQL and a Redis. Each few seconds a process is killed (SIGKILL) and started again, or
PostgreSQL or Redis is. In the end every contact must be done, nobody may have been called more
often than attempts say, nobody who stands on the suppression list at all, and the counts must be
those of the rows. Exits with 1 if that is not so.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

from engine.config.toml_file import TomlFile
from engine.model.campaign import (
    AttemptEntry,
    AttemptOutcome,
    CampaignState,
    ContactEnd,
    ContactEntry,
    NewContact,
    Suppression,
)
from engine.platform.objects import Objects
from engine.store import Store, StoreError, open_store
from engine.store.campaigns import AttemptPlace
from tests.answering_callee import AnsweringCallee, answering
from tests.engine.process import COMMAND, PLATFORM
from tests.load.processes import program
from tests.platform import store_objects
from tests.postgresql import Postgres, postgres_in
from tests.redis_server import RedisServer, redis_in

CAMPAIGN = "chaos"
RATE = 40.0
MOST_S = 7200
SETTLE_S = 420.0  # for the last attempt, which counts as lost after three minutes
SUPPRESSED = 50
PAGE = 1000
LAST_DIGITS = "0000001112345678"

OBJECTS = """
[[campaign]]
id = "{campaign}"
application = "hello"
pace = {{ calls_per_second = {rate} }}
suppressions = ["never"]
breaker = {{ share = 1.0, calls = 1000, window_s = 10, rest_s = 1 }}

[campaign.retries]
attempts = 3
failures = 3
after = {{ busy = [5], no_answer = [5], congestion = [5], cancelled = [5], not_placed = [1] }}

[[proxy]]
id = "callee"
mode = "REWRITE_DESTINATION"
address = "sip:127.0.0.1:{port}"

[[group]]
id = "callees"
members = ["callee"]
default = true
"""


class Chaos:
    """The platform, its callee, and who kills what."""

    def __init__(
        self, folder: Path, callee: AnsweringCallee, seed: int, count: int
    ) -> None:
        self.folder = folder
        self.callee = callee
        self.chance = random.Random(seed)
        self.count = count
        self.url = ""
        self.kills: Counter[str] = Counter()
        self._is_over = asyncio.Event()
        self._restart = [asyncio.Event() for _ in range(count)]

    async def apply(self, url: str) -> None:
        """Provision the platform in the database at *url*."""
        self.url = url
        file = self.folder / "platform.toml"
        objects = OBJECTS.format(campaign=CAMPAIGN, rate=RATE, port=self.callee.port)
        file.write_text(PLATFORM + objects)
        await store_objects(url, TomlFile(file).validate(Objects))

    def settings(self, number: int, redis: RedisServer) -> Path:
        """Write the settings of a process."""
        first = 20_000 + 2000 * number
        file = self.folder / f"process-{number}.toml"
        file.write_text(
            f'[http]\nport = 0\n[node]\nname = "process-{number}"\n'
            '[sip]\nlisten = ["udp:127.0.0.1:0"]\n'
            f"rtp_port_min = {first}\nrtp_port_max = {first + 1999}\n"
            '[log]\nlevel = "error"\n'
            f'[redis]\nurl = "{redis.url}"\n[database]\nurl = "{self.url}"\n'
        )
        return file

    async def keep(self, number: int, file: Path) -> None:
        """Run a process until all is over; it is killed when asked for, and started again."""
        command = (*COMMAND, "serve", "--config", str(file))
        while not self._is_over.is_set():
            self._restart[number].clear()
            async with program(*command, log=self.folder / f"log-{number}") as process:
                waits = [
                    asyncio.create_task(it.wait())
                    for it in (self._restart[number], self._is_over)
                ]
                ended = asyncio.create_task(process.wait())
                await asyncio.wait([*waits, ended], return_when=asyncio.FIRST_COMPLETED)
                if ended.done():
                    self.kills["ended by itself"] += 1
                else:
                    process.kill()
                    await ended
                for wait in waits:
                    wait.cancel()

    async def break_things(
        self, until: float, postgres: Postgres, redis: RedisServer
    ) -> None:
        """Kill something each few seconds."""
        while time.monotonic() < until:
            await asyncio.sleep(self.chance.uniform(2, 9))
            what = self.chance.choice(["process"] * 6 + ["postgresql", "redis"])
            self.kills[what] += 1
            if what == "process":
                self._restart[self.chance.randrange(self.count)].set()
            elif what == "redis":
                redis.kill()
                await asyncio.sleep(self.chance.uniform(0.2, 3))
                await asyncio.to_thread(redis.start)
            else:
                await asyncio.to_thread(postgres.stop)
                await asyncio.sleep(self.chance.uniform(0.2, 3))
                await asyncio.to_thread(postgres.start)

    def end(self) -> None:
        """Let all processes end."""
        self._is_over.set()


def make_contacts(count: int) -> list[NewContact]:
    """Contacts, each with its own number."""
    digits = LAST_DIGITS
    return [
        NewContact(f"{i}", (f"+4930{i:07}{digits[i % len(digits)]}",))
        for i in range(count)
    ]


async def begin(store: Store, contacts: Sequence[NewContact]) -> set[str]:
    """Import and start; returns the numbers that must not be called."""
    now = time.time()
    for start in range(0, len(contacts), PAGE):
        await store.contacts.import_contacts(
            CAMPAIGN, contacts[start : start + PAGE], now
        )
    never = {it.numbers[0] for it in contacts[:: len(contacts) // SUPPRESSED]}
    await store.suppressions.put([Suppression("never", it, now) for it in never])
    await store.campaigns.change_state(
        CAMPAIGN, [CampaignState.READY], CampaignState.RUNNING, now=now
    )
    return never


async def wait_until_done(store: Store) -> None:
    """Wait until the campaign is finished."""
    async with asyncio.timeout(SETTLE_S):
        while True:
            with suppress(StoreError):
                run = await store.campaigns.read_run(CAMPAIGN)
                if run.state is CampaignState.FINISHED:
                    return
            await asyncio.sleep(0.5)


async def read_contacts(store: Store) -> list[ContactEntry]:
    """All contacts."""
    found: list[ContactEntry] = []
    while page := await store.contacts.find_page(
        CAMPAIGN, after=found[-1].key if found else "", limit=PAGE
    ):
        found += page
    return found


async def read_attempts(store: Store) -> list[AttemptEntry]:
    """All attempts."""
    found: list[AttemptEntry] = []
    place = AttemptPlace(0.0, 0, 0)
    while page := await store.campaigns.find_attempts(
        CAMPAIGN, after=place, limit=PAGE
    ):
        found += page
        place = AttemptPlace.of(page[-1])
    return found


async def find_wrongs(
    store: Store, callee: AnsweringCallee, never: set[str]
) -> list[str]:
    """All that must not be, in sentences."""
    contacts, attempts = await read_contacts(store), await read_attempts(store)
    counts = await store.campaigns.read_counts(CAMPAIGN)
    placed = Counter(
        it.number for it in attempts if it.outcome is not AttemptOutcome.NOT_PLACED
    )
    unknown = {it.key for it in attempts if it.outcome is AttemptOutcome.UNKNOWN}
    last = {it.key: it for it in attempts}
    ends = Counter(it.end for it in contacts)
    wrong = {
        "numbers that were called more often than attempts say": sum(
            len(calls) > placed[user] for user, calls in callee.called.items()
        ),
        "suppressed numbers that were called": len(never & callee.called.keys()),
        "contacts that are not done": ends[None],
        "attempts without an end": sum(it.outcome is None for it in attempts),
        "contacts that were called after an unknown end": sum(
            last[key].outcome is not AttemptOutcome.UNKNOWN for key in unknown
        ),
        "contacts that are suppressed and not done so": len(never)
        - ends[ContactEnd.SUPPRESSED],
        "outcomes that are counted otherwise": sum(
            abs(number - counts.outcomes.get(outcome, 0))
            for outcome, number in Counter(it.outcome for it in attempts).items()
            if outcome is not None
        ),
        "contacts that have had more than three attempts": sum(
            it.attempts > 3 for it in contacts
        ),
    }
    outcomes = Counter(str(it.outcome) for it in attempts)
    print(f"{len(contacts)} contacts, {len(attempts)} attempts: {dict(outcomes)}")
    print(f"ends: { {str(end): number for end, number in ends.items()} }")
    return [f"{what}: {number}" for what, number in wrong.items() if number]


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Store]:
    """The database."""
    store = await open_store(url)
    try:
        yield store
    finally:
        await store.aclose()


async def run(folder: Path, seconds: int, seed: int, processes: int) -> list[str]:
    """Make chaos, and print what came of it; all that is wrong."""
    async with AsyncExitStack() as stack:
        postgres = stack.enter_context(postgres_in(folder / "postgres"))
        redis = stack.enter_context(redis_in(folder / "redis"))
        callee = await stack.enter_async_context(answering())
        chaos = Chaos(folder, callee, seed, processes)
        await chaos.apply(postgres.create("chaos"))
        store = await stack.enter_async_context(opened(chaos.url))
        never = await begin(store, make_contacts(int(seconds * RATE * 0.4)))
        keeping = [
            asyncio.create_task(chaos.keep(number, chaos.settings(number, redis)))
            for number in range(processes)
        ]
        began = time.monotonic()
        await chaos.break_things(began + seconds, postgres, redis)
        try:
            await wait_until_done(store)
        finally:
            print(f"killed: {dict(chaos.kills)}, {callee.calls} calls came")
            print(
                f"done {time.monotonic() - began - seconds:.0f} s after the last kill"
            )
            wrongs = await find_wrongs(store, callee, never)
            print(*wrongs, sep="\n")
        chaos.end()
        await asyncio.gather(*keeping)
        return wrongs


def main() -> None:
    """Read the command line, make chaos, and tell."""
    parser = argparse.ArgumentParser(
        prog="tests.load.campaign_chaos",
        description="A campaign while everything fails.",
    )
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    chosen = parser.parse_args()
    if not (10 <= chosen.seconds <= MOST_S and 1 <= chosen.processes <= 8):
        parser.error(f"--seconds is 10 to {MOST_S}, --processes 1 to 8")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # for the user of PostgreSQL
        wrongs = asyncio.run(run(folder, chosen.seconds, chosen.seed, chosen.processes))
    print(*wrongs or ["nothing is wrong"], sep="\n")
    sys.exit(bool(wrongs))


if __name__ == "__main__":
    main()
