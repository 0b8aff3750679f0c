"""The session variables of VoiceXML (2.0, 5.1.4) for a call."""

from collections.abc import Mapping
from typing import Any

from engine.applications.connection_events import ConnectionEvents, header_values
from engine.applications.session_values import application_data
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
    local = properties.get("local")
    connection_info = {
        "local": {} if local is None else {"uri": local},
        "remote": {"uri": connection.remote_uri},
        "originator": "local",
        "protocol": _describe_protocol(properties["protocol"]),
        "ccxml": {"values": dict(parameters)},
    }
    appdata: dict[str, str] = {}
    if request is not None:  # the address has the name of the reference platform
        address = {"to_hdr": request.to} if request.to else {}
        appdata = {**application_data(request), **address}
    return SessionInfo(identity, connection_info, appdata)


def _describe_protocol(protocol: Mapping[str, Any]) -> dict[str, Any]:
    """What CCXML tells of the *protocol*, and ``sip.headers`` (RFC 5552, 2.4)."""
    sip = {**protocol["sip"], "headers": header_values(protocol["sip"])}
    return {**protocol, "name": protocol["name"].lower(), "sip": sip}
