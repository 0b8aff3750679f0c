"""Monitoring sources: the facts for status and live page, of this process or of all."""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import partial

from engine.admission.ledger import Ledger
from engine.config.settings import Settings
from engine.model.leg_state import LegState
from engine.monitoring import Health, Overview, Samples
from engine.monitoring.proxy_status import ProxyReport, ProxyStatus
from engine.monitoring.status_views import NodeFigures, Status
from engine.records.record_writer import RecordWriter
from engine.telemetry.webhook_totals import WebhookTotals, sum_up

from .process_parts import ProcessParts


def platform_status(settings: Settings, parts: ProcessParts) -> Status:
    """The facts that the status resources show of the platform."""
    dialer, member = parts.dialer, parts.member
    return Status(
        dialer.statistics if member is None else member.platform_statistics.statistics,
        lambda: dialer.platform.last_read.objects,
        partial(_nodes, settings, parts),
    )


def proxy_status(parts: ProcessParts) -> ProxyStatus:
    """The facts that are shown of the proxies of the platform."""
    return ProxyStatus(parts.platform.newest, partial(_proxy_reports, parts))


def _proxy_reports(parts: ProcessParts) -> Iterable[ProxyReport]:
    """What each process has to report of the proxies."""
    if parts.member is None:
        return parts.proxies.reports()
    return [it for member in parts.member.members for it in member.facts.proxies]


def live_overview(
    settings: Settings,
    parts: ProcessParts,
    status: Status,
    samples: Samples,
    *,
    ledger: Ledger,
    recorder: RecordWriter,
) -> Overview:
    """The facts that the live page shows of the platform."""
    return Overview(
        status=status,
        samples=samples,
        ledger=ledger,
        health=partial(_health, settings, parts, recorder),
        states=partial(_states, parts),
        proxies=proxy_status(parts),
        webhooks=partial(_webhooks, parts),
    )


def _webhooks(parts: ProcessParts) -> WebhookTotals | None:
    """How the webhooks of the platform stand; None: it has none."""
    if not parts.platform.last_read.objects.webhook:
        return None
    if parts.member is None:
        return parts.webhooks.totals()
    return sum_up(member.facts.webhooks for member in parts.member.members)


def _nodes(settings: Settings, parts: ProcessParts) -> list[NodeFigures]:
    """The nodes that carry calls now."""
    if parts.member is None:
        return [
            NodeFigures(
                settings.node.name,
                parts.calls.count,
                settings.sip.max_calls,
                parts.placer.is_draining,
            )
        ]
    return [
        NodeFigures(
            node.name,
            node.facts.calls,
            node.call_limit,
            node.is_draining,
        )
        for node in parts.member.call_nodes()
    ]


def _states(parts: ProcessParts) -> Mapping[str, int]:
    """How many calls are in each state.

    A call that has ended and is not recorded yet counts as ending, since it holds slots.
    """
    states: Counter[str] = Counter()
    if parts.member is None:
        states = parts.calls.states()
    else:
        for node in parts.member.call_nodes():
            states.update(node.facts.states)
    if ended := states.pop(LegState.ENDED.value, 0):
        states[LegState.ENDING.value] += ended
    return states


def _health(settings: Settings, parts: ProcessParts, recorder: RecordWriter) -> Health:
    """How this process itself is."""
    return Health(
        settings.node.name,
        recorder.is_healthy,
        None if parts.member is None else parts.member.ledger.is_ready,
        parts.placer.is_draining,
    )
