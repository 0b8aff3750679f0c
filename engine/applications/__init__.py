"""CCXML and VoiceXML sessions that run, and the calls, bridges and messages that are theirs.

Connections, conferences, dialogs, ``send`` and ``fetch``, and the trace of each step; a
VoiceXML document as an application of its own stands in ``voicexml/``. It may use calls,
dialogs and fetching. It must never know HTTP's server, nor other processes: what it needs
of them is given to it.
"""

from .application_session import ApplicationSession
from .media_bridge import MediaBridge
from .session_address import SessionAddress
from .session_context import ApplicationServices, Launch, SessionDirectory
from .session_registry import (
    LoadedApplication,
    SessionRegistry,
    capabilities_of,
    capability_of,
    needs_document,
)
from .session_trace import TracesView, traces_view
from .session_values import session_values
from .slow_lane import SlowLane

__all__ = [
    "ApplicationServices",
    "ApplicationSession",
    "Launch",
    "LoadedApplication",
    "MediaBridge",
    "SessionAddress",
    "SessionDirectory",
    "SessionRegistry",
    "SlowLane",
    "TracesView",
    "capabilities_of",
    "capability_of",
    "needs_document",
    "session_values",
    "traces_view",
]
