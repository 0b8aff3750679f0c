"""The live page's content: what was counted lately, what is now, and the last calls.

It is put together once a second for all who look, and not while nobody does.
"""

from .broadcast import Broadcast, TooManyViewersError, Viewer
from .overview import Health, LiveCall, LiveState, Overview, PointView
from .samples import Samples

__all__ = [
    "Broadcast",
    "Health",
    "LiveCall",
    "LiveState",
    "Overview",
    "PointView",
    "Samples",
    "TooManyViewersError",
    "Viewer",
]
