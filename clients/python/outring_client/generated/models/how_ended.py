from typing import Literal

HowEnded = Literal["error", "exit", "killed"]

HOW_ENDED_VALUES: set[HowEnded] = {
    "error",
    "exit",
    "killed",
}


def check_how_ended(value: str) -> HowEnded:
    if value in HOW_ENDED_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {HOW_ENDED_VALUES!r}")
