"""Monitoring sources: the facts for status and live page, of this process or of all."""

from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import cast

from engine.admission.ledger import Ledger
from engine.config.settings import Settings
from engine.model.leg_state import LegState
from engine.monitoring import Health, Overview, Samples
from engine.monitoring.status_views import NodeFigures, Status
from engine.records.record_writer import RecordWriter

from .process_parts import ProcessParts


def platform_status(settings: Settings, engine: ProcessParts) -> Status:
    """The facts that the status resources show of the platform."""
    dialer, member = engine.dialer, engine.member
    return Status(
        dialer.statistics if member is None else member.platform_statistics.statistics,
        lambda: dialer.platform.last_read.objects,
        partial(_nodes, settings, engine),
    )


def live_overview(
    settings: Settings,
    engine: ProcessParts,
    status: Status,
    samples: Samples,
    ledger: Ledger,
    recorder: RecordWriter,
) -> Overview:
    """The facts that the live page shows of the platform."""
    return Overview(
        status,
        samples,
        ledger,
        partial(_health, settings, engine, recorder),
        partial(_states, engine),
    )


def _nodes(settings: Settings, engine: ProcessParts) -> list[NodeFigures]:
    """The nodes that carry calls now."""
    if engine.member is None:
        return [
            NodeFigures(
                settings.node.name,
                engine.calls.count,
                settings.sip.max_calls,
                engine.placer.is_draining,
            )
        ]
    return [
        NodeFigures(
            node.name,
            int(str(node.facts.get("calls", 0))),
            node.call_limit,
            node.is_draining,
        )
        for node in engine.member.call_nodes()
    ]


def _states(engine: ProcessParts) -> Mapping[str, int]:
    """How many calls are in each state.

    A call that has ended and is not recorded yet counts as ending, since it holds slots.
    """
    states: Counter[str] = Counter()
    if engine.member is None:
        states = engine.calls.states()
    else:
        for node in engine.member.call_nodes():
            states.update(cast(Mapping[str, int], node.facts.get("states", {})))
    if ended := states.pop(LegState.ENDED.value, 0):
        states[LegState.ENDING.value] += ended
    return states


def _health(settings: Settings, engine: ProcessParts, recorder: RecordWriter) -> Health:
    """How this process itself is."""
    return Health(
        settings.node.name,
        recorder.is_healthy,
        None if engine.member is None else engine.member.ledger.is_ready,
        engine.placer.is_draining,
    )
