from typing import Literal

AgentState = Literal["away", "busy", "free", "wrap"]

AGENT_STATE_VALUES: set[AgentState] = {
    "away",
    "busy",
    "free",
    "wrap",
}


def check_agent_state(value: str) -> AgentState:
    if value in AGENT_STATE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {AGENT_STATE_VALUES!r}"
    )
