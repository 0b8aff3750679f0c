"""CCXML and VoiceXML sessions that run, and the calls, bridges and messages that are theirs.

Connections, conferences, dialogs, ``send`` and ``fetch``, and the trace of each step; a
VoiceXML document as an application of its own stands in ``voicexml/``. It may use calls,
dialogs and fetching. It must never know HTTP's server, nor other processes: what it needs
of them is given to it.
"""

from .application_session import RunningApplication
from .connection_events import values_of
from .media_bridge import Media
from .session_context import Launch, Services
from .session_registry import Applications, capability_of, needs_document, node_of
from .session_trace import TracesView, traces_view

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
