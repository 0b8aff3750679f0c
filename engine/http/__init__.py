"""Everything HTTP: the listener, early rejection, one module for each resource.

A resource decodes a request, asks the dialer, the store or the platform's status, and
encodes the answer; ``openapi/`` describes them all, ``page/`` is the live page. It may use
every room below it. It must never decide what becomes of a call, and nothing below it may
know aiohttp's server.
"""

from .application import make_app
from .early_rejection import EarlyRejectionProtocol
from .late_connections import end_late_connections, limits_of
from .responses import connection_refusal

__all__ = [
    "EarlyRejectionProtocol",
    "connection_refusal",
    "end_late_connections",
    "limits_of",
    "make_app",
]
