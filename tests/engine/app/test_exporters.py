"""Which exporters the settings ask for."""

from pathlib import Path

import pytest

from engine.app import exporters
from engine.app.exporters import make_exporters
from engine.config.settings import NatsSettings, OtelSettings, Settings
from engine.config.toml_file import ConfigurationError
from engine.events.event_feed import EventFeed
from engine.events.event_tail import EventTail
from engine.export.event_exporter import EventExporter
from engine.store import open_store
from engine.telemetry.metrics import Metrics


async def make(folder: Path, settings: Settings) -> list[EventExporter]:
    store = await open_store(f"sqlite:///{folder}/outring.db")
    feed = EventFeed(store.events, EventTail(store.events))
    try:
        return make_exporters(settings, store, feed, Metrics())
    finally:
        await store.aclose()


NATS = Settings(nats=NatsSettings(urls=("nats://127.0.0.1",)))
OTEL = Settings(otel=OtelSettings(url="http://127.0.0.1/v1/traces"))


async def test_nothing_is_exported_unless_it_is_asked_for(tmp_path: Path) -> None:
    assert await make(tmp_path, Settings()) == []
    (exporter,) = await make(tmp_path, NATS)
    assert exporter.target == "nats"

    (exporter,) = await make(tmp_path, OTEL)
    assert exporter.target == "otel"


@pytest.mark.parametrize(("settings", "extra"), [(NATS, "nats"), (OTEL, "otel")])
async def test_a_package_that_is_missing_is_told_by_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings, extra: str
) -> None:
    monkeypatch.setattr(exporters, "find_spec", lambda _: None)

    with pytest.raises(ConfigurationError, match=rf"'outring\[{extra}\]'"):
        await make(tmp_path, settings)
