"""Wiring: makes the parts of a process and connects them. Nothing runs yet."""

import time
from typing import TYPE_CHECKING

import structlog

from engine.admission.admission import ProbeClaim, claim_at_once
from engine.admission.http_connections import HttpConnections
from engine.admission.ledger import Ledger
from engine.admission.overload import Overload
from engine.applications import (
    ApplicationServices,
    MediaBridge,
    SessionDirectory,
    SessionRegistry,
    SlowLane,
)
from engine.audio import Sounds
from engine.calls.call_placer import CallPlacer
from engine.calls.call_session import NodeFacts
from engine.calls.live_calls import LiveCalls
from engine.campaigns.running.campaign_supervisor import CampaignSupervisor
from engine.campaigns.running.policies import CurrentPolicies
from engine.campaigns.running.settler import Settler
from engine.config.role import Role
from engine.config.settings import Settings
from engine.dialer.call_executor import CallExecutor
from engine.dialer.dialer import Dialer
from engine.dialer.local_executor import LocalExecutor
from engine.dialer.lookup import CallDirectory, Lookup
from engine.dialogs import Recordings
from engine.dialogs.voicexml.sessions import VoiceXmlSessions
from engine.events.event_feed import EventFeed
from engine.events.event_tail import EventTail
from engine.fetch import CcxmlDocuments, Fetcher
from engine.monitoring.prometheus import MetricsCollector
from engine.monitoring.proxy_status import OwnProxies
from engine.records.record_writer import RecordWriter
from engine.store import Store
from engine.store.campaigns import AgentLog
from engine.store.current_platform import CurrentPlatform
from engine.tasks.background import Background
from engine.tasks.background_tasks import BackgroundTasks
from engine.telemetry.metrics import Metrics
from engine.telemetry.statistics import Statistics
from engine.webhooks.deliverer import Deliverer

from .exporters import make_exporters
from .open_files import connections_that_fit, raise_file_limit

if TYPE_CHECKING:
    from engine.cluster import Member

from .process_parts import ProcessParts
from .recordings import make_keeper

log = structlog.get_logger()


def compose(
    settings: Settings,
    store: Store,
    recorder: RecordWriter,
    ledger: Ledger,
    *,
    member: "Member | None" = None,
    background: Background | None = None,
) -> ProcessParts:
    """Make the parts of a process as *settings* say, and connect them.

    With *member*, whose ledger *ledger* has to be, the process is one of many: requests go
    to the node with the least load, and calls are found on every node. *background* runs
    the background tasks; None makes a new one. Raises the limit on open files.
    """
    background = background or Background()
    platform = CurrentPlatform(store, settings.call.burst)
    statistics, metrics = Statistics(time.monotonic), Metrics()
    keeper = make_keeper(settings, store, metrics)
    calls = LiveCalls(ledger, recorder, statistics, metrics, keeper=keeper)
    placer = _make_placer(
        settings,
        calls,
        recorder,
        metrics,
        platform,
        claim_probe=member.circuits.claim_probe if member else claim_at_once,
    )
    lag_s, wait_s = settings.overload.lag_ms / 1000, settings.overload.wait_ms / 1000
    overload = Overload(lag_s, wait_s)
    services = _make_services(
        settings,
        placer,
        calls,
        platform,
        metrics=metrics,
        statistics=statistics,
        agents=store.agents,
    )
    node = settings.node.name
    applications = SessionRegistry(
        services,
        recorder,
        settings.ccxml,
        capabilities=frozenset(settings.node.capabilities),
    )
    executor: CallExecutor
    executor = own = LocalExecutor(node, recorder, placer, calls, applications)
    lookup: CallDirectory
    lookup = own_lookup = Lookup(store, recorder, calls, applications)
    if member is not None:
        from .cluster_membership import share

        executor, lookup = share(
            member,
            own=own,
            lookup=own_lookup,
            calls=calls,
            platform=platform,
            placer=placer,
            overload=overload,
        )
        services.directory.inject_elsewhere = lookup.inject
    connections = _make_connections(settings, metrics)
    webhooks = Deliverer(store, platform, settings.fetch, node, metrics)
    recorder.on_events_written(webhooks.wake)
    feed = _make_feed(store, recorder)
    exporters = make_exporters(settings, store, feed, metrics)
    dialer = Dialer(
        store=store,
        recorder=recorder,
        platform=platform,
        executor=executor,
        lookup=lookup,
        calls=calls,
        statistics=statistics,
        overload=overload,
        metrics=metrics,
    )
    policies = CurrentPolicies(platform)
    settler = Settler(store, policies, metrics)
    campaigns = CampaignSupervisor(
        node, policies, store=store, dialer=dialer, tail=feed.tail
    )
    recorder.on_events_written(settler.wake)
    proxies = OwnProxies(platform, placer.health, calls, metrics)
    return ProcessParts(
        platform=platform,
        calls=calls,
        placer=placer,
        media=services.media,
        fetcher=services.fetcher,
        sounds=services.sounds,
        applications=applications,
        dialer=dialer,
        overload=overload,
        member=member,
        scrape=MetricsCollector(
            metrics=metrics,
            platform=platform,
            ledger=ledger,
            placer=placer,
            calls=calls,
            applications=applications,
            recorder=recorder,
            overload=overload,
            background=background,
            connections=connections,
            proxies=proxies,
            webhooks=webhooks,
            exporters=exporters,
            campaign_lines=campaigns.count_lines,
        ),
        proxies=proxies,
        feed=feed,
        background=background,
        connections=connections,
        webhooks=webhooks,
        exporters=exporters,
        keeper=keeper,
        settler=settler,
        campaigns=campaigns,
    )


def _make_placer(
    settings: Settings,
    calls: LiveCalls,
    recorder: RecordWriter,
    metrics: Metrics,
    platform: CurrentPlatform,
    *,
    claim_probe: ProbeClaim,
) -> CallPlacer:
    sip, node = settings.sip, settings.node
    return CallPlacer(
        calls=calls,
        settings=settings.call,
        facts=NodeFacts(node.name, sip.caller_id, sip.default_domain),
        recorder=recorder,
        metrics=metrics,
        newest=platform.newest,
        claim_probe=claim_probe,
        node_calls=sip.max_calls,
        places_calls="outbound" in node.capabilities,
    )


def _make_services(
    settings: Settings,
    placer: CallPlacer,
    calls: LiveCalls,
    platform: CurrentPlatform,
    *,
    metrics: Metrics,
    statistics: Statistics,
    agents: AgentLog,
) -> ApplicationServices:
    fetcher = Fetcher(settings.fetch)
    return ApplicationServices(
        placer=placer,
        calls=calls,
        platform=platform,
        statistics=statistics,
        metrics=metrics,
        fetcher=fetcher,
        documents=CcxmlDocuments(fetcher),
        media=MediaBridge(),
        sounds=Sounds(settings.media, settings.speech, settings.fetch),
        recordings=Recordings(
            settings.media.recordings, settings.media.recordings_bytes
        ),
        vxml_sessions=VoiceXmlSessions(fetcher, settings.vxml, metrics),
        tasks=BackgroundTasks(),
        directory=SessionDirectory(settings.node.name),
        slow_lane=SlowLane(metrics.slow_steps),
        agents=agents,
    )


def _make_feed(store: Store, recorder: RecordWriter) -> EventFeed:
    tail = EventTail(store.events)
    recorder.on_events_written(tail.on_committed)
    return EventFeed(store.events, tail)


def _make_connections(settings: Settings, metrics: Metrics) -> HttpConnections:
    """The limits on HTTP connections: those of ``[http]``, or fewer if files are scarce."""
    http, files = settings.http, raise_file_limit()
    calls = 0 if settings.node.role is Role.FRONT else settings.sip.max_calls
    most = connections_that_fit(http.max_connections, files, calls)
    if most < http.max_connections:
        log.warning(
            "fewer_connections",
            configured=http.max_connections,
            allowed=most,
            files=files,
            calls=calls,
        )
    return HttpConnections(most, http.max_connections_per_address, metrics)
