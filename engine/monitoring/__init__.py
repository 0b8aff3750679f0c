"""What is shown of the platform: status, metrics for Prometheus, snapshots for the live page.

A snapshot is made once a second for all viewers, and none while there is no viewer. This
room may ask the rooms below it. It must never change anything, and nothing may wait for it.
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
