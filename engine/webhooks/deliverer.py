"""Deliverer: delivers to all webhooks of which this process has the lease.

Of several processes with one database a single one delivers to a webhook at a time. It
takes the webhook's lease, and holds it by storing how far it has come. A process that dies
leaves a lease that lapses, and whoever goes on delivers what was not stored a second time.
One that starts takes the leases of an earlier one of its name over at once.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import structlog

from engine.config.settings import FetchSettings
from engine.model.event_entry import EventEntry
from engine.platform.objects import KINDS, Webhook
from engine.platform.pauses import Pause
from engine.store import StaleChangeError, Store, StoreError
from engine.store.current_platform import CurrentPlatform
from engine.store.deliveries import LeaseHolder
from engine.telemetry.metrics import Metrics, WebhookFigures
from engine.telemetry.webhook_totals import WebhookTotals

from .page_reader import PageReader
from .sample import sample_end
from .sender import Sender, WebhookAnswer
from .webhook_runner import WebhookRunner, post_event

LEASE_S = 15.0
RENEWAL_S = 5.0  # while nothing is to be stored
TURN_S = 1.0  # between looks at the webhooks, and at most until progress is stored
POLL_S = 0.25  # between looks for events that other processes have committed
GONE = "The receiver has answered 410 Gone."
PLATFORM = "outring"  # by whom a webhook is paused that is gone

log = structlog.get_logger()


@dataclass(slots=True)
class _Running:
    runner: WebhookRunner
    task: asyncio.Task[None]
    expires: float
    renewed: float


class Deliverer:
    """Delivers to the webhooks of a platform, each of which has a task of its own.

    ``run`` has to run beside it. *name* is that of this process.
    """

    def __init__(
        self,
        store: Store,
        platform: CurrentPlatform,
        settings: FetchSettings,
        name: str,
        metrics: Metrics,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._platform = platform
        self._settings = settings
        self._name = name
        # Unlike that of an earlier process of the name, which may live all the same.
        self._holder = f"{name}/{secrets.token_hex(4)}"
        self._may_succeed = True  # to what an earlier one of the name has held
        self._metrics = metrics
        self._clock = clock
        self._running: dict[str, _Running] = {}
        self._reader = PageReader(store.events)
        self._away_for: str | None = None  # why nothing can be stored; None: it can
        self._newest = 0  # position in the event log that the webhooks know of
        self._updating = asyncio.Lock()

    def wake(self) -> None:
        """Read the event log: something was committed."""
        self._reader.on_committed()
        for running in self._running.values():
            running.runner.wake()

    def figures(self) -> dict[str, WebhookFigures]:
        """How deliveries stand to those webhooks that this process delivers to."""
        return {
            name: _figures_of(running.runner, self._clock())
            for name, running in self._running.items()
        }

    def totals(self) -> WebhookTotals:
        """What waits for those webhooks that this process delivers to, and how many fail."""
        queues = [running.runner.queue for running in self._running.values()]
        return WebhookTotals(
            sum(map(len, queues)), sum(queue.is_failing for queue in queues)
        )

    async def send_sample(self, webhook: Webhook) -> tuple[EventEntry, WebhookAnswer]:
        """Post an event of a call that never was to *webhook*; return it, and the answer.

        It stands in no log, and is not tried again.
        """
        entry = sample_end(secrets.token_hex(4), self._clock())
        sender = Sender(self._settings)
        try:
            return entry, await post_event(sender, webhook, entry)
        finally:
            await sender.aclose()

    async def run(self) -> None:
        """Deliver until it is cancelled; then store how far it has come."""
        turn = 0.0
        try:
            while True:
                now = time.monotonic()
                if now >= turn:
                    turn = now + TURN_S
                    await self.update()
                await self._poll()
                await asyncio.sleep(POLL_S)
        finally:
            await self._stop()

    async def update(self) -> None:
        """Store how far all webhooks have come, and begin and end as the platform says.

        A second caller waits for the first.
        """
        async with self._updating:
            try:
                await self._follow_platform()
                self._away_for = None
            except StoreError as error:
                self._note_away(error)
                await self._drop_expired()

    async def _follow_platform(self) -> None:
        requested = await self._requested()
        await self._end_those_not_in(requested)
        if requested:
            holders = await self._store.deliveries.read_holders()
            await self._hold_leases(requested, holders)
            await self._begin(requested, holders)
        self._may_succeed = False

    def _note_away(self, error: StoreError) -> None:
        """Log why nothing can be stored, each reason once."""
        reason = str(error)
        if reason != self._away_for:
            log.warning("webhooks_unsaved", reason=reason)
        self._away_for = reason

    async def _requested(self) -> dict[str, Webhook]:
        """The webhooks of the platform that are not paused."""
        snapshot = await self._platform.newest()
        return {
            webhook.id: webhook
            for webhook in snapshot.objects.webhook
            if snapshot.pauses.find("webhook", webhook.id) is None
        }

    async def _end_those_not_in(self, requested: Mapping[str, Webhook]) -> None:
        for name in self._running.keys() - requested.keys():
            await self._close(name)

    async def _hold_leases(
        self, requested: dict[str, Webhook], holders: Mapping[str, LeaseHolder]
    ) -> None:
        """Store how far each webhook has come; those that are gone leave *requested*."""
        for name, running in [*self._running.items()]:
            runner = running.runner
            runner.webhook = requested[name]
            if running.task.done():
                log.error(
                    "webhook_crashed", webhook=name, exc_info=running.task.exception()
                )
                await self._drop([name])  # it begins anew where it was stored last
            elif name not in holders or holders[name].revision != runner.revision:
                await self._drop([name])  # others have changed what is delivered
            elif runner.is_gone:
                del requested[name]
                await self._close(name)
                await self._pause(name)
            elif not await self._save(name, running):
                await self._drop([name])

    async def _save(self, name: str, running: _Running) -> bool:
        """Store what is new, and hold the lease; False if it is lost."""
        runner, now = running.runner, self._clock()
        queue = runner.queue
        if queue.is_stored and now - running.renewed < RENEWAL_S:
            return True
        progress = None if queue.is_stored else queue.take_progress()
        expires = now + LEASE_S
        try:
            is_held = await self._store.deliveries.save(
                name,
                self._holder,
                runner.revision,
                expires=expires,
                progress=progress,
            )
        except BaseException:
            if progress is not None:
                queue.put_back(progress)
            raise
        running.expires, running.renewed = expires, now
        return is_held

    async def _pause(self, name: str) -> None:
        """Pause the webhook *name*, whose receiver wants nothing any more."""
        kind = KINDS["webhook"]
        pause = Pause(kind.table, name, self._clock(), GONE, PLATFORM)
        try:
            await self._store.pause(kind, pause)
        except StaleChangeError:
            log.info("webhook_removed", webhook=name)

    async def _begin(
        self, requested: Mapping[str, Webhook], holders: Mapping[str, LeaseHolder]
    ) -> None:
        for name in (requested.keys() & holders.keys()) - self._running.keys():
            now, earlier = self._clock(), self._predecessor(holders[name])
            if earlier is None and not holders[name].is_free_for(self._holder, now):
                continue
            expires = now + LEASE_S
            lease = await self._store.deliveries.acquire(
                name, self._holder, now=now, expires=expires, instead_of=earlier
            )
            if lease is None:
                continue
            if lease.missed:
                log.error("events_missed", webhook=name, count=lease.missed)
            runner = WebhookRunner(
                requested[name],
                lease,
                read=self._reader.read_after,
                sender=Sender(self._settings),
                metrics=self._metrics,
            )
            task = asyncio.create_task(runner.run(), name=f"webhook {name}")
            self._running[name] = _Running(runner, task, expires, now)

    def _predecessor(self, lease: LeaseHolder) -> str | None:
        """The holder of *lease* if this process has just begun in its place; else None."""
        name, _, _ = (lease.holder or "").rpartition("/")
        return lease.holder if self._may_succeed and name == self._name else None

    async def _poll(self) -> None:
        if not self._running:
            return
        try:
            _, newest = await self._store.events.read_positions()
        except StoreError:
            return  # whoever reads the log says so
        if newest != self._newest:
            self._newest = newest
            self.wake()

    async def _close(self, name: str) -> None:
        """End deliveries to *name*, and store how far they have come."""
        running = self._running.pop(name)
        await _end([running.task])
        running.renewed = 0.0
        await self._save(name, running)

    async def _drop_expired(self) -> None:
        now = self._clock()
        gone = [name for name, it in self._running.items() if it.expires <= now]
        await self._drop(gone)

    async def _drop(self, names: Iterable[str]) -> None:
        """End deliveries to *names*, and store nothing: another process may go on."""
        await _end([self._running.pop(name).task for name in names])

    async def _stop(self) -> None:
        await _end([running.task for running in self._running.values()])
        try:
            for name, running in self._running.items():
                await self._save(name, running)
            await self._store.deliveries.release(self._holder)
        except StoreError as error:
            log.warning("webhooks_unsaved", reason=str(error))
        self._running.clear()


def _figures_of(runner: WebhookRunner, now: float) -> WebhookFigures:
    oldest = runner.queue.oldest_at
    age = 0.0 if oldest is None else max(now - oldest, 0.0)
    return WebhookFigures(len(runner.queue), age)


async def _end(tasks: Iterable[asyncio.Task[None]]) -> None:
    tasks = [*tasks]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
