"""Late connections: ends those whose client takes too long over what is awaited of it.

All connections are looked at once a second. A timer for each of them would cost every
request something; this costs a request nothing.
"""

import asyncio
from collections.abc import Mapping

from aiohttp import web

from engine.admission.http_connections import HttpConnections
from engine.config.settings import HttpSettings
from engine.telemetry.metrics import Awaited

from .client_connection import ClientConnection

LOOK_S = 1.0  # from one look at all connections to the next
LOOK_AT_ONCE = 500  # connections in one turn of the loop: about a millisecond


def limits_of(http: HttpSettings) -> dict[Awaited, float]:
    """How long a client may take over each thing that is awaited of it, in seconds."""
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
    """End the late connections of *server* until cancelled, and count them in *places*."""
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
    connection.look(now_s)
    match connection.awaited:
        case awaited, since_s if now_s - since_s > limits_s[awaited]:
            places.count_timeout(awaited)
            connection.end(awaited)
