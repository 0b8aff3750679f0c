"""SIP through pjsua2: places calls and reports their outcome. Knows no HTTP and no CCXML."""

from typing import TYPE_CHECKING

from .agent import AgentConfig, Sink
from .build_info import build_info
from .errors import ConfigurationError

if TYPE_CHECKING:
    from .pjsua import PjsuaAgent


async def start_agent(config: AgentConfig, sink: Sink) -> "PjsuaAgent":
    """Start the user agent; *sink* gets its events on this loop.

    Raises ConfigurationError, in one sentence, if pjsua2 is missing or too
    small, an address is in use, or the configuration cannot work.
    """
    capacity = build_info().max_calls
    if config.max_calls > capacity:
        raise ConfigurationError(
            f"max_calls is {config.max_calls}, and this build of pjsua2 carries {capacity}."
        )
    from .pjsua import PjsuaAgent  # only now: without pjsua2 it cannot be imported

    agent = PjsuaAgent(config, sink)
    await agent.start()
    return agent
