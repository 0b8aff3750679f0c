"""The keeper of recordings that the settings ask for."""

from engine.config.settings import Settings
from engine.model.recording import RecordingRules
from engine.recordings.folder import RecordingFolder
from engine.recordings.keeper import RecordingKeeper
from engine.recordings.object_store import S3Store
from engine.store import Store
from engine.telemetry.metrics import Metrics

from .exporters import check_package

DAY_S = 86_400.0
HOUR_S = 3600.0


def make_keeper(settings: Settings, store: Store, metrics: Metrics) -> RecordingKeeper:
    """Make the keeper of recordings; raises ConfigurationError if a package is missing."""
    recording, remote = settings.recording, None
    if settings.s3.bucket is not None:
        check_package("obstore", "s3", "s3.bucket")
        remote = S3Store(settings.s3)
    return RecordingKeeper(
        settings.node.name,
        store.recordings,
        RecordingFolder(recording.folder, recording.max_bytes),
        RecordingRules(
            max_ms=recording.max_duration_s * 1000,
            uploads=remote is not None,
            local_s=_seconds(recording.local_days),
            remote_s=_seconds(recording.remote_days),
            keeps_local=recording.keep_local,
            give_up_s=recording.give_up_hours * HOUR_S,
        ),
        remote=remote,
        metrics=metrics.media.recordings,
        kept_s=settings.record.kept_days * DAY_S,
    )


def _seconds(days: float | None) -> float | None:
    return None if days is None else days * DAY_S
