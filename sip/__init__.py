"""SIP: its pure rules, and the user agent that the engine depends on.

``pjsip/`` is that user agent on pjsua2, ``native/`` its part in C++. It knows no HTTP,
no CCXML and no platform.
"""

from typing import TYPE_CHECKING

from .errors import AgentConfigurationError

if TYPE_CHECKING:
    from .agent import AgentConfig, Sink
    from .pjsip.user_agent import PjsuaAgent


async def start_agent(config: "AgentConfig", sink: "Sink") -> "PjsuaAgent":
    """Start the user agent; *sink* receives its events on the current event loop.

    Raises AgentConfigurationError, in one sentence, if pjsua2 is missing or was built
    too small, an address is in use, or the configuration cannot work.
    """
    # Here, since whoever checks a URI needs neither an agent nor asyncio.
    from .pjsip.build_info import build_info

    capacity = build_info().max_calls
    if config.max_calls > capacity:
        raise AgentConfigurationError(
            f"max_calls is {config.max_calls}, and this build of pjsua2 carries {capacity}."
        )
    from .pjsip.user_agent import (
        PjsuaAgent,  # late: the rest of the package works without pjsua2
    )

    agent = PjsuaAgent(config, sink)
    await agent.start()
    return agent
