"""WebhookRunner: delivers the events of one webhook, as long as this process has its lease."""

import asyncio
import random
import time

import structlog

from engine.model.event_entry import EventEntry
from engine.platform.objects import Webhook
from engine.store import StoreError
from engine.store.deliveries import DeliveryLease
from engine.telemetry.metrics import DeliveryOutcome, Metrics

from .delivery_queue import DeliveryQueue
from .page_reader import PAGE, ReadAfter
from .payload import encode_payload, is_for
from .retry_policy import DeliveryVerdict, judge, pause_s
from .sender import Sender, WebhookAnswer
from .signature import signed_headers

AT_ONCE = 64  # deliveries to one webhook
RETRY_S = 1.0  # while the database is away
LAST_ANSWERS_S = 2.0  # for the answers to what was posted when it stops

log = structlog.get_logger()


async def post_event(
    sender: Sender, webhook: Webhook, entry: EventEntry
) -> WebhookAnswer:
    """Post *entry* to *webhook* once, signed as of now, and return the answer.

    The trace of the request goes along (W3C Trace Context §3.2).
    """
    body = encode_payload(entry, masked=webhook.masked)
    headers = signed_headers(webhook.secrets, entry.id, int(time.time()), body)
    if entry.subject.traceparent is not None:
        headers["traceparent"] = entry.subject.traceparent
    return await sender.post(webhook.uri, body, headers)


class WebhookRunner:
    """Reads the log for one webhook, and posts what it gets, in tasks of its own.

    ``run`` has to run beside it. ``webhook`` may be replaced by a newer state of it.
    """

    def __init__(
        self,
        webhook: Webhook,
        lease: DeliveryLease,
        *,
        read: ReadAfter,
        sender: Sender,
        metrics: Metrics,
    ) -> None:
        self.webhook = webhook
        self.revision = lease.revision
        """That of its stored deliveries."""
        self.queue = DeliveryQueue(lease.position, lease.waiting)
        self.is_gone = False
        """Whether the receiver has answered that it wants nothing any more."""
        self._read = read
        self._sender = sender
        self._metrics = metrics
        self._wake = asyncio.Event()
        self._has_more = False  # the log, beyond what there was room for
        self._deliveries: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._is_stopping = False

    def wake(self) -> None:
        """Read the log: there is more of it."""
        self._wake.set()

    async def run(self) -> None:
        """Deliver until it is cancelled; answers that are due then are waited for, for
        ``LAST_ANSWERS_S`` at most.
        """
        try:
            self._start_due()
            while True:
                self._wake.clear()
                if not await self._read_more():
                    await self._wake.wait()
        finally:
            await self._stop()

    async def _stop(self) -> None:
        self._is_stopping = True
        if self._timer is not None:
            self._timer.cancel()
        if self._deliveries:
            await asyncio.wait(self._deliveries, timeout=LAST_ANSWERS_S)
        for delivery in self._deliveries:
            delivery.cancel()
        await asyncio.gather(*self._deliveries, return_exceptions=True)
        await self._sender.aclose()

    async def _read_more(self) -> bool:
        """Read the next page of the log if there is room; whether to read on at once."""
        self._has_more = not self.queue.has_room
        if self._has_more:
            return False
        try:
            entries, read_to = await self._read(self.queue.read_to)
        except StoreError as error:
            log.debug("events_unread", webhook=self.webhook.id, reason=str(error))
            await asyncio.sleep(RETRY_S)
            return True
        webhook = self.webhook
        self.queue.add((each for each in entries if is_for(webhook, each)), read_to)
        self._start_due()
        return len(entries) == PAGE

    def _start_due(self) -> None:
        """Start the deliveries that are due, as many as may run at once."""
        now = time.time()
        while not self._is_stopping and len(self._deliveries) < AT_ONCE:
            entry = None if self.is_gone else self.queue.take(now)
            if entry is None:
                break
            task = asyncio.create_task(self._deliver(entry))
            self._deliveries.add(task)
            task.add_done_callback(self._on_done)
        self._set_timer(now)

    def _set_timer(self, now: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = self.queue.next_due()
        # What is due already waits for a place, which a delivery that ends will leave.
        if due is not None and due > now and not self._is_stopping:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(due - now, self._start_due)

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._deliveries.discard(task)
        self._start_due()
        if self._has_more and self.queue.has_room:
            self._wake.set()

    async def _deliver(self, entry: EventEntry) -> None:
        try:
            answer = await post_event(self._sender, self.webhook, entry)
        except Exception:
            # Of the event or of ours: it must not keep the others of its call for ever.
            log.exception("delivery_crashed", webhook=self.webhook.id, event=entry.id)
            answer = WebhookAnswer(None, "A defect: the log says more.")
        self._settle(entry, answer)

    def _settle(self, entry: EventEntry, answer: WebhookAnswer) -> None:
        now, verdict = time.time(), judge(answer.status)
        if verdict is DeliveryVerdict.TAKEN:
            self.queue.on_taken(entry, now)
            self._metrics.count_delivery(self.webhook.id, DeliveryOutcome.TAKEN)
            self._metrics.latencies.delivery.observe(max(now - entry.at, 0.0))
            return
        tries = self.queue.tries_of(entry) + 1
        pause = pause_s(tries, random.random())
        is_given_up = self.queue.on_refused(
            entry, now, pause, status=answer.status, error=answer.error
        )
        outcome = DeliveryOutcome.FAILED if is_given_up else DeliveryOutcome.REFUSED
        self._metrics.count_delivery(self.webhook.id, outcome)
        if is_given_up:
            log.error("delivery_failed", webhook=self.webhook.id, event=entry.id)
        self.is_gone = self.is_gone or verdict is DeliveryVerdict.GONE
