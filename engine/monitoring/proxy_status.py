"""Proxy status: the state and the counters of each proxy, over all processes."""

import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta

from engine.admission.proxy_health import ProxyCondition, ProxyHealth, ProxyState
from engine.calls.live_calls import LiveCalls
from engine.model.iso_time import format_time
from engine.platform.objects import Proxy
from engine.platform.pauses import Pause
from engine.platform.snapshot import PlatformSnapshot
from engine.store.current_platform import CurrentPlatform
from engine.telemetry.metrics import Metrics
from engine.telemetry.proxy_statistics import (
    MAX_PROXIES,
    ProxyCounts,
    ProxyError,
    TrunkState,
    delay_quantile_s,
)

SHOWN_ERRORS = 5


_ORDER = list(TrunkState)


class ProxyReport(msgspec.Struct, frozen=True, array_like=True):
    """What one process knows of one proxy."""

    id: str
    state: TrunkState
    since: float | None
    """Since when it is in that state, in seconds since 1970; None: not known."""
    why: str
    calls: int
    counts: ProxyCounts
    """Of the last hour."""
    errors: tuple[ProxyError, ...]


class OwnProxies:
    """What this process knows of the proxies."""

    def __init__(
        self,
        platform: CurrentPlatform,
        health: ProxyHealth,
        calls: LiveCalls,
        metrics: Metrics,
    ) -> None:
        self._platform = platform
        self._health = health
        self._calls = calls
        self._statistics = metrics.proxies

    def reports(self) -> tuple[ProxyReport, ...]:
        """Return what there is to report, of ``MAX_PROXIES`` at most."""
        proxies, now = self._platform.last_read.objects.proxy, time.monotonic()
        self._statistics.keep_only(proxy.id for proxy in proxies)
        calls = self._calls.calls_by_proxy()
        reports = []
        for proxy in proxies:
            condition = self._health.condition_of(proxy, now)
            is_known = calls[proxy.id] or self._statistics.has_counted(proxy.id)
            if is_known or condition != _NOTHING_KNOWN:
                reports.append(self._report(proxy, condition, calls[proxy.id]))
                if len(reports) == MAX_PROXIES:
                    break
        return tuple(reports)

    def states(self) -> dict[str, TrunkState]:
        """Return the state of each proxy of the platform."""
        platform, now = self._platform.last_read, time.monotonic()
        states = {}
        for proxy in platform.objects.proxy:
            condition = self._health.condition_of(proxy, now)
            drains = platform.pauses.find("proxy", proxy.id) is not None
            states[proxy.id] = (
                TrunkState.DRAINING if drains else TrunkState(condition.state.value)
            )
        return states

    def _report(
        self, proxy: Proxy, condition: ProxyCondition, calls: int
    ) -> ProxyReport:
        since_s = condition.since_s
        return ProxyReport(
            id=proxy.id,
            state=TrunkState(condition.state.value),
            since=None if since_s is None else round(time.time() - since_s, 3),
            why=condition.why,
            calls=calls,
            counts=self._statistics.last_hour(proxy.id),
            errors=self._statistics.errors(proxy.id),
        )


_NOTHING_KNOWN = ProxyCondition(ProxyState.UP)


class DelayView(msgspec.Struct):
    """From INVITE to the first 18x, in milliseconds; null: there was none."""

    median: int | None
    p95: int | None


class ProxyErrorView(msgspec.Struct):
    """A failure of a proxy."""

    at: Annotated[str, Meta(description="ISO 8601, UTC.")]
    status: Annotated[int, Meta(description="Of SIP, or what stands for none.")]
    reason: str


class ProxyStatusView(msgspec.Struct, rename="camel"):
    """A proxy on the whole platform; what is counted is that of the last hour."""

    id: str
    state: TrunkState
    since: Annotated[str | None, Meta(description="ISO 8601, UTC; null: not known.")]
    why: Annotated[str, Meta(description="Why it is not up.")]
    by: Annotated[str | None, Meta(description="Who wants no new calls through it.")]
    calls: Annotated[int, Meta(description="That go through it now.")]
    limit: Annotated[int | None, Meta(description="Calls at once; null: no limit.")]
    attempts: Annotated[int, Meta(description="INVITEs that were answered or failed.")]
    answered: int
    answer_seizure_ratio: Annotated[
        float | None, Meta(description="Answered of attempts; null without any.")
    ]
    post_dial_delay: DelayView
    errors: Annotated[list[ProxyErrorView], Meta(description="The newest first.")]


@dataclass(frozen=True, slots=True)
class ProxyStatus:
    """Puts together what all processes report of the proxies of the *newest* platform."""

    newest: Callable[[], Awaitable[PlatformSnapshot]]
    reports: Callable[[], Iterable[ProxyReport]]

    async def views(self) -> list[ProxyStatusView]:
        """Return each proxy of the platform, in the order of their ids."""
        by_id: dict[str, list[ProxyReport]] = {}
        for report in self.reports():
            by_id.setdefault(report.id, []).append(report)
        platform = await self.newest()
        return [
            proxy_view(
                proxy, platform.pauses.find("proxy", proxy.id), by_id.get(proxy.id, [])
            )
            for proxy in platform.objects.proxy
        ]


def proxy_view(
    proxy: Proxy, pause: Pause | None, reports: Sequence[ProxyReport]
) -> ProxyStatusView:
    """Show *proxy*: drained by *pause*, else in the worst state that *reports* tell of."""
    counts = ProxyCounts()
    for report in reports:
        counts.add(report.counts)
    state, since, why = _worst_of(reports)
    if pause is not None:
        state, since, why = TrunkState.DRAINING, pause.since, pause.reason
    errors = sorted(
        (error for report in reports for error in report.errors),
        key=lambda error: error.at,
        reverse=True,
    )
    return ProxyStatusView(
        id=proxy.id,
        state=state,
        since=None if since is None else format_time(since, "seconds"),
        why=why,
        by=None if pause is None else pause.by,
        calls=sum(report.calls for report in reports),
        limit=proxy.call_limit,
        attempts=counts.attempts,
        answered=counts.answered,
        answer_seizure_ratio=(
            round(counts.answered / counts.attempts, 3) if counts.attempts else None
        ),
        post_dial_delay=DelayView(
            _quantile_ms(counts, 0.5), _quantile_ms(counts, 0.95)
        ),
        errors=[
            ProxyErrorView(format_time(error.at, "seconds"), error.status, error.reason)
            for error in errors[:SHOWN_ERRORS]
        ],
    )


def _worst_of(
    reports: Sequence[ProxyReport],
) -> tuple[TrunkState, float | None, str]:
    if not reports:
        return TrunkState.UP, None, ""
    worst = max(reports, key=lambda report: _ORDER.index(report.state))
    return worst.state, worst.since, worst.why


def _quantile_ms(counts: ProxyCounts, share: float) -> int | None:
    quantile_s = delay_quantile_s(counts.delays, share)
    return None if quantile_s is None else round(quantile_s * 1000)
