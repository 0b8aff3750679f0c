"""Applications: sessions of CCXML and VoiceXML that run, and the calls, bridges and messages that are theirs."""

from .application import RunningApplication
from .applications import Applications, capability_of, needs_document, node_of
from .host import Launch, Services
from .media import Media
from .told import values_of
from .trace import TracesView, traces_view

__all__ = [
    "Applications",
    "Launch",
    "Media",
    "RunningApplication",
    "Services",
    "TracesView",
    "capability_of",
    "needs_document",
    "node_of",
    "traces_view",
    "values_of",
]
