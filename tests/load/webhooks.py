"""How long an event takes to its webhook: python -m tests.load.webhooks.

    [--rate 1000] [--seconds 10] [--events 1] [--receivers 1] [--realtime]

Events are written straight into the log, as many calls a second as *rate* says with so many
*events* each, and delivered to receivers in a process of their own that answer at once. It
prints the time from an event to its answer, and what a delivery costs of a processor.

On a machine that does more than that, the times are those for which the scheduler lets the
processes wait: with ``--realtime``, which needs root, both go before all others.
"""

import argparse
import asyncio
import multiprocessing
import os
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

import uvloop
from aiohttp import web

from engine.cli.serve import collect_less
from engine.config.settings import FetchSettings
from engine.model.event_data import CallEndedData
from engine.model.event_entry import EventEntry, EventSubject, encode_data
from engine.model.event_type import EventType
from engine.platform.changes import Change
from engine.platform.objects import KINDS, Webhook
from engine.platform.webhook_fields import encode_secret
from engine.store import Store, open_store
from engine.store.current_platform import CurrentPlatform
from engine.telemetry.metrics import Metrics
from engine.webhooks import webhook_runner
from engine.webhooks.deliverer import Deliverer
from engine.webhooks.sender import WebhookAnswer

BATCH_S = 0.02  # as the record writer
END_S = 30.0  # for what is left at the end
ENDED = encode_data(CallEndedData(result="Call connected", disposition="answered"))


def receive(pipe: Connection) -> None:
    """Take every POST at a port that *pipe* gets, until it is closed."""
    asyncio.run(_receive(pipe))


async def _receive(pipe: Connection) -> None:
    async def take(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    pipe.send(runner.addresses[0][1])
    await asyncio.to_thread(pipe.recv)
    await runner.cleanup()


def entries_at(now: float, first: int, calls: int, events: int) -> list[EventEntry]:
    """The events of so many *calls*, all of which happen *now*."""
    kind = EventType.CALL_ENDED.value
    return [
        EventEntry(EventSubject(f"c{call}", now), seq, now, kind, ENDED)
        for call in range(first, first + calls)
        for seq in range(1, events + 1)
    ]


class Bench:
    """Writes events, delivers them, and notes how long each took."""

    def __init__(self, store: Store, uris: list[str]) -> None:
        self.delays: list[float] = []
        self._store = store
        self._uris = uris
        platform = CurrentPlatform(store)
        self._deliverer = Deliverer(store, platform, FetchSettings(), "n", Metrics())

    async def run(self, rate: int, seconds: float, events: int) -> tuple[int, float]:
        """Return how many deliveries were due, and the seconds of a processor they took."""
        secret = encode_secret(b"k" * 32)
        for number, uri in enumerate(self._uris):
            webhook = Webhook(id=f"w{number}", uri=uri, secrets=(secret,))
            await self._store.apply([Change(KINDS["webhook"], None, webhook)])
        task = asyncio.create_task(self._deliverer.run())
        await asyncio.sleep(1.0)  # until leases are taken
        cpu = time.process_time()
        written = await self._write(rate, seconds, events)
        due = written * len(self._uris)
        end = time.monotonic() + END_S
        while len(self.delays) < due and time.monotonic() < end:
            await asyncio.sleep(0.05)
        cpu = time.process_time() - cpu
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return due, cpu

    async def _write(self, rate: int, seconds: float, events: int) -> int:
        written, calls = 0, 0
        began = time.monotonic()
        while (passed := time.monotonic() - began) < seconds:
            more = int(rate * passed) - calls
            if more:
                batch = entries_at(time.time(), calls, more, events)
                await self._store.write([], entries=batch)
                self._deliverer.wake()
                calls, written = calls + more, written + len(batch)
            await asyncio.sleep(BATCH_S)
        return written

    def watch(self) -> None:
        """Note each delivery that was answered."""
        settle = webhook_runner.WebhookRunner._settle

        def noting(
            it: webhook_runner.WebhookRunner, entry: EventEntry, answer: WebhookAnswer
        ) -> None:
            settle(it, entry, answer)
            if answer.is_taken:
                self.delays.append(time.time() - entry.at)

        webhook_runner.WebhookRunner._settle = noting  # type: ignore[method-assign]


async def measure(rate: int, seconds: float, events: int, uris: list[str]) -> None:
    """Run the bench in a new database, and print what it has found."""
    with tempfile.TemporaryDirectory(prefix="outring-") as folder:
        store = await open_store(f"sqlite:///{Path(folder)}/outring.db")
        bench = Bench(store, uris)
        bench.watch()
        due, cpu = await bench.run(rate, seconds, events)
        await store.aclose()
    delays = sorted(bench.delays)
    count = len(delays)
    print(f"{count} of {due} delivered")
    for share in (0.5, 0.95, 0.99):
        delay = delays[int(share * (count - 1))] * 1000
        print(f"{share:.0%} within {delay:.1f} ms of the event")
    print(f"{cpu / count * 1e6:.0f} µs of a processor for each, writing included")


def main() -> None:
    """Read the options, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--events", type=int, default=1)
    parser.add_argument("--receivers", type=int, default=1)
    parser.add_argument("--realtime", action="store_true")
    options = parser.parse_args()
    if options.realtime:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=receive, args=(theirs,), daemon=True)
    process.start()
    port = ours.recv()
    uris = [f"http://127.0.0.1:{port}/"] * options.receivers
    try:
        collect_less()  # this, and the loop, as `outring serve` does
        uvloop.run(measure(options.rate, options.seconds, options.events, uris))
    finally:
        ours.send(None)
        process.join(5.0)


if __name__ == "__main__":
    main()
