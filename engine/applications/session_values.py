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
    ``text`` and ``voice`` of what it has to say.
    """
    values = application_data(request)
    if request.say is not None:
        values["text"] = request.say.text
        values.pop("voice", None)
        if request.say.voice is not None:
            values["voice"] = request.say.voice
    address = {"to": request.to} if request.to else {}
    return {**values, **address}
