"""What a document finds of the request that has started its application."""

from engine.model.outbound_request import OutboundRequest


def application_data(request: OutboundRequest) -> dict[str, str]:
    """The application data of *request* by name; one that is a single text is called ``value``."""
    data = request.app_data
    return {"value": data} if isinstance(data, str) else dict(data or {})


def session_values(request: OutboundRequest) -> dict[str, str]:
    """What a document finds under ``session.values``: the application data of
    *request*, and its address as ``to``.

    ``to`` is always the address, whatever the data holds. The built-in application finds
    ``text`` and ``voice`` of what it has to say, and how long somebody may wait for an agent.
    """
    values = application_data(request)
    if request.say is not None:
        values["text"] = request.say.text
        values.pop("voice", None)
        if request.say.voice is not None:
            values["voice"] = request.say.voice
    values |= _agent_values(request)
    address = {"to": request.to} if request.to else {}
    return {**values, **address}


def _agent_values(request: OutboundRequest) -> dict[str, str]:
    """Return what the built-in application finds that gives a call to an agent.

    Where it is looked for machines, a person is known by the end of the greeting; a screen
    for voicemail lets persons through alone.
    """
    hint, campaign = request.agents, request.campaign
    if hint is None or campaign is None:
        return {}
    hears = request.call_progress is not None and request.voicemail is None
    return {
        "waitsForGreeting": str(hears and campaign.counts_from_greeting).lower(),
        "waitMs": str(campaign.agent_wait_ms),
        "message": hint.message,
        "voice": hint.voice or "",
        "agentGroup": hint.proxy_group or "",
    }
