"""StreamRequest: the WebSocket that a request wants its call joined to. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class StreamRequest:
    """A WebSocket, and what its server is told of the call."""

    url: str
    """Empty: that of the application."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Beside those of the application."""
