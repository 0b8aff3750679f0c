"""The session variables of VoiceXML (2.0, 5.1.4) for a call."""

from collections.abc import Mapping
from typing import Any

from engine.applications.connection_events import ConnectionEvents
from engine.model.outbound_request import OutboundRequest
from vxml.interpreter.session import SessionInfo


def session_info_of(
    identity: str,
    connection: ConnectionEvents,
    request: OutboundRequest | None,
    parameters: Mapping[str, Any],
) -> SessionInfo:
    """The session variables for the dialog *identity* on *connection*.

    *request* is the one that has started the application, *parameters* are those that
    its CCXML document gives the dialog.
    """
    properties = connection.properties
    local, remote = {"uri": properties["local"]}, {"uri": properties["remote"]}
    shown = {
        "local": local,
        "remote": remote,
        "originator": local,
        "protocol": {
            **properties["protocol"],
            "name": properties["protocol"]["name"].lower(),
        },
        "aai": properties.get("aai"),
        "ccxml": {"values": dict(parameters)},
    }
    return SessionInfo(identity, shown, {} if request is None else _data_of(request))


def _data_of(request: OutboundRequest) -> dict[str, str]:
    """The application data of *request*, under the names of the reference platform: its
    address is ``to_hdr``.
    """
    data = request.app_data
    values = {"value": data} if isinstance(data, str) else dict(data or {})
    return {**values, "to_hdr": request.to} if request.to else values
