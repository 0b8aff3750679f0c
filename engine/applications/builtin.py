"""The applications that outring brings along: CCXML documents of this package."""

from functools import cache
from importlib.resources import files

from ccxml import parse
from engine.fetch import Loaded
from engine.model.outbound_request import OutboundRequest


def builtin_of(request: OutboundRequest) -> str | None:
    """Return the name of the built-in application that *request* runs; None: none.

    ``say`` speaks a text, and ``agents`` gives whoever answers to an agent of the campaign;
    what they need they find in their session values.
    """
    if request.agents is not None:
        return "agents"
    return None if request.say is None else "say"


@cache
def load_builtin(name: str) -> Loaded:
    """Return the built-in application *name*."""
    text = files(__package__).joinpath(f"{name}.ccxml").read_bytes()
    return Loaded(parse(text, uri=f"outring:{name}"), {})
