"""Late connections: ends those whose client takes too long over what is awaited of it.

One look at all connections from time to time costs a request nothing, as timers would.
"""

import asyncio
from collections.abc import Mapping

from aiohttp import web

from engine.admission.http_connections import HttpConnections
from engine.config.settings import HttpSettings
from engine.telemetry.metrics import Awaited

from .client_connection import ClientConnection

LOOK_S = 1.0
LOOK_AT_ONCE = 500  # connections, which takes about a millisecond


def limits_of(http: HttpSettings) -> dict[Awaited, float]:
    """How long a client may take over each, in seconds."""
    limits_ms = {
        Awaited.HANDSHAKE: http.head_timeout_ms,
        Awaited.HEAD: http.head_timeout_ms,
        Awaited.BODY: http.body_timeout_ms,
        Awaited.REQUEST: http.idle_timeout_ms,
        Awaited.READING: http.unread_timeout_ms,
    }
    return {awaited: limit / 1000 for awaited, limit in limits_ms.items()}


async def end_late_connections(
    server: web.Server, limits_s: Mapping[Awaited, float], places: HttpConnections
) -> None:
    """Look at the connections of *server*, for ever."""
    while True:
        await asyncio.sleep(LOOK_S)
        connections = server.connections
        for first in range(0, len(connections), LOOK_AT_ONCE):
            now_s = asyncio.get_running_loop().time()
            for connection in connections[first : first + LOOK_AT_ONCE]:
                assert isinstance(connection, ClientConnection)
                _end_if_late(connection, now_s, limits_s, places)
            await asyncio.sleep(0)


def _end_if_late(
    connection: ClientConnection,
    now_s: float,
    limits_s: Mapping[Awaited, float],
    places: HttpConnections,
) -> None:
    match connection.check_awaited(now_s):
        case awaited, since_s if now_s - since_s > limits_s[awaited]:
            places.count_timeout(awaited)
            connection.end(awaited)
