"""Exporters: those that the settings ask for."""

from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

from engine.config.settings import Settings
from engine.config.toml_file import ConfigMistake, ConfigurationError
from engine.events.event_feed import EventFeed
from engine.store import Store
from engine.telemetry.metrics import ExportTarget, Metrics

if TYPE_CHECKING:
    from engine.export.event_exporter import Connect, EventExporter


def make_exporters(
    settings: Settings, store: Store, feed: EventFeed, metrics: Metrics
) -> "list[EventExporter]":
    """Make the exporters of *settings*; raises ConfigurationError if a package is missing."""
    if not (connections := _choose_connections(settings, store)):
        return []
    # Not above: a process that exports nothing need not load it.
    from engine.export.event_exporter import EventExporter

    return [
        EventExporter(
            *(target, settings.node.name, connect),
            store=store,
            feed=feed,
            metrics=metrics.events.exports,
        )
        for target, connect in connections.items()
    ]


def _choose_connections(settings: Settings, store: Store) -> "dict[str, Connect]":
    connections: dict[str, Connect] = {}
    if settings.nats.urls:
        from engine.export import jetstream

        check_package("nats", "nats", "nats.urls")
        connections[ExportTarget.NATS] = partial(jetstream.connect, settings.nats)
    if settings.otel.url is not None:
        from engine.export import otlp

        check_package("opentelemetry.proto", "otel", "otel.url")
        connections[ExportTarget.OTEL] = partial(
            otlp.connect, settings.otel, store.events
        )
    return connections


def check_package(package: str, extra: str, setting: str) -> None:
    """Make sure that *package*, which comes with *extra*, is installed."""
    try:
        is_there = find_spec(package) is not None
    except ModuleNotFoundError:  # nor is the one that it is in
        is_there = False
    if not is_there:
        text = f"{setting} takes the extra {extra}: pip install 'outring[{extra}]'."
        raise ConfigurationError([ConfigMistake(setting, text)])
