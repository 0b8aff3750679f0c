"""The limits of the installed build of pjsua2, read from the marker of its build recipe."""

from dataclasses import dataclass
from importlib import import_module

from sip.errors import AgentConfigurationError

MIN_CALLS = 256  # ready-made builds carry 4 calls: useless for a dialer


@dataclass(frozen=True, slots=True)
class BuildInfo:
    """The installed build of pjsua2."""

    max_calls: int
    pjproject_version: str
    recipe_hash: str


def build_info() -> BuildInfo:
    """Read the marker; raises AgentConfigurationError if the build is missing or too small."""
    try:
        marker = import_module("outring_pjsua2_build")
    except ModuleNotFoundError:
        raise AgentConfigurationError(
            "outring's own build of pjsua2 is not installed: run `make setup`."
        ) from None
    info = BuildInfo(marker.MAX_CALLS, marker.PJPROJECT_VERSION, marker.RECIPE_HASH)
    if info.max_calls < MIN_CALLS:
        raise AgentConfigurationError(
            f"The installed build of pjsua2 carries {info.max_calls} calls and outring "
            f"needs at least {MIN_CALLS}: run `make setup` to build it."
        )
    return info
