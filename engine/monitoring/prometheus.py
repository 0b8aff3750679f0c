"""Metrics for Prometheus: the counters, and the gauges that are read at each scrape."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from engine.admission.http_connections import HttpConnections
from engine.admission.ledger import Capacity, Ledger, LedgerError
from engine.admission.limits import capacities_of
from engine.admission.overload import Overload
from engine.applications import SessionRegistry
from engine.calls.call_placer import CallPlacer
from engine.calls.live_calls import LiveCalls
from engine.model.leg_state import LegState
from engine.records.record_writer import RecordWriter
from engine.store.current_platform import CurrentPlatform
from engine.tasks.background import Background
from engine.telemetry.metrics import Lag, Metrics, Now, ProxyFigures, Slots
from engine.telemetry.proxy_statistics import MAX_PROXIES, OTHER, ProxyCounts
from engine.webhooks.deliverer import Deliverer
from sip.malformed import Outcome

from .proxy_status import OwnProxies

if TYPE_CHECKING:
    from engine.export.event_exporter import EventExporter


class MetricsCollector:
    """Reads the gauges from the parts of this process when it is scraped."""

    def __init__(
        self,
        metrics: Metrics,
        platform: CurrentPlatform,
        ledger: Ledger,
        placer: CallPlacer,
        calls: LiveCalls,
        applications: SessionRegistry,
        recorder: RecordWriter,
        overload: Overload,
        background: Background,
        connections: HttpConnections,
        proxies: OwnProxies,
        webhooks: Deliverer,
        exporters: "Sequence[EventExporter]",
        campaign_lines: Callable[[], Mapping[str, int]],
    ) -> None:
        self._metrics = metrics
        self._platform = platform
        self._ledger = ledger
        self._placer = placer
        self._calls = calls
        self._applications = applications
        self._recorder = recorder
        self._overload = overload
        self._background = background
        self._connections = connections
        self._proxies = proxies
        self._webhooks = webhooks
        self._exporters = exporters
        self._campaign_lines = campaign_lines

    async def text(self) -> bytes:
        """All metrics in the text format of Prometheus, in UTF-8."""
        await self._platform.newest()  # its limits and pauses are told
        slots = await self._slots()
        counts = self._calls.states()
        agent = self._placer.agent
        states: dict[str, int] = {state: counts[state] for state in LegState}
        return self._metrics.expose(
            Now(
                calls=states,
                slots=slots,
                leases_lapsed=self._ledger.lapsed,
                ccxml_sessions=len(self._applications),
                vxml_sessions=len(self._applications.vxml_sessions),
                streams=sum(call.stream.is_open for call in self._calls),
                http_connections=self._connections.count,
                records_waiting=self._recorder.pending,
                records_lost=self._recorder.dropped,
                malformed=self._count_malformed(),
                background_restarts=self._background.restarts,
                lag=self._lag(),
                proxies=self._proxy_figures(),
                webhooks=self._webhooks.figures(),
                exports={it.target: await it.figures() for it in self._exporters},
                campaign_lines=self._campaign_lines(),
                refused_requests=agent.refused_requests if agent is not None else (),
            )
        )

    async def _slots(self) -> list[Slots]:
        """Every limit with the calls that hold it, which are None while Redis is away."""
        capacities = list(self._capacities())
        held: list[int] | list[None] = [None] * len(capacities)
        with suppress(LedgerError):
            held = await self._ledger.count_leases_each(
                [capacity.name for capacity in capacities]
            )
        return [
            Slots(capacity.name, count, capacity.limit)
            for capacity, count in zip(capacities, held, strict=True)
        ]

    def _proxy_figures(self) -> dict[str, ProxyFigures]:
        """State, calls and counts of each proxy: those that were counted before others,
        ``MAX_PROXIES`` at most; the calls of the rest belong to ``OTHER``.
        """
        calls, counts = self._calls.calls_by_proxy(), self._metrics.proxies.totals()
        states = self._proxies.states()
        told = [name for name in counts if name != OTHER]
        told += [name for name in states if name not in counts]
        figures = {
            name: ProxyFigures(
                states.get(name), calls[name], counts.get(name, ProxyCounts())
            )
            for name in told[:MAX_PROXIES]
        }
        if OTHER in counts or len(told) > MAX_PROXIES:
            untold = calls.total() - sum(calls[name] for name in figures)
            figures[OTHER] = ProxyFigures(
                None, untold, counts.get(OTHER, ProxyCounts())
            )
        return figures

    def _lag(self) -> Lag:
        overload = self._overload
        return Lag(
            overload.loop_lag_s, overload.sip_lag_s, overload.waited, overload.refused
        )

    def _count_malformed(self) -> dict[str, int]:
        """Malformed SIP messages by outcome; zeros in a front end without a user agent."""
        agent = self._placer.agent
        counts = agent.malformed if agent is not None else {}
        return {outcome: counts.get(outcome, 0) for outcome in Outcome}

    def _capacities(self) -> Iterator[Capacity]:
        """The platform's limits, and that of this node unless it drains."""
        yield from capacities_of(self._platform.last_read.objects)
        if (capacity := self._placer.capacity()).limit:
            yield capacity
