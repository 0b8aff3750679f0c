"""The process: opens everything in order, serves, drains, and closes it in reverse."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from aiohttp import web

from engine.admission.ledger import Ledger
from engine.admission.memory_ledger import MemoryLedger
from engine.admission.options_pinger import Pinger
from engine.calls.live_calls import LiveCalls
from engine.config.role import Role
from engine.config.settings import DatabaseSettings, Settings
from engine.config.toml_file import ConfigMistake, ConfigurationError
from engine.dialer.dialer import Dialer
from engine.http import (
    EarlyRejectionProtocol,
    connection_refusal,
    end_late_connections,
    limits_of,
    make_app,
)
from engine.http.listener import Reception, listen
from engine.model.result import RefusedError
from engine.monitoring import Samples, SnapshotStream
from engine.recordings.catalogue import RecordingCatalogue
from engine.records.housekeeping import Retention
from engine.records.record_writer import RecordWriter
from engine.store import Store, StoreError, open_store
from engine.store.current_platform import CurrentPlatform
from engine.tasks.background import Background
from engine.tasks.background_tasks import wait_first
from sip import start_agent
from sip.agent import UserAgent
from sip.errors import SipError

from .child_processes import Child, supervise
from .monitoring_sources import live_overview, platform_status, proxy_status
from .process_parts import ProcessParts
from .wiring import compose

if TYPE_CHECKING:
    from engine.cluster import Member

LAST_WORDS_S = 1.0  # for documents to end by themselves when the process stops
DAY_S = 24 * 3600.0
LAST_WRITE_S = 5.0  # for the database to take the last records when it stops

log = structlog.get_logger()


class ExitStatus(IntEnum):
    """Exit status of ``outring serve`` once it has started; 2 means that it could not."""

    STOPPED = 0
    """A signal, or the end of standard input, asked for it."""
    CRASHED = 3
    """A background task that has to run for ever has crashed too often."""
    RECORDS_LOST = 4
    """Records could not be written before the end, whatever the reason to end."""


@dataclass(frozen=True, slots=True)
class RunningProcess:
    """The parts of a running process that tests and ``serve`` use.

    *agent* is None on a front end; *url* is where HTTP is served.
    """

    parts: ProcessParts
    agent: UserAgent | None
    store: Store
    recorder: RecordWriter
    url: str

    @property
    def background(self) -> Background:
        """Runs the background tasks."""
        return self.parts.background

    @property
    def dialer(self) -> Dialer:
        """Takes the requests."""
        return self.parts.dialer


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[RunningProcess]:
    """Run outring within the ``async with``; raises ConfigurationError if it cannot start.

    On leaving, every call is hung up, its far end is given time to confirm that, and its
    record is written. Draining before that is up to the caller.
    """
    background = Background()
    async with (
        _open_database(settings.database) as store,
        _run_record_writer(store, settings, background) as recorder,
        _open_member(settings) as member,
    ):
        ledger = MemoryLedger() if member is None else member.ledger
        parts = compose(
            settings, store, recorder, ledger, member=member, background=background
        )
        await _read_platform(parts.platform)
        # HTTP is served last: no request may come before there is a user agent to place its
        # call, and before the name of this process is known to be its own.
        async with (
            _run_user_agent(settings, parts) as agent,
            _join_cluster(settings, parts, member, store),
            _keep_recordings(parts),
            _deliver_events(parts),
            _export_events(parts),
            _run_campaigns(parts),
            _serve_http(settings, parts, ledger, recorder, store) as url,
        ):
            parts.applications.url = settings.http.public_url or url
            try:
                yield RunningProcess(parts, agent, store, recorder, url)
            finally:
                await _stop(parts, agent)


@asynccontextmanager
async def _run_user_agent(
    settings: Settings, parts: ProcessParts
) -> AsyncIterator[UserAgent | None]:
    """Run the user agent, None on a front end, and the background tasks of calls."""
    start = parts.background.start
    tasks = [
        start("leases", parts.calls.renew_leases),
        start("overload", parts.overload.run),
    ]
    agent = None
    try:
        if settings.node.role is not Role.FRONT:
            agent = await _start_agent(settings, parts.calls)
            parts.attach(agent)
            pinger = Pinger(agent, parts.platform, parts.placer.health)
            tasks.append(start("pings", pinger.run))
            tasks.append(start("sessions", parts.applications.watch))
            tasks.append(asyncio.create_task(_watch(agent, parts.background)))
        yield agent
    finally:
        if agent is not None:
            await agent.aclose()
        await parts.fetcher.aclose()
        await parts.sounds.aclose()
        await _cancel_all(tasks)


async def _watch(agent: UserAgent, background: Background) -> None:
    """Give up if the user agent crashes: its calls are over, and it cannot be restarted."""
    await agent.crashed.wait()
    background.give_up("sip")


@asynccontextmanager
async def _open_member(settings: Settings) -> AsyncIterator["Member | None"]:
    if settings.redis.url is not None:
        from .cluster_membership import member_of  # the client of Redis takes 8 MB

        async with member_of(settings) as member:
            yield member
        return
    if settings.node.role is not Role.ALL:
        text = f"The role {settings.node.role} needs redis.url: several processes share it."
        raise ConfigurationError([ConfigMistake("redis.url", text)])
    yield None


@asynccontextmanager
async def _join_cluster(
    settings: Settings, parts: ProcessParts, member: "Member | None", store: Store
) -> AsyncIterator[None]:
    """Join the platform, if *member* is given, and close what an earlier process left open."""
    tasks = []
    if member is not None:
        from .cluster_membership import join

        works = await join(settings, parts, member, store)
        tasks = [parts.background.start(name, work) for name, work in works.items()]
    # Only after joining: the name is ours now, so that what is open under it cannot be of
    # another live process.
    await _close_orphans(store, settings.node.name)
    try:
        yield
    finally:
        await _cancel_all(tasks)


@asynccontextmanager
async def _export_events(parts: ProcessParts) -> AsyncIterator[None]:
    """Export events; those of the last calls are exported by the next process that runs."""
    tasks = [
        parts.background.start(f"export {it.target}", it.run, may_return=True)
        for it in parts.exporters
    ]
    try:
        yield
    finally:
        await _cancel_all(tasks)


@asynccontextmanager
async def _run_campaigns(parts: ProcessParts) -> AsyncIterator[None]:
    """Run campaigns; the attempts of the last calls are settled by whoever runs next."""
    tasks = [
        parts.background.start("campaigns", parts.campaigns.run),
        parts.background.start("attempts", parts.settler.run),
    ]
    try:
        yield
    finally:
        await _cancel_all(tasks)


@asynccontextmanager
async def _keep_recordings(parts: ProcessParts) -> AsyncIterator[None]:
    """Keep recordings, those of the last calls, too; uploads go on with the next process."""
    task = parts.background.start("recordings", parts.keeper.run)
    try:
        yield
    finally:
        await parts.calls.recordings.wait_until_ended()
        await _cancel_all([task])


@asynccontextmanager
async def _deliver_events(parts: ProcessParts) -> AsyncIterator[None]:
    """Deliver events to webhooks, those of the last calls, too."""
    task = parts.background.start("webhooks", parts.webhooks.run)
    try:
        yield
    finally:
        await _cancel_all([task])


async def _stop(parts: ProcessParts, agent: UserAgent | None) -> None:
    """End all sessions and calls, and wait until their records are written.

    Sessions go first, so that their documents can still hang up by themselves. A call ends
    by its BYE or CANCEL, for which the user agent waits when it is closed; one that nothing
    has ended by then is given up, so that it has a record, too.
    """
    parts.placer.is_draining = True
    await parts.applications.aclose(LAST_WORDS_S)
    parts.calls.hang_up_all()
    if agent is not None:
        await agent.aclose()
    parts.calls.end_without_agent()
    await parts.calls.wait_until_recorded(LAST_WRITE_S)


@asynccontextmanager
async def _open_database(settings: DatabaseSettings) -> AsyncIterator[Store]:
    try:
        store = await open_store(
            settings.url, busy_timeout_s=settings.busy_timeout_ms / 1000
        )
    except StoreError as error:
        raise ConfigurationError([ConfigMistake("database.url", str(error))]) from error
    try:
        yield store
    finally:
        await store.aclose()


@asynccontextmanager
async def _run_record_writer(
    store: Store, settings: Settings, background: Background
) -> AsyncIterator[RecordWriter]:
    store.compile_statements()
    recorder = RecordWriter(
        store,
        waiting_limit=settings.record.waiting_limit,
        retention=Retention(
            settings.record.kept_days * DAY_S,
            settings.event.kept_days * DAY_S,
            settings.event.limit,
        ),
        file=settings.record.file,
        is_polite=settings.redis.url is not None and store.has_one_writer,
    )
    start = partial(background.start, "records", recorder.run, may_return=True)
    task = start()
    try:
        yield recorder
    finally:
        if task.done():  # it crashed too often; the last records are worth one more try
            task = start()
        await recorder.stop(task, LAST_WRITE_S)


async def _close_orphans(store: Store, node: str) -> None:
    """Close the records that an earlier process of this name left open, and its claims."""
    now = time.time()
    try:
        lost = await store.close_orphans(node, now, now)
        forgotten = await store.release_claims(node, now)
    except StoreError as error:
        raise ConfigurationError([ConfigMistake("database.url", str(error))]) from error
    if lost:
        log.warning("calls_lost", count=lost, node=node)
    if forgotten:
        log.warning("requests_forgotten", count=forgotten, node=node)


async def _read_platform(platform: CurrentPlatform) -> None:
    try:
        snapshot = await platform.current()
    except RefusedError as error:
        raise ConfigurationError([ConfigMistake("database.url", str(error))]) from error
    if not snapshot.objects.key:
        log.warning("no_api_keys")  # every request will be refused


async def _start_agent(settings: Settings, calls: LiveCalls) -> UserAgent:
    try:
        config = settings.sip.agent_config(
            settings.hep.destination(), media_timeout_ms=settings.call.media_timeout_ms
        )
        return await start_agent(config, calls.receive)
    except SipError as error:
        raise ConfigurationError([ConfigMistake("sip", str(error))]) from error


@asynccontextmanager
async def _serve_http(
    settings: Settings,
    parts: ProcessParts,
    ledger: Ledger,
    recorder: RecordWriter,
    store: Store,
) -> AsyncIterator[str]:
    """Serve HTTP, and yield the URL.

    On leaving it is still open while calls are hung up, so that live requests get answers.
    """
    samples, runner = _make_http(settings, parts, ledger, recorder, store)
    tailing = parts.background.start("events", parts.feed.tail.run)
    sampling = parts.background.start("samples", samples.run)
    await runner.setup()
    assert runner.server is not None
    connection = partial(EarlyRejectionProtocol, runner.server, parts.dialer)
    reception = Reception(parts.connections, connection, connection_refusal())
    ending_late = parts.background.start(
        "connections",
        partial(
            end_late_connections,
            runner.server,
            limits_of(settings.http),
            parts.connections,
        ),
    )
    try:
        yield await listen(runner, settings.http, reception)
    finally:
        await _cancel_all([sampling, ending_late, tailing])
        await runner.cleanup()


def _make_http(
    settings: Settings,
    parts: ProcessParts,
    ledger: Ledger,
    recorder: RecordWriter,
    store: Store,
) -> tuple[Samples, web.AppRunner]:
    """Make what serves HTTP, and the samples that have to be taken for its live page."""
    status = platform_status(settings, parts)
    samples = Samples(status.statistics)
    overview = live_overview(
        settings, parts, status, samples, ledger=ledger, recorder=recorder
    )
    runner = web.AppRunner(
        make_app(
            dialer=parts.dialer,
            store=store,
            platform_status=status,
            proxy_status=proxy_status(parts),
            scrape=parts.scrape,
            live=SnapshotStream(overview, store),
            feed=parts.feed,
            background=parts.background,
            webhooks=parts.webhooks,
            recordings=RecordingCatalogue(store.recordings, parts.keeper),
            admin_token_sha256=settings.admin.token_sha256,
        ),
        access_log=None,
        handle_signals=False,
        handler_cancellation=True,  # so that handlers learn that their client has gone
        shutdown_timeout=1.0,
    )
    return samples, runner


async def _cancel_all(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _ignore(_: str) -> None:
    """Tell nobody where HTTP is served."""


async def serve(
    settings: Settings,
    children: Sequence[Child] = (),
    *,
    stops_at_eof: bool = False,
    on_serving: Callable[[str], None] = _ignore,
) -> ExitStatus:
    """Serve until SIGTERM, SIGINT or a background task that gives up, then drain and stop.

    The same is done when ``CallExecutor.drain`` asks for it.

    Draining takes no new calls and waits for live ones, for ``call.drain_ms`` at most;
    then, or at a second signal, everything is hung up. *children* run beside this process
    and drain with it. With *stops_at_eof* the end of standard input counts as a signal.
    *on_serving* is called with the URL once calls can be asked for.
    Raises ConfigurationError if it cannot start.
    """
    stop, at_once = asyncio.Event(), asyncio.Event()

    def on_signal() -> None:
        (at_once if stop.is_set() else stop).set()

    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_on_unseen)
    async with running(settings) as node:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, on_signal)
        if stops_at_eof:
            _on_stdin_eof(stop.set)
        on_serving(node.url)
        log.info("serving", url=node.url, sip=list(settings.sip.listen))
        url = settings.http.public_url or node.url
        reached = [_with_public_url(child, url) for child in children]
        async with supervise(reached, node.background) as nodes:
            await wait_first(
                [
                    stop.wait(),
                    node.dialer.executor.stop_asked.wait(),
                    node.background.gave_up.wait(),
                ]
            )
            stop.set()
            drain_s = settings.call.drain_ms / 1000
            log.info("draining", calls=node.dialer.calls.count, limit_s=drain_s)
            await asyncio.gather(
                nodes.drain(at_once, drain_s),
                wait_first([node.parts.drain(), at_once.wait()], drain_s),
            )
        if node.dialer.calls.count:
            log.warning("hanging_up", calls=node.dialer.calls.count)
    log.info("stopped")
    return _status_of(node)


def _on_unseen(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log a crash that nobody waits for, of a task or of a callback of a timer.

    Without arguments, which asyncio would print: telephone numbers and keys are in them.
    """
    error = context.get("exception")
    if error is None:
        log.error("unseen", message=context["message"])
    else:
        log.error("crashed_unseen", exc_info=error)


def _status_of(node: RunningProcess) -> ExitStatus:
    if node.recorder.pending:
        return ExitStatus.RECORDS_LOST
    if node.background.gave_up.is_set():
        return ExitStatus.CRASHED
    return ExitStatus.STOPPED


def _with_public_url(child: Child, url: str) -> Child:
    """*child* with *url* as its public one, by which its sessions are sent events."""
    variables = {**child.environment, "OUTRING_HTTP_PUBLIC_URL": url}
    return replace(child, environment=variables)


def _on_stdin_eof(then: Callable[[], None]) -> None:
    """Call *then* when standard input ends, as it does when the parent process ends."""
    loop = asyncio.get_running_loop()
    number = sys.stdin.fileno()

    def read() -> None:
        if not os.read(number, 4096):
            loop.remove_reader(number)
            then()

    loop.add_reader(number, read)
