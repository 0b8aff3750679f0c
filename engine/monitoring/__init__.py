"""What is shown of the platform: status, Prometheus, and the live page's snapshots.

A snapshot is put together once a second for all who look, and not while nobody does. It
may ask the rooms below it. It must never change anything, and nothing may wait for it.
"""

from .overview import Health, LiveCall, LiveState, Overview, PointView
from .samples import Samples
from .snapshot_stream import SnapshotStream, TooManyViewersError, Viewer

__all__ = [
    "Health",
    "LiveCall",
    "LiveState",
    "Overview",
    "PointView",
    "Samples",
    "SnapshotStream",
    "TooManyViewersError",
    "Viewer",
]
