from typing import Literal

Origin = Literal["local-cancel", "local-timer", "local-transport", "remote"]

ORIGIN_VALUES: set[Origin] = {
    "local-cancel",
    "local-timer",
    "local-transport",
    "remote",
}


def check_origin(value: str) -> Origin:
    if value in ORIGIN_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {ORIGIN_VALUES!r}")
