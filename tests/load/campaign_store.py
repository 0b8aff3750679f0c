"""How fast campaigns are in the database: python -m tests.load.campaign_store

    [--database sqlite|postgresql] [--contacts 1000000] [--seconds 20] [--rate 500]
    [--batch 10] [--sizes 10000,1000000,10000000]

Contacts are imported as the API does it, a thousand a transaction. Then attempts are reserved
at a rate, each with the record of its call, and settled, by the statements of the program;
what is decided is the least that can be. That is done again beside more and more contacts of
the same campaign that wait for later. CPU is that of this process, with what makes the load,
and of the server.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from sqlalchemy import text

from engine.model.call_record import CallRecord
from engine.model.campaign import (
    AttemptEntry,
    AttemptOutcome,
    CallerIdUse,
    CampaignState,
    ContactEnd,
    ContactState,
    Decision,
    DueContact,
    NewContact,
    OpenAttempt,
    Reservation,
    Settlement,
    Suppression,
)
from engine.model.ids import new_id
from engine.store import Store, open_store
from engine.store.campaigns import ReservationOrder
from engine.store.store import open_database
from tests.load.percentiles import spread_of
from tests.postgresql import postgres_in

PIECE = 1000  # contacts in a transaction
FILL = 50_000  # contacts in a statement that makes them
SUPPRESSED = 100_000
CAMPAIGN, HOLDER = "spring", "node-1"
LIST = "own"
FAR = 1e9  # seconds: not due in any measurement


def contacts(first: int, number: int) -> list[NewContact]:
    """Contacts as an import has them; those of all ten priorities come in turn."""
    return [
        NewContact(
            f"customer-{n}",
            (f"+4930{n:08}",),
            zone="Europe/Berlin",
            priority=n % 10,
            parameters='{"name":"Maria","amount":"129.00"}',
        )
        for n in range(first, first + number)
    ]


def decide(candidates: Sequence[DueContact], _: Sequence[CallerIdUse]) -> Decision:
    """Call all that are not suppressed."""
    return Decision(tuple(_decide_on(candidate) for candidate in candidates))


def _decide_on(candidate: DueContact) -> Reservation:
    contact = candidate.contact
    if candidate.numbers[0].suppressed_by is not None:
        contact.state, contact.end = ContactState.DONE, ContactEnd.SUPPRESSED
        return Reservation(contact)
    contact.state = ContactState.CALLING
    attempt = AttemptEntry(
        contact=contact.id,
        n=1,
        campaign=CAMPAIGN,
        key=contact.key,
        number=contact.numbers[0],
        call=new_id(),
        reserved=time.time(),
        node=HOLDER,
    )
    return Reservation(contact, attempt)


def settle(opened: Sequence[OpenAttempt]) -> list[Settlement]:
    """Let them be reached."""
    return [_settle(it.attempt, it) for it in opened]


def _settle(attempt: AttemptEntry, opened: OpenAttempt) -> Settlement:
    attempt.outcome, attempt.ended = AttemptOutcome.PERSON, time.time()
    contact = opened.contact
    contact.state, contact.end = ContactState.DONE, ContactEnd.REACHED
    contact.attempts += 1
    return Settlement(attempt, contact)


def record_of(attempt: AttemptEntry) -> CallRecord:
    """The record of its call, which has ended."""
    return CallRecord(
        id=attempt.call,
        received=attempt.reserved,
        node=HOLDER,
        application_uuid=attempt.call,
        to=attempt.number,
        result="Call connected",
        ended=time.time(),
        campaign=CAMPAIGN,
        contact=attempt.key,
    )


async def import_all(store: Store, first: int, number: int) -> float:
    """Import so many contacts; the seconds that the store takes for them."""
    taken = 0.0
    for start in range(first, first + number, PIECE):
        piece = contacts(start, min(PIECE, first + number - start))
        began = time.perf_counter()
        await store.contacts.import_contacts(CAMPAIGN, piece, time.time())
        taken += time.perf_counter() - began
    return taken


_FILL = text(
    "WITH RECURSIVE n(i) AS (SELECT CAST(:first AS INTEGER) UNION ALL SELECT i + 1 FROM n WHERE i < :last) "
    "INSERT INTO contact (campaign, key, numbers, state, due, zone, priority, parameters, "
    "number, n, attempts, failures, repeats, invalid) SELECT :campaign, 'later-' || i, "
    "'[\"+4931' || i || '\"]', 'waiting', :due, 'Europe/Berlin', i % 10, '{}', "
    "0, 0, 0, 0, 0, 0 FROM n"
)


async def fill(url: str, first: int, last: int) -> None:
    """Let contacts *first* to *last* wait for later, made by the database itself."""
    database = await open_database(url)
    for start in range(first, last + 1, FILL):
        values = {
            "campaign": CAMPAIGN,
            "first": start,
            "last": min(start + FILL - 1, last),
            "due": time.time() + FAR,
        }
        await database.write(
            lambda connection, values=values: connection.execute(_FILL, values)
        )
    await database.aclose()


async def begin(store: Store) -> None:
    """Let the campaign run."""
    now = time.time()
    states = list(CampaignState)
    await store.campaigns.change_state(CAMPAIGN, states, CampaignState.RUNNING, now=now)
    await store.campaigns.acquire(CAMPAIGN, HOLDER, now=now, expires=now + 1e6)


class Load:
    """Reserves at a rate, in batches, and settles what was reserved five times a second."""

    def __init__(self, store: Store, rate: float, batch: int) -> None:
        """*rate* is attempts a second."""
        self._store, self._rate, self._batch = store, rate, batch
        self.reservations_s: list[float] = []
        self.settlements_s: list[float] = []
        self.reserved = self.suppressed = self.settled = 0
        self._is_over = False
        self._unrecorded: list[AttemptEntry] = []

    async def run(self, seconds: float) -> None:
        """Do it for so long."""
        settling = asyncio.create_task(self._settle())
        began = time.perf_counter()
        interval, turn = self._batch / self._rate, 0
        while (due := began + turn * interval) < began + seconds:
            turn += 1
            await asyncio.sleep(max(due - time.perf_counter(), 0))
            await self._reserve()
        self._is_over = True
        await settling

    async def _reserve(self) -> None:
        order = ReservationOrder(
            campaign=CAMPAIGN,
            holder=HOLDER,
            now=time.time(),
            limit=self._batch,
            lists=(LIST,),
        )
        began = time.perf_counter()
        reserved = await self._store.campaigns.reserve(order, decide)
        self.reservations_s.append(time.perf_counter() - began)
        attempts = [it.attempt for it in reserved if it.attempt is not None]
        self._unrecorded += attempts
        self.reserved += len(attempts)
        self.suppressed += len(reserved) - len(attempts)

    async def _settle(self) -> None:
        position = await self._store.read_position()
        while not self._is_over or self._unrecorded:
            await asyncio.sleep(0.2)
            ended, self._unrecorded = self._unrecorded, []
            await self._store.write([record_of(attempt) for attempt in ended])
            began = time.perf_counter()
            done = await self._store.campaigns.settle_new_ends(
                position, limit=10_000, settle=settle
            )
            self.settlements_s.append(time.perf_counter() - began)
            position = done.position
            self.settled += len(done.settlements)


def show(name: str, load: Load, seconds: float, cpu: float) -> None:
    """Print what a load has measured."""
    spread = spread_of(1000 * taken for taken in load.reservations_s)
    print(
        f"{name}: {load.reserved / seconds:.0f} attempts a second reserved, "
        f"{load.suppressed} contacts suppressed, {load.settled} attempts settled of "
        f"{load.reserved}; a reservation takes "
        f"{spread.p50:.1f} ms, p99 {spread.p99:.1f}, at most {spread.most:.1f}; "
        f"a settlement at most {1000 * max(load.settlements_s):.0f} ms; "
        f"{1000 * cpu:.2f} ms of CPU for an attempt with its record",
        flush=True,
    )


async def measure_import(store: Store, number: int) -> None:
    """Import so many, which are due, and print how long that takes."""
    taken = await import_all(store, 0, number)
    print(
        f"import: {number} contacts in {taken:.1f} s, {number / taken:.0f} a second",
        flush=True,
    )


async def put_suppressions(store: Store) -> None:
    """Put numbers on the list that is looked up, of contacts and of strangers."""
    numbers = (f"+4930{17 * n:08}" for n in range(SUPPRESSED))
    entries = [Suppression(LIST, number, time.time()) for number in numbers]
    for start in range(0, SUPPRESSED, PIECE):
        await store.suppressions.put(entries[start : start + PIECE])


async def measure(url: str, options: argparse.Namespace) -> None:
    """Measure the database at *url*."""
    store = await open_store(url)
    try:
        await begin(store)
        await put_suppressions(store)
        await measure_import(store, options.contacts)
        total = options.contacts
        for size in options.sizes:
            if size > total:
                await fill(url, total, size - 1)
                total = size
            load, began = Load(store, options.rate, options.batch), cpu_s()
            await load.run(options.seconds)
            spent = (cpu_s() - began) / max(load.settled, 1)
            show(f"beside {total} contacts", load, options.seconds, spent)
    finally:
        await store.aclose()


def cpu_s() -> float:
    """CPU time of this process and of the server's that are there, in seconds."""
    own, spent = psutil.Process(), 0.0
    for process in (own, *own.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):  # a worker of the server that has ended
            times = process.cpu_times()
            spent += times.user + times.system
    return spent


@contextmanager
def database(kind: str) -> Iterator[str]:
    """A new database of a kind, which waits for its disk; its URL."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if kind == "sqlite":
            yield f"sqlite:///{folder}/outring.db"
            return
        folder.chmod(0o755)  # the server runs as another user
        with postgres_in(folder / "postgresql", is_durable=True) as server:
            yield server.create("campaigns")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default="postgresql")
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rate", type=float, default=500.0)
    parser.add_argument("--batch", type=int, default=10)
    parser.add_argument(
        "--sizes",
        type=lambda text: [int(size) for size in text.split(",")],
        default=[1_000_000],
    )
    options = parser.parse_args()
    with database(options.database) as url:
        asyncio.run(measure(url, options))


if __name__ == "__main__":
    main()
