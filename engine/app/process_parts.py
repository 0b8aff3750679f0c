"""ProcessParts: the parts of a process, as ``wiring`` puts them together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.admission.http_connections import HttpConnections
from engine.admission.overload import Overload
from engine.applications import MediaBridge, SessionRegistry
from engine.audio import Sounds
from engine.calls.call_placer import CallPlacer
from engine.calls.live_calls import LiveCalls
from engine.campaigns.running.campaign_supervisor import CampaignSupervisor
from engine.campaigns.running.settler import Settler
from engine.dialer.dialer import Dialer
from engine.events.event_feed import EventFeed
from engine.fetch import Fetcher
from engine.monitoring.prometheus import MetricsCollector
from engine.monitoring.proxy_status import OwnProxies
from engine.recordings.keeper import RecordingKeeper
from engine.store.current_platform import CurrentPlatform
from engine.tasks.background import Background
from engine.webhooks.deliverer import Deliverer
from sip.agent import UserAgent

if TYPE_CHECKING:
    from engine.cluster import Member
    from engine.export.event_exporter import EventExporter


@dataclass(frozen=True, slots=True)
class ProcessParts:
    """Everything between the HTTP API and the user agent, by role."""

    platform: CurrentPlatform
    calls: LiveCalls
    placer: CallPlacer
    media: MediaBridge
    fetcher: Fetcher
    sounds: Sounds
    applications: SessionRegistry
    dialer: Dialer
    overload: Overload
    member: "Member | None"
    scrape: MetricsCollector
    proxies: OwnProxies
    feed: EventFeed
    background: Background
    connections: HttpConnections
    webhooks: Deliverer
    exporters: "Sequence[EventExporter]"
    keeper: RecordingKeeper
    settler: Settler
    campaigns: CampaignSupervisor

    def attach(self, agent: UserAgent) -> None:
        """Place calls through *agent* from now on; until then calls are refused."""
        self.placer.attach(agent)
        self.media.attach(agent)
        self.overload.watch(agent.measure_lag_s)

    async def drain(self) -> None:
        """Take no new call, and wait until all calls have ended and all requests are answered.

        In a cluster also until no other process holds a slot of this one.
        """
        self.placer.is_draining = True
        if self.member is not None:
            await self.member.drain(lambda: self.calls.held_leases)
        await self.calls.wait_until_idle()
        await self.dialer.wait_until_answered()
