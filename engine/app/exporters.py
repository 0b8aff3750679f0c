"""Exporters: those that the settings ask for."""

from functools import partial
from importlib.util import find_spec

from engine.config.settings import Settings
from engine.config.toml_file import ConfigMistake, ConfigurationError
from engine.events.event_feed import EventFeed
from engine.export.event_exporter import EventExporter
from engine.export.jetstream import connect
from engine.store import Store
from engine.telemetry.metrics import ExportTarget, Metrics


def make_exporters(
    settings: Settings, store: Store, feed: EventFeed, metrics: Metrics
) -> list[EventExporter]:
    """Make the exporters of *settings*; raises ConfigurationError if a package is missing."""
    exporters = []
    if settings.nats.urls:
        _check_package("nats", "nats.urls")
        exporters.append(
            EventExporter(
                ExportTarget.NATS,
                settings.node.name,
                partial(connect, settings.nats),
                store=store,
                feed=feed,
                metrics=metrics.exports,
            )
        )
    return exporters


def _check_package(name: str, setting: str) -> None:
    """Make sure that the package *name*, which is that of an extra, is installed."""
    if find_spec(name) is None:
        text = f"{setting} takes the extra {name}: pip install 'outring[{name}]'."
        raise ConfigurationError([ConfigMistake(setting, text)])
